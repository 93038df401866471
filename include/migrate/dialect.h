#ifndef MIGRATE_DIALECT_H
#define MIGRATE_DIALECT_H

/*
 * migrate/dialect.h: what migrating needs to know of a database: one row per database.
 *
 * Where a schema change can be rolled back, a file and its revision are one transaction. Where it cannot (MySQL commits
 * at every one), progress is recorded per statement.
 */

#include <stdbool.h>

struct ddl_dialect;
struct field_types;
struct model_queries;
struct scratch;

struct migrate_dialect {
    const char *name;                    /* of the db_dialect */
    const struct ddl_dialect *ddl;       /* how tables are made and changed (ddl_writer.h) */
    const struct field_types *types;     /* of columns (model.h) */
    const struct model_queries *queries; /* about its tables, one set per kind of server (model_queries.h) */
    const struct scratch *scratch;       /* how a scratch database is made; NULL: in memory (scratch.h) */
    bool transactional;
    unsigned split;  /* rules of statements_split() */
    const char *utc; /* what follows a UTC time where its revisions hold one */
    /* The table of revisions, its schema and whether they are there: a row says yes. In these statements {table} is the
     * table's whole name, {schema} the text of its schema's, {name} the same as an identifier. */
    const char *create_revisions;
    const char *find_revisions;
    const char *create_schema; /* NULL: there is but one schema, {schema} is not asked for */
    const char *find_schema;
    const char *own_schema; /* gives the text of the connection's schema */
    const char *find_table; /* a table that is not ours, if there is one, and its schema or NULL */
    const char *state;      /* rows of one text that differ after each schema change, and only then; sorted */
    /* The lock. The first waits a second at most and gives 1 when the lock is had. NULL: the database is a file, and so
     * is its lock (lock_file.h). */
    const char *lock;
    const char *lock_held; /* gives 1 while this connection has it */
    const char *unlock;
    /* In a transaction: what is done after the first, the session's settings too, the second takes back. NULL: the
     * settings would stay. */
    const char *aside;
    const char *aside_end;
    /* Where a table is changed by making it anew, references must not be looked at while that goes on: those that are
     * broken are noted and all let alone before a transaction, compared with the notes at its end (a row when another
     * one is broken: its table, the other table), the notes dropped and references held after it. NULL: no need. */
    const char *references_note;
    const char *references_mismatch; /* in the failure of that: references here cannot be checked at all */
    const char *references_off;
    const char *references_broken;
    const char *references_forget;
    const char *references_on;
};

/* NULL when `name` has no migrations. */
const struct migrate_dialect *migrate_dialect_find(const char *name);

#endif
