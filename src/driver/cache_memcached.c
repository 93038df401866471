/*
 * driver/cache_memcached.c: memcached, one server or many, through libmemcached's text protocol.
 *
 * Each server has a libmemcached handle of its own, and a ring that never connects says which server a key belongs to.
 * So it is known which server failed; its handle is thrown away, and with it any late answer, and libmemcached's own
 * rules for retry and ejection never come into play. A dead server's keys are not moved to another one, where a copy
 * would outlive its time; they are not cached. The one wait that has no bound is the resolver's, for a host that is
 * not written as an address.
 *
 * On the server a value is its epoch (8 bytes) and the data. A lease is a placeholder under the key that holds a token
 * (8 bytes) and dies after LEASE_S; its number is memcached's "cas unique", so whatever happens to the key voids it.
 * The item flags tell the two, and both from what others may have put there.
 *
 * Limit: all processes must name the same servers, or they look for a key in different places.
 */

#include "driver/cache.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmemcached/memcached.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/coherence.h"
#include "driver/server_list.h"

/* Older ones take a timeout for a miss, and then the late value for that of the next key (GHSA-wwmh-39wj-fx59). */
#if defined(LIBMEMCACHED_VERSION_HEX) && LIBMEMCACHED_VERSION_HEX < 0x01001004
#error "libmemcached 1.1.4 or newer is needed"
#endif

#define DEFAULT_PORT 11211
#define WAIT_MS 100 /* for a connection, and for an answer */
#define LEASE_S 3
#define FILL_WAIT_MS 50 /* for somebody else's fill, looking every FILL_LOOK_MS */
#define FILL_LOOK_MS 5
#define BATCH_MAX 100                 /* keys in one command: it stays smaller than any socket's buffer */
#define TTL_MAX_S (30 * 24 * 60 * 60) /* larger numbers are dates */
#define SLACK_S 2                     /* memcached's clock ticks once a second */

#define VALUE_FLAGS 0x71760001u
#define LEASE_FLAGS 0x71760002u

struct server {
    struct server_address address;
    unsigned number;           /* in driver/coherence.h */
    memcached_st *handle;      /* NULL: made when next used */
    memcached_result_st value; /* lent to the caller until the next call */
    memcached_result_st rest;
    bool failed;     /* the handle must not be used again */
    bool proven;     /* the handle has worked: when it fails, the connection may only be an old one */
    bool open;       /* in the fetch under way */
    uint64_t opened; /* the token of that fetch */
};

enum state {
    WANTED, /* to be asked for */
    ABSENT,
    VOID,   /* there is something that must not be believed */
    HELD,   /* somebody else has the lease */
    LEASED, /* we have */
    HIT,
    LOST, /* a miss, and nothing can be done */
};

/* One key of a fetch. */
struct lookup {
    struct cache_item *item;
    size_t key_size;
    struct server *server;
    enum state state;
    uint64_t cas; /* of what is there */
};

/* Keys of one server that are asked for in one command. */
struct batch {
    struct lookup *lookups[BATCH_MAX];
    const char *keys[BATCH_MAX];
    size_t sizes[BATCH_MAX];
    size_t n;
    bool lend; /* the only value is lent, not copied */
};

struct memcached_cache {
    struct cache cache; /* first: it is cast back */
    struct coherence *coherence;
    unsigned ttl_max_s;
    int64_t lifetime_ms; /* nothing lives longer on a server */
    memcached_st *ring;
    struct server *servers;
    size_t n_servers;
    uint64_t token; /* of the last fetch; another one for each */
    struct lookup lookups[CACHE_FETCH_MAX];
};

static const struct {
    memcached_behavior_t behavior;
    uint64_t value;
} behaviors[] = {
    {MEMCACHED_BEHAVIOR_SUPPORT_CAS, 1},
    {MEMCACHED_BEHAVIOR_TCP_NODELAY, 1},
    {MEMCACHED_BEHAVIOR_VERIFY_KEY, 1},
    {MEMCACHED_BEHAVIOR_POLL_TIMEOUT, WAIT_MS},
    {MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, WAIT_MS},
    {MEMCACHED_BEHAVIOR_SND_TIMEOUT, WAIT_MS * 1000}, /* microseconds */
    {MEMCACHED_BEHAVIOR_RCV_TIMEOUT, WAIT_MS * 1000},
};

