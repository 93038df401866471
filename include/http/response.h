#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

/* http/response.h: one answer: status, headers, body. Lives in the request's arena. */

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/error.h"

struct context;

#define RESPONSE_HEADERS_MAX 24
/* Bytes of body. A page of the longest records fits: 150 books and their authors, 65,535 bytes of text each, each byte
 * an escape of six. */
#define RESPONSE_MAX ((size_t)128 * 1024 * 1024)

struct header {
    const char *name;
    const char *value;
};

struct response {
    int status; /* 200 when not set otherwise */
    struct header headers[RESPONSE_HEADERS_MAX];
    size_t n_headers;
    const char *content_type; /* NULL: no body */
    struct buffer body;
    bool head_only; /* the body is measured and not sent */
};

void response_init(struct response *response, struct context *context);

/* Value and name are borrowed and must live as long as the arena. A header is dropped when its value is NULL or has a
 * line break, or when there are RESPONSE_HEADERS_MAX already. */
void response_header(struct response *response, const char *name, const char *value);

/* Drops status, body and all headers set so far: the start of an error answer. */
void response_clear(struct response *response);

/* "Status: 200 OK", headers, an empty line and the body, as CGI sends them (RFC 3875 section 6). ret_bytes is made
 * here. NO_MEMORY, also when memory ended while the body was made. */
enum code response_write(const struct response *response, struct context *context, struct buffer *ret_bytes)
    __attribute__((warn_unused_result));

/* "Not Found" for 404; "" for a status not in the table. */
const char *status_text(int status);

#endif
