/* core/config.c: the table of settings. Every value, the default too, takes the same way from text to struct config. */

#include "core/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/dotenv.h"
#include "core/installation.h"
#include "core/log.h"

#define DOTENV_MAX ((size_t)64 * 1024) /* bytes of `.env` */
#define LONGEST_QUOTE 80               /* bytes of a bad value that are shown */

static const char *const databases[] = {"sqlite", "mysql", "postgresql", NULL};
static const char *const caches[] = {"memcached", "memory", "none", NULL};

#define AT(member) .offset = offsetof(struct config, member)
#define TEXT .type = SETTING_TEXT
#define INTEGER(least, most) .type = SETTING_INTEGER, .min = (least), .max = (most)
#define CHOICE(names) .type = SETTING_CHOICE, .choices = (names)
#define SECRET .secret = 1
#define MOUNT .type = SETTING_MOUNT

#define MOUNT_MAX 255        /* bytes of a path that something is mounted at */
#define MOUNT_SEGMENTS_MAX 8 /* half of what a request may have */

const struct setting settings[] = {
    {"ENV", TEXT, .standard = "development", AT(env), .help = "what this installation is for"},
    {"DB", CHOICE(databases), .standard = "sqlite", AT(db), .help = "the database: sqlite, mysql, postgresql"},
    {"DB_USER", TEXT, .standard = "fastapi", AT(db_user), .help = "user at the database server"},
    {"DB_PASSWORD", TEXT, SECRET, .standard = "fastapi", AT(db_password), .help = "that user's password"},
    {"DB_HOST", TEXT, .standard = "localhost", AT(db_host), .help = "name, address, or path of a unix socket"},
    {"DB_PORT", INTEGER(1, 65535), .standard = "3309", .with_postgresql = "5432", AT(db_port),
     .help = "TCP port of the database server"},
    {"DB_NAME", TEXT, .standard = "fastapi", AT(db_name), .help = "name of the database at its server"},
    {"DB_PATH", TEXT, .standard = "var/quire.db", AT(db_path), .help = "file of the sqlite database"},
    {"SECRET_KEY", TEXT, SECRET, .standard = "", AT(secret_key), .help = "key for signatures"},
    {"CACHE", CHOICE(caches), .standard = "memory", AT(cache), .help = "the cache: memcached, memory, none"},
    {"MEMCACHED_SERVERS", TEXT, .standard = "127.0.0.1:11211", AT(memcached_servers),
     .help = "host:port,host:port or the path of a unix socket"},
    {"CACHE_TTL", INTEGER(1, 86400), .standard = "60", AT(cache_ttl_s), .help = "life of a cached record, in seconds"},
    {"CACHE_MEMORY_ITEMS", INTEGER(1, 10000000), .standard = "10000", AT(cache_memory_items),
     .help = "most records in the cache \"memory\""},
    {"WORKERS", INTEGER(1, 256), .standard = "1", AT(workers), .help = "processes that answer requests"},
    {"MAX_REQUESTS", INTEGER(0, 1000000000), .standard = "0", AT(max_requests),
     .help = "requests after which a worker is replaced; 0: never"},
    {"MAX_BODY", INTEGER(1024, 16777216), .standard = "1048576", AT(max_body),
     .help = "longest request body, in bytes"},
    {"REQUEST_TIMEOUT", INTEGER(1, 3600), .standard = "30", AT(request_timeout_s),
     .help = "time a request may take, in seconds"},
    {"RATE_LIMIT", INTEGER(0, RATE_LIMIT_MAX), .standard = "0", AT(rate_limit),
     .help = "requests a second that one client may make; 0: any"},
    {"RATE_BURST", INTEGER(1, 100000), .standard = "20", AT(rate_burst),
     .help = "requests that one client may make at once, before RATE_LIMIT counts"},
    {"PAGE_SIZE_MAX", INTEGER(1, 150), .standard = "100", AT(page_size_max), .help = "largest pageSize of a list"},
    {"BASE_PATH", MOUNT, .standard = "", AT(base_path), .help = "what the path of every request starts with: /shop"},
    {"CORS_ORIGINS", TEXT, .standard = "*", AT(cors_origins), .help = "origins, separated by commas; *: any"},
    {"LOG_LEVEL", CHOICE(log_level_names), .standard = "info", AT(log_level),
     .help = "how much is logged: error, warning, info, debug"},
    {"LOG_FILE", TEXT, .standard = "", AT(log_file),
     .help = "file of the log, or syslog, or syslog:FACILITY; empty: stderr"},
    {"LOG_FORMAT", CHOICE(log_format_names), .standard = "text", AT(log_format),
     .help = "how requests are logged: text, json, combined"},
    {"TRACE_SQL", INTEGER(0, 1), .standard = "0", AT(trace_sql),
     .help = "1: a request's traceparent is put behind its SQL statements, as a comment"},
    {"MIGRATIONS", TEXT, .standard = "migrations", .installed = "migrations", AT(migrations),
     .help = "folder with one folder for each dialect"},
    {"DEV_URLS", TEXT, SECRET, .standard = "", AT(dev_urls),
     .help = "servers for the scratch databases of migrations, as URLs, separated by commas"},
    {"REVISIONS_SCHEMA", TEXT, .standard = "", AT(revisions_schema),
     .help = "database or schema of the table atlas_schema_revisions; empty: that of the records"},
    {"SCRATCH_NAME", TEXT, .standard = "quire_scratch", AT(scratch_name), .help = "name of a scratch database"},
    {"DOCS_DIR", TEXT, .standard = "build/swagger-ui", .installed = "pages", AT(docs_dir),
     .help = "folder with the files of /docs"},
    {.name = NULL},
};

