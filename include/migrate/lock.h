#ifndef MIGRATE_LOCK_H
#define MIGRATE_LOCK_H

/*
 * migrate/lock.h: one migration at a time per database. What it cannot do: a connection lost in the middle loses the
 * lock, which lock_enter() finds out.
 */

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;

#define LOCK_WAIT_MS 10000

/* Takes the database's lock by name, where it has one. UNAVAILABLE: another migration held it for LOCK_WAIT_MS. */
enum code lock_take(struct context *context, struct db *db, const struct migrate_dialect *dialect)
    __attribute__((warn_unused_result));

/* Starts the work on one file: where the transaction is the lock, that is its start, which waits in the same way;
 * elsewhere a look whether the lock is still had. UNAVAILABLE: it is not. */
enum code lock_enter(struct context *context, struct db *db, const struct migrate_dialect *dialect)
    __attribute__((warn_unused_result));

/* Ends the work on one file, after `code`: commits or takes back, where there is a transaction. The code
 * of the whole. */
enum code lock_leave(struct context *context, struct db *db, const struct migrate_dialect *dialect, enum code code)
    __attribute__((warn_unused_result));

/* Gives back what lock_take() took. Keeps the context's failure. */
void lock_release(struct context *context, struct db *db, const struct migrate_dialect *dialect);

#endif
