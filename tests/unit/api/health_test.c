/* health_test.c: is it there, is it alive, is it ready. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/routes.h"
#include "core/arena.h"
#include "core/context.h"
#include "fake_request.h"

static struct arena arena;
static struct context context;
static struct response response;
static struct readiness found;
static unsigned checks;

static void check(struct api *self, struct context *unused, struct readiness *ret_readiness)
{
    (void)self, (void)unused;
    checks++;
    *ret_readiness = found;
}

static void measure(struct api *self, struct buffer *text)
{
    (void)self;
    buffer_add_text(text, "# HELP a A.\n");
}

static const char *accept; /* the next request's */
static const char *authorization;

static void get(const char *uri)
{
    struct api api = {.check = check, .measure = measure, .metrics_type = "text/plain; version=0.0.4"};
    struct router router = {.routes = routes, .application = &api, .cors_origins = "*"};
    const struct route *route;
    struct fake_request fake;

    arena_reset(&arena);
    context_init(&context, &arena, 0);
    fake_request_init(&fake, "GET", uri, NULL);
    if (accept)
        fake_request_set(&fake, "HTTP_ACCEPT", accept);
    if (authorization)
        fake_request_set(&fake, "HTTP_AUTHORIZATION", authorization);
    assert_int_equal(router_answer(&router, &context, &fake.request, &response, &route), OK);
}

static void test_health_root__says_that_the_service_works(void **state)
{
    (void)state;
    get("/");
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body.data, "\"service is working\"");
}

static void test_health_live__asks_nobody(void **state)
{
    (void)state;
    checks = 0;
    get("/livez");
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body.data, "{\"status\":\"ok\"}");
    assert_string_equal(fake_response_header(&response, "Cache-Control"), "no-store");
    assert_int_equal(checks, 0);
}

static void test_health_live__says_that_an_authorization_header_came(void **state)
{
    (void)state;
    get("/livez");
    assert_null(fake_response_header(&response, "X-Authorization"));
    authorization = "Bearer x";
    get("/livez");
    authorization = NULL;
    assert_string_equal(fake_response_header(&response, "X-Authorization"), "received");
}

static void test_health_ready__tells_what_it_found(void **state)
{
    (void)state;
    found = (struct readiness){true, "ok", "ok", "down"};
    get("/readyz");
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body.data,
                        "{\"status\":\"ok\",\"database\":\"ok\",\"migrations\":\"ok\",\"cache\":\"down\"}");
    assert_null(fake_response_header(&response, "Retry-After"));
}

static void test_health_ready__is_503_and_tells_why(void **state)
{
    (void)state;
    found = (struct readiness){false, "ok", "2 \"pending\"", "ok"};
    get("/readyz/");
    assert_int_equal(response.status, 503);
    assert_string_equal(
        response.body.data,
        "{\"detail\":\"not ready\",\"database\":\"ok\",\"migrations\":\"2 \\\"pending\\\"\",\"cache\":\"ok\"}");
    assert_string_equal(fake_response_header(&response, "Retry-After"), "1");
    assert_string_equal(fake_response_header(&response, "Cache-Control"), "no-store");
}

static void test_health_ready__is_a_problem_for_those_who_name_it(void **state)
{
    (void)state;
    found = (struct readiness){false, "away", "unknown", "ok"};
    accept = "application/problem+json";
    get("/readyz");
    accept = NULL;
    assert_string_equal(response.content_type, "application/problem+json");
    assert_string_equal(response.body.data,
                        "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
                        "\"detail\":\"not ready\",\"database\":\"away\",\"migrations\":\"unknown\","
                        "\"cache\":\"ok\"}");
}

static void test_health_metrics__gives_what_was_measured(void **state)
{
    (void)state;
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    get("/metrics");
    accept = NULL;
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "text/plain; version=0.0.4");
    assert_string_equal(fake_response_header(&response, "Cache-Control"), "no-store");
    assert_string_equal(response.body.data, "# HELP a A.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_metrics__gives_what_was_measured),
        cmocka_unit_test(test_health_root__says_that_the_service_works),
        cmocka_unit_test(test_health_live__asks_nobody),
        cmocka_unit_test(test_health_live__says_that_an_authorization_header_came),
        cmocka_unit_test(test_health_ready__tells_what_it_found),
        cmocka_unit_test(test_health_ready__is_503_and_tells_why),
        cmocka_unit_test(test_health_ready__is_a_problem_for_those_who_name_it),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
