#ifndef MIGRATE_TRANSACTION_H
#define MIGRATE_TRANSACTION_H

/* migrate/transaction.h: a transaction around migration files, in which tables can be made anew. */

#include <stdbool.h>

#include "core/error.h"
#include "driver/db.h"

struct context;
struct migrate_dialect;

struct transaction {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    bool checked;            /* references are checked at the end */
    struct db_result broken; /* the references that were so before */
};

/* Waits LOCK_WAIT_MS at most where another transaction writes: UNAVAILABLE then, and when the migration lock is lost.
 */
enum code transaction_begin(struct transaction *transaction, struct context *context, struct db *db,
                            const struct migrate_dialect *dialect) __attribute__((warn_unused_result));

/* Commits after an OK, and takes back after any other code. CONFLICT: a row refers to nothing now; taken back. The code
 * of the whole. */
enum code transaction_end(struct transaction *transaction, enum code code) __attribute__((warn_unused_result));

#endif
