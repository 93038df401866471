#ifndef FAKE_REQUEST_H
#define FAKE_REQUEST_H

/* fake_request.h: a request as a web server would pass it, for tests of http/ and api/. */

#include "http/request.h"
#include "http/response.h"

#define FAKE_HEADERS_MAX 8

struct fake_request {
    struct request request; /* first: it is cast back */
    struct header headers[FAKE_HEADERS_MAX];
    size_t n_headers;
};

/* Prepares caller's storage. `body` is text; NULL is none. Texts are borrowed. */
void fake_request_init(struct fake_request *fake, const char *method, const char *uri, const char *body);

/* Adds a CGI variable: "HTTP_ACCEPT", "CONTENT_TYPE". */
void fake_request_set(struct fake_request *fake, const char *name, const char *value);

/* The value of a header of an answer; NULL when it has none. */
const char *fake_response_header(const struct response *response, const char *name);

#endif
