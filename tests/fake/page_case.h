#ifndef PAGE_CASE_H
#define PAGE_CASE_H

/* page_case.h: an arena and the name of a shared memory object for each test of a program. Include it after cmocka. */

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/arena.h"

static struct arena arena;
static char name[64];

static inline int page_setup(void **state)
{
    (void)state;
    arena_init(&arena, 1024 * 1024);
    snprintf(name, sizeof name, "/quire-test-page-%d", (int)getpid());
    return 0;
}

static inline int page_teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    shm_unlink(name);
    return 0;
}

#endif
