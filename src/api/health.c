/* api/health.c: what people, supervisors and load balancers ask. Such answers are never stored. */

#include "api/health.h"

#include "api/routes.h"
#include "core/context.h"
#include "http/problem.h"
#include "http/response.h"
#include "http/router.h"
#include "schema/json_encode.h"

/* Adds ,"name":"text". */
static void fact_write(struct buffer *body, const char *name, const char *text)
{
    buffer_add_char(body, ',');
    json_add_text(body, name);
    buffer_add_char(body, ':');
    json_add_text(body, text);
}

static void answer_start(struct response *response, const char *body)
{
    response->content_type = "application/json";
    response_header(response, "Cache-Control", "no-store");
    buffer_add_text(&response->body, body);
}

enum code health_root(struct exchange *exchange)
{
    answer_start(exchange->response, "");
    json_add_text(&exchange->response->body, exchange->route->text);
    return OK;
}

/* Says, too, whether an Authorization header came: web servers tend to keep it from CGI programs, and only here can it
 * be told (quire doctor --url). */
enum code health_live(struct exchange *exchange)
{
    answer_start(exchange->response, "{\"status\":\"ok\"}");
    if (request_header(exchange->request, "HTTP_AUTHORIZATION"))
        response_header(exchange->response, "X-Authorization", "received");
    return OK;
}

/* Not being ready is an answer, not a failure: all that was found out is in it. */
enum code health_ready(struct exchange *exchange)
{
    struct api *api = exchange->application;
    struct context *context = exchange->context;
    struct response *response = exchange->response;
    struct readiness readiness = {.ready = false};

    api->check(api, context, &readiness);
    if (!readiness.ready) {
        fail(context, UNAVAILABLE, "not ready");
        problem_start(context, request_header(exchange->request, "HTTP_ACCEPT"), UNAVAILABLE, response);
        response_header(response, "Cache-Control", "no-store");
    } else {
        answer_start(response, "{\"status\":\"ok\"");
    }
    fact_write(&response->body, "database", readiness.database);
    fact_write(&response->body, "migrations", readiness.migrations);
    fact_write(&response->body, "cache", readiness.cache);
    buffer_add_char(&response->body, '}');
    return OK;
}

enum code health_metrics(struct exchange *exchange)
{
    struct api *api = exchange->application;
    struct response *response = exchange->response;

    answer_start(response, "");
    response->content_type = api->metrics_type;
    api->measure(api, &response->body);
    return OK;
}
