/*
 * driver/db_postgresql_error.c: the one table from PostgreSQL's errors to ours.
 *
 * Five characters are an error, fewer are all errors that begin so; an error comes before its class. What a foreign key
 * refuses is one error, whichever end of it the statement was at: the driver tells the two apart.
 */

#include "driver/db_postgresql_error.h"

#include <stddef.h>
#include <string.h>

static const struct db_postgresql_error errors[] = {
    {"23503", NO_REFERENCE, USABLE}, /* foreign key */
    {"23", CONFLICT, USABLE},        /* all other constraints */
    {"22001", CONFLICT, USABLE},     /* text too long */
    {"22003", CONFLICT, USABLE},     /* number out of range */
    {"22007", CONFLICT, USABLE},     /* no date */
    {"22008", CONFLICT, USABLE},     /* a date out of range */
    {"22021", CONFLICT, USABLE},     /* not a text in the encoding */
    {"22P02", CONFLICT, USABLE},     /* a text that does not stand for a value of the type */
    {"22P05", CONFLICT, USABLE},     /* a character that the database's encoding lacks */
    {"54000", CONFLICT, USABLE},     /* too long for an index */
    {"40001", CONTENDED, USABLE},    /* could not be serialized */
    {"40P01", CONTENDED, USABLE},    /* deadlock */
    {"55P03", CONTENDED, USABLE},    /* lock timeout */
    {"57014", TIMED_OUT, USABLE},    /* statement timeout; cancelled */
    {"53200", NO_MEMORY, USABLE},    /* server out of memory */
    {"53", UNAVAILABLE, USABLE},     /* disk full, too many connections */
    {"25006", UNAVAILABLE, USABLE},  /* server is read-only */
    {"28", UNAVAILABLE, USABLE},     /* access denied */
    {"3D", UNAVAILABLE, USABLE},     /* unknown database */
    {"3F", UNAVAILABLE, USABLE},     /* unknown schema: not migrated yet */
    {"42501", UNAVAILABLE, USABLE},  /* access denied to a table */
    {"42703", UNAVAILABLE, USABLE},  /* unknown column: not migrated yet */
    {"42P01", UNAVAILABLE, USABLE},  /* no such table: not migrated yet */
    {"58", UNAVAILABLE, USABLE},     /* the server's disk failed */
    {"08P01", INTERNAL, USABLE},     /* not as many values as parameters */
    {"08", UNAVAILABLE, LOST},       /* connection */
    {"25P03", UNAVAILABLE, LOST},    /* idle for too long in a transaction */
    {"25P04", UNAVAILABLE, LOST},    /* a transaction of too long a time */
    {"57P", UNAVAILABLE, LOST},      /* shutdown, crash, idle for too long, database dropped */
    {"0A000", INTERNAL, STALE},      /* the columns of the statement have changed, or a mistake in it */
    {"26000", INTERNAL, STALE},      /* the server does not know the statement */
    {"42804", INTERNAL, STALE},      /* a column's type is no longer that of the parameter, or a mistake */
    {"42883", INTERNAL, STALE},      /* as above, where they are compared */
};

const struct db_postgresql_error *db_postgresql_error_find(const char *sqlstate)
{
    static const struct db_postgresql_error unknown = {.code = INTERNAL};
    static const struct db_postgresql_error connection = {.code = UNAVAILABLE, .state = LOST};

    if (!sqlstate)
        return &connection;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strncmp(errors[i].sqlstate, sqlstate, strlen(errors[i].sqlstate)) == 0)
            return &errors[i];
    return &unknown;
}
