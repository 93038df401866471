/*
 * repository/cached_repository.c: ask the cache, then the repository behind it, then fill the cache in.
 *
 * Nothing here fails because of the cache. The memory to invalidate a record is taken before it is written, so that a
 * write never succeeds without.
 */

#include "repository/cached_repository.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "driver/cache.h"
#include "schema/record_pack.h"
#include "schema/schema.h"
#include "usecase/repository.h"
#include "usecase/unit_of_work.h"

#define ID_DIGITS 20

_Static_assert(FIND_MANY_MAX <= CACHE_FETCH_MAX, "a find_many is one fetch");

struct cached_repository {
    struct repository repository; /* first: it is cast back */
    struct repository *inner;
    struct cache *cache;
    struct unit_of_work *unit_of_work;
    const char *prefix; /* of all keys */
    size_t prefix_size;
    unsigned ttl_s;
};

/* Records that are written, to be invalidated when that is done. */
struct stale {
    struct cached_repository *self;
    struct ids ids;
    int64_t id; /* the only one of ids, mostly */
};

/* Distinct ids that are looked up together. */
struct batch {
    size_t n;
    int64_t *ids; /* ascending */
    struct cache_item *items;
    void **records;
    bool *known;      /* the cache had it */
    int64_t *missing; /* room for the ids that it had not, and for their records */
    void **found;
};

static struct cached_repository *of(struct repository *repository)
{
    return (struct cached_repository *)repository;
}

static bool in_unit_of_work(const struct cached_repository *self)
{
    return self->unit_of_work->active(self->unit_of_work);
}

/* Writes the key, of prefix_size + ID_DIGITS bytes and a NUL at most. */
static void make_key(const struct cached_repository *self, int64_t id, char *ret_key)
{
    char digits[ID_DIGITS];
    size_t n = 0;
    uint64_t rest = (uint64_t)id;
    do
        digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    memcpy(ret_key, self->prefix, self->prefix_size);
    char *end = ret_key + self->prefix_size;
    while (n > 0)
        *end++ = digits[--n];
    *end = '\0';
}

static void drop(const struct cached_repository *self, struct context *context, int64_t id)
{
    char key[CACHE_KEY_MAX + 1];
    make_key(self, id, key);
    self->cache->invalidate(self->cache, context, key);
}

/* Fills in what was found under the item's lease, if it has one. */
static void store(const struct cached_repository *self, struct context *context, const struct cache_item *item,
                  int64_t id, const void *record)
{
    if (!item->lease)
        return;
    unsigned ttl_s = !record && self->ttl_s > NEGATIVE_TTL_S ? NEGATIVE_TTL_S : self->ttl_s;
    struct buffer packed;
    buffer_init(&packed, context->arena, CACHE_VALUE_MAX);
    record_pack(self->repository.schema, id, record, &packed);
    if (packed.failed)
        self->cache->abandon(self->cache, context, item);
    else
        self->cache->fill(self->cache, context, item, packed.data, packed.size, cache_jitter(ttl_s));
}

/* Is the item a hit, and does it hold what it should? */
static bool unpack(const struct cached_repository *self, struct context *context, const struct cache_item *item,
                   int64_t id, void **ret_record)
{
    bool good = item->value && record_unpack(self->repository.schema, context, id, item->value, item->size, ret_record);
    if (good)
        context->tally.cache_hits++;
    else
        context->tally.cache_misses++;
    return good;
}

static enum code cached_find(struct repository *repository, struct context *context, int64_t id, void **ret_record)
{
    struct cached_repository *self = of(repository);
    if (in_unit_of_work(self))
        return self->inner->find(self->inner, context, id, ret_record);
    char key[CACHE_KEY_MAX + 1];
    make_key(self, id, key);
    struct cache_item item = {.key = key};
    self->cache->fetch(self->cache, context, &item, 1);
    if (unpack(self, context, &item, id, ret_record))
        return OK;
    if (item.value) /* what cannot be read makes room for the next to fill in */
        self->cache->invalidate(self->cache, context, key);
    enum code code = self->inner->find(self->inner, context, id, ret_record);
    if (code == OK)
        store(self, context, &item, id, *ret_record);
    else
        self->cache->abandon(self->cache, context, &item);
    return code;
}

