/*
 * driver/cache_memory.c: values in the memory of this process, least recently used first out.
 *
 * Each process has its own; they agree by the versions of driver/coherence.h. A lease is the version at the time of the
 * miss: the value is stored if nothing was written since, and is a hit for as long as nothing is. A value that is no
 * hit stays until it is replaced or falls off the end, because one fetch may lend it and then find it void.
 */

#include "driver/cache.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/coherence.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(key, size, hash) HASH_FNV(key, size, hash)
#include <uthash.h>
#include <utlist.h>

/* Ceiling of all keys and values together. */
#define MEMORY_MAX ((size_t)64 * 1024 * 1024)

struct entry {
    UT_hash_handle hh;
    struct entry *prev, *next; /* least recently used first */
    uint64_t version;
    int64_t expires_ms;
    size_t key_size;
    size_t size;
    char data[]; /* the key, then the value */
};

struct memory_cache {
    struct cache cache; /* first: it is cast back */
    struct coherence *coherence;
    unsigned ttl_max_s;
    size_t items_max;
    struct entry *by_key;
    struct entry *by_use;
    size_t used; /* bytes of all entries */
};

static size_t footprint(const struct entry *entry)
{
    return sizeof *entry + entry->key_size + entry->size;
}

static void drop(struct memory_cache *memory, struct entry *entry)
{
    HASH_DEL(memory->by_key, entry);
    DL_DELETE(memory->by_use, entry);
    memory->used -= footprint(entry);
    free(entry);
}

static void release(void *handle)
{
    struct memory_cache *memory = handle;
    while (memory->by_use)
        drop(memory, memory->by_use);
}

static struct entry *find(struct memory_cache *memory, const char *key, size_t key_size)
{
    struct entry *entry;
    HASH_FIND(hh, memory->by_key, key, key_size, entry);
    return entry;
}

static void fetch_one(struct memory_cache *memory, struct cache_item *item, int64_t now_ms)
{
    *item = (struct cache_item){.key = item->key};
    size_t key_size = cache_key_size(item->key);
    if (key_size == 0)
        return;
    uint64_t version = coherence_version(memory->coherence, item->key);
    struct entry *entry = find(memory, item->key, key_size);
    if (!entry || entry->version != version || entry->expires_ms <= now_ms) {
        item->lease = version;
        return;
    }
    DL_DELETE(memory->by_use, entry);
    DL_APPEND(memory->by_use, entry);
    item->value = entry->data + key_size;
    item->size = entry->size;
}

static void fetch(struct cache *self, struct context *context, struct cache_item *items, size_t n)
{
    (void)context;
    int64_t now_ms = clock_ms();
    for (size_t i = 0; i < n; i++)
        fetch_one((struct memory_cache *)self, &items[i], now_ms);
}

/* NULL without memory. */
static struct entry *entry_new(const char *key, size_t key_size, const void *value, size_t size)
{
    struct entry *entry = malloc(sizeof *entry + key_size + size);
    if (!entry)
        return NULL;
    *entry = (struct entry){.key_size = key_size, .size = size};
    memcpy(entry->data, key, key_size);
    if (size > 0)
        memcpy(entry->data + key_size, value, size);
    return entry;
}

static void add(struct memory_cache *memory, struct entry *entry)
{
    HASH_ADD_KEYPTR(hh, memory->by_key, entry->data, entry->key_size, entry);
    if (!entry->hh.tbl) { /* there was no memory for the table */
        free(entry);
        return;
    }
    DL_APPEND(memory->by_use, entry);
    memory->used += footprint(entry);
    while (HASH_COUNT(memory->by_key) > memory->items_max || memory->used > MEMORY_MAX)
        drop(memory, memory->by_use);
}

static void fill(struct cache *self, struct context *context, const struct cache_item *item, const void *value,
                 size_t size, unsigned ttl_s)
{
    struct memory_cache *memory = (struct memory_cache *)self;
    size_t key_size = cache_key_size(item->key);
    if (!item->lease || key_size == 0)
        return;
    if (item->lease != coherence_version(memory->coherence, item->key)) {
        context->tally.cache_races++;
        return;
    }
    struct entry *entry = find(memory, item->key, key_size);
    if (entry)
        drop(memory, entry);
    if (size > CACHE_VALUE_MAX || !(entry = entry_new(item->key, key_size, value, size)))
        return;
    entry->version = item->lease;
    entry->expires_ms = clock_ms() + 1000 * (int64_t)(ttl_s < memory->ttl_max_s ? ttl_s : memory->ttl_max_s);
    add(memory, entry);
}

/* A lease is a number that nobody waits for. */
static void abandon(struct cache *self, struct context *context, const struct cache_item *item)
{
    (void)self;
    (void)context;
    (void)item;
}

static void invalidate(struct cache *self, struct context *context, const char *key)
{
    (void)context;
    struct memory_cache *memory = (struct memory_cache *)self;
    size_t key_size = cache_key_size(key);
    if (key_size == 0)
        return;
    coherence_move_on(memory->coherence, key);
    struct entry *entry = find(memory, key, key_size);
    if (entry)
        drop(memory, entry);
}

static const char *state(struct cache *self, struct context *context)
{
    (void)self;
    (void)context;
    return "ok";
}

static struct cache *open_memory(struct arena *arena, const struct cache_options *options, char *ret_error, size_t size)
{
    if (!options->coherence || options->memory_items == 0) {
        snprintf(ret_error, size, "a cache needs room for one item, and what its processes share");
        return NULL;
    }
    struct memory_cache *memory = arena_alloc(arena, sizeof *memory);
    if (!memory || arena_defer(arena, release, memory)) {
        snprintf(ret_error, size, "out of memory");
        return NULL;
    }
    memory->cache = (struct cache){
        .name = cache_memory.name,
        .fetch = fetch,
        .fill = fill,
        .abandon = abandon,
        .invalidate = invalidate,
        .state = state,
    };
    memory->coherence = options->coherence;
    memory->ttl_max_s = options->ttl_max_s;
    memory->items_max = options->memory_items;
    return &memory->cache;
}

const struct cache_driver cache_memory = {.name = "memory", .open = open_memory};
