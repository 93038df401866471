/*
 * migrate/migrate.c: what is to be done is found out once, under the lock, and then done file by file.
 *
 * Nothing is written before the first file has passed its check, neither the table of revisions nor a baseline: who is
 * refused has the database as it was.
 */

#include "migrate/migrate.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/file_apply.h"
#include "migrate/file_check.h"
#include "migrate/lock.h"
#include "migrate/plan.h"
#include "migrate/revision.h"
#include "migrate/statement_split.h"
#include "migrate/transaction.h"

struct run {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    const struct migration_directory *directory;
    const struct migrate_options *options;
    const struct migrate_observer *observer;
    struct revision_table table;
    struct revisions revisions;
    struct revision baseline;
    bool write_baseline; /* first of all */
    struct migration_plan plan;
    size_t n_done;
};

static const char *none_if_empty(const char *text)
{
    return text && *text ? text : NULL;
}

/* What apply would say of the directory; NULL: nothing. */
static enum code find_fault(struct context *context, const struct migration_directory *directory,
                            const struct revisions *revisions, const char **ret_fault)
{
    struct migration_plan plan;
    const struct error before = context->error;
    enum code code = plan_make(context, directory, revisions, ORDER_LINEAR, &plan);

    if (code != OK || plan_check(context, &plan, directory, revisions) == OK)
        return code;
    const char *fault = arena_text(context->arena, error_text(&context->error));
    context->error = before;
    if (!fault)
        return fail_memory(context);
    *ret_fault = fault;
    return OK;
}

static enum code find_revisions(struct context *context, struct db *db, const char *schema,
                                struct revision_table *ret_table)
{
    const char *name = db->driver->dialect->name;
    const struct migrate_dialect *dialect = migrate_dialect_find(name);

    if (!dialect) {
        fail(context, INTERNAL, "there are no migrations for \"%s\"", name);
        return INTERNAL; /* in place of fail()'s code: clang-tidy cannot know that it is not OK */
    }
    return revision_table_init(context, db, dialect, schema, ret_table);
}

enum code migrate_check_schema(struct context *context, struct db *db, const char *revisions_schema)
{
    struct revision_table table;

    return find_revisions(context, db, revisions_schema, &table);
}

/* What would be applied if nobody minds the order is what is pending. */
enum code migrate_status(struct context *context, struct db *db, const struct migration_directory *directory,
                         const char *revisions_schema, struct migration_status *ret_status)
{
    struct revision_table table;
    struct revisions revisions = {0};
    struct migration_plan plan;
    const char *fault = NULL;

    enum code code = find_revisions(context, db, revisions_schema, &table);
    if (code == OK)
        code = revisions_read(context, &table, &revisions);
    if (code == OK)
        code = plan_make(context, directory, &revisions, ORDER_NON_LINEAR, &plan);
    if (code == OK)
        code = find_fault(context, directory, &revisions, &fault);
    if (code != OK)
        return code;
    *ret_status = (struct migration_status){
        .current = plan.current ? plan.current->version : NULL,
        .next = plan.n_pending > 0 ? plan.pending[0]->version : NULL,
        .n_applied = plan.n_applied,
        .n_pending = plan.n_pending,
        .partial = plan.begun != NULL,
        .cut = plan.begun && revision_find_cut(plan.begun),
        .error = plan.begun ? none_if_empty(plan.begun->error) : NULL,
        .error_statement = plan.begun ? none_if_empty(plan.begun->error_statement) : NULL,
        .fault = fault,
    };
    return OK;
}

/* A database without revisions must have no tables either. */
static enum code check_clean(struct run *run)
{
    struct db_result result;
    enum code code = db_execute(run->db, run->context, DB_READ, run->dialect->find_table, NULL, 0, &result);

    if (code != OK || result.n_rows == 0)
        return code;
    const char *schema = result.cells[1].type == DB_TEXT ? result.cells[1].text : NULL;
    return fail(run->context, CONFLICT,
                "sql/migrate: connected database is not clean: found table \"%s\"%s%s%s. "
                "baseline version or allow-dirty is required",
                result.cells[0].text, schema ? " in schema \"" : "", schema ? schema : "", schema ? "\"" : "");
}

/* Remembers the baseline as if it were written already. */
static enum code assume_baseline(struct run *run)
{
    const struct migration_directory *directory = run->directory;
    const char *version = run->options->baseline;