static enum code cached_find_for_update(struct repository *repository, struct context *context, int64_t id,
                                        void **ret_record)
{
    struct repository *inner = of(repository)->inner;
    return inner->find_for_update(inner, context, id, ret_record);
}

static enum code cached_list(struct repository *repository, struct context *context, const struct query *query,
                             struct page *ret_page)
{
    struct repository *inner = of(repository)->inner;
    return inner->list(inner, context, query, ret_page);
}

static int compare_ids(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* False without memory. */
static bool batch_init(struct batch *batch, const struct cached_repository *self, struct context *context,
                       const int64_t *ids, size_t n)
{
    struct arena *arena = context->arena;
    batch->ids = arena_copy(arena, ids, n * sizeof *ids);
    if (!batch->ids)
        return false;
    qsort(batch->ids, n, sizeof *ids, compare_ids);
    batch->n = 0;
    for (size_t i = 0; i < n; i++)
        if (batch->n == 0 || batch->ids[batch->n - 1] != batch->ids[i])
            batch->ids[batch->n++] = batch->ids[i];

    size_t key_size = self->prefix_size + ID_DIGITS + 1;
    char *keys = arena_array(arena, batch->n, key_size);
    batch->items = arena_array(arena, batch->n, sizeof *batch->items);
    batch->records = arena_array(arena, batch->n, sizeof *batch->records);
    batch->known = arena_array(arena, batch->n, sizeof *batch->known);
    batch->missing = arena_array(arena, batch->n, sizeof *batch->missing);
    batch->found = arena_array(arena, batch->n, sizeof *batch->found);
    if (!keys || !batch->items || !batch->records || !batch->known || !batch->missing || !batch->found)
        return false;
    for (size_t i = 0; i < batch->n; i++, keys += key_size) {
        make_key(self, batch->ids[i], keys);
        batch->items[i].key = keys;
    }
    return true;
}

/* Returns how many the cache had. All are read before the cache is called again: values may be lent. */
static size_t batch_fetch(struct batch *batch, const struct cached_repository *self, struct context *context)
{
    struct cache *cache = self->cache;
    cache->fetch(cache, context, batch->items, batch->n);
    size_t n_known = 0;
    for (size_t i = 0; i < batch->n; i++) {
        batch->known[i] = unpack(self, context, &batch->items[i], batch->ids[i], &batch->records[i]);
        n_known += batch->known[i];
    }
    for (size_t i = 0; i < batch->n; i++)
        if (batch->items[i].value && !batch->known[i])
            cache->invalidate(cache, context, batch->items[i].key);
    return n_known;
}

/* Asks the inner repository for the others, once, and fills them in. */
static enum code batch_complete(struct batch *batch, const struct cached_repository *self, struct context *context)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++)
        if (!batch->known[i])
            batch->missing[n++] = batch->ids[i];
    enum code code = self->inner->find_many(self->inner, context, batch->missing, n, batch->found);
    n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->known[i])
            continue;
        batch->records[i] = batch->found[n++];
        if (code == OK)
            store(self, context, &batch->items[i], batch->ids[i], batch->records[i]);
        else
            self->cache->abandon(self->cache, context, &batch->items[i]);
    }
    return code;
}

static enum code cached_find_many(struct repository *repository, struct context *context, const int64_t *ids, size_t n,
                                  void **ret_records)
{
    struct cached_repository *self = of(repository);
    if (n == 0)
        return OK;
    if (n > FIND_MANY_MAX || in_unit_of_work(self))
        return self->inner->find_many(self->inner, context, ids, n, ret_records);
    struct batch batch;
    if (!batch_init(&batch, self, context, ids, n))
        return fail_memory(context);
    enum code code = OK;
    if (batch_fetch(&batch, self, context) < batch.n)
        code = batch_complete(&batch, self, context);
    if (code != OK)
        return code;
    for (size_t i = 0; i < n; i++) {
        const int64_t *id = bsearch(&ids[i], batch.ids, batch.n, sizeof *ids, compare_ids);
        ret_records[i] = batch.records[id - batch.ids];
    }
    return OK;
}

/* After a write, or after the commit of the unit of work it was part of. */
static void drop_stale(struct context *context, void *argument)
{
    const struct stale *stale = argument;
    for (size_t i = 0; i < stale->ids.n; i++)
        drop(stale->self, context, stale->ids.items[i]);
}

