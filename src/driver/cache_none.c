/* driver/cache_none.c: no cache; every fetch misses and nothing is kept. */

#include "driver/cache.h"

#include <stdio.h>

#include "core/arena.h"

static void fetch(struct cache *self, struct context *context, struct cache_item *items, size_t n)
{
    (void)self;
    (void)context;
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct cache_item){.key = items[i].key};
    }
}

static void fill(struct cache *self, struct context *context, const struct cache_item *item, const void *value,
                 size_t size, unsigned ttl_s)
{
    (void)self;
    (void)context;
    (void)item;
    (void)value;
    (void)size;
    (void)ttl_s;
}

static void abandon(struct cache *self, struct context *context, const struct cache_item *item)
{
    (void)self;
    (void)context;
    (void)item;
}

static void invalidate(struct cache *self, struct context *context, const char *key)
{
    (void)self;
    (void)context;
    (void)key;
}

static const char *state(struct cache *self, struct context *context)
{
    (void)self;
    (void)context;
    return "off";
}

static struct cache *open_none(struct arena *arena, const struct cache_options *options, char *ret_error, size_t size)
{
    (void)options;
    struct cache *cache = arena_alloc(arena, sizeof *cache);
    if (!cache) {
        snprintf(ret_error, size, "out of memory");
        return NULL;
    }
    *cache = (struct cache){
        .name = "none",
        .fetch = fetch,
        .fill = fill,
        .abandon = abandon,
        .invalidate = invalidate,
        .state = state,
    };
    return cache;
}

const struct cache_driver cache_none = {.name = "none", .open = open_none};
