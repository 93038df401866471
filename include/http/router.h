#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

/*
 * http/router.h: from a request to the handler of its route, and from its outcome to an answer.
 *
 * The routes are one table (api/routes.c). Matching, 405 with Allow, OPTIONS, HEAD and the documents are read from it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "http/request.h"

struct context;
struct parameter;
struct response;
struct route;
struct schema;

/* One request on its way through a handler. */
struct exchange {
    struct context *context;
    const struct request *request;
    struct response *response;
    const struct route *route;
    const char *id_text; /* the segment that {id} stands for; NULL when the route has none */
    void *application;   /* what the handlers work on; given to router_init() */
};

enum body_kind { NO_BODY, WHOLE_BODY, CHANGES_BODY };

enum reply_kind {
    REPLY_TEXT,      /* a JSON string */
    REPLY_RECORD,    /* one record */
    REPLY_LIST,      /* a page of records */
    REPLY_STATUS,    /* {"status":"ok"} */
    REPLY_LIFE,      /* the same, and in a header whether web servers let Authorization through */
    REPLY_READINESS, /* what the service stands on; 503 when it is not ready */
    REPLY_METRICS,   /* numbers, as Prometheus reads them */
    REPLY_DOCUMENT,  /* a document about the service, which is not listed in itself */
};

/* A row of the table. Fields not named are zero: none. */
struct route {
    enum method method;
    const char *path; /* "/api/authors/{id}"; the only variable is {id}; a slash at the end changes nothing */
    enum code (*handle)(struct exchange *exchange);
    const char *name;                   /* with path and method, the operation's id: generated clients call it so */
    const struct schema *record;        /* the kind of record it is about */
    const struct parameter *parameters; /* of its query, beside the filters; a number first; ends with a name of NULL */
    enum body_kind body;                /* what it reads */
    enum reply_kind reply;              /* what it answers */
    const char *text;                   /* REPLY_TEXT: the text */
    const char *media;                  /* the type of what it answers; NULL: application/json */
    const char *summary;                /* one line, for people */
};

/* Can a client be turned away here for asking too often? Not whoever watches over the service. */
bool route_is_limited(const struct route *route);

struct router {
    const struct route *routes; /* ends with a path of NULL */
    void *application;
    const char *base_path; /* every path starts with it: "" or "/shop"; NULL: "" */
    const char *cors_origins;
    /* May this client ask now? False: it is turned away with RATE_LIMITED. Asked once for each request but OPTIONS,
     * whatever would become of it, unless its route is not limited. NULL: everybody may. */
    bool (*admit)(void *application, const struct request *request);
};

/*
 * Answers the request, whatever comes: parses it, finds the route, checks what the client accepts and sends, calls the
 * handler, turns a failure into a problem, adds CORS, and cuts the body off for HEAD. Returns the code it ended with,
 * for the log. ret_route is the route, or NULL when none matched.
 */
enum code router_answer(const struct router *router, struct context *context, struct request *request,
                        struct response *response, const struct route **ret_route);

#endif
