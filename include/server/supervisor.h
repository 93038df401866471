#ifndef SERVER_SUPERVISOR_H
#define SERVER_SUPERVISOR_H

/*
 * server/supervisor.h: keeps a number of worker processes alive.
 *
 * One that ends with 0 (recycled) is replaced at once. One that dies is replaced at once too, unless it died within a
 * second of its start: then after a pause that doubles from 100 ms to 5 s, with a warning each time. One that takes too
 * long over a piece of work, or was stopped for as long, is killed and replaced.
 *
 * SIGTERM, SIGINT: drain, workers finish what they do; the same again: kill. SIGUSR1: the log is opened again, here and
 * in the workers. SIGHUP: the successor is tried and, when it can start, takes over in this process, with the board;
 * without a successor this program stays. In both cases the workers are then replaced one by one: a new one starts, and
 * when it is ready an old one is told to end. When the supervisor dies the kernel sends its workers SIGTERM.
 */

#include <stdint.h>

#include "server/successor.h"

struct board;
struct desk;

struct crew {
    int64_t size;                                                        /* workers, at least 1 */
    int (*work)(void *argument, struct board *board, struct desk *desk); /* runs in each worker, with SIGUSR1 blocked;
                                                                           its exit status is what it returns */
    void (*reopen)(void *argument); /* opens the log again; runs here on SIGUSR1; may be NULL */
    void (*close)(void *argument);  /* lets nobody else connect; runs here before a drain; may be NULL */
    void *argument;
    struct board *board; /* with the workers of the program before this one, or with none */
    int board_fd;
    struct successor successor;
    int drain_ms; /* a worker told to end that takes longer is killed */
    int stuck_ms; /* and so is one that takes longer over its start or over a request */
};

/* Returns 0 when all workers have ended after a drain. */
int supervise(const struct crew *crew);

#endif
