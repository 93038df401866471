/* router_test.c: which handler, or which failure, and what every answer carries. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "fake_request.h"
#include "http/router.h"

static struct arena arena;
static struct context context;
static struct fake_request fake;
static struct response response;
static const struct route *route;
static enum code outcome; /* of the handler */
static unsigned handled;

/* Answers with the id, or fails as the test wants. */
static enum code handle(struct exchange *exchange)
{
    handled++;
    exchange->response->content_type = "application/json";
    buffer_add_text(&exchange->response->body, exchange->id_text ? exchange->id_text : "none");
    assert_ptr_equal(exchange->application, &arena);
    if (outcome == NO_MEMORY) {
        exchange->response->body.failed = true;
        return OK;
    }
    return outcome == OK ? OK : (fail)(exchange->context, outcome, NULL);
}

static const struct route test_routes[] = {
    {METHOD_GET, "/", handle, .summary = "root"},
    {METHOD_GET, "/things", handle, .summary = "list"},
    {METHOD_POST, "/things", handle, .body = WHOLE_BODY, .summary = "create"},
    {METHOD_GET, "/things/{id}", handle, .summary = "get"},
    {METHOD_DELETE, "/things/{id}", handle, .summary = "remove"},
    {METHOD_POST, "/only/post", handle, .body = WHOLE_BODY, .summary = "post"},
    {.path = NULL},
};

static const struct router router = {.routes = test_routes, .application = &arena, .cors_origins = "*"};

static void start(const char *method, const char *uri)
{
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    fake_request_init(&fake, method, uri, "{}");
    outcome = OK;
    handled = 0;
}

static enum code run(void)
{
    return router_answer(&router, &context, &fake.request, &response, &route);
}

static enum code answer(const char *method, const char *uri)
{
    start(method, uri);
    return run();
}

static void test_router_answer__finds_the_route(void **state)
{
    static const struct {
        const char *method, *uri;
        enum code code;
        const char *summary, *body;
    } rows[] = {
        {"GET", "/", OK, "root", "none"},
        {"GET", "/things", OK, "list", "none"},
        {"GET", "/things/?page=1", OK, "list", "none"},
        {"GET", "/%74hings", OK, "list", "none"},
        {"POST", "/things", OK, "create", "none"},
        {"GET", "/things/7", OK, "get", "7"},
        {"HEAD", "/things/7", OK, "get", "7"},
        {"GET", "/things/a%2Fb/", OK, "get", "a/b"},
        {"DELETE", "/things/7", OK, "remove", "7"},
        {"GET", "/thing", NO_ROUTE, NULL, "{\"detail\":\"Not Found\"}"},
        {"GET", "/thingsx", NO_ROUTE, NULL, "{\"detail\":\"Not Found\"}"},
        {"GET", "/things/7/x", NO_ROUTE, NULL, "{\"detail\":\"Not Found\"}"},
        {"OPTIONS", "/nothing", NO_ROUTE, NULL, "{\"detail\":\"Not Found\"}"},
        {"PUT", "/things", NO_METHOD, NULL, "{\"detail\":\"Method Not Allowed\"}"},
        {"BREW", "/things", NO_METHOD, NULL, "{\"detail\":\"Method Not Allowed\"}"},
        {"GET", "/%zz", MALFORMED, NULL, "{\"detail\":\"The URL has a bad percent-escape\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(answer(rows[i].method, rows[i].uri), rows[i].code);
        assert_string_equal(response.body.data, rows[i].body);
        if (rows[i].summary)
            assert_string_equal(route->summary, rows[i].summary);
        else
            assert_null(route);
        assert_int_equal(response.head_only, strcmp(rows[i].method, "HEAD") == 0);
        assert_non_null(fake_response_header(&response, "X-Request-ID"));
        assert_string_equal(fake_response_header(&response, "X-Content-Type-Options"), "nosniff");
    }
}

/* With a mount prefix, what lies outside is nothing of ours, whatever the method. */
static void test_router_answer__finds_the_route_below_the_base_path(void **state)
{
    static const struct {
        const char *method, *uri;
        enum code code;
        const char *summary;
    } rows[] = {
        {"GET", "/shop", OK, "root"},
        {"GET", "/shop/", OK, "root"},
        {"GET", "/shop/things/7", OK, "get"},
        {"PUT", "/shop/things", NO_METHOD, NULL},
        {"GET", "/things", NO_ROUTE, NULL},
        {"OPTIONS", "/things", NO_ROUTE, NULL},
        {"GET", "/", NO_ROUTE, NULL},
        {"GET", "/shopx/things", NO_ROUTE, NULL},
        {"GET", "/shop/shop/things", NO_ROUTE, NULL},
    };
    struct router mounted = router;

    (void)state;
    mounted.base_path = "/shop";
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        start(rows[i].method, rows[i].uri);
        assert_int_equal(router_answer(&mounted, &context, &fake.request, &response, &route), rows[i].code);
        if (rows[i].summary)
            assert_string_equal(route->summary, rows[i].summary);
        else
            assert_null(route);
    }
}

