#ifndef MIGRATE_MODEL_READ_H
#define MIGRATE_MODEL_READ_H

/* migrate/model_read.h: reads the tables that a database has from its own catalogue. */

#include "core/error.h"
#include "migrate/model.h"

struct context;
struct db;
struct migrate_dialect;

/* All tables of the connection's schema but atlas_schema_revisions, by name; columns in their order, all else by name.
 * A fixed number of statements, whatever the number of tables. Codes of driver/db.h. */
enum code model_read(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                     struct model *ret_model) __attribute__((warn_unused_result));

#endif
