/*
 * http/router.c: one request from its text to its answer.
 *
 * The order of the checks is the order in which a client can do something about them: the URL, the path, the method,
 * what it accepts, what it sends. Before all of them comes how often it asks. Every failure becomes an answer in one
 * place.
 */

#include "http/router.h"

#include <stdbool.h>
#include <string.h>

#include "core/buffer.h"
#include "core/context.h"
#include "http/cors.h"
#include "http/negotiation.h"
#include "http/problem.h"
#include "http/request_id.h"
#include "http/response.h"

#define ALLOW_MAX 128 /* bytes: more than the names of all methods */

bool route_is_limited(const struct route *route)
{
    return route->reply != REPLY_LIFE && route->reply != REPLY_READINESS && route->reply != REPLY_METRICS;
}

/* Does the path name this route? ret_id_text is the segment that {id} stands for, or NULL. */
static bool route_matches(const struct route *route, const struct request *request, const char **ret_id_text)
{
    const char *at = route->path + 1;
    const char *id_text = NULL;
    size_t i = 0;

    for (; *at && i < request->n_segments; i++) {
        size_t size = strcspn(at, "/");
        if (size == 4 && strncmp(at, "{id}", size) == 0)
            id_text = request->segments[i];
        else if (strncmp(at, request->segments[i], size) != 0 || request->segments[i][size] != '\0')
            return false;
        at += size + (at[size] == '/');
    }
    if (*at || i < request->n_segments)
        return false;
    *ret_id_text = id_text;
    return true;
}

/* The methods of the request's path, as Allow lists them, into ret_allow; "" when there is no such path. */
static enum code allow_list(const struct router *router, struct context *context, const struct request *request,
                            const char **ret_allow)
{
    bool known[METHOD__MAX] = {false};
    const char *id_text;
    struct buffer allow;

    for (const struct route *route = router->routes; route->path; route++) {
        if (route_matches(route, request, &id_text))
            known[route->method] = known[METHOD_OPTIONS] = true;
    }
    known[METHOD_HEAD] = known[METHOD_GET];
    buffer_init(&allow, context->arena, ALLOW_MAX);
    for (enum method method = 0; method < METHOD__MAX; method++) {
        if (!known[method])
            continue;
        buffer_add_text(&allow, allow.size ? ", " : "");
        buffer_add_text(&allow, method_name(method));
    }
    if (allow.failed)
        return fail_memory(context);
    *ret_allow = allow.data;
    return OK;
}

/* Finds the route; HEAD is GET. When the path has none for this method, ret_allow says which it has. NO_ROUTE, and
 * NO_METHOD unless the method is OPTIONS. */
static enum code find(const struct router *router, struct exchange *exchange, const char **ret_allow)
{
    const struct request *request = exchange->request;
    enum method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    enum code code;

    for (const struct route *route = router->routes; route->path; route++) {
        if (route->method == method && route_matches(route, request, &exchange->id_text)) {
            exchange->route = route;
            return OK;
        }
    }
    if ((code = allow_list(router, exchange->context, request, ret_allow)) != OK)
        return code;
    if (!**ret_allow)
        return fail(exchange->context, NO_ROUTE, NULL);
    return method == METHOD_OPTIONS ? OK : fail(exchange->context, NO_METHOD, NULL);
}

/* Can the client read the answer, and can its body be read? Whoever reads problems reads JSON. */
static enum code negotiate(const struct exchange *exchange)
{
    const struct request *request = exchange->request;
    const char *accept = request_header(request, "HTTP_ACCEPT");
    const char *media = exchange->route->media;
    struct context *context = exchange->context;

    if (!accepts(accept, media ? media : "application/json") && !accepts_by_name(accept, PROBLEM_TYPE))
        return fail(context, NOT_ACCEPTABLE, NULL);
    if (exchange->route->body == NO_BODY)
        return OK;
    if (request->body_state == BODY_OVER)
        return fail(context, BODY_TOO_LARGE, NULL);
    if (request->body_state == BODY_CUT)
        return fail(context, MALFORMED, "The body is shorter than its Content-Length");
    if (!is_json_type(request_header(request, "CONTENT_TYPE")))
        return fail(context, UNSUPPORTED_TYPE, NULL);
    return OK;
}

