#ifndef MIGRATE_TRANSACTION_H
#define MIGRATE_TRANSACTION_H

/* migrate/transaction.h: a transaction around migration files, in which tables can be made anew. */

#include <stdbool.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;

struct transaction {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    bool checked; /* references are checked at the end */
    bool open;    /* there is a transaction, not only references let alone */
};

/* Waits LOCK_WAIT_MS at most where another transaction writes: UNAVAILABLE then. Nothing is begun after a failure. */
enum code transaction_begin(struct transaction *transaction, struct context *context, struct db *db,
                            const struct migrate_dialect *dialect) __attribute__((warn_unused_result));

/* The same without a transaction, for files that are not to be one: transaction_end() checks references and holds them
 * again. */
enum code transaction_begin_none(struct transaction *transaction, struct context *context, struct db *db,
                                 const struct migrate_dialect *dialect) __attribute__((warn_unused_result));

/* Commits after an OK, and takes back after any other code. CONFLICT: a row refers to nothing now; taken back, if there
 * is a transaction. The code of the whole. */
enum code transaction_end(struct transaction *transaction, enum code code) __attribute__((warn_unused_result));

#endif
