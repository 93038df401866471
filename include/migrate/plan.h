#ifndef MIGRATE_PLAN_H
#define MIGRATE_PLAN_H

/* migrate/plan.h: how a directory and the revisions of a database compare: what is applied, and what comes next. */

#include <stddef.h>

#include "core/error.h"

struct context;
struct migration_directory;
struct revisions;

struct migration_plan {
    const struct migration_file *current; /* the last one applied in full; NULL: none */
    const struct migration_file *next;    /* the first one that is not; NULL: none */
    const struct revision *begun;         /* of `next`, when it stopped in the middle */
    size_t n_applied;
    size_t n_pending;
};

/* Points into both. */
struct migration_plan plan_make(const struct migration_directory *directory, const struct revisions *revisions);

/* Is what was applied still what the directory says, and is what is pending newer than all of it? CONFLICT, with one
 * line for the user, when not. */
enum code plan_check(struct context *context, const struct migration_plan *plan,
                     const struct migration_directory *directory, const struct revisions *revisions)
    __attribute__((warn_unused_result));

#endif
