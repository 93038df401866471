#ifndef MIGRATE_PLAN_H
#define MIGRATE_PLAN_H

/* migrate/plan.h: how a directory and the revisions of a database compare: what is applied, and what comes next. */

#include <stddef.h>

#include "core/error.h"
#include "migrate/migrate.h"

struct context;
struct migration_directory;
struct migration_file;
struct revisions;

struct migration_plan {
    const struct migration_file *current;  /* the last one applied in full; NULL: none */
    const struct revision *begun;          /* the first that stopped in the middle; NULL: none */
    const struct migration_file **pending; /* in the order in which they are to be applied */
    size_t n_pending;
    const struct migration_file **late; /* with ORDER_LINEAR: those that came too late to be applied */
    size_t n_late;
    size_t n_applied;
};

/*
 * A database without revisions starts from the last checkpoint, if there is one, and no other passes by checkpoints.
 * What is below the first revision is taken to be there, unless the sums of what was applied tell that it was not: then
 * it came late. Points into directory and revisions.
 */
enum code plan_make(struct context *context, const struct migration_directory *directory,
                    const struct revisions *revisions, enum migrate_order order, struct migration_plan *ret_plan)
    __attribute__((warn_unused_result));

/* Is what was applied still what the directory says, and did nothing come too late? CONFLICT, with one line for the
 * user, when not. */
enum code plan_check(struct context *context, const struct migration_plan *plan,
                     const struct migration_directory *directory, const struct revisions *revisions)
    __attribute__((warn_unused_result));

/* Leaves only the first `amount` of those that are pending (0: all), and none after `version` (NULL: all). CONFLICT:
 * there is no such version. */
enum code plan_limit(struct context *context, struct migration_plan *plan, const struct revisions *revisions,
                     size_t amount, const char *version) __attribute__((warn_unused_result));

#endif