static void close_handle(struct server *server)
{
    if (!server->handle)
        return;
    memcached_result_free(&server->value);
    memcached_result_free(&server->rest);
    memcached_free(server->handle);
    server->handle = NULL;
}

/* A handle for the server, in place of one that failed; it connects when first used. False without memory. */
static bool open_handle(struct server *server)
{
    if (server->handle && !server->failed)
        return true;
    close_handle(server);
    server->failed = server->proven = false;
    memcached_st *handle = memcached_create(NULL);
    if (!handle)
        return false;
    memcached_return_t rc = MEMCACHED_SUCCESS;
    for (size_t i = 0; i < sizeof behaviors / sizeof *behaviors && rc == MEMCACHED_SUCCESS; i++)
        rc = memcached_behavior_set(handle, behaviors[i].behavior, behaviors[i].value);
    if (rc == MEMCACHED_SUCCESS)
        rc = memcached_server_add(handle, server->address.host, (in_port_t)server->address.port);
    if (rc != MEMCACHED_SUCCESS) {
        memcached_free(handle);
        return false;
    }
    memcached_result_create(handle, &server->value);
    memcached_result_create(handle, &server->rest);
    server->handle = handle;
    return true;
}

/* May the server be used, and can it be? */
static bool enter(struct memcached_cache *memcached, struct server *server)
{
    return coherence_enter(memcached->coherence, server->number) && open_handle(server);
}

/* Did the server answer, be it no? */
static bool is_answer(memcached_return_t rc)
{
    switch (rc) {
    case MEMCACHED_SUCCESS:
    case MEMCACHED_STORED:
    case MEMCACHED_NOTSTORED:
    case MEMCACHED_DATA_EXISTS:
    case MEMCACHED_NOTFOUND:
    case MEMCACHED_DELETED:
    case MEMCACHED_END:
    case MEMCACHED_E2BIG:
    case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE:
        return true;
    default:
        return false;
    }
}

/* After an operation: true when it must be done again, because an old connection was found closed. Otherwise the
 * server has its success, or its failure and a pause. */
static bool must_repeat(struct memcached_cache *memcached, struct server *server, memcached_return_t rc)
{
    if (is_answer(rc)) {
        server->proven = true;
        coherence_resume(memcached->coherence, server->number);
        return false;
    }
    server->failed = true;
    if (server->proven && rc != MEMCACHED_TIMEOUT && open_handle(server))
        return true;
    coherence_pause(memcached->coherence, server->number);
    server->open = false;
    return false;
}

static struct server *server_of(struct memcached_cache *memcached, const char *key, size_t key_size)
{
    return &memcached->servers[memcached->ring ? memcached_generate_hash(memcached->ring, key, key_size) : 0];
}

/* Lends or copies the value to the item. */
static void hit(struct context *context, struct lookup *lookup, const char *value, size_t size, bool lend)
{
    const void *lent = lend ? value : arena_copy(context->arena, value, size);
    lookup->state = lent ? HIT : LOST;
    lookup->item->value = lent;
    lookup->item->size = lent ? size : 0;
}

/* What is there under the key? */
static void look_at(struct memcached_cache *memcached, struct context *context, struct lookup *lookup,
                    memcached_result_st *result, bool lend)
{
    const char *data = memcached_result_value(result);
    size_t size = memcached_result_length(result);
    uint32_t flags = memcached_result_flags(result);
    uint64_t number = 0;
    lookup->cas = memcached_result_cas(result);
    lookup->state = VOID;
    if (size < sizeof number)
        return;
    memcpy(&number, data, sizeof number);
    if (flags == LEASE_FLAGS && size == sizeof number)
        lookup->state = number == memcached->token ? LEASED : HELD;
    else if (flags == VALUE_FLAGS &&
             coherence_believes(memcached->coherence, lookup->server->number, number, memcached->lifetime_ms))
        hit(context, lookup, data + sizeof number, size - sizeof number, lend);
}

