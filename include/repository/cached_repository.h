#ifndef REPOSITORY_CACHED_REPOSITORY_H
#define REPOSITORY_CACHED_REPOSITORY_H

/*
 * repository/cached_repository.h: a cache in front of any repository (cache-aside).
 *
 * find and find_many are cached, "there is none" too, for NEGATIVE_TTL_S at most. Inside a unit of work reads go to the
 * database: they must see its writes, and nobody else may. Lists go to the database.
 *
 * A write invalidates its record after the commit, also when it is not known whether it happened. Two limits follow
 * from an unknown outcome: the id of an insert is not known, so "there is none" may be believed for NEGATIVE_TTL_S
 * more; and a write that the database carries out only after its failure was reported is not noticed until the value
 * expires.
 */

struct arena;
struct cache;
struct repository;
struct unit_of_work;

/* How long "there is none with this id" is believed, in seconds. */
#define NEGATIVE_TTL_S 5

/* Keys are "<space>:<schema>:<fingerprint>:<id>"; `space` tells databases apart that share a cache and is printable
 * ASCII without spaces. Lives in the arena; everything given must outlive it. NULL without memory, or when `space` is
 * no such text or leaves no room for an id in CACHE_KEY_MAX. */
struct repository *cached_repository_new(struct arena *arena, struct repository *inner, struct cache *cache,
                                         struct unit_of_work *unit_of_work, const char *space, unsigned ttl_s);

#endif
