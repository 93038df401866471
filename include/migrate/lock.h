#ifndef MIGRATE_LOCK_H
#define MIGRATE_LOCK_H

/*
 * migrate/lock.h: one migration at a time per database; on MySQL per server, whose locks know no databases. What it
 * cannot do: a connection lost in the middle loses the lock, which lock_check() finds out.
 */

#include "core/error.h"
#include "migrate/lock_file.h"

struct context;
struct db;
struct migrate_dialect;

#define LOCK_WAIT_MS 10000

struct migrate_lock {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    struct lock_file file; /* where the database is one */
};

/* Takes the database's lock. UNAVAILABLE: another migration held it for LOCK_WAIT_MS. */
enum code lock_take(struct migrate_lock *lock, struct context *context, struct db *db,
                    const struct migrate_dialect *dialect) __attribute__((warn_unused_result));

/* Is it still had? UNAVAILABLE: it is not, as the connection was lost meanwhile. */
enum code lock_check(struct context *context, struct db *db, const struct migrate_dialect *dialect)
    __attribute__((warn_unused_result));

/* Gives it back. Keeps the context's failure. */
void lock_release(struct migrate_lock *lock);

#endif
