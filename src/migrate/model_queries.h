#ifndef MIGRATE_MODEL_QUERIES_H
#define MIGRATE_MODEL_QUERIES_H

/*
 * migrate/model_queries.h: what to ask a database about its own tables. The answers have the same columns everywhere.
 *
 * Rows of one table are in the order of its parts; those of different tables may be mixed. Names are as they are, not
 * quoted. The table of revisions is left out.
 */

#include <stdbool.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;

struct model_queries {
    const char
        *applies; /* gives a row where the server is of this kind; NULL: it always is, as the last of a database */
    const char *columns;      /* table, name, type, default, nullable, numbered, options of the table */
    const char *indexes;      /* table, name, position from 1, part, unique, is the primary key */
    const char *foreign_keys; /* table, name, position from 1, column, other table, its column, on delete, on update */
    const char *checks;       /* table, name, expression; with `definitions` a whole CREATE TABLE */
    bool definitions;
};

extern const struct model_queries model_queries_sqlite[];
extern const struct model_queries model_queries_mysql[]; /* MariaDB, MySQL */
extern const struct model_queries model_queries_postgresql[];

/* Those for the server behind `db`. Codes of driver/db.h. */
enum code model_queries_find(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                             const struct model_queries **ret_queries) __attribute__((warn_unused_result));

#endif
