#ifndef SERVER_OVERLOAD_H
#define SERVER_OVERLOAD_H

/*
 * server/overload.h: do more requests wait than can be served in time?
 *
 * A worker measures how long it takes over a request, and from time to time asks the kernel how many connections wait
 * on the listening socket. When their last one would wait longer than REQUEST_TIMEOUT, so many are turned away as it
 * takes for the rest to be served in half of that. They are the ones that have waited longest.
 *
 * Where the kernel does not tell (a sandbox without AF_NETLINK), nobody is turned away, and the log says so at the
 * start.
 */

#include <stdbool.h>
#include <stdint.h>

#define MEAN_OVER 8

struct overload {
    int listener;
    int netlink; /* asks about unix sockets; -1: TCP, or not to be had, or it has failed */
    uint32_t inode;
    int64_t limit_us;
    int64_t mean_us; /* of the last few requests */
    int n_known;     /* how many there were; before MEAN_OVER nobody is turned away */
    int64_t begin_us;
    int64_t looked_us;
    int64_t surplus; /* how many this worker is still to turn away */
    bool warned;     /* the log has it that requests are turned away */
};

/* Does the kernel tell of this listening socket? */
bool overload_is_known(int listener);

void overload_init(struct overload *overload, int listener, int limit_ms);
void overload_release(struct overload *overload);

/* How many connections wait to be accepted; -1: not known, and of a unix socket not asked for any more. */
int64_t overload_waiting(struct overload *overload);

/* A request begins; `workers` share the queue. True: it is to be turned away. */
bool overload_begin(struct overload *overload, int64_t workers);

/* A request that was not turned away has ended. */
void overload_end(struct overload *overload);

#endif