/* Answers come in the order of the keys, those that are absent left out; one that was not asked for is dropped. */
static struct lookup *match(const struct batch *batch, size_t *next, const memcached_result_st *result)
{
    size_t size = memcached_result_key_length(result);
    const char *key = memcached_result_key_value(result);
    for (size_t i = *next; i < batch->n; i++)
        if (batch->sizes[i] == size && memcmp(batch->keys[i], key, size) == 0) {
            *next = i + 1;
            return batch->lookups[i];
        }
    return NULL;
}

static memcached_return_t ask_once(struct memcached_cache *memcached, struct context *context, struct server *server,
                                   const struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        batch->lookups[i]->state = ABSENT;
        batch->lookups[i]->item->value = NULL;
    }
    memcached_return_t rc = memcached_mget(server->handle, batch->keys, batch->sizes, batch->n);
    if (rc != MEMCACHED_SUCCESS)
        return rc;
    memcached_result_st *result = &server->value;
    size_t next = 0;
    while (memcached_fetch_result(server->handle, result, &rc)) {
        struct lookup *lookup = match(batch, &next, result);
        if (lookup)
            look_at(memcached, context, lookup, result, batch->lend);
        if (batch->lend)
            result = &server->rest;
    }
    return rc;
}

/* Asks for the keys of a batch, and empties it. */
static void ask_batch(struct memcached_cache *memcached, struct context *context, struct server *server,
                      struct batch *batch)
{
    memcached_return_t rc;
    do
        rc = ask_once(memcached, context, server, batch);
    while (must_repeat(memcached, server, rc));
    for (size_t i = 0; i < batch->n && !is_answer(rc); i++)
        if (batch->lookups[i]->state != HIT)
            batch->lookups[i]->state = LOST;
    batch->n = 0;
}

/* Asks one server for those of its keys that are WANTED. */
static void ask_server(struct memcached_cache *memcached, struct context *context, struct server *server, size_t n)
{
    struct batch batch;
    batch.n = 0;
    batch.lend = n == 1;
    for (size_t i = 0; i < n; i++) {
        struct lookup *lookup = &memcached->lookups[i];
        if (lookup->state != WANTED || lookup->server != server)
            continue;
        if (!server->open) {
            lookup->state = LOST;
            continue;
        }
        batch.lookups[batch.n] = lookup;
        batch.keys[batch.n] = lookup->item->key;
        batch.sizes[batch.n] = lookup->key_size;
        if (++batch.n == BATCH_MAX)
            ask_batch(memcached, context, server, &batch);
    }
    if (batch.n > 0)
        ask_batch(memcached, context, server, &batch);
}

static void ask(struct memcached_cache *memcached, struct context *context, size_t n)
{
    if (n == 1)
        ask_server(memcached, context, memcached->lookups[0].server, 1);
    for (size_t i = 0; i < memcached->n_servers && n > 1; i++)
        ask_server(memcached, context, &memcached->servers[i], n);
}

/* Sets up the lookups of a fetch; returns how many there are. */
static size_t prepare(struct memcached_cache *memcached, struct cache_item *items, size_t n)
{
    memcached->token++;
    size_t n_lookups = 0;
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct cache_item){.key = items[i].key};
        size_t key_size = cache_key_size(items[i].key);
        if (key_size == 0 || n_lookups == CACHE_FETCH_MAX)
            continue;
        struct server *server = server_of(memcached, items[i].key, key_size);
        if (server->opened != memcached->token) {
            server->opened = memcached->token;
            server->open = enter(memcached, server);
        }
        if (!server->open)
            continue;
        items[i].epoch = coherence_epoch(memcached->coherence, server->number);
        memcached->lookups[n_lookups++] =
            (struct lookup){.item = &items[i], .key_size = key_size, .server = server, .state = WANTED};
    }
    return n_lookups;
}

/* Puts our placeholder where there is nothing of use. Whoever was first, the key must then be asked for again. */
static void take(struct memcached_cache *memcached, struct lookup *lookup)
{
    struct server *server = lookup->server;
    const char *key = lookup->item->key;
    char token[sizeof memcached->token];
    memcpy(token, &memcached->token, sizeof token);
    memcached_return_t rc = MEMCACHED_FAILURE;
    while (server->open) {
        rc = lookup->state == VOID
                 ? memcached_cas(server->handle, key, lookup->key_size, token, sizeof token, LEASE_S, LEASE_FLAGS,
                                 lookup->cas)
                 : memcached_add(server->handle, key, lookup->key_size, token, sizeof token, LEASE_S, LEASE_FLAGS);
        if (!must_repeat(memcached, server, rc))
            break;
    }
    bool taken = rc == MEMCACHED_SUCCESS || rc == MEMCACHED_NOTSTORED || rc == MEMCACHED_DATA_EXISTS;
    lookup->state = taken ? WANTED : LOST;
}

