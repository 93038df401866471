#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

/*
 * server/server.h: how requests come in: as FastCGI on a listening socket, or as one plain CGI call.
 *
 * Both read a request in full, hand it to a handler, and write its answer in full.
 */

#include <stddef.h>
#include <stdint.h>

struct context;
struct request;
struct response;

/* Answers one request. It never fails: a failure is an answer. */
struct request_handler {
    void (*answer)(struct request_handler *self, struct context *context, struct request *request,
                   struct response *response);
    size_t max_body; /* bytes of body that are kept; more is BODY_OVER */
    int request_timeout_ms;
};

enum launch { LAUNCH_FASTCGI, LAUNCH_CGI, LAUNCH_TERMINAL };

/* How were we started? A listening socket on fd 0: FastCGI. GATEWAY_INTERFACE in the environment: CGI. Otherwise from a
 * terminal or a script: a command. */
enum launch server_launch(void);

/*
 * Serves FastCGI on the listening socket `fd` until SIGTERM or SIGUSR1, or max_requests (0: no limit) are answered. The
 * signals are blocked except while waiting for a request, so that no request is cut. Returns the exit status: 0.
 */
int fastcgi_serve(struct request_handler *handler, int fd, int64_t max_requests);

/* Answers the one request described by environment and standard input. Returns the exit status. */
int cgi_serve(struct request_handler *handler);

/*
 * Opens a listening socket: "unix:/path" (mode 0660; a stale file is replaced, a live one is refused) or "address:port"
 * (IPv4, loopback only). Nonblocking. The fd, or -1 with one line in ret_error.
 */
int listener_open(const char *address, char *ret_error, size_t size);

/* Removes the file of a unix socket opened with listener_open(). */
void listener_remove(const char *address);

/*
 * Forks `workers` processes that each call work(argument) and exit with what it returns, and keeps that many alive: one
 * that dies is replaced, at once at first, later with a growing pause; one that ends with 0 (recycled) at once. SIGTERM, SIGINT: ends all
 * when they have finished their request, and returns 0. SIGHUP: replaces them one by one. A supervisor that dies takes its workers along.
 */
int supervise(int64_t workers, int (*work)(void *argument), void *argument);

#endif
