#ifndef CORE_ARENA_H
#define CORE_ARENA_H

/*
 * core/arena.h: memory freed by lifetime.
 *
 * An arena owns everything allocated from it until it is reset or released. quire has three kinds: one for the
 * process, one for a connection, one for a request. Nothing allocated here is freed on its own. A handle that needs
 * more than free() joins with arena_defer().
 *
 * Each arena has a ceiling in bytes; beyond it, and when the system has no memory, an allocation gives NULL. An arena
 * is used by one thread.
 */

#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena_release;

struct arena {
    struct arena_block *blocks;     /* newest first; the oldest is kept by arena_reset() */
    struct arena_block *large;      /* blocks that hold one large allocation each */
    struct arena_release *releases; /* newest first */
    size_t used;                    /* bytes handed out since the last reset */
    size_t limit;                   /* ceiling of `used` */
    size_t fail_after;              /* for tests: 1 and the next allocation fails, 2 the one after; 0: none does */
};

/* Prepares caller's storage; allocates nothing yet. `limit` is in bytes. */
void arena_init(struct arena *arena, size_t limit);

/* Runs the deferred releases, newest first, and forgets all memory; one block is kept for the next use. */
void arena_reset(struct arena *arena);

/* As arena_reset(), and gives everything back to the system. */
void arena_release(struct arena *arena);

/* `size` zeroed bytes, aligned for any type; NULL beyond the ceiling. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, warn_unused_result));

/* As arena_alloc() for `n` items of `size` bytes; NULL when the product overflows. */
void *arena_array(struct arena *arena, size_t n, size_t size) __attribute__((warn_unused_result));

/* A copy of `size` bytes, with a NUL after them. */
void *arena_copy(struct arena *arena, const void *data, size_t size) __attribute__((warn_unused_result));

/*
 * `data`, which has `size` bytes, with `new_size` bytes: in place when it is the latest allocation and there is room,
 * else copied. What is added is zeroed. NULL `data` with `size` 0 is a first allocation.
 */
void *arena_grow(struct arena *arena, void *data, size_t size, size_t new_size) __attribute__((warn_unused_result));

/*
 * A list of `n` items with room for one more: grown to twice its size whenever n is a power of two, which is when it is
 * full, so nothing has to remember the room. NULL `items` with n 0 is a first one. NULL without memory.
 */
void *arena_room(struct arena *arena, void *items, size_t n, size_t item_size) __attribute__((warn_unused_result));

char *arena_text(struct arena *arena, const char *text) __attribute__((warn_unused_result));
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), warn_unused_result));

/*
 * Calls release(handle) when the arena is reset or released. When there is no memory to remember that, it is called at
 * once and -1 is returned; otherwise 0.
 */
int arena_defer(struct arena *arena, void (*release)(void *), void *handle) __attribute__((warn_unused_result));

#endif
