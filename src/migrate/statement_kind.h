#ifndef MIGRATE_STATEMENT_KIND_H
#define MIGRATE_STATEMENT_KIND_H

/* migrate/statement_kind.h: what a statement does, as far as its first words tell: what can be done so that it is run
 * exactly once. `sql` starts with them, without comments before. */

enum statement_kind {
    STATEMENT_SCHEMA,   /* changes the schema, or may be run again, and need not be part of a transaction */
    STATEMENT_DATA,     /* changes rows only: can be part of a transaction */
    STATEMENT_OTHER,    /* may do anything: a CALL, an EXECUTE, a comment that MySQL runs, an unknown word */
    STATEMENT_SESSION,  /* sets something for the connection, which forgets it */
    STATEMENT_BEGIN,    /* starts a transaction */
    STATEMENT_COMMIT,   /* ends it */
    STATEMENT_ROLLBACK, /* takes it back */
};

enum statement_kind statement_kind(const char *sql);

#endif
