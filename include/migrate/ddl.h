#ifndef MIGRATE_DDL_H
#define MIGRATE_DDL_H

/* migrate/ddl.h: models and changes as statements of a dialect. */

#include <stddef.h>

#include "core/error.h"

struct changes;
struct context;
struct db;
struct migrate_dialect;
struct model;

struct ddl_step {
    const char *comment; /* Create "author" table */
    const char *sql;     /* without `;`; may have several lines */
};

struct ddl {
    struct ddl_step *steps;
    size_t n;
};

/* The statements that make all tables of a model from model_of_records(). */
enum code ddl_create(struct context *context, const struct migrate_dialect *dialect, const struct model *model,
                     struct ddl *ret_ddl) __attribute__((warn_unused_result));

/*
 * The statements that make the changes. `has` is the model as read that they start from; `wanted` the model from
 * model_of_records() that they lead to, from which columns are written. SQLite, which cannot change a column, copies
 * the table to a new one.
 */
enum code ddl_change(struct context *context, const struct migrate_dialect *dialect, const struct changes *changes,
                     const struct model *has, const struct model *wanted, struct ddl *ret_ddl)
    __attribute__((warn_unused_result));

/* Is there anything in `db`, from which `has` was read, that is not in models and that the statements of ddl_change()
 * would lose or fail for? CONFLICT, with one line. */
enum code ddl_check(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                    const struct changes *changes, const struct model *has, const struct model *wanted)
    __attribute__((warn_unused_result));

/* The text of a migration file: each comment on its line, each statement ended by `;`. NULL without memory. */
const char *ddl_format(struct context *context, const struct ddl *ddl);

#endif