_Static_assert(sizeof settings / sizeof *settings <=
                   sizeof((struct config *)NULL)->sources / sizeof *((struct config *)NULL)->sources,
               "every setting has its source");

/* One load: what is read from, and where to. */
struct load {
    struct arena *arena;
    const char *dotenv;                                     /* the path */
    const char *values[sizeof settings / sizeof *settings]; /* from `.env`, by index in settings[] */
    struct config config;
    char *ret_error;
    size_t error_size;
};

/* Writes the line for the user, without control characters; gives -1. */
static int refuse(struct load *load, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct load *load, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(load->ret_error, load->error_size, format, args);
    va_end(args);
    for (char *at = load->ret_error; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = '?';
    }
    return -1;
}

static int refuse_memory(struct load *load)
{
    return refuse(load, "quire: out of memory while reading the settings");
}

/* Remembers a value of `.env`; the last of a name counts, a name that is no setting is ignored. */
static void remember(void *argument, const char *name, const char *value)
{
    struct load *load = argument;
    for (size_t i = 0; settings[i].name; i++) {
        if (strcmp(settings[i].name, name) == 0)
            load->values[i] = value;
    }
}

static int read_dotenv(struct load *load)
{
    FILE *file = fopen(load->dotenv, "re");
    if (!file && errno == ENOENT)
        return 0;
    if (!file)
        return refuse(load, "quire: %s cannot be read: %s", load->dotenv, strerror(errno));

    char *text = arena_alloc(load->arena, DOTENV_MAX + 2);
    size_t size = text ? fread(text, 1, DOTENV_MAX + 1, file) : 0;
    int why = ferror(file) ? errno : 0;
    fclose(file);
    if (!text)
        return refuse_memory(load);
    if (why)
        return refuse(load, "quire: %s cannot be read: %s", load->dotenv, strerror(why));
    if (size > DOTENV_MAX)
        return refuse(load, "quire: %s is larger than %zu bytes", load->dotenv, DOTENV_MAX);

    int line = 0;
    const char *fault = dotenv_parse(text, size, remember, load, &line);
    return fault ? refuse(load, "quire: %s line %d %s", load->dotenv, line, fault) : 0;
}

static bool parse_integer(const char *text, int64_t *ret_number)
{
    const char *digits = *text == '-' ? text + 1 : text;
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    *ret_number = strtoll(text, NULL, 10);
    return errno == 0;
}

static const char *find_choice(const struct setting *setting, const char *value)
{
    for (const char *const *choice = setting->choices; *choice; choice++) {
        if (strcmp(*choice, value) == 0)
            return *choice;
    }
    return NULL;
}

/* Empty, or segments of unreserved characters (RFC 3986 section 2.3), each after a slash: nothing that needs an escape,
 * or that a web server rewrites. */
static bool is_mount(const char *path)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    size_t segments = 0;

    if (strlen(path) > MOUNT_MAX)
        return false;
    for (const char *at = path; *at; segments++) {
        size_t size = *at == '/' ? strspn(at + 1, unreserved) : 0;
        if (strspn(at + 1, ".") >= size) /* nothing, or nothing but dots */
            return false;
        at += 1 + size;
    }
    return segments <= MOUNT_SEGMENTS_MAX;
}

