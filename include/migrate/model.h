#ifndef MIGRATE_MODEL_H
#define MIGRATE_MODEL_H

/*
 * migrate/model.h: the tables of a database, as far as records need them: columns, keys, indexes, checks.
 *
 * Types and expressions are texts in the database's own words. Two models are compared only when both were read from a
 * database of the same kind (model_read.h), which has then brought them into one form; so nothing here has to know that
 * `integer` and `int4` are the same.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct context;
struct migrate_dialect;
struct schema;

struct column {
    const char *name;
    const char *type;     /* with what belongs to it, as a collation: "varchar(255) COLLATE utf8mb4_bin" */
    const char *standard; /* the DEFAULT, an expression; NULL: none */
    bool nullable;
    bool numbered; /* the database gives it: AUTO_INCREMENT, AUTOINCREMENT, IDENTITY */
};

/* Names of columns are one text, separated by ", ", in the order of the key. */
struct index {
    const char *name;
    const char *columns;
    bool unique;
};

struct foreign_key {
    const char *name; /* NULL where the database has none */
    const char *columns;
    const char *table;
    const char *references; /* columns of that table */
    const char *on_delete;  /* "RESTRICT", "NO ACTION", ... */
    const char *on_update;
};

struct check {
    const char *name; /* NULL where the database has none */
    const char *expression;
    const char *column; /* of model_of_records(): the column that it is written with, and of which alone it speaks */
};

struct table {
    const char *name;
    const char *options;     /* what follows the closing parenthesis, for MySQL: its collation; "" elsewhere */
    const char *primary_key; /* its columns; "" without one */
    struct column *columns;
    size_t n_columns;
    struct index *indexes; /* without the primary key */
    size_t n_indexes;
    struct foreign_key *foreign_keys;
    size_t n_foreign_keys;
    struct check *checks;
    size_t n_checks;
};

struct model {
    struct table *tables;
    size_t n_tables;
};

/* How a database keeps the fields of records: for dialect.h. */
extern const struct field_types field_types_sqlite;
extern const struct field_types field_types_mysql;
extern const struct field_types field_types_postgresql;

/* NULL when there is none of that name. */
const struct table *model_find(const struct model *model, const char *name);
const struct column *table_find_column(const struct table *table, const char *name);

/*
 * The tables that the records need, as CREATE TABLE would say it in this dialect: one per schema, in an order in which
 * each comes after those it refers to. A field of FILTER or SORT has an index, and so has each pair of one to filter by
 * and another to sort by; it also has the id where that is not there by itself. A reference has one too: deleting what
 * it refers to looks for it. `records` ends with NULL. MALFORMED, with one line: kinds of record refer to each other in
 * a ring, or to one that is not in the list; or a text that needs an index may be too long for one.
 */
enum code model_of_records(struct context *context, const struct migrate_dialect *dialect,
                           const struct schema *const *records, struct model *ret_model)
    __attribute__((warn_unused_result));

#endif
