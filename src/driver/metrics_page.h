#ifndef DRIVER_METRICS_PAGE_H
#define DRIVER_METRICS_PAGE_H

/* driver/metrics_page.h: how the page of the metrics is laid out, for the two files that count and that tell. */

#include <stddef.h>
#include <stdint.h>

#include "driver/metrics.h"

enum counter {
    SQL_STATEMENTS,
    SQL_US,
    CACHE_HITS,
    CACHE_MISSES,
    CACHE_WAITS,
    CACHE_RACES,
    WORKER_STARTS,
    WORKER_DEATHS,
    COUNTER__MAX
};

/* Upper bounds of the buckets of the histograms; beyond the last there is one more. */
#define METRICS_BOUNDS 13
extern const int64_t metrics_bounds_us[METRICS_BOUNDS];

/* A process. */
struct metrics_place {
    _Atomic uint64_t pid; /* 0: nobody */
    _Atomic uint64_t started_ms;
    _Atomic uint64_t in_flight;
    _Atomic uint64_t connections;
};

struct metrics_page {
    _Atomic uint64_t made_ms; /* since the epoch, as started_ms; 0: not yet set */
    _Atomic uint64_t counters[COUNTER__MAX];
    struct metrics_place places[METRICS_PLACES];
    _Atomic uint64_t kinds[]; /* metrics_kind() */
};

struct metrics {
    const struct metrics_labels *labels;
    size_t n_routes, n_methods, n_statuses;
    size_t kind_size; /* in numbers */
    struct shared_page *shared;
    struct metrics_page *page;
    struct metrics_place *place; /* this process's; NULL: it has none */
};

/* Requests of one route and method. */
struct metrics_kind {
    _Atomic uint64_t *buckets;  /* METRICS_BOUNDS + 1; each without those below it */
    _Atomic uint64_t *us;       /* of all together */
    _Atomic uint64_t *statuses; /* n_statuses + 1; the last is for others */
};
struct metrics_kind metrics_kind(const struct metrics *metrics, size_t route, size_t method);

/* The processes that live. */
struct metrics_survey {
    uint64_t workers, in_flight, connections;
    uint64_t oldest_ms; /* when the oldest was started; 0: there is none */
};
void metrics_survey(const struct metrics *metrics, struct metrics_survey *ret_survey);

#endif
