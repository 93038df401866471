/*
 * core/arena.c: blocks of memory, handed out front to back.
 *
 * The oldest block survives a reset, so a request that fits in it costs no malloc(). An allocation that is large for
 * the next block gets a block of its own, and the room left in the current one is not lost. Under AddressSanitizer,
 * what is not handed out is poisoned, with a gap after each allocation.
 */

#include "core/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POISONING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONING 1
#endif
#endif

#ifdef POISONING
#include <sanitizer/asan_interface.h>
#define POISON(data, size) ASAN_POISON_MEMORY_REGION(data, size)
#define UNPOISON(data, size) ASAN_UNPOISON_MEMORY_REGION(data, size)
#define GAP ALIGNMENT
#else
#define POISON(data, size) ((void)(data), (void)(size))
#define UNPOISON(data, size) ((void)(data), (void)(size))
#define GAP 0
#endif

#define ALIGNMENT ((size_t)16)
#define FIRST_BLOCK ((size_t)16 * 1024)
#define LAST_BLOCK ((size_t)256 * 1024) /* blocks double up to this size */

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data */
    size_t used;
    _Alignas(16) char data[];
};

struct arena_release {
    struct arena_release *next;
    void (*release)(void *);
    void *handle;
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        UNPOISON(block->data, block->size);
        free(block);
        block = next;
    }
}

/* Takes one off before each call: a release may use the arena. */
static void run_releases(struct arena *arena)
{
    while (arena->releases) {
        struct arena_release *first = arena->releases;
        arena->releases = first->next;
        first->release(first->handle);
    }
}

void arena_reset(struct arena *arena)
{
    run_releases(arena);
    free_blocks(arena->large);
    arena->large = NULL;
    arena->used = 0;

    struct arena_block *oldest = arena->blocks;
    while (oldest && oldest->next) {
        struct arena_block *newer = oldest;
        oldest = oldest->next;
        newer->next = NULL;
        free_blocks(newer);
    }
    arena->blocks = oldest;
    if (oldest) {
        oldest->used = 0;
        POISON(oldest->data, oldest->size);
    }
}

void arena_release(struct arena *arena)
{
    arena_reset(arena);
    free_blocks(arena->blocks);
    arena->blocks = NULL;
}

/* What an allocation takes from its block; no more than SIZE_MAX / 2 may be asked. */
static size_t footprint(size_t size)
{
    size_t least = size > 0 ? size : 1;
    return ((least + ALIGNMENT - 1) & ~(ALIGNMENT - 1)) + GAP;
}

/* Puts a new block in front of *list. */
static struct arena_block *add_block(struct arena_block **list, size_t size)
{
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = *list;
    block->size = size;
    block->used = 0;
    POISON(block->data, size);
    *list = block;
    return block;
}

/* A block with room for `size` bytes. */
static struct arena_block *find_block(struct arena *arena, size_t size)
{
    struct arena_block *newest = arena->blocks;
    if (newest && size <= newest->size - newest->used)
        return newest;

    size_t next_size = newest ? newest->size * 2 : FIRST_BLOCK;
    if (next_size > LAST_BLOCK)
        next_size = LAST_BLOCK;
    if (size > next_size / 2)
        return add_block(&arena->large, size);
    return add_block(&arena->blocks, next_size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (arena->fail_after > 0 && --arena->fail_after == 0)
        return NULL;
    if (size > SIZE_MAX / 2 || footprint(size) > arena->limit - arena->used)
        return NULL;

    size_t taken = footprint(size);
    struct arena_block *block = find_block(arena, taken);
    if (!block)
        return NULL;
    char *data = block->data + block->used;
    block->used += taken;
    arena->used += taken;
    UNPOISON(data, size);
    return memset(data, 0, size);
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
    size_t product = 0;
    if (__builtin_mul_overflow(n, size, &product))
        return NULL;
    return arena_alloc(arena, product);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    char *copy = size < SIZE_MAX ? arena_alloc(arena, size + 1) : NULL;
    if (copy && size > 0)
        memcpy(copy, data, size);
    return copy;
}

/* True when `data` was extended where it lies. */
static bool grow_in_place(struct arena *arena, char *data, size_t size, size_t new_size)
{
    struct arena_block *block = arena->blocks;
    if (!block || data + footprint(size) != block->data + block->used)
        return false;
    size_t more = footprint(new_size) - footprint(size);
    if (more > block->size - block->used || more > arena->limit - arena->used)
        return false;
    block->used += more;
    arena->used += more;
    UNPOISON(data, new_size);
    memset(data + size, 0, new_size - size);
    return true;
}

void *arena_grow(struct arena *arena, void *data, size_t size, size_t new_size)
{
    if (new_size <= size)
        return data;
    if (data && new_size <= SIZE_MAX / 2 && arena->fail_after == 0 && grow_in_place(arena, data, size, new_size))
        return data;
    void *moved = arena_alloc(arena, new_size);
    if (moved && data)
        memcpy(moved, data, size);
    return moved;
}

void *arena_room(struct arena *arena, void *items, size_t n, size_t item_size)
{
    size_t size = 0;

    if ((n & (n - 1)) != 0)
        return items;
    if (__builtin_mul_overflow(n ? 2 * n : 1, item_size, &size))
        return NULL;
    return arena_grow(arena, items, n * item_size, size);
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0)
        return NULL;
    char *text = arena_alloc(arena, (size_t)size + 1);
    if (text)
        vsnprintf(text, (size_t)size + 1, format, args);
    return text;
}

int arena_defer(struct arena *arena, void (*release)(void *), void *handle)
{
    struct arena_release *entry = arena_alloc(arena, sizeof *entry);
    if (!entry) {
        release(handle);
        return -1;
    }
    *entry = (struct arena_release){.next = arena->releases, .release = release, .handle = handle};
    arena->releases = entry;
    return 0;
}
