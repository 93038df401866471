/*
 * migrate/lock.c: a lock is asked for again and again, for a second at most each time, so that no statement outlives a
 * statement timeout.
 */

#include "migrate/lock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"

#define PAUSE_MS 50

/* Runs a statement that gives one number; NULL counts as 0. */
static enum code ask(struct context *context, struct db *db, const char *sql, bool *ret_answer)
{
    struct db_result result;
    enum code code = db_execute(db, context, DB_READ, sql, NULL, 0, &result);
    if (code != OK)
        return code;
    *ret_answer = result.n_rows == 1 && result.cells[0].type == DB_INTEGER && result.cells[0].integer != 0;
    return OK;
}

/* A database in memory is nobody else's. */
static bool is_file(const struct db *db)
{
    const char *path = db->options.path;

    return path && *path && strcmp(path, ":memory:") != 0;
}

static enum code try_once(struct migrate_lock *lock, bool *ret_taken)
{
    if (lock->dialect->lock)
        return ask(lock->context, lock->db, lock->dialect->lock, ret_taken);
    *ret_taken = !is_file(lock->db) || lock_file_try(&lock->file, lock->db->options.path, LOCK_WAIT_MS);
    return OK;
}

enum code lock_take(struct migrate_lock *lock, struct context *context, struct db *db,
                    const struct migrate_dialect *dialect)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t until_ms = clock_ms() + LOCK_WAIT_MS;
    bool taken = false;

    *lock = (struct migrate_lock){.context = context, .db = db, .dialect = dialect, .file = {.folder = -1}};
    for (;;) {
        enum code code = try_once(lock, &taken);
        if (code != OK || taken)
            return code;
        if (clock_ms() >= until_ms)
            return fail(context, UNAVAILABLE, "another migration is running on this database; waited %d s",
                        LOCK_WAIT_MS / 1000);
        nanosleep(&pause, NULL);
    }
}

enum code lock_check(struct context *context, struct db *db, const struct migrate_dialect *dialect)
{
    bool held = true;
    enum code code = dialect->lock_held ? ask(context, db, dialect->lock_held, &held) : OK;

    if (code == OK && !held)
        return fail(context, UNAVAILABLE, "the connection was lost, and with it the migration lock");
    return code;
}

void lock_release(struct migrate_lock *lock)
{
    struct error failure = lock->context->error;
    bool released;

    lock_file_release(&lock->file);
    /* When the connection is lost, the server has released it already. */
    if (lock->dialect->unlock && ask(lock->context, lock->db, lock->dialect->unlock, &released) != OK)
        lock->context->error = failure;
}
