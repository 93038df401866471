#ifndef CORE_CONTEXT_H
#define CORE_CONTEXT_H

/*
 * core/context.h: one request, or one run of a command.
 *
 * The context travels down every call that can fail, wait or allocate, and carries back what went wrong.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct arena;

/* What the request cost, for the log line and the metrics. */
struct tally {
    unsigned sql_statements;
    unsigned cache_hits;
    unsigned cache_misses;
    unsigned cache_waits; /* for what somebody else was filling in */
    unsigned cache_races; /* fills that were void, because the record was written meanwhile */
    int64_t sql_us;       /* at the database, connecting included */
};

struct context {
    struct arena *arena;          /* everything made for this request */
    struct error error;           /* the last failure */
    struct violation *violations; /* in the order found; NULL: none */
    struct violation **violations_end;
    unsigned violation_count;
    int64_t deadline_ms;    /* on clock_ms(); 0 is none. Drivers derive their timeouts from it */
    const char *request_id; /* for logs; NULL outside a request */
    const char *trace;      /* the traceparent that SQL statements tell of; NULL: none do */
    struct tally tally;
    bool overloaded; /* too many requests wait behind this one: it is to be turned away */
};

/* Prepares caller's storage, which must stay where it is: the context points into itself. */
void context_init(struct context *context, struct arena *arena, int64_t deadline_ms);

/* Forgets failure and violations, so that a piece of work can be run again. Memory stays with the arena. */
void context_clear(struct context *context);

/* Milliseconds left, from 0 to `most_ms`; `most_ms` when there is no deadline. */
int context_left_ms(const struct context *context, int most_ms);

/*
 * Fills in what the client may know of a failure and returns its code: one line per failure. NULL format: the code's
 * default text. (The parentheses keep away the macro fail() of cmocka.h, which tests include first.)
 */
enum code(fail)(struct context *context, enum code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As fail(), for a driver: the text goes to the log only, the client gets the code's default text. */
enum code fail_native(struct context *context, enum code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fail(), where an allocation gave NULL. */
enum code fail_memory(struct context *context);

/*
 * Adds a violation and returns INVALID, or NO_MEMORY. The struct is copied; what it points to is not. Beyond
 * VIOLATIONS_MAX the rest is dropped: the answer stays bounded.
 */
#define VIOLATIONS_MAX 100
enum code violate(struct context *context, const struct violation *violation);

#endif
