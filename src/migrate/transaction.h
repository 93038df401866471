#ifndef MIGRATE_TRANSACTION_H
#define MIGRATE_TRANSACTION_H

/* migrate/transaction.h: a transaction around migration files, in which tables can be made anew. */

#include <stdbool.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;
struct migration_file;

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

/* Can the file be one transaction, and does it not say that it must not be? */
bool transaction_suits(const struct migrate_dialect *dialect, const struct migration_file *file);

/* Begins what one file is run in: a transaction if it is to be `whole`. Else there is none; transaction_end() checks
 * references all the same, and holds them again. The session is what connecting makes it (db_reset_session()), whatever
 * the file before has set. */
enum code transaction_begin_file(struct transaction *transaction, struct context *context, struct db *db,
                                 const struct migrate_dialect *dialect, bool whole) __attribute__((warn_unused_result));

/* Commits after an OK, and takes back after any other code. CONFLICT: a row refers to nothing now; taken back, if there
 * is a transaction. The code of the whole. */
enum code transaction_end(struct transaction *transaction, enum code code) __attribute__((warn_unused_result));

#endif
