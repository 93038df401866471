#ifndef MIGRATE_DIALECT_H
#define MIGRATE_DIALECT_H

/*
 * migrate/dialect.h: what migrating needs to know of a database: one row per database.
 *
 * Where a schema change can be rolled back, a file and its revision are one transaction, and that transaction is also
 * the lock. Where it cannot (MySQL commits at every one), a lock is held by name and progress is recorded per
 * statement.
 */

#include <stdbool.h>

struct migrate_dialect {
    const char *name; /* of the db_dialect */
    bool transactional;
    bool backslashes; /* as in statements_split() */
    const char *utc;  /* what follows a UTC time where its revisions hold one */
    const char *create_revisions;
    const char *find_revisions; /* gives a row when the table is there */
    const char *find_table;     /* the name of a table that is not ours, if there is one */
    const char *lock;           /* waits a second at most; gives 1 when the lock is had. NULL: the transaction locks */
    const char *lock_held;      /* gives 1 while this connection has it */
    const char *unlock;
};

/* NULL when `name` has no migrations. */
const struct migrate_dialect *migrate_dialect_find(const char *name);

#endif
