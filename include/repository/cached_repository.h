#ifndef REPOSITORY_CACHED_REPOSITORY_H
#define REPOSITORY_CACHED_REPOSITORY_H

/*
 * repository/cached_repository.h: a cache in front of any repository (cache-aside).
 *
 * find and find_many are cached, "there is none" too, for NEGATIVE_TTL_S at most. A write invalidates its record after
 * the commit. Lists go to the database.
 */

struct arena;
struct cache;
struct repository;
struct unit_of_work;

/* How long "there is none with this id" is believed, in seconds. */
#define NEGATIVE_TTL_S 5

/* Keys are "<space>:<schema>:<fingerprint>:<id>"; `space` tells databases apart that share a cache. Lives in the arena;
 * everything given must outlive it. NULL without memory. */
struct repository *cached_repository_new(struct arena *arena, struct repository *inner, struct cache *cache,
                                         struct unit_of_work *unit_of_work, const char *space, unsigned ttl_s);

#endif
