#ifndef MIGRATE_SCHEMA_STATE_H
#define MIGRATE_SCHEMA_STATE_H

/* migrate/schema_state.h: one sum that stands for the whole schema of a database as it is now. */

#include "core/error.h"
#include "migrate/hash_chain.h"

struct context;
struct db;
struct migrate_dialect;

/* Two readings are equal when no statement has changed the schema between them; rows and atlas_schema_revisions do not
 * count. Codes of driver/db.h. */
enum code schema_state_read(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                            char ret_sum[HASH_TEXT_SIZE]) __attribute__((warn_unused_result));

#endif
