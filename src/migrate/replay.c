/* migrate/replay.c: runs files without revisions: nobody asks a scratch database how far it is. A replay that does not
 * find the database empty stops before its first statement. */

#include "migrate/replay.h"

#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/sql_text.h"
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

/* What came after it would be done to a database that is somebody's. */
static enum code check_statement(struct work *work, const struct migration_file *file, const char *statement,
                                 size_t line)
{
    if (!sql_is_word(statement, sql_word_size(statement), "USE"))
        return OK;
    return fail(work->context, MALFORMED, "%s line %zu: USE would leave the scratch database for another one",
                file->name, line);
}

static enum code run_statement(struct work *work, const struct migration_file *file, const char *statement, size_t line)
{
    enum code code = check_statement(work, file, statement, line);

    if (code != OK)
        return code;
    code = db_run(work->db, work->context, statement);
    if (code != OK)
        return fail_statement(work, file, line, code);
    return work->visit ? work->visit(work->argument, file, statement, line) : OK;
}

static enum code run_statements(struct work *work, const struct migration_file *file,
                                const struct sql_statements *statements)
{
    enum code code = OK;

    for (size_t i = 0; code == OK && i < statements->n; i++)
        code = run_statement(work, file, statements->items[i], statements->lines[i]);
    return code;
}

/* In a transaction, as an application of the file would be: some statements mind. */
static enum code run_whole(struct work *work, const struct migration_file *file,
                           const struct sql_statements *statements)
{
    struct transaction transaction;
    enum code code = transaction_begin(&transaction, work->context, work->db, work->dialect);

    if (code != OK)
        return code;
    code = run_statements(work, file, statements);
    if (code != OK)
        return transaction_end(&transaction, code);
    code = transaction_end(&transaction, OK);
    return code == OK ? OK : fail_statement(work, file, 0, code);
}

static enum code run_file(struct work *work, const struct migration_file *file)
{
    struct sql_statements statements = {0};
    enum code code = file_split(work->context, work->dialect, file, &statements);

    if (code != OK)
        return code;
    if (!work->dialect->transactional || file->without_transaction)
        return run_statements(work, file, &statements);
    return run_whole(work, file, &statements);
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
