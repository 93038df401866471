/*
 * driver/db_mysql_error.c: the one table from MySQL's and MariaDB's errors to ours.
 *
 * The numbers are written out: no header has them all, as each library knows those of its own server only. Servers have
 * 1000 to 1999 and from 3000 on, client libraries 2000 to 2999.
 */

#include "driver/db_mysql_error.h"

#include <stddef.h>

static const struct db_mysql_error errors[] = {
    {1020, CONTENDED, USABLE},       /* record has changed since last read */
    {1205, CONTENDED, USABLE},       /* lock wait timeout; rolls back the statement only */
    {1213, CONTENDED, USABLE},       /* deadlock */
    {1048, CONFLICT, USABLE},        /* column cannot be null */
    {1062, CONFLICT, USABLE},        /* duplicate entry */
    {1169, CONFLICT, USABLE},        /* unique constraint */
    {1217, CONFLICT, USABLE},        /* a row refers to it */
    {1451, CONFLICT, USABLE},        /* a row refers to it */
    {1264, CONFLICT, USABLE},        /* out of range */
    {1292, CONFLICT, USABLE},        /* incorrect value */
    {1366, CONFLICT, USABLE},        /* incorrect value for a column */
    {1406, CONFLICT, USABLE},        /* data too long */
    {3819, CONFLICT, USABLE},        /* check constraint (MySQL) */
    {4025, CONFLICT, USABLE},        /* check constraint (MariaDB) */
    {1216, NO_REFERENCE, USABLE},    /* it refers to no row */
    {1452, NO_REFERENCE, USABLE},    /* it refers to no row */
    {1317, TIMED_OUT, USABLE},       /* query interrupted */
    {1969, TIMED_OUT, USABLE},       /* max_statement_time (MariaDB) */
    {3024, TIMED_OUT, USABLE},       /* max_execution_time (MySQL) */
    {1037, NO_MEMORY, USABLE},       /* server out of memory */
    {1038, NO_MEMORY, USABLE},       /* server out of sort memory */
    {2008, UNAVAILABLE, LOST},       /* client out of memory, in the middle of whatever it read */
    {1021, UNAVAILABLE, USABLE},     /* disk full */
    {1040, UNAVAILABLE, USABLE},     /* too many connections */
    {1044, UNAVAILABLE, USABLE},     /* access denied to the database */
    {1045, UNAVAILABLE, USABLE},     /* access denied */
    {1049, UNAVAILABLE, USABLE},     /* unknown database */
    {1054, UNAVAILABLE, USABLE},     /* unknown column: not migrated yet */
    {1114, UNAVAILABLE, USABLE},     /* table full */
    {1129, UNAVAILABLE, USABLE},     /* host is blocked */
    {1130, UNAVAILABLE, USABLE},     /* host is not allowed */
    {1146, UNAVAILABLE, USABLE},     /* no such table: not migrated yet */
    {1203, UNAVAILABLE, USABLE},     /* too many connections of the user */
    {1226, UNAVAILABLE, USABLE},     /* the user is over a limit */
    {1290, UNAVAILABLE, USABLE},     /* server is read-only */
    {1461, UNAVAILABLE, USABLE},     /* too many prepared statements */
    {1836, UNAVAILABLE, USABLE},     /* server is read-only */
    {1047, UNAVAILABLE, LOST},       /* the node of a cluster is not ready */
    {1053, UNAVAILABLE, LOST},       /* shutdown in progress */
    {1080, UNAVAILABLE, LOST},       /* forced close */
    {1152, UNAVAILABLE, LOST},       /* aborted connection */
    {1158, UNAVAILABLE, LOST},       /* error reading packets */
    {1159, UNAVAILABLE, LOST},       /* timeout reading packets */
    {1160, UNAVAILABLE, LOST},       /* error writing packets */
    {1161, UNAVAILABLE, LOST},       /* timeout writing packets */
    {1927, UNAVAILABLE, LOST},       /* connection was killed (MariaDB) */
    {4031, UNAVAILABLE, LOST},       /* disconnected for inactivity (MySQL) */
    {2002, UNAVAILABLE, LOST},       /* cannot connect through a socket */
    {2003, UNAVAILABLE, LOST},       /* cannot connect to the host */
    {2005, UNAVAILABLE, LOST},       /* unknown host */
    {2006, UNAVAILABLE, LOST},       /* server has gone away */
    {2012, UNAVAILABLE, LOST},       /* error in the handshake */
    {MYSQL_LOST, UNAVAILABLE, LOST}, /* lost connection; also what a read timeout looks like */
    {2014, UNAVAILABLE, LOST},       /* commands out of sync */
    {2026, UNAVAILABLE, LOST},       /* TLS */
    {2027, UNAVAILABLE, LOST},       /* malformed packet */
    {2055, UNAVAILABLE, LOST},       /* lost connection, with more detail */
    {1243, INTERNAL, STALE},         /* the server does not know the statement */
    {1615, INTERNAL, STALE},         /* the statement needs to be prepared again */
    {2057, INTERNAL, STALE},         /* the columns of the statement have changed */
};

const struct db_mysql_error *db_mysql_error_find(unsigned number)
{
    static const struct db_mysql_error unknown = {.code = INTERNAL};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].number == number)
            return &errors[i];
    return &unknown;
}
