/*
 * repository/sql_unit_of_work.c: BEGIN, work, COMMIT; and again when the database asks for it.
 *
 * What waits for the commit is remembered in the request's arena, so that a rerun forgets it for free. It is called
 * when the transaction is over: then a cache that is invalidated can only be filled with what was committed.
 */

#include "repository/sql_unit_of_work.h"

#include <time.h>

#include "core/arena.h"
#include "core/context.h"
#include "core/random.h"
#include "driver/db.h"
#include "usecase/unit_of_work.h"

#define RERUNS_MAX 3

/* The pause before a rerun is drawn at random, so that two that met in a deadlock do not meet again. */
#define PAUSE_MIN_MS 5
#define PAUSE_MAX_MS 50

struct hook {
    void (*then)(struct context *context, void *argument);
    void *argument;
    struct hook *next;
};

struct sql_unit_of_work {
    struct unit_of_work unit_of_work;
    struct db *db;
    bool active;
    struct hook *hooks; /* in the order they came */
    struct hook **hooks_end;
};

static struct sql_unit_of_work *of(struct unit_of_work *unit_of_work)
{
    return (struct sql_unit_of_work *)unit_of_work;
}

static void forget_hooks(struct sql_unit_of_work *self)
{
    self->hooks = NULL;
    self->hooks_end = &self->hooks;
}

static void call_hooks(struct sql_unit_of_work *self, struct context *context)
{
    struct hook *hook = self->hooks;

    forget_hooks(self);
    for (; hook; hook = hook->next)
        hook->then(context, hook->argument);
}

/* Waits for a moment; false when there is no time for that. */
static bool take_pause(const struct context *context)
{
    int pause_ms = PAUSE_MIN_MS + (unsigned char)random_number() % (PAUSE_MAX_MS - PAUSE_MIN_MS + 1);

    if (context_left_ms(context, PAUSE_MAX_MS + 1) <= pause_ms)
        return false;
    const struct timespec pause = {.tv_nsec = pause_ms * 1000000L};
    nanosleep(&pause, NULL);
    return true;
}

/* One run of the work, from BEGIN to COMMIT or ROLLBACK. */
static enum code run_once(struct sql_unit_of_work *self, struct context *context,
                          enum code (*work)(struct context *context, void *argument), void *argument)
{
    forget_hooks(self);
    enum code code = db_begin(self->db, context);
    if (code != OK)
        return code;

    self->active = true;
    code = work(context, argument);
    bool commits = code == OK;
    if (commits)
        code = db_commit(self->db, context);
    else
        db_rollback(self->db, context);
    self->active = false;

    /* UNAVAILABLE from a commit: it may have happened. */
    if (commits && (code == OK || code == UNAVAILABLE))
        call_hooks(self, context);
    forget_hooks(self);
    return code;
}

static enum code unit_run(struct unit_of_work *base, struct context *context,
                          enum code (*work)(struct context *context, void *argument), void *argument)
{
    struct sql_unit_of_work *self = of(base);

    if (self->active)
        return fail_native(context, INTERNAL, "a unit of work inside a unit of work");
    enum code code = run_once(self, context, work, argument);
    for (int rerun = 0; code == CONTENDED && rerun < RERUNS_MAX && take_pause(context); rerun++) {
        context_clear(context);
        code = run_once(self, context, work, argument);
    }
    return code == CONTENDED ? fail_native(context, UNAVAILABLE, "%s", context->error.native) : code;
}

static enum code unit_after_commit(struct unit_of_work *base, struct context *context,
                                   void (*then)(struct context *context, void *argument), void *argument)
{
    struct sql_unit_of_work *self = of(base);

    if (!self->active) {
        then(context, argument);
        return OK;
    }
    struct hook *hook = arena_alloc(context->arena, sizeof *hook);
    if (!hook)
        return fail_memory(context);
    *hook = (struct hook){.then = then, .argument = argument};
    *self->hooks_end = hook;
    self->hooks_end = &hook->next;
    return OK;
}

static bool unit_active(struct unit_of_work *base)
{
    return of(base)->active;
}

struct unit_of_work *sql_unit_of_work_new(struct arena *arena, struct db *db)
{
    struct sql_unit_of_work *self = arena_alloc(arena, sizeof *self);

    if (!self)
        return NULL;
    self->unit_of_work = (struct unit_of_work){
        .run = unit_run,
        .after_commit = unit_after_commit,
        .active = unit_active,
    };
    self->db = db;
    forget_hooks(self);
    return &self->unit_of_work;
}
