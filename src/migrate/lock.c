/* migrate/lock.c: the lock by name is asked for a second at a time, so that no statement outlives
 * a statement timeout. */

#include "migrate/lock.h"

#include <time.h>

#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"

#define PAUSE_MS 50

/* Runs a statement that gives one number; NULL counts as 0. */
static enum code ask(struct context *context, struct db *db, const char *sql, int64_t *ret_answer)
{
    struct db_result result;
    enum code code = db_execute(db, context, DB_READ, sql, NULL, 0, &result);
    if (code != OK)
        return code;
    bool answered = result.n_rows == 1 && result.cells[0].type == DB_INTEGER;
    *ret_answer = answered ? result.cells[0].integer : 0;
    return OK;
}

static enum code fail_busy(struct context *context)
{
    return fail(context, UNAVAILABLE, "another migration is running on this database; waited %d s",
                LOCK_WAIT_MS / 1000);
}

enum code lock_take(struct context *context, struct db *db, const struct migrate_dialect *dialect)
{
    int64_t until_ms = clock_ms() + LOCK_WAIT_MS;
    int64_t taken = 0;

    if (!dialect->lock)
        return OK;
    do {
        enum code code = ask(context, db, dialect->lock, &taken);
        if (code != OK)
            return code;
    } while (!taken && clock_ms() < until_ms);
    return taken ? OK : fail_busy(context);
}

static enum code begin(struct context *context, struct db *db)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t until_ms = clock_ms() + LOCK_WAIT_MS;
    enum code code = db_begin(db, context);

    while (code == CONTENDED && clock_ms() < until_ms) {
        nanosleep(&pause, NULL);
        code = db_begin(db, context);
    }
    return code == CONTENDED ? fail_busy(context) : code;
}

enum code lock_enter(struct context *context, struct db *db, const struct migrate_dialect *dialect)
{
    int64_t held = 0;

    if (dialect->transactional)
        return begin(context, db);
    enum code code = ask(context, db, dialect->lock_held, &held);
    if (code == OK && !held)
        return fail(context, UNAVAILABLE, "the connection was lost, and with it the migration lock");
    return code;
}

enum code lock_leave(struct context *context, struct db *db, const struct migrate_dialect *dialect, enum code code)
{
    if (!dialect->transactional)
        return code;
    if (code == OK)
        return db_commit(db, context);
    struct error failure = context->error;
    db_rollback(db, context);
    context->error = failure;
    return code;
}

void lock_release(struct context *context, struct db *db, const struct migrate_dialect *dialect)
{
    struct error failure = context->error;
    int64_t released;

    /* When the connection is lost, the server has released it already. */
    if (dialect->unlock && ask(context, db, dialect->unlock, &released) != OK)
        context->error = failure;
}