static size_t count(const struct memcached_cache *memcached, size_t n, enum state state)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += memcached->lookups[i].state == state;
    return found;
}

/* Looks again and again for what others are filling in, but not while they may be waiting for us. */
static void await_fills(struct memcached_cache *memcached, struct context *context, size_t n)
{
    int64_t end_ms = clock_ms() + context_left_ms(context, FILL_WAIT_MS);
    if (count(memcached, n, LEASED) == 0)
        context->tally.cache_waits += (unsigned)count(memcached, n, HELD);
    while (count(memcached, n, HELD) > 0 && count(memcached, n, LEASED) == 0 && clock_ms() < end_ms) {
        poll(NULL, 0, FILL_LOOK_MS);
        for (size_t i = 0; i < n; i++)
            if (memcached->lookups[i].state == HELD)
                memcached->lookups[i].state = WANTED;
        ask(memcached, context, n);
    }
}

static void fetch(struct cache *self, struct context *context, struct cache_item *items, size_t n)
{
    struct memcached_cache *memcached = (struct memcached_cache *)self;
    size_t n_lookups = prepare(memcached, items, n);
    ask(memcached, context, n_lookups);
    if (count(memcached, n_lookups, HIT) == n_lookups)
        return;
    for (size_t i = 0; i < n_lookups; i++)
        if (memcached->lookups[i].state == ABSENT || memcached->lookups[i].state == VOID)
            take(memcached, &memcached->lookups[i]);
    ask(memcached, context, n_lookups);
    await_fills(memcached, context, n_lookups);
    for (size_t i = 0; i < n_lookups; i++)
        if (memcached->lookups[i].state == LEASED)
            memcached->lookups[i].item->lease = memcached->lookups[i].cas;
}

/* Puts something in the place of the item's lease. False when that no longer stands. */
static bool replace(struct memcached_cache *memcached, const struct cache_item *item, const char *data, size_t size,
                    time_t expires, uint32_t flags)
{
    size_t key_size = cache_key_size(item->key);
    struct server *server = server_of(memcached, item->key, key_size);
    if (!enter(memcached, server))
        return true;
    memcached_return_t rc;
    do
        rc = memcached_cas(server->handle, item->key, key_size, data, size, expires, flags, item->lease);
    while (must_repeat(memcached, server, rc));
    return rc != MEMCACHED_DATA_EXISTS && rc != MEMCACHED_NOTFOUND;
}

/* In place of the placeholder comes something that is neither lease nor value: the next one takes the key. */
static void abandon(struct cache *self, struct context *context, const struct cache_item *item)
{
    (void)context;
    if (item->lease)
        replace((struct memcached_cache *)self, item, "", 0, LEASE_S, 0);
}

static void fill(struct cache *self, struct context *context, const struct cache_item *item, const void *value,
                 size_t size, unsigned ttl_s)
{
    struct memcached_cache *memcached = (struct memcached_cache *)self;
    if (!item->lease)
        return;
    char *data = NULL;
    if (ttl_s > memcached->ttl_max_s)
        ttl_s = memcached->ttl_max_s;
    if (size <= CACHE_VALUE_MAX && ttl_s > 0)
        data = arena_alloc(context->arena, sizeof item->epoch + size);
    if (!data) {
        abandon(self, context, item);
        return;
    }
    memcpy(data, &item->epoch, sizeof item->epoch);
    if (size > 0)
        memcpy(data + sizeof item->epoch, value, size);
    if (!replace(memcached, item, data, sizeof item->epoch + size, ttl_s, VALUE_FLAGS))
        context->tally.cache_races++;
}

