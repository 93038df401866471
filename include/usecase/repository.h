#ifndef USECASE_REPOSITORY_H
#define USECASE_REPOSITORY_H

/*
 * usecase/repository.h: what every use case needs of storage, for one kind of record.
 *
 * SQL, a cache in front of it and a test's fake are interchangeable behind this table. Records and texts that come
 * back live in the context's arena. Inside unit_of_work.run all calls are part of that transaction.
 *
 * Every function may give UNAVAILABLE, TIMED_OUT, CONTENDED, NO_MEMORY or INTERNAL; further codes are named below.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct context;
struct filter;
struct page;
struct query;
struct schema;

/* Ids, in the context's arena. */
struct ids {
    int64_t *items;
    size_t n;
};

struct repository {
    const struct schema *schema;

    /* The record with this id; *ret_record is NULL when there is none. */
    enum code (*find)(struct repository *self, struct context *context, int64_t id, void **ret_record);

    /* As find, inside a unit of work: reads past any cache, and nobody else changes the record until the end. */
    enum code (*find_for_update)(struct repository *self, struct context *context, int64_t id, void **ret_record);

    /* ret_records[i] is the record with ids[i], or NULL. Ids may repeat. At most FIND_MANY_MAX ids. */
    enum code (*find_many)(struct repository *self, struct context *context, const int64_t *ids, size_t n,
                           void **ret_records);

    enum code (*list)(struct repository *self, struct context *context, const struct query *query,
                      struct page *ret_page);

    /* Stores the record under a new id and sets that id in it. NO_REFERENCE, CONFLICT. */
    enum code (*insert)(struct repository *self, struct context *context, void *record);

    /* Stores the fields in `set` of the record under its id, and touches no other; READ_ONLY ones never. Nothing
     * happens when there is no such record, or nothing to store. NO_REFERENCE, CONFLICT. */
    enum code (*update)(struct repository *self, struct context *context, const void *record, uint32_t set);

    /* Nothing happens when there is none. CONFLICT when others still refer to it. */
    enum code (*remove)(struct repository *self, struct context *context, int64_t id);

    /* Removes all records that match; inside a unit of work only. ret_removed says which they were. CONFLICT. */
    enum code (*remove_where)(struct repository *self, struct context *context, const struct filter *filter,
                              struct ids *ret_removed);
};

#define FIND_MANY_MAX 1000

#endif
