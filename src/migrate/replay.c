/*
 * migrate/replay.c: runs files without revisions: nobody asks a scratch database how far it is.
 *
 * What is made here is all that is dropped here. That the schema is new is left to the server to say, which refuses a
 * name that is taken; a look beforehand would leave time for another to take it. A replay that does not find the
 * database empty stops before its first statement.
 */

#include "migrate/replay.h"

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/statement_split.h"

#define NAME_MAX_SIZE 60

/* How a server makes and drops a schema; each %s is its name. SQLite has no row: what is in memory goes by itself. */
static const struct scratch {
    const char *dialect;
    const char *kind;
    const char *create;
    const char *drop;
    const char *enter; /* after it was made again in the same connection; NULL: nothing to do */
    const char *find;
} scratches[] = {
    {
        .dialect = "mysql",
        .kind = "database",
        .create = "CREATE DATABASE `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .drop = "DROP DATABASE `%s`",
        .enter = "USE `%s`",
        .find = "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '%s'",
    },
    {
        .dialect = "postgresql",
        .kind = "schema",
        .create = "CREATE SCHEMA \"%s\"",
        .drop = "DROP SCHEMA \"%s\" CASCADE",
        .find = "SELECT nspname FROM pg_namespace WHERE nspname = '%s'",
    },
};

/* NULL for SQLite. */
static const struct scratch *find_scratch(const struct db *db)
{
    for (size_t i = 0; i < sizeof scratches / sizeof *scratches; i++)
        if (strcmp(scratches[i].dialect, db->driver->dialect->name) == 0)
            return &scratches[i];
    return NULL;
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

/* The driver's words for the failure, or the code's name. */
static const char *reason(struct context *context, enum code code)
{
    const char *text = context->error.native[0] ? context->error.native : context->error.detail;
    const char *copy = arena_text(context->arena, *text ? text : code_name(code));

    return copy ? copy : "";
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
    const char *why = reason(context, code);
    const char *removal = put_name(context, scratch->drop, name);

    if (!db->connected || code == NO_MEMORY)
        return fail(context, code, "cannot make the scratch %s %s: %s", scratch->kind, name, why);
    if (removal && is_there(context, db, scratch, name))
        return fail(context, CONFLICT,
                    "there is a %s \"%s\" already; take another name for the scratch %s, or if nobody needs it: %s",
                    scratch->kind, name, scratch->kind, removal);
    return fail(context, CONFLICT, "cannot make the scratch %s %s: %s", scratch->kind, name, why);
}

static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t size = strlen(name);

    return size > 0 && size <= NAME_MAX_SIZE && strspn(name, allowed) == size;
}

/* From the next connect on, which is the next use. */
static void make_home(struct db *db, const char *name)
{
    db_close(db);
    if (strcmp(db->driver->dialect->name, "mysql") == 0)
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
    if (!is_name(name))
        return fail(context, MALFORMED, "the name of a scratch %s has letters, digits and _, %d at most", scratch->kind,
                    NAME_MAX_SIZE);
    const char *kept = arena_text(context->arena, name);
    if (!kept)
        return fail_memory(context);
    if (strcmp(scratch->dialect, "mysql") == 0)
        server->options.name = NULL;
    enum code code = run_form(context, server, scratch->create, kept);
    if (code != OK)
        return fail_create(context, server, scratch, kept, code);
    make_home(server, kept);
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

/* One replay. */
struct work {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    replay_visitor *visit;
    void *argument;
};

/* A statement failed; line 0 is the end of the transaction. What the server refuses is the file's fault, whatever else
 * its code may mean. */
static enum code fail_statement(struct work *work, const struct migration_file *file, size_t line, enum code code)
{
    struct context *context = work->context;
    const char *why = reason(context, code);

    if (code == NO_MEMORY || code == TIMED_OUT || !work->db->connected)
        return fail(context, code, "%s: %s", file->name, why);
    if (line == 0)
        return fail(context, CONFLICT, "%s: at its end: %s", file->name, why);
    return fail(context, CONFLICT, "%s line %zu: %s", file->name, line, why);
}

static enum code run_statements(struct work *work, const struct migration_file *file,
                                const struct sql_statements *statements)
{
    for (size_t i = 0; i < statements->n; i++) {
        enum code code = db_run(work->db, work->context, statements->items[i]);
        if (code != OK)
            return fail_statement(work, file, statements->lines[i], code);
        if (work->visit)
            code = work->visit(work->argument, file, statements->items[i], statements->lines[i]);
        if (code != OK)
            return code;
    }
    return OK;
}

/* A row that refers to nothing fails the file, where references are not looked after meanwhile. */
static enum code check_references(struct work *work, const struct migration_file *file)
{
    struct db_result broken;
    enum code code = db_execute(work->db, work->context, DB_READ, work->dialect->references_check, NULL, 0, &broken);

    if (code == OK && broken.n_rows > 0)
        return fail(work->context, CONFLICT, "%s: a row of table \"%s\" would refer to nothing", file->name,
                    broken.cells[0].text);
    return code;
}

/* In a transaction, as an application of the file would be: some statements mind. */
static enum code run_whole(struct work *work, const struct migration_file *file,
                           const struct sql_statements *statements)
{
    struct context *context = work->context;
    enum code code = db_begin(work->db, context);

    if (code != OK)
        return code;
    code = run_statements(work, file, statements);
    if (code == OK && work->dialect->references_check)
        code = check_references(work, file);
    if (code != OK) {
        db_rollback(work->db, context);
        return code;
    }
    code = db_commit(work->db, context);
    return code == OK ? OK : fail_statement(work, file, 0, code);
}

static enum code run_file(struct work *work, const struct migration_file *file)
{
    struct context *context = work->context;
    const struct migrate_dialect *dialect = work->dialect;
    struct sql_statements statements = {0};
    enum code code = statements_split(context, file->text, file->size, dialect->split, &statements);

    if (code == MALFORMED)
        return fail(context, code, "%s: %s", file->name, context->error.detail);
    if (code != OK || !dialect->transactional || file->without_transaction)
        return code == OK ? run_statements(work, file, &statements) : code;
    if (dialect->references_off)
        code = db_run(work->db, context, dialect->references_off);
    if (code == OK)
        code = run_whole(work, file, &statements);
    if (code == OK && dialect->references_on)
        code = db_run(work->db, context, dialect->references_on);
    return code;
}

static enum code check_empty(struct work *work)
{
    struct db_result result;
    enum code code = db_execute(work->db, work->context, DB_READ, work->dialect->find_table, NULL, 0, &result);

    if (code == OK && result.n_rows > 0)
        return fail(work->context, CONFLICT, "the scratch database is not empty: found table \"%s\"",
                    result.cells[0].text);
    return code;
}

size_t replay_start(const struct migration_directory *directory)
{
    size_t first = directory->n_files;

    while (first > 0 && !directory->files[first - 1].checkpoint)
        first--;
    return first > 0 ? first - 1 : 0;
}

enum code replay_file(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                      const struct migration_file *file, replay_visitor *visit, void *argument)
{
    struct work work = {.context = context, .db = db, .dialect = dialect, .visit = visit, .argument = argument};

    return run_file(&work, file);
}

enum code replay(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                 const struct migration_directory *directory, replay_visitor *visit, void *argument)
{
    struct work work = {.context = context, .db = db, .dialect = dialect, .visit = visit, .argument = argument};
    enum code code = check_empty(&work);

    for (size_t i = replay_start(directory); code == OK && i < directory->n_files; i++)
        code = run_file(&work, &directory->files[i]);
    return code;
}