/* Says what is wrong with a value, and what is allowed. */
static int refuse_value(struct load *load, const struct setting *setting, const char *value, enum setting_source source)
{
    const char *origin = source == FROM_ENVIRONMENT ? "the environment" : setting_source_name(source);
    if (setting->type == SETTING_INTEGER)
        return refuse(load, "quire: %s from %s is \"%.*s\"; it must be a number from %lld to %lld", setting->name,
                      origin, LONGEST_QUOTE, value, (long long)setting->min, (long long)setting->max);
    if (setting->type == SETTING_MOUNT)
        return refuse(load,
                      "quire: %s from %s is \"%.*s\"; it must be empty, or a path such as /shop: letters, digits "
                      "and -._~, no slash at the end",
                      setting->name, origin, LONGEST_QUOTE, value);

    struct buffer choices;
    buffer_init(&choices, load->arena, DOTENV_MAX);
    for (const char *const *choice = setting->choices; *choice; choice++)
        buffer_printf(&choices, "%s%s", choice == setting->choices ? "" : ", ", *choice);
    return refuse(load, "quire: %s from %s is \"%.*s\"; it must be one of %s", setting->name, origin, LONGEST_QUOTE,
                  value, choices.data);
}

/* Puts a value into the config, or refuses it. */
static int apply(struct load *load, const struct setting *setting, const char *value, enum setting_source source)
{
    char *place = (char *)&load->config + setting->offset;
    int64_t number = 0;
    const char *text = NULL;

    switch (setting->type) {
    case SETTING_INTEGER:
        if (!parse_integer(value, &number) || number < setting->min || number > setting->max)
            return refuse_value(load, setting, value, source);
        memcpy(place, &number, sizeof number);
        return 0;
    case SETTING_CHOICE:
        text = find_choice(setting, value);
        if (!text)
            return refuse_value(load, setting, value, source);
        break;
    case SETTING_MOUNT:
        if (!is_mount(value))
            return refuse_value(load, setting, value, source);
        __attribute__((fallthrough));
    case SETTING_TEXT:
        text = arena_text(load->arena, value);
        if (!text)
            return refuse_memory(load);
        break;
    }
    memcpy(place, &text, sizeof text);
    return 0;
}

/* The default of a setting. DB stands before those that depend on it. */
static const char *standard_value(struct load *load, const struct setting *setting)
{
    const struct config *config = &load->config;
    bool postgresql = config->db && strcmp(config->db, "postgresql") == 0;
    const char *installed = NULL;
    if (setting->installed && access(setting->standard, F_OK) != 0)
        installed = installation_find(load->arena, setting->installed);
    if (installed)
        return installed;
    return postgresql && setting->with_postgresql ? setting->with_postgresql : setting->standard;
}

int config_load(struct arena *arena, const char *dotenv, struct config *ret_config, char *ret_error, size_t size)
{
    struct load load = {.arena = arena, .dotenv = dotenv, .ret_error = ret_error, .error_size = size};
    if (read_dotenv(&load) < 0)
        return -1;
    for (size_t i = 0; settings[i].name; i++) {
        enum setting_source source = FROM_ENVIRONMENT;
        const char *value = getenv(settings[i].name);
        if (!value) {
            source = load.values[i] ? FROM_DOTENV : FROM_DEFAULT;
            value = load.values[i] ? load.values[i] : standard_value(&load, &settings[i]);
        }
        if (apply(&load, &settings[i], value, source) < 0)
            return -1;
        load.config.sources[i] = source;
    }
    *ret_config = load.config;
    return 0;
}

const char *config_value(const struct config *config, const struct setting *setting, char *scratch, size_t size)
{
    const char *place = (const char *)config + setting->offset;
    if (setting->type == SETTING_INTEGER) {
        int64_t number = 0;
        memcpy(&number, place, sizeof number);
        snprintf(scratch, size, "%lld", (long long)number);
        return scratch;
    }
    const char *text = NULL;
    memcpy(&text, place, sizeof text);
    return text;
}

const char *setting_source_name(enum setting_source source)
{
    static const char *const names[] = {
        [FROM_DEFAULT] = "default",
        [FROM_DOTENV] = ".env",
        [FROM_ENVIRONMENT] = "environment",
    };
    return names[source];
}
