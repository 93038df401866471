/*
 * migrate/scratch.c: what is made here is all that is dropped here. That the schema is new is left to the server to
 * say, which refuses a name that is taken; a look beforehand would leave time for another to take it.
 */

#include "migrate/scratch.h"

#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"

#define NAME_MAX_SIZE 60

static const char *const names_of_mysql[] = {"mysql", "sys", "information_schema", "performance_schema", NULL};
static const char *const names_of_postgresql[] = {"public", "information_schema", "pg_catalog", "pg_toast", NULL};

const struct scratch scratch_mysql = {
    .kind = "database",
    .is_database = true,
    .taken = names_of_mysql,
    .create = "CREATE DATABASE `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    .drop = "DROP DATABASE `%s`",
    .enter = "USE `%s`",
    .find = "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '%s'",
};

const struct scratch scratch_postgresql = {
    .kind = "schema",
    .taken = names_of_postgresql,
    .create = "CREATE SCHEMA \"%s\"",
    .drop = "DROP SCHEMA \"%s\" CASCADE",
    .find = "SELECT nspname FROM pg_namespace WHERE nspname = '%s'",
};

/* NULL: what is in memory goes by itself. */
static const struct scratch *find_scratch(const struct db *db)
{
    return migrate_dialect_find(db->driver->dialect->name)->scratch;
}

/* Puts the name, of which is known that it needs no quoting, into a statement. */
static const char *put_name(struct context *context, const char *form, const char *name)
{
    const char *mark = strstr(form, "%s");

    return arena_printf(context->arena, "%.*s%s%s", (int)(mark - form), form, name, mark + 2);
}

static enum code run_form(struct context *context, struct db *db, const char *form, const char *name)
{
    const char *sql = form ? put_name(context, form, name) : NULL;

    if (!form)
        return OK;
    return sql ? db_run(db, context, sql) : fail_memory(context);
}

static bool is_there(struct context *context, struct db *db, const struct scratch *scratch, const char *name)
{
    struct db_result result;
    const char *sql = put_name(context, scratch->find, name);

    return sql && db_execute(db, context, DB_READ, sql, NULL, 0, &result) == OK && result.n_rows > 0;
}

/* Why it could not be made. */
static enum code fail_create(struct context *context, struct db *db, const struct scratch *scratch, const char *name,
                             enum code code)
{
    const struct error failure = context->error;
    const char *removal = put_name(context, scratch->drop, name);
    bool refused = db->connected && code != NO_MEMORY;

    if (refused && removal && is_there(context, db, scratch, name))
        return fail(context, CONFLICT,
                    "there is a %s \"%s\" already, perhaps of another diff or lint that is running; take another name "
                    "for the scratch %s, or if nobody needs it: %s",
                    scratch->kind, name, scratch->kind, removal);
    return fail(context, refused ? CONFLICT : code, "cannot make the scratch %s %s: %s", scratch->kind, name,
                error_cause(&failure));
}

static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t size = strlen(name);

    return size > 0 && size <= NAME_MAX_SIZE && strspn(name, allowed) == size;
}

static bool is_same_name(const char *left, const char *right)
{
    return left && strcasecmp(left, right) == 0;
}

/* Is it a name that is never anybody's to drop: the server's own, or what the connection itself is for? */
static bool is_kept(const struct scratch *scratch, const struct db_options *options, const char *name)
{
    bool is_taken = is_same_name(options->name, name) || is_same_name(options->schema, name);

    for (size_t i = 0; !is_taken && scratch->taken[i]; i++)
        is_taken = is_same_name(scratch->taken[i], name);
    return is_taken;
}

static enum code check_name(struct context *context, const struct db *server, const struct scratch *scratch,
                            const char *name)
{
    if (!is_name(name))
        return fail(context, MALFORMED, "the name of a scratch %s has letters, digits and _, %d at most", scratch->kind,
                    NAME_MAX_SIZE);
    if (is_kept(scratch, &server->options, name))
        return fail(context, MALFORMED, "\"%s\" cannot be a scratch %s: it holds what is to be kept; take another name",
                    name, scratch->kind);
    return OK;
}

/* From the next connect on, which is the next use. */
static void make_home(struct db *db, const struct scratch *scratch, const char *name)
{
    db_close(db);
    if (scratch->is_database)
        db->options.name = name;
    else
        db->options.schema = name;
}

enum code scratch_open(struct context *context, struct db *server, const char *name)
{
    const struct scratch *scratch = find_scratch(server);

    if (!scratch && strcmp(server->options.path, ":memory:") != 0)
        return fail(context, INTERNAL, "the scratch database of sqlite is in memory, not in %s", server->options.path);
    if (!scratch)
        return db_ping(server, context);
    enum code code = check_name(context, server, scratch, name);
    const char *kept = code == OK ? arena_text(context->arena, name) : NULL;
    if (!kept)
        return code == OK ? fail_memory(context) : code;
    if (scratch->is_database)
        server->options.name = NULL;
    code = run_form(context, server, scratch->create, kept);
    if (code != OK)
        return fail_create(context, server, scratch, kept, code);
    make_home(server, scratch, kept);
    return OK;
}

enum code scratch_clear(struct context *context, struct db *server, const char *name)
{
    const struct scratch *scratch = find_scratch(server);

    if (!scratch) {
        db_close(server);
        return OK;
    }
    enum code code = run_form(context, server, scratch->drop, name);
    if (code == OK)
        code = run_form(context, server, scratch->create, name);
    return code == OK ? run_form(context, server, scratch->enter, name) : code;
}

bool scratch_close(struct context *context, struct db *server, const char *name)
{
    const struct scratch *scratch = find_scratch(server);
    const struct error failure = context->error;

    db_rollback(server, context);
    bool dropped = !scratch || run_form(context, server, scratch->drop, name) == OK;
    context->error = failure;
    db_close(server);
    return dropped;
}

const char *scratch_removal(struct context *context, const struct db *server, const char *name)
{
    const struct scratch *scratch = find_scratch(server);

    return scratch ? put_name(context, scratch->drop, name) : "";
}
