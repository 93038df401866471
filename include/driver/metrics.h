#ifndef DRIVER_METRICS_H
#define DRIVER_METRICS_H

/*
 * driver/metrics.h: what all processes of the service have done so far, in one page of shared memory, and that page as
 * Prometheus reads it (text exposition format 0.0.4).
 *
 * Counters belong to the page and not to a process: a worker that dies takes nothing back. What is true of a process
 * only as long as it lives (is it answering, has it a connection) stands in a place of its own, which it holds by a
 * lock. The kernel gives the lock up with the process, however that ended: so a place whose lock is free and that says
 * it is taken is a death, and whoever sees it first counts it and clears the place.
 *
 * All labels are from sets that are fixed when the page is opened: no client can make a new series.
 *
 * Limit: processes beyond METRICS_PLACES count, but are not seen as workers. The page outlives the service, until the
 * machine restarts; another version of quire, or other labels, begin a new one.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

struct arena;
struct buffer;
struct metrics;

#define METRICS_PLACES 512

/* What tells requests apart, and what is told of the build. Texts are borrowed. */
struct metrics_labels {
    const char *const *routes;  /* ends with NULL */
    const char *const *methods; /* ends with NULL */
    const int *statuses;        /* ends with 0; any other status is told as "other" */
    const char *version;
    const char *drivers; /* of databases and caches in this build, with spaces between them */
    const char *database;
    const char *cache;
};

/* A request that was answered. */
struct metrics_request {
    size_t route;  /* the index of its label */
    size_t method; /* likewise */
    int status;
    int64_t us; /* what it took */
    const struct tally *tally;
};

/* Opens the page of the service that has this identity; it is closed with the arena. NULL without memory. */
struct metrics *metrics_open(struct arena *arena, const char *identity, const struct metrics_labels *labels);

/* This process, which joins once, is a worker from now on, until it leaves or dies. Only the process that joined may
 * call metrics_begin() and metrics_connections(); without a place they do nothing. */
void metrics_join(struct metrics *metrics);
void metrics_leave(struct metrics *metrics);

/* A request is being answered; metrics_end() counts it. */
void metrics_begin(struct metrics *metrics);
void metrics_end(struct metrics *metrics, const struct metrics_request *request);

/* How many connections to the database this process has open. */
void metrics_connections(struct metrics *metrics, unsigned n);

/* Writes all metrics. */
void metrics_write(struct metrics *metrics, struct buffer *text);

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
/* The longest text, in bytes. */
#define METRICS_MAX ((size_t)4 * 1024 * 1024)

#endif
