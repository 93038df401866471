#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

/*
 * http/request.h: one request, as the web server passes it (CGI, RFC 3875) and as the router reads it.
 *
 * The path is taken from REQUEST_URI alone: it is the one variable that lighttpd, Apache and nginx pass alike and
 * undecoded. server/ fills in the first part, request_parse() the second.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct arena;
struct context;

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD__MAX
};

/* "GET", ...; NULL for METHOD__MAX. */
const char *method_name(enum method method);

enum body_state {
    BODY_COMPLETE, /* as long as CONTENT_LENGTH says */
    BODY_CUT,      /* shorter: the client or the server went away. Nothing may be done with it */
    BODY_OVER,     /* over MAX_BODY; not kept */
};

#define PATH_SEGMENTS_MAX 16
#define URI_MAX 8192 /* bytes: 414 beyond */

/* A name and a value, percent-decoded, valid UTF-8 without NUL. */
struct parameter_value {
    const char *name;
    const char *value;
};

struct request {
    /* Filled in by server/: */
    const char *method_text;
    const char *uri;                                                       /* REQUEST_URI, raw */
    const char *(*variable)(const struct request *self, const char *name); /* a CGI variable; NULL when not set */
    void *source;                                                          /* for `variable` */
    const char *body;
    size_t body_size;
    enum body_state body_state;

    /* Filled in by request_parse(): */
    enum method method; /* METHOD__MAX: one we do not know */
    const char *path;   /* raw, without query and without the trailing slash; "/" for the root. For logs and links */
    const char *segments[PATH_SEGMENTS_MAX]; /* decoded one by one: %2F does not make a new one */
    size_t n_segments;
    struct parameter_value *parameters; /* as many as the query has: URI_MAX is the bound */
    size_t n_parameters;
};

/*
 * Reads method, path and query out of method_text and uri. MALFORMED: a bad percent-escape, a NUL, not UTF-8,
 * a fragment. URI_TOO_LONG. NO_ROUTE: empty segments, "." or "..", or more segments than any route has: such a path
 * names nothing here. Method and path are set in every case.
 */
enum code request_parse(struct request *request, struct context *context) __attribute__((warn_unused_result));

/* Takes the segments of the mount prefix `base_path` ("" or "/shop", unescaped) off those of a parsed request; `path`
 * keeps them, for links. NO_ROUTE: the path lies elsewhere. */
enum code request_enter(struct request *request, struct context *context, const char *base_path)
    __attribute__((warn_unused_result));

/* A header by its CGI name ("HTTP_IF_MATCH", "CONTENT_TYPE"); NULL when absent or empty. */
const char *request_header(const struct request *request, const char *name);

/* The last parameter of this name in the query, as the FastAPI service read it; NULL when absent. */
const char *request_parameter(const struct request *request, const char *name);

#endif
