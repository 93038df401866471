/* migrate/replay.c: runs files without revisions: nobody asks a scratch database how far it is. A replay that does not
 * find the database empty stops before its first statement. */

#include "migrate/replay.h"

#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/file_apply.h"
#include "migrate/statement_split.h"
#include "migrate/transaction.h"

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
    const char *why = error_cause(&context->error);

    if (!db_refused(work->db, code))
        return fail(context, code, "%s: %s", file->name, why);
    if (line == 0)
        return fail(context, CONFLICT, "%s: at its end: %s", file->name, why);
    return fail(context, CONFLICT, "%s line %zu: %s", file->name, line, why);
}

/* The visitor looks for tables where the connection is set to, wherever the file has set it meanwhile. */
static enum code tell(struct work *work, const struct migration_file *file, const char *statement, size_t line)
{
    const struct migrate_dialect *dialect = work->dialect;

    if (!work->visit)
        return OK;
    if (!dialect->aside || !work->db->in_transaction)
        return work->visit(work->argument, file, statement, line);
    enum code code = db_run(work->db, work->context, dialect->aside);
    if (code == OK)
        code = db_reset_session(work->db, work->context);
    if (code == OK)
        code = work->visit(work->argument, file, statement, line);
    return code == OK ? db_run(work->db, work->context, dialect->aside_end) : code;
}

static enum code run_statement(struct work *work, const struct migration_file *file, const char *statement, size_t line)
{
    enum code code = db_run(work->db, work->context, statement);

    if (code != OK)
        return fail_statement(work, file, line, code);
    return tell(work, file, statement, line);
}

static enum code run_statements(struct work *work, const struct migration_file *file,
                                const struct sql_statements *statements)
{
    enum code code = OK;

    for (size_t i = 0; code == OK && i < statements->n; i++)
        code = run_statement(work, file, statements->items[i], statements->lines[i]);
    return code;
}

/* As an application of the file would: it may mind the transaction, and must not mind what files before it have set. */
static enum code run_file(struct work *work, const struct migration_file *file)
{
    const struct file_run run = {
        .dialect = work->dialect, .file = file, .whole = transaction_suits(work->dialect, file)};
    struct sql_statements statements = {0};
    struct transaction transaction;
    enum code code = file_apply_statements(work->context, &run, &statements);

    if (code == OK)
        code = transaction_begin_file(&transaction, work->context, work->db, work->dialect, run.whole);
    if (code != OK)
        return code;
    code = run_statements(work, file, &statements);
    if (code != OK)
        return transaction_end(&transaction, code);
    code = transaction_end(&transaction, OK);
    return code == OK ? OK : fail_statement(work, file, 0, code);
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
    return code == OK ? db_reset_session(db, context) : code;
}
