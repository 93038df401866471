#ifndef CONTEXT_CASE_H
#define CONTEXT_CASE_H

/* context_case.h: an arena and a context for each test of a program. Include it after cmocka. */

#include "core/arena.h"
#include "core/context.h"

static struct arena arena;
static struct context context;

static inline int context_setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    return 0;
}

static inline int context_teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#endif