static enum code locate(struct exchange *exchange)
{
    exchange->response->status = (int)(intptr_t)exchange->application;
    response_header(exchange->response, "Location", "/things/7");
    return OK;
}

static void test_router_answer__hides_a_location_from_apaches_cgi(void **state)
{
    static const struct {
        const char *software, *file;
        int status;
        const char *name;
    } rows[] = {
        {"Apache/2.4.71 (Debian)", "/srv/www/quire.fcgi", 200, "X-Location"},
        {"Apache", NULL, 200, "X-Location"},
        {"Apache", "/srv/www/quire.cgi", 307, "Location"},
        {"Apache", "proxy:fcgi://quire-1/api/things", 200, "Location"},
        {"lighttpd/1.4.69", "/srv/www/quire.cgi", 200, "Location"},
        {NULL, NULL, 200, "Location"},
    };
    static const struct route located[] = {{METHOD_GET, "/", locate, .summary = "located"}, {.path = NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct router to = {located, .application = (void *)(intptr_t)rows[i].status, .cors_origins = "*"};
        start("GET", "/");
        if (rows[i].software)
            fake_request_set(&fake, "SERVER_SOFTWARE", rows[i].software);
        if (rows[i].file)
            fake_request_set(&fake, "SCRIPT_FILENAME", rows[i].file);
        assert_int_equal(router_answer(&to, &context, &fake.request, &response, &route), OK);
        assert_string_equal(fake_response_header(&response, rows[i].name), "/things/7");
        assert_null(fake_response_header(&response, rows[i].name[0] == 'X' ? "Location" : "X-Location"));
    }
}

/* The routes about records cost something; the others are how one sees that the service lives. */
static void test_router_answer__turns_away_when_overloaded(void **state)
{
    static const struct schema *const no_schema;
    const struct route routes[] = {
        {METHOD_GET, "/livez", handle, .summary = "live"},
        {METHOD_GET, "/things", handle, .record = (const void *)&no_schema},
        {.path = NULL},
    };
    const struct router small = {.routes = routes, .application = &arena, .cors_origins = "*"};

    (void)state;
    start("GET", "/livez");
    context.overloaded = true;
    assert_int_equal(router_answer(&small, &context, &fake.request, &response, &route), OK);
    start("GET", "/things");
    context.overloaded = true;
    assert_int_equal(router_answer(&small, &context, &fake.request, &response, &route), CONTENDED);
    assert_int_equal(response.status, 503);
    assert_string_equal(fake_response_header(&response, "Retry-After"), "1");
    assert_int_equal(handled, 0);
}

static bool has_room;
static unsigned asked;

static bool admit(void *application, const struct request *request)
{
    assert_ptr_equal(application, &arena);
    assert_ptr_equal(request, &fake.request);
    asked++;
    return has_room;
}

/* Whatever becomes of a request, it counts once; but not where the service is watched. */
static void test_router_answer__turns_away_who_asks_too_often(void **state)
{
    static const struct route routes[] = {
        {METHOD_GET, "/livez", handle, .reply = REPLY_LIFE, .summary = "live"},
        {METHOD_GET, "/things/{id}", handle, .summary = "get"},
        {.path = NULL},
    };
    static const struct {
        const char *method, *uri;
        enum code code; /* when there is room */
        bool counts;
    } rows[] = {
        {"GET", "/things/7", OK, true},        {"HEAD", "/things/7", OK, true},     {"OPTIONS", "/things/7", OK, false},
        {"PUT", "/things/7", NO_METHOD, true}, {"GET", "/nothing", NO_ROUTE, true}, {"GET", "/%zz", MALFORMED, true},
        {"GET", "/livez", OK, false},          {"HEAD", "/livez", OK, false},       {"PUT", "/livez", NO_METHOD, true},
    };
    const struct router limited = {.routes = routes, .application = &arena, .cors_origins = "*", .admit = admit};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
        has_room = i % 2 == 0;
        bool refused = rows[i / 2].counts && !has_room;
        start(rows[i / 2].method, rows[i / 2].uri);
        fake_request_set(&fake, "HTTP_ORIGIN", "https://a.example");
        asked = 0;
        enum code code = router_answer(&limited, &context, &fake.request, &response, &route);
        assert_int_equal(code, refused ? RATE_LIMITED : rows[i / 2].code);
        assert_int_equal(asked, rows[i / 2].counts);
        if (!refused)
            continue;
        assert_int_equal(handled, 0);
        assert_int_equal(response.status, 429);
        assert_string_equal(response.body.data, "{\"detail\":\"Too many requests; try again\"}");
        assert_string_equal(fake_response_header(&response, "Retry-After"), "1");
        assert_string_equal(fake_response_header(&response, "Access-Control-Allow-Origin"), "*");
        assert_null(fake_response_header(&response, "Allow"));
    }
}

