#ifndef USECASE_UNIT_OF_WORK_H
#define USECASE_UNIT_OF_WORK_H

/*
 * usecase/unit_of_work.h: several steps that happen all or not at all.
 */

#include <stdbool.h>

#include "core/error.h"

struct context;

struct unit_of_work {
    /*
     * Calls work(context, argument) inside a transaction and commits when it gives OK; otherwise rolls back and gives
     * its code. When the database asks for a rerun (CONTENDED) everything is rolled back and work is called again,
     * three times after the first at most, then UNAVAILABLE. UNAVAILABLE also when the connection is lost while
     * committing: whether the work happened is then unknown, and it is never run again.
     */
    enum code (*run)(struct unit_of_work *self, struct context *context,
                     enum code (*work)(struct context *context, void *argument), void *argument);

    /*
     * Calls then(context, argument) once the work under way is committed, or its outcome unknown; not when it is rolled
     * back. Outside a run it is called at once. `argument` must live as long as the context's arena. When the call
     * cannot be remembered: NO_MEMORY.
     */
    enum code (*after_commit)(struct unit_of_work *self, struct context *context,
                              void (*then)(struct context *context, void *argument), void *argument);

    /* Is a run under way? Then reads must see its own writes, and nobody else may. */
    bool (*active)(struct unit_of_work *self);
};

#endif
