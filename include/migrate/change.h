#ifndef MIGRATE_CHANGE_H
#define MIGRATE_CHANGE_H

/*
 * migrate/change.h: how two models differ, as the list of changes that leads from one to the other.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "migrate/model.h"

struct context;

enum change_kind {
    ADD_TABLE,
    DROP_TABLE,
    MODIFY_TABLE, /* its options, or its primary key */
    ADD_COLUMN,
    DROP_COLUMN,
    MODIFY_COLUMN, /* its type, default, nullability or numbering */
    ADD_INDEX,
    DROP_INDEX,
    ADD_FOREIGN_KEY,
    DROP_FOREIGN_KEY,
    ADD_CHECK,
    DROP_CHECK,
    CHANGE__MAX
};

/* `from` and `to` are of the kind's type: struct table, column, index, foreign_key or check. NULL on the side where it
 * is not there. A foreign key that is on both sides is dropped and added again, because what it stands on
 * changes. */
struct change {
    enum change_kind kind;
    const char *table;
    const void *from;
    const void *to;
};

struct changes {
    struct change *items; /* in an order in which they can be made */
    size_t n;
};

/* Both models are as read from databases of the same kind. Columns and tables are the same when they have the same
 * name, so a new name is a drop and an addition; indexes, keys and checks when they say the same, whatever their names.
 * The order of columns does not count. A table is added or dropped as one, with all it has; where tables refer to each
 * other in a ring, there is no order for that. Points into both. */
enum code changes_find(struct context *context, const struct model *from, const struct model *to,
                       struct changes *ret_changes) __attribute__((warn_unused_result));

#endif
