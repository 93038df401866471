#ifndef COMMAND_MIGRATION_H
#define COMMAND_MIGRATION_H

/* command/migration.h: what the migrate commands start from: a checked migration directory and a database. */

#include "core/context.h"
#include "core/error.h"
#include "migrate/directory.h"

struct db;
struct invocation;

struct migration {
    struct context context; /* without a deadline: a migration takes as long as it takes */
    struct migration_directory directory;
    struct db *db; /* connects when first used */
};

/* Reads `folder`, NULL: the one of the settings, and compares it with its atlas.sum. 0, or the exit status, with what
 * is wrong on stderr. */
int migration_open(struct migration *migration, const struct invocation *invocation, const char *folder);

/* What is known of the context's failure with this code, for the user. */
const char *migration_failure(const struct migration *migration, enum code code);

#endif
