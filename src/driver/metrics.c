/*
 * driver/metrics.c: the page, and who is alive.
 *
 * All numbers are 64-bit atomics that start at zero, which is what a new page holds. They are added to without an order
 * among them: a reader may see a request in one sum and not yet in another, but none ever goes down. Every number of
 * requests is told apart by route, method and status; other sums are made of those when they are read.
 */

#include "driver/metrics.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "driver/metrics_page.h"
#include "driver/shared_page.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics that are locks cannot be shared by processes");

const int64_t metrics_bounds_us[METRICS_BOUNDS] = {1000,   2500,   5000,    10000,   25000,   50000,   100000,
                                                   250000, 500000, 1000000, 2500000, 5000000, 10000000};

static void add(_Atomic uint64_t *sum, uint64_t n)
{
    if (n > 0)
        atomic_fetch_add_explicit(sum, n, memory_order_relaxed);
}

static void set(_Atomic uint64_t *number, uint64_t n)
{
    atomic_store_explicit(number, n, memory_order_relaxed);
}

static uint64_t now_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static size_t count_texts(const char *const *texts)
{
    size_t n = 0;

    while (texts[n])
        n++;
    return n;
}

/* The identity, and all that gives a number of the page its meaning. NULL without memory. */
static char *full_identity(struct arena *arena, const char *identity, const struct metrics_labels *labels, size_t size)
{
    struct buffer text;

    buffer_init(&text, arena, METRICS_MAX);
    buffer_printf(&text, "metrics %s of %s %zu", labels->version, identity, size);
    for (const char *const *route = labels->routes; *route; route++)
        buffer_printf(&text, " %s", *route);
    for (const char *const *method = labels->methods; *method; method++)
        buffer_printf(&text, " %s", *method);
    for (const int *status = labels->statuses; *status; status++)
        buffer_printf(&text, " %d", *status);
    return text.failed ? NULL : text.data;
}

struct metrics *metrics_open(struct arena *arena, const char *identity, const struct metrics_labels *labels)
{
    struct metrics *metrics = arena_alloc(arena, sizeof *metrics);

    if (!metrics)
        return NULL;
    *metrics = (struct metrics){
        .labels = labels, .n_routes = count_texts(labels->routes), .n_methods = count_texts(labels->methods)};
    while (labels->statuses[metrics->n_statuses])
        metrics->n_statuses++;
    metrics->kind_size = METRICS_BOUNDS + 2 + metrics->n_statuses + 1;

    size_t n = metrics->n_routes * metrics->n_methods * metrics->kind_size;
    size_t size = sizeof(struct metrics_page) + n * sizeof(_Atomic uint64_t);
    const char *whole = full_identity(arena, identity, labels, size);
    const char *name = whole ? shared_page_name(arena, whole) : NULL;
    metrics->shared = name ? shared_page_open(arena, name, size) : NULL;
    if (!metrics->shared)
        return NULL;
    metrics->page = metrics->shared->bytes;

    uint64_t never = 0;
    atomic_compare_exchange_strong(&metrics->page->made_ms, &never, now_ms());
    return metrics;
}

/* --- places --- */

/* Takes or frees the lock of a place. False when another process holds it. */
static bool lock(const struct metrics *metrics, size_t place, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)place, .l_len = 1};

    return fcntl(metrics->shared->fd, F_SETLK, &lock) == 0;
}

/* Nobody holds the lock but we: whoever the place says was there is dead. */
static void bury(struct metrics_page *page, struct metrics_place *place)
{
    if (atomic_exchange(&place->pid, 0) != 0)
        add(&page->counters[WORKER_DEATHS], 1);
}

void metrics_join(struct metrics *metrics)
{
    struct metrics_page *page = metrics->page;

    metrics->place = NULL; /* a forked process does not have its parent's */
    add(&page->counters[WORKER_STARTS], 1);
    for (size_t i = 0; i < METRICS_PLACES && !metrics->place; i++) {
        struct metrics_place *place = &page->places[i];
        if (!lock(metrics, i, F_WRLCK))
            continue;
        bury(page, place);
        set(&place->started_ms, now_ms());
        set(&place->in_flight, 0);
        set(&place->connections, 0);
        atomic_store(&place->pid, (uint64_t)getpid());
        metrics->place = place;
    }
}

void metrics_leave(struct metrics *metrics)
{
    if (!metrics->place)
        return;
    atomic_store(&metrics->place->pid, 0);
    lock(metrics, (size_t)(metrics->place - metrics->page->places), F_UNLCK);
    metrics->place = NULL;
}

/* Is somebody at home there? Clears the place of a process that died. */
static bool is_alive(const struct metrics *metrics, size_t i)
{
    struct metrics_place *place = &metrics->page->places[i];

    if (atomic_load(&place->pid) == 0)
        return false;
    if (place == metrics->place || !lock(metrics, i, F_WRLCK))
        return true;
    bury(metrics->page, place);
    lock(metrics, i, F_UNLCK);
    return false;
}

void metrics_survey(const struct metrics *metrics, struct metrics_survey *ret_survey)
{
    struct metrics_survey survey = {.workers = 0};

    for (size_t i = 0; i < METRICS_PLACES; i++) {
        struct metrics_place *place = &metrics->page->places[i];
        if (!is_alive(metrics, i))
            continue;
        uint64_t started_ms = atomic_load(&place->started_ms);
        survey.workers++;
        survey.in_flight += atomic_load(&place->in_flight);
        survey.connections += atomic_load(&place->connections);
        if (survey.oldest_ms == 0 || started_ms < survey.oldest_ms)
            survey.oldest_ms = started_ms;
    }
    *ret_survey = survey;
}

/* --- counting --- */

struct metrics_kind metrics_kind(const struct metrics *metrics, size_t route, size_t method)
{
    _Atomic uint64_t *start = metrics->page->kinds + (route * metrics->n_methods + method) * metrics->kind_size;

    return (struct metrics_kind){
        .buckets = start, .us = start + METRICS_BOUNDS + 1, .statuses = start + METRICS_BOUNDS + 2};
}

void metrics_begin(struct metrics *metrics)
{
    if (metrics->place)
        set(&metrics->place->in_flight, 1);
}

void metrics_connections(struct metrics *metrics, unsigned n)
{
    if (metrics->place)
        set(&metrics->place->connections, n);
}

static void count_tally(struct metrics_page *page, const struct tally *tally)
{
    add(&page->counters[SQL_STATEMENTS], tally->sql_statements);
    add(&page->counters[SQL_US], (uint64_t)tally->sql_us);
    add(&page->counters[CACHE_HITS], tally->cache_hits);
    add(&page->counters[CACHE_MISSES], tally->cache_misses);
    add(&page->counters[CACHE_WAITS], tally->cache_waits);
    add(&page->counters[CACHE_RACES], tally->cache_races);
}

void metrics_end(struct metrics *metrics, const struct metrics_request *request)
{
    struct metrics_kind kind = metrics_kind(metrics, request->route, request->method);
    size_t status = 0;
    size_t bucket = 0;

    while (status < metrics->n_statuses && metrics->labels->statuses[status] != request->status)
        status++;
    while (bucket < METRICS_BOUNDS && request->us > metrics_bounds_us[bucket])
        bucket++;
    add(&kind.statuses[status], 1);
    add(&kind.buckets[bucket], 1);
    add(kind.us, request->us > 0 ? (uint64_t)request->us : 0);
    count_tally(metrics->page, request->tally);
    if (metrics->place)
        set(&metrics->place->in_flight, 0);
}