    for (size_t i = 0; i < directory->n_files; i++) {
        if (strcmp(directory->files[i].version, version) != 0 || directory->files[i].checkpoint)
            continue;
        run->baseline = (struct revision){
            .version = version,
            .description = directory->files[i].description,
            .type = REVISION_BASELINE,
            .hash = "",
            .error = "",
            .error_statement = "",
        };
        run->write_baseline = true;
        run->revisions.items = &run->baseline;
        run->revisions.n = 1;
        return OK;
    }
    return fail(run->context, CONFLICT, "baseline version \"%s\" not found in the migration directory", version);
}

static enum code check_options(struct run *run)
{
    const struct migrate_options *options = run->options;

    if (options->baseline && options->allow_dirty)
        return fail(run->context, MALFORMED, "baseline and allow-dirty are mutually exclusive");
    if (options->transactions != TRANSACTION_ALL)
        return OK;
    if (!run->dialect->transactional)
        return fail(run->context, MALFORMED,
                    "tx-mode all: %s commits at every schema change, so that files cannot be one "
                    "transaction",
                    run->dialect->name);
    for (size_t i = 0; i < run->plan.n_pending; i++)
        if (run->plan.pending[i]->without_transaction)
            return fail(run->context, MALFORMED,
                        "cannot set txmode directive to \"none\" in \"%s\" when txmode \"all\" is set globally",
                        run->plan.pending[i]->name);
    return OK;
}

/* Finds out what there is to do. Reads only. */
static enum code make_plan(struct run *run)
{
    const struct migrate_options *options = run->options;
    struct context *context = run->context;
    enum code code = revisions_read(context, &run->table, &run->revisions);

    if (code == OK && run->revisions.n == 0 && options->baseline)
        code = assume_baseline(run);
    else if (code == OK && run->revisions.n == 0 && !options->allow_dirty)
        code = check_clean(run);
    else if (code == OK && options->baseline && !revisions_find(&run->revisions, options->baseline))
        code =
            fail(context, CONFLICT, "the database has revisions, but not baseline version \"%s\"", options->baseline);
    if (code == OK)
        code = plan_make(context, run->directory, &run->revisions, options->order, &run->plan);
    if (code == OK)
        code = plan_check(context, &run->plan, run->directory, &run->revisions);
    if (code == OK)
        code = plan_limit(context, &run->plan, &run->revisions, options->amount, options->to_version);
    return code == OK ? check_options(run) : code;
}

/* Brings a database that was never migrated to the point where files can be applied. */
static enum code prepare_database(struct run *run)
{
    enum code code = run->revisions.has_table ? OK : revision_table_create(run->context, &run->table);

    if (code == OK && run->write_baseline)
        code = revision_insert(run->context, &run->table, &run->baseline);
    if (code == OK) {
        run->revisions.has_table = true;
        run->write_baseline = false;
    }
    return code;
}

static void tell_file(struct run *run, const struct migration_file *file)
{
    const struct migrate_observer *observer = run->observer;
    const struct migration_plan *plan = &run->plan;

    if (run->n_done == 0 && observer->start)
        observer->start(observer->argument, plan->current ? plan->current->version : NULL,
                        plan->pending[plan->n_pending - 1]->version, plan->n_pending);
    if (observer->file)
        observer->file(observer->argument, file->version);
}

/* Checks are for rows as they are before the first statement. */
static enum code check_file(struct run *run, const struct migration_file *file, const struct revision *begun,
                            bool resolve)
{
    if (begun && (begun->applied > 0 || revision_find_cut(begun)))
        return OK;
    return file_check(run->context, run->db, run->dialect, run->observer, file, resolve);
}

static bool is_whole(const struct run *run, const struct migration_file *file)
{
    return run->options->transactions != TRANSACTION_NONE && transaction_suits(run->dialect, file);
}

static struct file_run file_run_of(const struct run *run, const struct migration_file *file, bool whole)
{
    return (struct file_run){
        .db = run->db,
        .dialect = run->dialect,
        .observer = run->observer,
        .table = &run->table,
        .file = file,
        .begun = revisions_find(&run->revisions, file->version),
        .whole = whole,
    };
}

