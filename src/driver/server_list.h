#ifndef DRIVER_SERVER_LIST_H
#define DRIVER_SERVER_LIST_H

/*
 * driver/server_list.h: the servers in a setting like "10.0.0.1:11211, cache2, [::1]:11212, unix:/run/memcached.sock".
 */

#include <stddef.h>

struct arena;

struct server_address {
    const char *name; /* "host:port" or the path: the same for every way to write it */
    const char *host; /* a name, an address, or the path of a unix socket */
    int port;         /* 0: a unix socket */
};

/* NULL with one line in ret_error (`size` bytes) when the text names no server, or one that cannot be, or more than
 * `most`. A host without a port has default_port. Lives in the arena. */
struct server_address *server_list_parse(struct arena *arena, const char *text, int default_port, size_t most,
                                         size_t *ret_n, char *ret_error, size_t size);

#endif
