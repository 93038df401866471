#ifndef SERVER_FASTCGI_H
#define SERVER_FASTCGI_H

/* server/fastcgi.h: requests as FastCGI records on a listening socket, one at a time (FastCGI specification 1.0). */

#include <stdint.h>

struct board;
struct desk;
struct request_handler;

struct fastcgi_service {
    struct request_handler *handler;
    int fd;               /* the listening socket, made nonblocking */
    int64_t max_requests; /* ends after about so many, when the board allows; 0: no limit */
    struct board *board;  /* shared with the supervisor, and so is the desk; both NULL: there is none */
    struct desk *desk;
    void (*reopen)(void *argument); /* opens the log again, on SIGUSR1; NULL: SIGUSR1 ends, as libfcgi has it */
    void *argument;
};

/*
 * Answers requests until SIGTERM, SIGINT or SIGHUP, or until max_requests are answered. The signals are let in between
 * requests only: no request is cut. Gives the exit status: 0, or 1 when the socket or memory failed, with a line in the
 * log.
 */
int fastcgi_serve(const struct fastcgi_service *service);

#endif
