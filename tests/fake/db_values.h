#ifndef DB_VALUES_H
#define DB_VALUES_H

/* db_values.h: parameters and cells, written briefly. */

#include "driver/db.h"

/* A list and its length, as db_execute() takes them. */
#define VALUES(...)                                                                                                    \
    (const struct db_value[]){__VA_ARGS__}, sizeof((struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)

#define INTEGER(number)                                                                                                \
    {                                                                                                                  \
        .type = DB_INTEGER, .integer = (number)                                                                        \
    }

#define TEXT(string)                                                                                                   \
    {                                                                                                                  \
        .type = DB_TEXT, .text = (string), .size = sizeof(string) - 1                                                  \
    }

#define NOTHING                                                                                                        \
    {                                                                                                                  \
        .type = DB_NULL                                                                                                \
    }

#endif
