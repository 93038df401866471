/* migrate/file_check.c: rows are counted by the database first, so that a million of them cost no memory. */

#include "migrate/file_check.h"

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/migrate.h"
#include "migrate/statement_kind.h"
#include "migrate/statement_split.h"

/* Says which file the failure is about. */
static enum code fail_in(struct context *context, const struct db *db, enum code code,
                         const struct migration_file *file, const char *what)
{
    const struct error failure = context->error;
    bool refused = code == INTERNAL || code == NO_REFERENCE || (code == UNAVAILABLE && db->connected);

    fail(context, refused ? CONFLICT : code, "%s: %s: %s", file->name, what,
         failure.native[0] ? failure.native : failure.detail);
    memcpy(context->error.native, failure.native, sizeof failure.native);
    return context->error.code;
}

static enum code count_rows(struct context *context, struct db *db, const struct migration_file *file, int64_t *ret_n)
{
    struct db_result result;
    const char *sql = arena_printf(context->arena, "SELECT count(*) FROM (%s) AS refused", file->check);

    if (!sql)
        return fail_memory(context);
    enum code code = db_execute(db, context, DB_READ, sql, NULL, 0, &result);
    if (code != OK)
        return fail_in(context, db, code, file, "quire:check");
    *ret_n = result.n_rows == 1 ? result.cells[0].integer : 0;
    return OK;
}

static enum code refuse(struct context *context, struct db *db, const struct migrate_observer *observer,
                        const struct migration_file *file, int64_t n)
{
    struct db_result rows;
    const char *sql = arena_printf(context->arena, "%s LIMIT %d", file->check, CHECK_ROWS_MAX);

    if (!sql)
        return fail_memory(context);
    enum code code = db_execute(db, context, DB_READ, sql, NULL, 0, &rows);
    if (code != OK)
        return fail_in(context, db, code, file, "quire:check");
    if (observer && observer->refused)
        observer->refused(observer->argument, file, &rows, n);
    return fail(context, CONFLICT, "migration file \"%s\" was not begun: its check found %lld row%s", file->name,
                (long long)n, n == 1 ? "" : "s");
}

/* All in one transaction, or what changes rows only, where the rest cannot be in one. */
static enum code run_statements(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                                const struct sql_statements *statements)
{
    bool outside = !db->in_transaction;
    enum code code = OK;

    for (size_t i = 0; code == OK && i < statements->n; i++) {
        bool data = dialect->transactional || statement_kind(statements->items[i]) == STATEMENT_DATA;
        if (outside && data && !db->in_transaction)
            code = db_begin(db, context);
        else if (outside && !data && db->in_transaction)
            code = db_commit(db, context);
        if (code == OK)
            code = db_run(db, context, statements->items[i]);
    }
    if (outside && db->in_transaction && code == OK)
        return db_commit(db, context);
    if (outside)
        db_rollback(db, context);
    return code;
}

static enum code resolve_rows(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                              const struct migration_file *file)
{
    struct sql_statements statements;
    enum code code = statements_split(context, file->resolve, strlen(file->resolve), dialect->split, &statements);

    if (code == OK)
        code = run_statements(context, db, dialect, &statements);
    return code == OK ? OK : fail_in(context, db, code, file, "quire:resolve");
}

enum code file_check(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                     const struct migrate_observer *observer, const struct migration_file *file, bool resolve)
{
    int64_t n = 0;
    enum code code = file->check ? count_rows(context, db, file, &n) : OK;

    if (code == OK && n > 0 && resolve && file->resolve) {
        code = resolve_rows(context, db, dialect, file);
        if (code == OK)
            code = count_rows(context, db, file, &n);
    }
    if (code != OK || n == 0)
        return code;
    return refuse(context, db, observer, file, n);
}
