#ifndef DRIVER_DB_POSTGRESQL_ERROR_H
#define DRIVER_DB_POSTGRESQL_ERROR_H

/* driver/db_postgresql_error.h: what PostgreSQL's SQLSTATEs mean to us. Needs no client library. */

#include "core/error.h"

enum db_postgresql_state {
    USABLE, /* the connection is as good as before */
    LOST,   /* the connection is gone, or of no use any more */
    STALE,  /* the prepared statement is of no use any more; it was not run */
};

struct db_postgresql_error {
    const char *sqlstate; /* or what it begins with: a class is two characters */
    enum code code;
    enum db_postgresql_state state;
};

/* NULL stands for a failure that the library noticed without the server: of the connection. Never gives NULL: an error
 * that is not in the table is INTERNAL. */
const struct db_postgresql_error *db_postgresql_error_find(const char *sqlstate);

#endif