/* NULL without memory. */
static struct stale *stale_new(struct cached_repository *self, struct context *context, int64_t id)
{
    struct stale *stale = arena_alloc(context->arena, sizeof *stale);
    if (!stale)
        return NULL;
    *stale = (struct stale){.self = self, .ids = {.items = &stale->id, .n = 1}, .id = id};
    return stale;
}

static enum code drop_after_commit(struct stale *stale, struct context *context)
{
    struct unit_of_work *unit_of_work = stale->self->unit_of_work;
    return unit_of_work->after_commit(unit_of_work, context, drop_stale, stale);
}

/* After a write with this code outside a unit of work: may the record have changed? */
static bool may_have_changed(enum code code)
{
    switch (code) {
    case OK:
    case UNAVAILABLE:
    case TIMED_OUT:
    case NO_MEMORY:
    case INTERNAL:
        return true;
    default: /* the database said no, or rolled back */
        return false;
    }
}

/* Writes a record of known id: the fields in `set` of `record`, or nothing in its place. */
static enum code write_known(struct cached_repository *self, struct context *context, int64_t id, const void *record,
                             uint32_t set)
{
    struct stale *stale = stale_new(self, context, id);
    if (!stale)
        return fail_memory(context);
    bool alone = !in_unit_of_work(self);
    enum code code = alone ? OK : drop_after_commit(stale, context);
    if (code != OK)
        return code;
    code =
        record ? self->inner->update(self->inner, context, record, set) : self->inner->remove(self->inner, context, id);
    if (alone && may_have_changed(code))
        drop_stale(context, stale);
    return code;
}

static enum code cached_update(struct repository *repository, struct context *context, const void *record, uint32_t set)
{
    return write_known(of(repository), context, record_id(repository->schema, record), record, set);
}

static enum code cached_remove(struct repository *repository, struct context *context, int64_t id)
{
    return write_known(of(repository), context, id, NULL, 0);
}

/* A new record may have been looked for, and not found, before. */
static enum code cached_insert(struct repository *repository, struct context *context, void *record)
{
    struct cached_repository *self = of(repository);
    struct stale *stale = stale_new(self, context, 0);
    if (!stale)
        return fail_memory(context);
    enum code code = self->inner->insert(self->inner, context, record);
    if (code != OK)
        return code;
    stale->id = record_id(repository->schema, record);
    return drop_after_commit(stale, context);
}

static enum code cached_remove_where(struct repository *repository, struct context *context,
                                     const struct filter *filter, struct ids *ret_removed)
{
    struct cached_repository *self = of(repository);
    struct stale *stale = stale_new(self, context, 0);
    if (!stale)
        return fail_memory(context);
    enum code code = self->inner->remove_where(self->inner, context, filter, &stale->ids);
    if (code != OK)
        return code;
    struct ids removed = stale->ids;
    code = drop_after_commit(stale, context);
    if (code == OK)
        *ret_removed = removed;
    return code;
}

struct repository *cached_repository_new(struct arena *arena, struct repository *inner, struct cache *cache,
                                         struct unit_of_work *unit_of_work, const char *space, unsigned ttl_s)
{
    const struct schema *schema = inner->schema;
    struct cached_repository *self = arena_alloc(arena, sizeof *self);
    const char *prefix = arena_printf(arena, "%s:%s:%08" PRIx32 ":", space, schema->name, schema_fingerprint(schema));
    size_t prefix_size = prefix ? cache_key_size(prefix) : 0;
    if (!self || prefix_size == 0 || prefix_size > CACHE_KEY_MAX - ID_DIGITS)
        return NULL;
    *self = (struct cached_repository){
        .repository =
            {
                .schema = schema,
                .find = cached_find,
                .find_for_update = cached_find_for_update,
                .find_many = cached_find_many,
                .list = cached_list,
                .insert = cached_insert,
                .update = cached_update,
                .remove = cached_remove,
                .remove_where = cached_remove_where,
            },
        .inner = inner,
        .cache = cache,
        .unit_of_work = unit_of_work,
        .prefix = prefix,
        .prefix_size = prefix_size,
        .ttl_s = ttl_s,
    };
    return &self->repository;
}
