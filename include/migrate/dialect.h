#ifndef MIGRATE_DIALECT_H
#define MIGRATE_DIALECT_H

/*
 * migrate/dialect.h: what migrating needs to know of a database: one row per database.
 *
 * Where a schema change can be rolled back, a file and its revision are one transaction. Where it cannot (MySQL commits
 * at every one), progress is recorded per statement.
 */

#include <stdbool.h>

struct migrate_dialect {
    const char *name; /* of the db_dialect */
    bool transactional;
    unsigned split;  /* rules of statements_split() */
    const char *utc; /* what follows a UTC time where its revisions hold one */
    const char *create_revisions;
    const char *find_revisions; /* gives a row when the table is there */
    const char *find_table;     /* a table that is not ours, if there is one, and its schema or NULL */
    const char *state;          /* rows of one text that differ after each schema change, and only then; sorted */
    /* The lock. The first waits a second at most and gives 1 when the lock is had. NULL: the database is a file, and so
     * is its lock (lock_file.h). */
    const char *lock;
    const char *lock_held; /* gives 1 while this connection has it */
    const char *unlock;
    /* Where a table is changed by making it anew, references must not be looked at while that goes on: off before a
     * transaction, checked at its end (a row for each broken one, the table first), on after it. NULL: no need. */
    const char *references_off;
    const char *references_check;
    const char *references_on;
};

/* NULL when `name` has no migrations. */
const struct migrate_dialect *migrate_dialect_find(const char *name);

#endif
