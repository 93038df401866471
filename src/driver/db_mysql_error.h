#ifndef DRIVER_DB_MYSQL_ERROR_H
#define DRIVER_DB_MYSQL_ERROR_H

/* driver/db_mysql_error.h: what MySQL's and MariaDB's error numbers mean to us. Needs no client library. */

#include "core/error.h"

enum db_mysql_state {
    USABLE, /* the connection is as good as before */
    LOST,   /* the connection is gone, or of no use any more */
    STALE,  /* the prepared statement is of no use any more; it was not run */
};

struct db_mysql_error {
    unsigned number;
    enum code code;
    enum db_mysql_state state;
};

/* The library lost the connection while it waited for an answer, or got none in time. */
#define MYSQL_LOST 2013

/* Never NULL: an error that is not in the table is INTERNAL. */
const struct db_mysql_error *db_mysql_error_find(unsigned number);

#endif
