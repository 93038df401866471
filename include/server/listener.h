#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

/*
 * server/listener.h: a listening socket of our own: "unix:/path", or "address:port" on loopback.
 *
 * Anyone who can write to the socket can act for the web server, so a unix socket has mode 0660 whatever the umask, and
 * TCP does not leave the machine.
 */

#include <stdbool.h>
#include <stddef.h>

/* A file that a dead process left is replaced; a live socket and any other file are refused. The fd, nonblocking, or -1
 * with one line in ret_error. */
int listener_open(const char *address, char *ret_error, size_t size);

/* Is this an address to listen on? Looks at the text alone. 0, or -1 with one line in ret_error. */
int listener_check(const char *address, char *ret_error, size_t size);

/* Is this the address of a unix socket? */
bool listener_is_unix(const char *address);

/* Removes the file of a unix socket; the process that opened it does so before its end. */
void listener_remove(const char *address);

#endif
