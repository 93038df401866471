#ifndef SERVER_HANDLER_H
#define SERVER_HANDLER_H

/*
 * server/handler.h: what the server wants of the rest of the program: an answer to each request.
 *
 * FastCGI and CGI both read a request in full, hand it to the handler and write its answer in full.
 */

#include <stddef.h>
#include <stdint.h>

struct buffer;
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

/* The ceiling of a request's arena, in bytes: an answer of any size and its copy on the way out, and the body. */
size_t handler_memory(const struct request_handler *handler);

/* Starts the request's time, has it answered and writes the answer as CGI sends it. When there is no memory for that,
 * the bytes are a short answer that needs none. They live as long as the context's arena. */
void handler_run(struct request_handler *handler, struct context *context, struct request *request,
                 const char **ret_bytes, size_t *ret_size);

#endif
