#ifndef FAKE_CACHE_H
#define FAKE_CACHE_H

/*
 * fake_cache.h: a cache in memory that tells what it was asked to do. Times are noted, not kept; a lease is given to
 * one only.
 */

#include <stdbool.h>
#include <stddef.h>

#include "driver/cache.h"

struct arena;
struct fake_cache;

/* What is under a key. */
struct fake_entry {
    const char *key;
    char *value; /* NULL: none, or only a lease */
    size_t size;
    unsigned ttl_s;
    uint64_t lease; /* 0: not given */
};

struct fake_cache *fake_cache_new(struct arena *arena);
struct cache *fake_cache_port(struct fake_cache *cache);

/* What was stored last under the key that ends so; NULL: nothing is, nor leased. */
struct fake_entry *fake_cache_find(struct fake_cache *cache, const char *end_of_key);

/* How often it was called, for n keys in all. */
struct fake_counts {
    unsigned fetches;
    unsigned keys;
    unsigned fills;
    unsigned abandons;
    unsigned invalidations;
};
const struct fake_counts *fake_cache_counts(const struct fake_cache *cache);

#endif