/* What the path can do, without touching anything else. */
static void answer_options(const struct router *router, struct exchange *exchange, const char *allow)
{
    exchange->response->status = 204;
    response_header(exchange->response, "Allow", allow);
    if (cors_is_preflight(exchange->request))
        cors_preflight(exchange->context, router->cors_origins, allow, exchange->request, exchange->response);
    else
        cors_headers(exchange->context, router->cors_origins, exchange->request, exchange->response);
}

/* Parse, enter, find. */
static enum code locate(const struct router *router, struct exchange *exchange, struct request *request,
                        const char **ret_allow)
{
    enum code code = request_parse(request, exchange->context);

    if (code == OK && router->base_path)
        code = request_enter(request, exchange->context, router->base_path);
    return code == OK ? find(router, exchange, ret_allow) : code;
}

/* Is the client over its limit? What it asks for in vain counts, too; OPTIONS does not, as browsers ask so before they
 * ask (Fetch Standard, CORS-preflight), and would not let a page see why that was refused. */
static bool is_over_limit(const struct router *router, const struct exchange *exchange)
{
    if (!router->admit || exchange->request->method == METHOD_OPTIONS)
        return false;
    if (exchange->route && !route_is_limited(exchange->route))
        return false;
    return !router->admit(exchange->application, exchange->request);
}

/* Locate, admit, negotiate, handle. ret_allow is set for NO_METHOD and OPTIONS. */
static enum code dispatch(const struct router *router, struct exchange *exchange, struct request *request,
                          const char **ret_allow)
{
    enum code code = locate(router, exchange, request, ret_allow);

    if (is_over_limit(router, exchange))
        return fail(exchange->context, RATE_LIMITED, NULL);
    if (code != OK || !exchange->route)
        return code;
    if (exchange->context->overloaded && exchange->route->record)
        return fail(exchange->context, CONTENDED, NULL);
    code = negotiate(exchange);
    if (code == OK)
        code = exchange->route->handle(exchange);
    if (code == OK && exchange->response->body.failed)
        code = fail_memory(exchange->context);
    return code;
}

/*
 * Apache's mod_cgi, mod_cgid and mod_fcgid take a Location for a redirect when the status is 200 (RFC 3875
 * section 6.2.2), and answer with another request's answer or with a 302. There it travels by another name, and the
 * .htaccess files in apache/ give it its own back. mod_proxy_fcgi does no such thing; it is known by its
 * SCRIPT_FILENAME.
 */
static void disguise_location(const struct request *request, struct response *response)
{
    const char *software = request_header(request, "SERVER_SOFTWARE");
    const char *file = request_header(request, "SCRIPT_FILENAME");

    if (response->status != 200 || !software || strncmp(software, "Apache", 6) != 0)
        return;
    if (file && strncmp(file, "proxy:", 6) == 0)
        return;
    for (size_t i = 0; i < response->n_headers; i++) {
        if (strcmp(response->headers[i].name, "Location") == 0)
            response->headers[i].name = "X-Location";
    }
}

enum code router_answer(const struct router *router, struct context *context, struct request *request,
                        struct response *response, const struct route **ret_route)
{
    struct exchange exchange = {
        .context = context, .request = request, .response = response, .application = router->application};
    const char *allow = NULL;
    enum code code;

    response_init(response, context);
    if (!context->request_id)
        context->request_id = request_id_choose(context, request);
    code = dispatch(router, &exchange, request, &allow);
    if (code != OK)
        problem_answer(context, request_header(request, "HTTP_ACCEPT"), code, response);
    if (code == NO_METHOD)
        response_header(response, "Allow", allow);
    if (code == OK && !exchange.route)
        answer_options(router, &exchange, allow);
    else
        cors_headers(context, router->cors_origins, request, response);
    response_header(response, "Vary", "Accept");
    response_header(response, "X-Content-Type-Options", "nosniff");
    response_header(response, "X-Request-ID", context->request_id);
    disguise_location(request, response);
    response->head_only = request->method == METHOD_HEAD;
    *ret_route = exchange.route;
    return code;
}
