#ifndef SERVER_REQUEST_BODY_H
#define SERVER_REQUEST_BODY_H

/*
 * server/request_body.h: reads the body of a request to its end and tells whether it is whole.
 */

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

struct context;

/* Where a body comes from. */
struct body_source {
    /* Up to `size` bytes; 0 at the end and when nothing more can be read. */
    size_t (*read)(struct body_source *self, char *to, size_t size);
    /* Did the body end where its sender ended it? Asked once, after the last read. */
    bool (*ended_well)(struct body_source *self);
};

/* Of a body that is too large, no more than this is read, in bytes. What is left must be cut off
 * with the connection. */
#define DRAIN_MAX ((size_t)64 * 1024 * 1024)

/* CONTENT_LENGTH as a number (RFC 3875 section 4.1.2). False when it is not one. NULL and "": -1, not known. */
bool content_length_parse(const char *text, long long *ret_length);

/*
 * Reads the body and sets body, body_size and body_state of the request; its text is in the context's arena. `text` is
 * CONTENT_LENGTH: the body is complete when it is as long as that and ended well; of a length that is not known when it
 * ended well. The source is read to its end in every case, within DRAIN_MAX and until the context's deadline.
 */
void request_body_read(struct context *context, struct body_source *source, const char *text, size_t max_body,
                       struct request *request);

#endif
