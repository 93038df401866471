#ifndef SERVER_SUPERVISOR_H
#define SERVER_SUPERVISOR_H

/*
 * server/supervisor.h: keeps a number of worker processes alive.
 *
 * One that ends with 0 (recycled) is replaced at once. One that dies is replaced at once too, unless it died within a
 * second of its start: then after a pause that doubles from 100 ms to 5 s, with a warning each time.
 *
 * SIGTERM, SIGINT, SIGUSR1: drain, workers finish what they do; the same again: kill. SIGHUP: workers are replaced one
 * by one, a new one first. When the supervisor dies the kernel sends its workers SIGTERM.
 */

#include <stdint.h>

struct crew {
    int64_t size;                  /* workers, at least 1 */
    int (*work)(void *argument);   /* runs in each worker, which exits with what it returns */
    void (*renew)(void *argument); /* runs here on SIGHUP, before the first replacement; may be NULL */
    void *argument;
    int drain_ms; /* a worker told to end that takes longer is killed */
};

/* Returns when all workers have ended after a drain: 0; 1 when there is no memory to begin with. */
int supervise(const struct crew *crew);

#endif
