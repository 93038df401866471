#ifndef DRIVER_CACHE_H
#define DRIVER_CACHE_H

/*
 * driver/cache.h: values by key, for a while, in front of a database.
 *
 * A cache never fails: one that is down misses, after a bounded wait that one process pays once a second. The rules
 * that keep it truthful:
 *
 *   - a value is filled in under a lease that cache_fetch() hands out on a miss. A lease is void once its key was
 *     invalidated after it was given: a fill that raced a write does not survive it;
 *   - of several that miss a key at once, one gets the lease; the others wait a moment for its fill and then go to the
 *     database without one;
 *   - after cache_invalidate() returns, no fetch through any process of this host gives the old value, even when the
 *     cache could not be reached (driver/coherence.h).
 *
 * A key that is none (cache_key_size()) misses and nothing is stored under it. A cache is used by one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cache;
struct coherence;
struct context;

#define CACHE_KEY_MAX 200            /* bytes, printable ASCII without spaces */
#define CACHE_VALUE_MAX (512 * 1024) /* bytes; larger values are not stored */

struct cache_item {
    const char *key;
    const void *value; /* hit: in the context's arena or borrowed until the next call; NULL: a miss */
    size_t size;
    uint64_t lease; /* miss: 0 when somebody else holds it, or nothing can be stored now */
    uint64_t epoch; /* goes with the lease; the driver's own */
};

struct cache {
    const char *name; /* the value of CACHE */

    /* Looks up n keys, at most CACHE_FETCH_MAX, and fills in the rest of each item. */
    void (*fetch)(struct cache *self, struct context *context, struct cache_item *items, size_t n);

    /* Stores a value under the item's lease, for about ttl_s seconds; releases the lease. */
    void (*fill)(struct cache *self, struct context *context, const struct cache_item *item, const void *value,
                 size_t size, unsigned ttl_s);

    /* Gives a lease back unused, because there is nothing to fill in. */
    void (*abandon)(struct cache *self, struct context *context, const struct cache_item *item);

    void (*invalidate)(struct cache *self, struct context *context, const char *key);

    /* "ok", "down" or "off", for people. */
    const char *(*state)(struct cache *self, struct context *context);
};

#define CACHE_FETCH_MAX 1000

/* Settings of a cache; texts are borrowed. */
struct cache_options {
    const char *servers;         /* memcached: "host:port,..." or paths of unix sockets */
    unsigned ttl_max_s;          /* no value lives longer, jitter included */
    size_t memory_items;         /* memory: ceiling of items */
    struct coherence *coherence; /* shared by all processes of this host */
};

struct cache_driver {
    const char *name; /* the value of CACHE */
    /* NULL with one line in ret_error (`size` bytes) when the options make no sense or memory ended. Released with
     * the arena. Does not connect. */
    struct cache *(*open)(struct arena *arena, const struct cache_options *options, char *ret_error, size_t size);
};

extern const struct cache_driver cache_memcached;
extern const struct cache_driver cache_memory;
extern const struct cache_driver cache_none;

/* The drivers this build has: memcached where its library was there, memory, none; NULL-terminated. */
extern const struct cache_driver *const cache_drivers[];
const struct cache_driver *cache_driver_find(const char *name);

/* The size of a key; 0 when it is empty, too long, or has a byte that no key may have. */
size_t cache_key_size(const char *key);

/* ttl_s less up to a tenth, at random, so that values filled together do not expire together; at least 1. */
unsigned cache_jitter(unsigned ttl_s);

#endif
