#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

/*
 * core/config.h: the settings, in one table.
 *
 * A value comes from the environment, else from the file `.env` (core/dotenv.h), else from the default. The
 * names that the FastAPI service used keep their meaning. A bad value stops the start with one line that names the
 * setting, where it came from, and what is allowed.
 */

#include <stddef.h>
#include <stdint.h>

struct arena;

enum setting_type {
    SETTING_TEXT,
    SETTING_INTEGER, /* min to max */
    SETTING_CHOICE,  /* one of `choices` */
    SETTING_MOUNT,   /* a path to mount something at: empty, or "/shop", "/a/b" */
};

enum setting_source { FROM_DEFAULT, FROM_DOTENV, FROM_ENVIRONMENT };

struct setting {
    const char *name;
    enum setting_type type;
    int secret;                  /* 1: masked in `quire config` */
    const char *standard;        /* the default, as it would be written */
    const char *with_postgresql; /* another default where DB is postgresql; NULL: the same */
    const char *installed;       /* where there is no file of the default's name: core/installation.h; or NULL */
    size_t offset;               /* in struct config: const char * or int64_t */
    int64_t min, max;            /* SETTING_INTEGER */
    const char *const *choices;  /* SETTING_CHOICE, NULL-terminated */
    const char *help;            /* one line; units where there are any */
};

/* Requests a second; no more, so that the time between two has enough microseconds to be told in. */
#define RATE_LIMIT_MAX 10000

struct config {
    const char *env; /* ENV */
    const char *db;  /* DB: sqlite, mysql, postgresql */
    const char *db_user;
    const char *db_password;
    const char *db_host; /* a name, an address, or the path of a unix socket */
    int64_t db_port;
    const char *db_name;
    const char *db_path; /* the file of sqlite */
    const char *secret_key;
    const char *cache;             /* memcached, memory, none */
    const char *memcached_servers; /* "host:port,host:port" or "/path/of/a.socket" */
    int64_t cache_ttl_s;
    int64_t cache_memory_items; /* ceiling of the embedded cache */
    int64_t workers;
    int64_t max_requests; /* per worker; 0: never recycled */
    int64_t max_body;     /* bytes */
    int64_t request_timeout_s;
    int64_t page_size_max;
    int64_t rate_limit; /* requests a second of one client; 0: as many as it likes */
    int64_t rate_burst; /* requests at once, before that counts */
    const char *cors_origins;
    const char *log_level;
    const char *log_file;            /* a path, "syslog", "syslog:FACILITY"; empty: stderr */
    const char *log_format;          /* text, json, combined */
    int64_t trace_sql;               /* 1: statements carry the request's traceparent */
    const char *migrations;          /* the folder that holds one folder per dialect */
    const char *dev_urls;            /* one URL per dialect, separated by commas; empty: see command/dev_database.h */
    const char *revisions_schema;    /* where atlas_schema_revisions is; empty: beside the tables */
    const char *scratch_name;        /* of the database or schema that is made there */
    const char *base_path;           /* what every path starts with: empty, or "/shop" */
    const char *docs_dir;            /* the folder with the files of /docs */
    enum setting_source sources[64]; /* by index in settings[] */
};

extern const struct setting settings[]; /* ends with a name of NULL */

/* Reads environment and `dotenv` (a path; may be absent). Texts live in `arena`. 0, or -1 with one line for the user
 * in ret_error (at most `size` bytes with the NUL). */
int config_load(struct arena *arena, const char *dotenv, struct config *ret_config, char *ret_error, size_t size);

/* The value in force, as text; an integer is written into `scratch` (24 bytes or more). */
const char *config_value(const struct config *config, const struct setting *setting, char *scratch, size_t size);

/* "default", ".env", "environment" */
const char *setting_source_name(enum setting_source source);

#endif
