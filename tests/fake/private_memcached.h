#ifndef PRIVATE_MEMCACHED_H
#define PRIVATE_MEMCACHED_H

/* private_memcached.h: a memcached of the test's own, on a unix socket or on a port of 127.0.0.1. */

#include <stdbool.h>
#include <sys/types.h>

struct private_memcached {
    char address[128]; /* a path, or "localhost:port" */
    int port;          /* 0: a unix socket */
    pid_t pid;         /* 0: not running */
};

/* Chooses an address; starts nothing. The folder of a socket is made by mkdtemp(3). */
void private_memcached_init(struct private_memcached *memcached, bool tcp);

/* Starts it and waits until it can be connected to. */
void private_memcached_start(struct private_memcached *memcached);

/* Kills it, waits for its end. */
void private_memcached_kill(struct private_memcached *memcached);

/* Kills it if it runs, and removes socket and folder. */
void private_memcached_release(struct private_memcached *memcached);

/* Sends a command, returns the first line of the answer, in static memory. */
const char *memcached_command(const char *address, const char *command);

#endif
