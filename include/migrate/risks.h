#ifndef MIGRATE_RISKS_H
#define MIGRATE_RISKS_H

/*
 * migrate/risks.h: what a list of changes does to rows. It knows more than change_risk() does of one change: a column
 * that is new and may be NULL has no value that a key, an index or a check could refuse.
 */

#include <stddef.h>

#include "core/error.h"
#include "migrate/change.h"

struct context;

struct found_risk {
    const struct change *change;
    struct risk risk;
};

struct risks {
    struct found_risk *items; /* in the order of the changes */
    size_t n;
};

enum code risks_find(struct context *context, const struct changes *changes, struct risks *ret_risks)
    __attribute__((warn_unused_result));

#endif
