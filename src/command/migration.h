#ifndef COMMAND_MIGRATION_H
#define COMMAND_MIGRATION_H

/*
 * command/migration.h: what the migrate commands start from: a checked migration directory and a database.
 *
 * Options for folders take a path, with `file://` before it or not, as the Atlas CLI wants it.
 */

#include "core/context.h"
#include "core/error.h"
#include "migrate/directory.h"

struct db;
struct db_driver;
struct db_options;
struct invocation;

/* What options of several commands say of themselves. */
#define HELP_DIR "the migration directory, or a folder with one for each dialect; without it: MIGRATIONS"
#define HELP_DIRS "a migration directory, or a folder with one for each dialect; without it: MIGRATIONS"
#define HELP_URL "the database, as mysql://user:password@host:3306/name; without it: that of the settings"

#define HELP_REVISIONS                                                                                                 \
    "the database or schema with the table atlas_schema_revisions; without it: REVISIONS_SCHEMA, or that of the "      \
    "records"

struct migration {
    struct context context; /* without a deadline: a migration takes as long as it takes */
    struct migration_directory directory;
    struct db *db;                /* connects when first used */
    const char *revisions_schema; /* "": the database's own */
};

/*
 * Reads the migration directory `dir`, or the folder of the URL's dialect in it, and compares it with its atlas.sum.
 * `url` NULL: the database of the settings; `dir` NULL: the folder of the dialect in the one of the setting MIGRATIONS.
 * 0, or the exit status, with what is wrong on stderr.
 */
int migration_open(struct migration *migration, const struct invocation *invocation, const char *url, const char *dir);

/* Has the revisions in this schema; NULL: in that of the setting REVISIONS_SCHEMA. 0, or 2 with one line on stderr. */
int migration_set_schema(struct migration *migration, const struct invocation *invocation, const char *schema);

/* The operand, if there is one: the name of a new migration. 0, or 2 with one line on stderr. */
int migration_name_operand(const struct invocation *invocation, const char **ret_name);

/* A migration directory that a command works on. */
struct migration_folder {
    const char *dialect;
    const char *path;
};

#define MIGRATION_FOLDERS_MAX 8

/*
 * Which directories are meant: those of all dialects in the folder of the setting MIGRATIONS, or only that of
 * `dialect`. `dir` is another such folder, or one directory; that one is of `dialect`, else of the dialect it is named
 * after, else of the setting DB's. 0, or the exit status with one line on stderr.
 */
int migration_folders(const struct invocation *invocation, const char *dialect, const char *dir,
                      struct migration_folder ret_folders[MIGRATION_FOLDERS_MAX], size_t *ret_n);

/* Only the directory part of migration_open(): reads `path` and compares it with its atlas.sum. 0, or the exit status,
 * with what is wrong on stderr. */
int migration_read(struct context *context, const char *path, struct migration_directory *ret_directory);

/* The connection that an URL describes, with the time limits of migrations, not yet open; the URL's password stays out
 * of all that is said. `url` NULL: that of the settings. NULL with one line on stderr: a wrong call. */
struct db *migration_db(const struct invocation *invocation, const char *url);

/* As migration_db(), where the URL need not name a database. */
struct db *migration_server(const struct invocation *invocation, const char *url);

/* A connection as these options say, but for the time limits, which are those of migrations. NULL without memory. */
struct db *migration_connection(const struct invocation *invocation, const struct db_driver *driver,
                                const struct db_options *options);

/* The path that `dir` means, which may have a folder for this dialect; when it is NULL, that of the setting MIGRATIONS.
 * NULL without memory. */
const char *migration_path(const struct invocation *invocation, const char *dialect, const char *dir);

/* The s of n things; "" for one. */
const char *migration_plural(size_t n);

/* Says on stderr what is known of the context's failure with this code; gives the exit status. */
int migration_complain(const struct context *context, enum code code);

#endif
