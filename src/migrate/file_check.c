/* migrate/file_check.c: rows are counted by the database first, so that a million of them cost no memory. */

#include "migrate/file_check.h"

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/migrate.h"
#include "migrate/sql_text.h"
#include "migrate/statement_kind.h"
#include "migrate/statement_split.h"

#define CHECK "quire:check"

/* One failure, with what it is about. */
static enum code fail_in(struct context *context, const struct db *db, enum code code,
                         const struct migration_file *file, const char *what)
{
    const struct error failure = context->error;

    fail(context, db_refused(db, code) ? CONFLICT : code, "%s: %s: %s", file->name, what, error_cause(&failure));
    memcpy(context->error.native, failure.native, sizeof failure.native);
    return context->error.code;
}

/* Has the statement a LIMIT of its own, not only in parentheses? */
static bool has_limit(const char *sql, unsigned rules)
{
    struct sql_token token;
    int depth = 0;

    while ((token = sql_next_token(&sql, rules)).kind != SQL_END) {
        if (token.kind == SQL_SIGN)
            depth += (*token.start == '(') - (*token.start == ')');
        if (depth == 0 && (sql_token_is_word(&token, "LIMIT") || sql_token_is_word(&token, "FETCH")))
            return true;
    }
    return false;
}

enum code file_check_select(struct context *context, const struct migration_file *file, unsigned rules,
                            const char **ret_select)
{
    struct sql_statements statements;
    enum code code = statements_split(context, file->check, strlen(file->check), rules, &statements);

    if (code != OK)
        return code;
    if (statements.n != 1)
        return fail(context, MALFORMED, "it is one SELECT, not %zu statements", statements.n);
    if (has_limit(statements.items[0], rules))
        return fail(context, MALFORMED, "it has no LIMIT of its own");
    size_t size = strlen(statements.items[0]);
    size -= statements.items[0][size - 1] == ';';
    *ret_select = arena_copy(context->arena, statements.items[0], size);
    return *ret_select ? OK : fail_memory(context);
}

/* A remark at the end of the SELECT ends with its line. */
static enum code count_rows(struct context *context, struct db *db, const char *select, int64_t *ret_n)
{
    struct db_result result;
    const char *sql = arena_printf(context->arena, "SELECT count(*) FROM (%s\n) AS refused", select);

    if (!sql)
        return fail_memory(context);
    enum code code = db_execute(db, context, DB_READ, sql, NULL, 0, &result);
    if (code != OK)
        return code;
    if (result.n_rows != 1 || result.cells[0].type != DB_INTEGER)
        return fail(context, INTERNAL, "it gave no number of rows");
    *ret_n = result.cells[0].integer;
    return OK;
}

static enum code refuse(struct context *context, struct db *db, const struct migrate_observer *observer,
                        const struct migration_file *file, const char *select, int64_t n)
{
    struct db_result rows;
    const char *sql = arena_printf(context->arena, "%s\nLIMIT %d", select, CHECK_ROWS_MAX);

    if (!sql)
        return fail_memory(context);
    enum code code = db_execute(db, context, DB_READ, sql, NULL, 0, &rows);
    if (code != OK)
        return fail_in(context, db, code, file, CHECK);
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
        enum statement_kind kind = statement_kind(statements->items[i]);
        bool data = dialect->transactional || kind == STATEMENT_DATA || kind == STATEMENT_OTHER;
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
    const char *select = NULL;
    int64_t n = 0;

    if (!file->check)
        return OK;
    enum code code = file_check_select(context, file, dialect->split, &select);
    if (code == OK)
        code = count_rows(context, db, select, &n);
    if (code == OK && n > 0 && resolve && file->resolve) {
        code = resolve_rows(context, db, dialect, file);
        if (code != OK)
            return code;
        code = count_rows(context, db, select, &n);
    }
    if (code != OK)
        return fail_in(context, db, code, file, CHECK);
    return n == 0 ? OK : refuse(context, db, observer, file, select, n);
}