/* Applies one file, in the transaction under way if it is to be `whole`. */
static enum code apply_file(struct run *run, const struct migration_file *file, bool whole)
{
    const struct file_run file_run = file_run_of(run, file, whole);
    enum code code = check_file(run, file, file_run.begun, run->options->resolve);

    if (code == OK)
        code = prepare_database(run);
    if (code != OK)
        return code;
    tell_file(run, file);
    return file_apply(run->context, &file_run);
}

static void tell_done(struct run *run, int64_t since_us)
{
    const struct migrate_observer *observer = run->observer;

    run->n_done++;
    if (observer->file_done)
        observer->file_done(observer->argument, (double)(clock_us() - since_us) / 1000);
}

static enum code step(struct run *run, const struct migration_file *file)
{
    struct transaction transaction;
    bool whole = is_whole(run, file);
    int64_t since_us = clock_us();
    enum code code = transaction_begin_file(&transaction, run->context, run->db, run->dialect, whole);

    if (code != OK)
        return code;
    code = lock_check(run->context, run->db, run->dialect);
    if (code == OK)
        code = apply_file(run, file, whole);
    code = transaction_end(&transaction, code);
    if (code == OK)
        tell_done(run, since_us);
    return code;
}

/* All files in one transaction: none is done when one fails. */
static enum code apply_as_one(struct run *run)
{
    struct transaction transaction;
    enum code code = transaction_begin(&transaction, run->context, run->db, run->dialect);

    if (code != OK)
        return code;
    code = lock_check(run->context, run->db, run->dialect);
    for (size_t i = 0; code == OK && i < run->plan.n_pending; i++) {
        int64_t since_us = clock_us();
        code = db_reset_session(run->db, run->context);
        if (code == OK)
            code = apply_file(run, run->plan.pending[i], true);
        if (code == OK)
            tell_done(run, since_us);
    }
    code = transaction_end(&transaction, code);
    if (code != OK)
        run->n_done = 0;
    return code;
}

/* Does nothing but tell, and look whether the first file could be begun. */
static enum code pretend(struct run *run)
{
    enum code code = OK;

    for (size_t i = 0; code == OK && i < run->plan.n_pending; i++) {
        const struct migration_file *file = run->plan.pending[i];
        const struct file_run file_run = file_run_of(run, file, is_whole(run, file));
        const struct revision *begun = file_run.begun;
        struct sql_statements statements;
        code = i == 0 ? check_file(run, file, begun, false) : OK;
        if (code == OK)
            code = file_apply_statements(run->context, &file_run, &statements);
        if (code != OK)
            break;
        tell_file(run, file);
        for (size_t k = begun ? (size_t)begun->applied : 0; k < statements.n && run->observer->statement; k++)
            run->observer->statement(run->observer->argument, statements.items[k]);
        tell_done(run, clock_us());
    }
    run->n_done = 0;
    return code;
}

static enum code apply_pending(struct run *run)
{
    enum code code = OK;

    if (run->plan.n_pending == 0)
        return run->write_baseline ? prepare_database(run) : OK;
    if (run->options->transactions == TRANSACTION_ALL)
        return apply_as_one(run);
    for (size_t i = 0; code == OK && i < run->plan.n_pending; i++)
        code = step(run, run->plan.pending[i]);
    return code;
}

enum code migrate_apply(struct context *context, struct db *db, const struct migration_directory *directory,
                        const struct migrate_options *options, const struct migrate_observer *observer, size_t *ret_n)
{
    static const struct migrate_options all = {.amount = 0};
    static const struct migrate_observer nobody = {.argument = NULL};
    struct migrate_lock lock;
    struct run run = {
        .context = context,
        .db = db,
        .directory = directory,
        .options = options ? options : &all,
        .observer = observer ? observer : &nobody,
    };

    *ret_n = 0;
    enum code code = find_revisions(context, db, run.options->revisions_schema, &run.table);
    if (code != OK)
        return code;
    run.dialect = run.table.dialect;
    if (run.options->dry_run) {
        code = make_plan(&run);
        return code == OK ? pretend(&run) : code;
    }
    code = lock_take(&lock, context, db, run.dialect);
    if (code != OK)
        return code;
    code = make_plan(&run);
    if (code == OK)
        code = apply_pending(&run);
    lock_release(&lock);
    *ret_n = run.n_done;
    return code;
}
