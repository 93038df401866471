/*
 * migrate/migrate.c: one file at a time: under the lock, the revisions are read anew, so that what another process has
 * applied meanwhile is not applied again.
 */

#include "migrate/migrate.h"

#include <stdint.h>
#include <string.h>

#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/file_apply.h"
#include "migrate/lock.h"
#include "migrate/plan.h"
#include "migrate/revision.h"

struct run {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    const struct migration_directory *directory;
    const char *baseline;
    const struct migrate_observer *observer;
    bool started;
    size_t n_done;
};

static enum code fail_dialect(struct context *context, const struct db *db)
{
    return fail(context, INTERNAL, "there are no migrations for \"%s\"", db->driver->dialect->name);
}

static const char *none_if_empty(const char *text)
{
    return text && *text ? text : NULL;
}

enum code migrate_status(struct context *context, struct db *db, const struct migration_directory *directory,
                         struct migration_status *ret_status)
{
    const struct migrate_dialect *dialect = migrate_dialect_find(db->driver->dialect->name);
    struct revisions revisions = {0};

    if (!dialect)
        return fail_dialect(context, db);
    enum code code = revisions_read(context, db, dialect, &revisions);
    if (code != OK)
        return code;
    struct migration_plan plan = plan_make(directory, &revisions);
    *ret_status = (struct migration_status){
        .current = plan.current ? plan.current->version : NULL,
        .next = plan.next ? plan.next->version : NULL,
        .n_applied = plan.n_applied,
        .n_pending = plan.n_pending,
        .partial = plan.begun != NULL,
        .error = plan.begun ? none_if_empty(plan.begun->error) : NULL,
        .error_statement = plan.begun ? none_if_empty(plan.begun->error_statement) : NULL,
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
    return fail(run->context, CONFLICT,
                "connected database is not clean: found table \"%s\"; a baseline version is required",
                result.cells[0].text);
}

/* Says that a database with tables is at a version. */
static enum code write_baseline(struct run *run)
{
    const struct migration_directory *directory = run->directory;

    for (size_t i = 0; i < directory->n_files; i++) {
        if (strcmp(directory->files[i].version, run->baseline) != 0)
            continue;
        const struct revision revision = {
            .version = run->baseline,
            .description = directory->files[i].description,
            .type = REVISION_BASELINE,
            .hash = "",
            .error = "",
            .error_statement = "",
        };
        return revision_insert(run->context, run->db, run->dialect, &revision);
    }
    return fail(run->context, CONFLICT, "baseline version \"%s\" not found in the migration directory", run->baseline);
}

/* Brings a database that was never migrated to the point where files can be applied. */
static enum code prepare_database(struct run *run, struct revisions *revisions)
{
    enum code code = run->baseline ? OK : check_clean(run);

    if (code == OK && !revisions->has_table)
        code = db_run(run->db, run->context, run->dialect->create_revisions);
    if (code == OK && run->baseline)
        code = write_baseline(run);
    if (code == OK)
        code = revisions_read(run->context, run->db, run->dialect, revisions);
    return code;
}

static void tell_start(struct run *run, const struct migration_plan *plan)
{
    const struct migrate_observer *observer = run->observer;
    const struct migration_directory *directory = run->directory;

    if (!run->started && observer && observer->start)
        observer->start(observer->argument, plan->current ? plan->current->version : NULL,
                        directory->files[directory->n_files - 1].version, plan->n_pending);
    run->started = true;
    if (observer && observer->file)
        observer->file(observer->argument, plan->next->version);
}

/* Applies the next pending file, if there is one; between lock_enter() and lock_leave(). */
static enum code apply_next(struct run *run, bool *ret_applied)
{
    struct context *context = run->context;
    struct revisions revisions = {0};
    enum code code = revisions_read(context, run->db, run->dialect, &revisions);

    if (code == OK && revisions.n == 0)
        code = prepare_database(run, &revisions);
    else if (code == OK && run->baseline && !revisions_find(&revisions, run->baseline))
        code = fail(context, CONFLICT, "the database has revisions, but not baseline version \"%s\"", run->baseline);
    if (code != OK)
        return code;

    struct migration_plan plan = plan_make(run->directory, &revisions);
    code = plan_check(context, &plan, run->directory, &revisions);
    if (code != OK || !plan.next)
        return code;
    tell_start(run, &plan);
    *ret_applied = true;
    return file_apply(context, run->db, run->dialect, run->observer, plan.next, plan.begun);
}

static enum code step(struct run *run, bool *ret_applied)
{
    const struct migrate_observer *observer = run->observer;
    int64_t since_us = clock_us();
    enum code code = lock_enter(run->context, run->db, run->dialect);

    *ret_applied = false;
    if (code != OK)
        return code;
    code = apply_next(run, ret_applied);
    code = lock_leave(run->context, run->db, run->dialect, code);
    if (code != OK || !*ret_applied)
        return code;
    run->n_done++;
    if (observer && observer->file_done)
        observer->file_done(observer->argument, (double)(clock_us() - since_us) / 1000);
    return OK;
}

enum code migrate_apply(struct context *context, struct db *db, const struct migration_directory *directory,
                        const char *baseline, const struct migrate_observer *observer, size_t *ret_n)
{
    const struct migrate_dialect *dialect = migrate_dialect_find(db->driver->dialect->name);
    struct run run = {
        .context = context,
        .db = db,
        .dialect = dialect,
        .directory = directory,
        .baseline = baseline,
        .observer = observer,
    };
    bool applied = true;

    *ret_n = 0;
    if (!dialect)
        return fail_dialect(context, db);
    enum code code = lock_take(context, db, dialect);
    if (code != OK)
        return code;
    while (code == OK && applied)
        code = step(&run, &applied);
    lock_release(context, db, dialect);
    *ret_n = run.n_done;
    return code;
}
