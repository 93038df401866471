/*
 * fake_cache.c: an array that is searched from the front. Values are lent for one call: they are moved, and the old
 * place is overwritten, by every call.
 */

#include "fake_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

#define ENTRIES_MAX 2000

struct fake_cache {
    struct cache cache; /* first: it is cast back */
    struct arena *arena;
    struct fake_counts counts;
    uint64_t last_lease;
    size_t n;
    struct fake_entry entries[ENTRIES_MAX];
};

/* Values lent by the call before are gone. */
static struct fake_cache *called(struct cache *cache)
{
    struct fake_cache *self = (struct fake_cache *)cache;
    for (size_t i = 0; i < self->n; i++) {
        struct fake_entry *entry = &self->entries[i];
        if (!entry->value || entry->size == 0)
            continue;
        char *moved = arena_copy(self->arena, entry->value, entry->size);
        if (!moved)
            abort();
        memset(entry->value, '?', entry->size);
        entry->value = moved;
    }
    return self;
}

static struct fake_entry *entry_of(struct fake_cache *self, const char *key)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcmp(self->entries[i].key, key) == 0)
            return &self->entries[i];
    if (self->n == ENTRIES_MAX)
        abort();
    struct fake_entry *entry = &self->entries[self->n++];
    entry->key = arena_text(self->arena, key);
    return entry;
}

static void fetch(struct cache *cache, struct context *context, struct cache_item *items, size_t n)
{
    (void)context;
    struct fake_cache *self = called(cache);
    self->counts.fetches++;
    self->counts.keys += (unsigned)n;
    for (size_t i = 0; i < n; i++) {
        struct fake_entry *entry = entry_of(self, items[i].key);
        items[i] = (struct cache_item){.key = items[i].key, .value = entry->value, .size = entry->size};
        if (!entry->value && !entry->lease)
            items[i].lease = entry->lease = ++self->last_lease;
    }
}

static void fill(struct cache *cache, struct context *context, const struct cache_item *item, const void *value,
                 size_t size, unsigned ttl_s)
{
    (void)context;
    struct fake_cache *self = called(cache);
    struct fake_entry *entry = entry_of(self, item->key);
    self->counts.fills++;
    if (!item->lease || entry->lease != item->lease)
        return;
    entry->value = arena_copy(self->arena, value, size);
    entry->size = size;
    entry->ttl_s = ttl_s;
    entry->lease = 0;
}

static void abandon(struct cache *cache, struct context *context, const struct cache_item *item)
{
    (void)context;
    struct fake_cache *self = called(cache);
    struct fake_entry *entry = entry_of(self, item->key);
    if (!item->lease)
        return;
    self->counts.abandons++;
    if (entry->lease == item->lease)
        entry->lease = 0;
}

static void invalidate(struct cache *cache, struct context *context, const char *key)
{
    (void)context;
    struct fake_cache *self = called(cache);
    self->counts.invalidations++;
    struct fake_entry *entry = entry_of(self, key);
    *entry = (struct fake_entry){.key = entry->key};
}

static const char *state(struct cache *cache, struct context *context)
{
    (void)cache;
    (void)context;
    return "ok";
}

struct fake_cache *fake_cache_new(struct arena *arena)
{
    struct fake_cache *self = arena_alloc(arena, sizeof *self);
    if (!self)
        abort();
    self->arena = arena;
    self->cache = (struct cache){
        .name = "fake",
        .fetch = fetch,
        .fill = fill,
        .abandon = abandon,
        .invalidate = invalidate,
        .state = state,
    };
    return self;
}

struct cache *fake_cache_port(struct fake_cache *cache)
{
    return &cache->cache;
}

struct fake_entry *fake_cache_find(struct fake_cache *cache, const char *end_of_key)
{
    for (size_t i = 0; i < cache->n; i++) {
        struct fake_entry *entry = &cache->entries[i];
        size_t size = strlen(entry->key), end = strlen(end_of_key);
        if (end <= size && strcmp(entry->key + size - end, end_of_key) == 0 && (entry->value || entry->lease))
            return entry;
    }
    return NULL;
}

const struct fake_counts *fake_cache_counts(const struct fake_cache *cache)
{
    return &cache->counts;
}