static void test_router_answer__allows_truly(void **state)
{
    static const struct {
        const char *uri, *allow;
    } rows[] = {
        {"/", "GET, HEAD, OPTIONS"},
        {"/things", "GET, HEAD, POST, OPTIONS"},
        {"/things/1", "GET, HEAD, DELETE, OPTIONS"},
        {"/only/post", "POST, OPTIONS"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(answer("PATCH", rows[i].uri), NO_METHOD);
        assert_int_equal(response.status, 405);
        assert_string_equal(fake_response_header(&response, "Allow"), rows[i].allow);
        assert_int_equal(answer("OPTIONS", rows[i].uri), OK);
        assert_int_equal(response.status, 204);
        assert_int_equal(handled, 0);
        assert_string_equal(fake_response_header(&response, "Allow"), rows[i].allow);
    }
    assert_int_equal(answer("HEAD", "/only/post"), NO_METHOD);
}

static void test_router_answer__negotiates_in_order(void **state)
{
    static const struct {
        const char *method, *uri, *accept, *type;
        enum body_state body;
        enum code code;
    } rows[] = {
        {"GET", "/things", "text/html", "text/plain", BODY_OVER, NOT_ACCEPTABLE},
        {"GET", "/things", "text/html, */*;q=0.1", "text/plain", BODY_OVER, OK},
        {"DELETE", "/things/1", NULL, "text/plain", BODY_CUT, OK},
        {"POST", "/things", "text/html", "text/plain", BODY_OVER, NOT_ACCEPTABLE},
        {"POST", "/things", NULL, "text/plain", BODY_OVER, BODY_TOO_LARGE},
        {"POST", "/things", NULL, "text/plain", BODY_CUT, MALFORMED},
        {"POST", "/things", NULL, "text/plain", BODY_COMPLETE, UNSUPPORTED_TYPE},
        {"POST", "/things", NULL, "application/json", BODY_COMPLETE, OK},
        {"POST", "/things", NULL, NULL, BODY_COMPLETE, OK},
        {"PUT", "/things", "text/html", "text/plain", BODY_OVER, NO_METHOD},
        {"POST", "/nothing", "text/html", "text/plain", BODY_OVER, NO_ROUTE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        start(rows[i].method, rows[i].uri);
        fake.request.body_state = rows[i].body;
        if (rows[i].accept)
            fake_request_set(&fake, "HTTP_ACCEPT", rows[i].accept);
        if (rows[i].type)
            fake_request_set(&fake, "CONTENT_TYPE", rows[i].type);
        assert_int_equal(run(), rows[i].code);
        assert_int_equal(handled, rows[i].code == OK);
    }
}

static void test_router_answer__turns_failures_into_answers(void **state)
{
    (void)state;
    start("GET", "/things");
    outcome = CONFLICT;
    assert_int_equal(run(), CONFLICT);
    assert_int_equal(response.status, 409);
    start("GET", "/things");
    outcome = NO_MEMORY;
    assert_int_equal(run(), NO_MEMORY);
    assert_int_equal(response.status, 500);
    assert_string_equal(response.body.data, "{\"detail\":\"Internal Server Error\"}");
}

static void test_router_answer__carries_the_clients_request_id(void **state)
{
    (void)state;
    start("GET", "/nothing");
    fake_request_set(&fake, "HTTP_X_REQUEST_ID", "client-7");
    run();
    assert_string_equal(fake_response_header(&response, "X-Request-ID"), "client-7");
    assert_string_equal(context.request_id, "client-7");
}

static void test_router_answer__adds_cors_to_answers_and_failures(void **state)
{
    static const char *const uris[] = {"/things", "/nothing", "/%zz"};

    (void)state;
    for (size_t i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
        start("GET", uris[i]);
        fake_request_set(&fake, "HTTP_ORIGIN", "https://a.example");
        run();
        assert_string_equal(fake_response_header(&response, "Access-Control-Allow-Origin"), "*");
        assert_non_null(fake_response_header(&response, "Access-Control-Expose-Headers"));
    }
}

static void test_router_answer__answers_preflights_without_a_handler(void **state)
{
    (void)state;
    start("OPTIONS", "/things");
    fake_request_set(&fake, "HTTP_ORIGIN", "https://a.example");
    fake_request_set(&fake, "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "POST");
    fake_request_set(&fake, "HTTP_ACCEPT", "text/html");
    assert_int_equal(run(), OK);
    assert_int_equal(response.status, 204);
    assert_int_equal(handled, 0);
    assert_string_equal(fake_response_header(&response, "Access-Control-Allow-Methods"), "GET, HEAD, POST, OPTIONS");
    assert_null(fake_response_header(&response, "Access-Control-Expose-Headers"));
    assert_non_null(fake_response_header(&response, "X-Request-ID"));
}

/* Whichever allocation fails, the answer is 200 or 500, and a whole one. */
static void test_router_answer__survives_the_end_of_memory(void **state)
{
    (void)state;
    for (size_t failing = 1; failing < 12; failing++) {
        enum code code;
        start("GET", "/things/1?a=b");
        arena.fail_after = failing;
        code = run();
        arena.fail_after = 0;
        assert_true(code == OK || code == NO_MEMORY);
        assert_int_equal(response.status, code == OK ? 200 : 500);
        assert_false(code == OK && response.body.failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_router_answer__finds_the_route),
        cmocka_unit_test(test_router_answer__finds_the_route_below_the_base_path),
        cmocka_unit_test(test_router_answer__hides_a_location_from_apaches_cgi),
        cmocka_unit_test(test_router_answer__turns_away_when_overloaded),
        cmocka_unit_test(test_router_answer__turns_away_who_asks_too_often),
        cmocka_unit_test(test_router_answer__allows_truly),
        cmocka_unit_test(test_router_answer__negotiates_in_order),
        cmocka_unit_test(test_router_answer__turns_failures_into_answers),
        cmocka_unit_test(test_router_answer__carries_the_clients_request_id),
        cmocka_unit_test(test_router_answer__adds_cors_to_answers_and_failures),
        cmocka_unit_test(test_router_answer__answers_preflights_without_a_handler),
        cmocka_unit_test(test_router_answer__survives_the_end_of_memory),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
