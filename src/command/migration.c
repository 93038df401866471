/*
 * command/migration.c: a directory that is not what its atlas.sum says is not touched.
 *
 * The limits of time that requests have are not those of a migration: a statement may take as long as it takes, but a
 * lock is waited for no longer than lock.h says.
 */

#include "command/migration.h"

#include <dirent.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "command/command.h"
#include "core/arena.h"
#include "driver/db.h"
#include "driver/db_url.h"
#include "migrate/dialect.h"
#include "migrate/directory_write.h"
#include "migrate/lock.h"
#include "migrate/migrate.h"

#define CONNECT_TIMEOUT_MS 10000

int migration_complain(const struct context *context, enum code code)
{
    struct error failure = context->error;

    failure.code = code;
    fflush(stdout);
    fprintf(stderr, "Error: %s\n", error_text(&failure));
    return 1;
}

const char *migration_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* Who runs this, which is the user of a server when an URL names none. */
static const char *user_name(void)
{
    const struct passwd *entry = getpwuid(geteuid());

    return entry ? entry->pw_name : "";
}

static void set_limits(struct db *db)
{
    db->options.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    db->options.statement_timeout_ms = 0; /* none */
    db->options.lock_timeout_ms = LOCK_WAIT_MS;
}

struct db *migration_connection(const struct invocation *invocation, const struct db_driver *driver,
                                const struct db_options *options)
{
    struct db *db = db_new(invocation->arena, driver, options);

    if (db)
        set_limits(db);
    return db;
}

/* The connection of an URL; NULL with one line. */
static struct db *open_url(struct arena *arena, const char *url, char *ret_error, size_t size)
{
    const char *name = NULL;
    struct db_options options = {.host = "localhost", .user = user_name(), .password = "", .path = ""};

    if (db_url_parse(arena, url, &name, &options, ret_error, size) != 0)
        return NULL;
    const struct db_driver *driver = db_driver_find(name);
    if (!driver) {
        snprintf(ret_error, size, "this build has no driver for %s; see quire version", name);
        return NULL;
    }
    options.user = arena_text(arena, options.user);
    struct db *db = options.user ? db_new(arena, driver, &options) : NULL;
    if (!db)
        snprintf(ret_error, size, "out of memory");
    return db;
}

struct db *migration_server(const struct invocation *invocation, const char *url)
{
    char error[256];
    struct db *db = url ? open_url(invocation->arena, url, error, sizeof error)
                        : app_db(invocation->arena, invocation->config, error, sizeof error);

    if (!db) {
        command_complain(2, "%s", error);
        return NULL;
    }
    set_limits(db);
    return db;
}

struct db *migration_db(const struct invocation *invocation, const char *url)
{
    struct db *db = migration_server(invocation, url);

    if (db && !db->options.name && !*db->options.path) {
        command_complain(2, "the database URL names no database");
        return NULL;
    }
    return db;
}

static const char *strip_scheme(const char *dir)
{
    static const char scheme[] = "file://";

    return strncmp(dir, scheme, sizeof scheme - 1) == 0 ? dir + sizeof scheme - 1 : dir;
}

static bool has_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

const char *migration_path(const struct invocation *invocation, const char *dialect, const char *dir)
{
    if (!dir)
        return arena_printf(invocation->arena, "%s/%s", invocation->config->migrations, dialect);
    const char *inner = arena_printf(invocation->arena, "%s/%s", strip_scheme(dir), dialect);
    return !inner || has_folder(inner) ? inner : strip_scheme(dir);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The dialects that have a folder in `base`; with `dialect`, only that one. 0, or 1: no memory. */
static int scan_base(const struct invocation *invocation, const char *base, const char *dialect,
                     struct migration_folder *folders, size_t *ret_n)
{
    struct dirent **entries = NULL;
    int n_entries = scandir(base, &entries, is_visible, alphasort);
    bool failed = false;

    *ret_n = 0;
    for (int i = 0; i < n_entries; i++) {
        const struct migrate_dialect *known = migrate_dialect_find(entries[i]->d_name);
        free(entries[i]);
        if (!known || (dialect && strcmp(dialect, known->name) != 0) || *ret_n == MIGRATION_FOLDERS_MAX)
            continue;
        const char *path = arena_printf(invocation->arena, "%s/%s", base, known->name);
        failed = failed || !path;
        folders[(*ret_n)++] = (struct migration_folder){known->name, path};
    }
    free((void *)entries);
    return failed ? command_complain(1, "out of memory") : 0;
}

/* The dialect that a directory is named after; NULL: none. */
static const char *dialect_of(struct arena *arena, const char *path)
{
    char *copy = arena_text(arena, path);
    const struct migrate_dialect *dialect = copy ? migrate_dialect_find(basename(copy)) : NULL;

    return dialect ? dialect->name : NULL;
}

int migration_folders(const struct invocation *invocation, const char *dialect, const char *dir,
                      struct migration_folder ret_folders[MIGRATION_FOLDERS_MAX], size_t *ret_n)
{
    const char *base = dir ? strip_scheme(dir) : invocation->config->migrations;

    if (dialect && !migrate_dialect_find(dialect))
        return command_complain(2, "no dialect \"%s\": sqlite, mysql or postgresql", dialect);
    if (scan_base(invocation, base, dialect, ret_folders, ret_n) != 0)
        return 1;
    if (*ret_n > 0)
        return 0;
    if (!dir) {
        fprintf(stderr, "Error: there is no migration directory %s/%s\n", base, dialect ? dialect : "*");
        return 1;
    }
    dialect = dialect ? dialect : dialect_of(invocation->arena, base);
    *ret_folders = (struct migration_folder){dialect ? dialect : invocation->config->db, base};
    *ret_n = 1;
    return 0;
}

int migration_name_operand(const struct invocation *invocation, const char **ret_name)
{
    const char *command = invocation->command->name;
    const char *name = invocation->operands[0];

    if (name && invocation->operands[1])
        return command_complain(2, "%s takes one name, not also %s; see quire help %s", command,
                                invocation->operands[1], command);
    if (name && !migration_name_is_good(name))
        return command_complain(2, "%s: %s", name, MIGRATION_NAME_RULE);
    *ret_name = name;
    return 0;
}

int migration_read(struct context *context, const char *path, struct migration_directory *ret_directory)
{
    enum code code = directory_read(context, path, ret_directory);
    const char *advice = NULL;

    if (code == OK)
        code = directory_check(context, path, ret_directory);
    if (code == OK)
        return 0;
    if (code == CONFLICT)
        advice = directory_advice(context, path, ret_directory);
    if (advice)
        fputs(advice, stdout);
    return migration_complain(context, code);
}

int migration_set_schema(struct migration *migration, const struct invocation *invocation, const char *schema)
{
    if (schema && !*schema)
        return command_complain(2, "--revisions-schema wants a name");
    migration->revisions_schema = schema ? schema : invocation->config->revisions_schema;
    if (migrate_check_schema(&migration->context, migration->db, migration->revisions_schema) == OK)
        return 0;
    return command_complain(2, "%s", error_text(&migration->context.error));
}

int migration_open(struct migration *migration, const struct invocation *invocation, const char *url, const char *dir)
{
    context_init(&migration->context, invocation->arena, 0);
    migration->db = migration_db(invocation, url);
    if (!migration->db)
        return 2;
    const char *path = migration_path(invocation, migration->db->driver->dialect->name, dir);
    if (!path)
        return command_complain(1, "out of memory");
    return migration_read(&migration->context, path, &migration->directory);
}