/* Whatever is not confirmed as deleted, from this host's view was never stored: the next epoch begins. */
static void invalidate(struct cache *self, struct context *context, const char *key)
{
    (void)context;
    struct memcached_cache *memcached = (struct memcached_cache *)self;
    size_t key_size = cache_key_size(key);
    if (key_size == 0)
        return;
    struct server *server = server_of(memcached, key, key_size);
    memcached_return_t rc = MEMCACHED_FAILURE;
    if (enter(memcached, server))
        do
            rc = memcached_delete(server->handle, key, key_size, 0);
        while (must_repeat(memcached, server, rc));
    if (rc != MEMCACHED_SUCCESS && rc != MEMCACHED_NOTFOUND)
        coherence_distrust(memcached->coherence, server->number);
}

/* "ok" when every server answers. */
static const char *state(struct cache *self, struct context *context)
{
    struct memcached_cache *memcached = (struct memcached_cache *)self;
    for (size_t i = 0; i < memcached->n_servers; i++) {
        struct cache_item item = {.key = "quire:state"};
        struct server *server = &memcached->servers[i];
        server->open = enter(memcached, server);
        memcached->lookups[0] =
            (struct lookup){.item = &item, .key_size = strlen(item.key), .server = server, .state = WANTED};
        ask_server(memcached, context, server, 1);
        if (memcached->lookups[0].state == LOST)
            return "down";
    }
    return "ok";
}

static void release(void *handle)
{
    struct memcached_cache *memcached = handle;
    for (size_t i = 0; i < memcached->n_servers; i++)
        close_handle(&memcached->servers[i]);
    if (memcached->ring)
        memcached_free(memcached->ring);
}

/* The ring, where there is more than one server. False without memory. */
static bool make_ring(struct memcached_cache *memcached)
{
    if (memcached->n_servers == 1)
        return true;
    memcached->ring = memcached_create(NULL);
    if (!memcached->ring)
        return false;
    memcached_return_t rc = memcached_behavior_set(memcached->ring, MEMCACHED_BEHAVIOR_DISTRIBUTION,
                                                   MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA);
    if (rc == MEMCACHED_SUCCESS)
        rc = memcached_behavior_set(memcached->ring, MEMCACHED_BEHAVIOR_HASH, MEMCACHED_HASH_MD5);
    for (size_t i = 0; i < memcached->n_servers && rc == MEMCACHED_SUCCESS; i++) {
        const struct server_address *address = &memcached->servers[i].address;
        rc = memcached_server_add(memcached->ring, address->host, (in_port_t)address->port);
    }
    return rc == MEMCACHED_SUCCESS;
}

/* False without memory. */
static bool make_servers(struct memcached_cache *memcached, struct arena *arena, const struct server_address *addresses,
                         size_t n)
{
    memcached->servers = arena_array(arena, n, sizeof *memcached->servers);
    if (!memcached->servers)
        return false;
    memcached->n_servers = n;
    for (size_t i = 0; i < n; i++) {
        memcached->servers[i].address = addresses[i];
        memcached->servers[i].number = coherence_server(addresses[i].name);
    }
    return make_ring(memcached);
}

static struct cache *open_memcached(struct arena *arena, const struct cache_options *options, char *ret_error,
                                    size_t size)
{
    if (!options->coherence) {
        snprintf(ret_error, size, "a cache needs what its processes share");
        return NULL;
    }
    size_t n;
    struct server_address *addresses =
        server_list_parse(arena, options->servers, DEFAULT_PORT, COHERENCE_SERVERS, &n, ret_error, size);
    if (!addresses)
        return NULL;
    struct memcached_cache *memcached = arena_alloc(arena, sizeof *memcached);
    if (!memcached || arena_defer(arena, release, memcached) || !make_servers(memcached, arena, addresses, n) ||
        getentropy(&memcached->token, sizeof memcached->token)) {
        snprintf(ret_error, size, "out of memory");
        return NULL;
    }
    memcached->cache = (struct cache){
        .name = cache_memcached.name,
        .fetch = fetch,
        .fill = fill,
        .abandon = abandon,
        .invalidate = invalidate,
        .state = state,
    };
    memcached->coherence = options->coherence;
    memcached->ttl_max_s = options->ttl_max_s < TTL_MAX_S ? options->ttl_max_s : TTL_MAX_S;
    memcached->lifetime_ms = 1000 * (int64_t)(memcached->ttl_max_s + LEASE_S + SLACK_S);
    return &memcached->cache;
}

const struct cache_driver cache_memcached = {.name = "memcached", .open = open_memcached};
