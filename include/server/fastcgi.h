#ifndef SERVER_FASTCGI_H
#define SERVER_FASTCGI_H

/* server/fastcgi.h: requests as FastCGI records on a listening socket, one at a time (FastCGI specification 1.0). */

#include <stdint.h>

struct request_handler;

/*
 * Answers requests on the listening socket `fd`, which it makes nonblocking, until SIGTERM, SIGUSR1, SIGINT or SIGHUP,
 * or until about max_requests (0: no limit) are answered. The signals are let in between requests only: no request is
 * cut. Gives the exit status: 0, or 1 when the socket or memory failed, with a line in the log.
 */
int fastcgi_serve(struct request_handler *handler, int fd, int64_t max_requests);

#endif
