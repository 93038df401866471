/*
 * http/cors.c: who may read the answers from another origin. The list of origins is short and read as text each time.
 */

#include "http/cors.h"

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "http/request.h"
#include "http/response.h"

#define SEPARATORS " \t,"
#define PREFLIGHT_HEADERS_MAX 1024 /* bytes of Access-Control-Request-Headers that are repeated */

static bool is_any(const char *origins)
{
    return strcmp(origins, "*") == 0;
}

static bool is_named(const char *origins, const char *origin)
{
    for (origins += strspn(origins, SEPARATORS); *origins; origins += strspn(origins, SEPARATORS)) {
        size_t size = strcspn(origins, SEPARATORS);
        if (strlen(origin) == size && strncmp(origins, origin, size) == 0)
            return true;
        origins += size;
    }
    return false;
}

/* Adds what every answer to an allowed origin has; false when the request has no origin or it is not allowed. */
static bool allow_origin(struct context *context, const char *origins, const struct request *request,
                         struct response *response)
{
    const char *origin = request_header(request, "HTTP_ORIGIN");

    if (!is_any(origins))
        response_header(response, "Vary", "Origin");
    if (!origin || !(is_any(origins) || is_named(origins, origin)))
        return false;
    if (is_any(origins)) {
        response_header(response, "Access-Control-Allow-Origin", "*");
    } else {
        response_header(response, "Access-Control-Allow-Origin", arena_text(context->arena, origin));
        response_header(response, "Access-Control-Allow-Credentials", "true");
    }
    return true;
}

void cors_headers(struct context *context, const char *origins, const struct request *request,
                  struct response *response)
{
    if (allow_origin(context, origins, request, response))
        response_header(response, "Access-Control-Expose-Headers", "ETag, Link, Location, X-Request-ID, Retry-After");
}

bool cors_is_preflight(const struct request *request)
{
    return request->method == METHOD_OPTIONS && request_header(request, "HTTP_ORIGIN") &&
           request_header(request, "HTTP_ACCESS_CONTROL_REQUEST_METHOD");
}

/* Is it a list of header names (RFC 9110 section 5.6.2) and nothing else? */
static bool is_header_list(const char *text)
{
    return strlen(text) <= PREFLIGHT_HEADERS_MAX &&
           text[strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, \t")] ==
               '\0';
}

void cors_preflight(struct context *context, const char *origins, const char *allow, const struct request *request,
                    struct response *response)
{
    const char *headers = request_header(request, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");

    response_header(response, "Vary", "Access-Control-Request-Headers");
    if (!allow_origin(context, origins, request, response))
        return;
    response_header(response, "Access-Control-Allow-Methods", allow);
    response_header(response, "Access-Control-Max-Age", "600");
    if (headers && is_header_list(headers))
        response_header(response, "Access-Control-Allow-Headers", arena_text(context->arena, headers));
}
