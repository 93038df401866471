/* cors_test.c: what a browser on another origin is told. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "fake_request.h"
#include "http/cors.h"

#define NAMED "https://a.example, https://b.example"

static struct arena arena;
static struct context context;
static struct fake_request fake;
static struct response response;

static void start(const char *method, const char *origin)
{
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    response_init(&response, &context);
    fake_request_init(&fake, method, "/", NULL);
    if (origin)
        fake_request_set(&fake, "HTTP_ORIGIN", origin);
    assert_int_equal(request_parse(&fake.request, &context), OK);
}

/* Both may be NULL. */
static void assert_text(const char *text, const char *expected)
{
    if (text && expected)
        assert_string_equal(text, expected);
    else
        assert_ptr_equal(text, expected);
}

static void test_cors_headers__name_who_may_read(void **state)
{
    static const struct {
        const char *origins, *origin, *allowed, *credentials, *vary;
    } rows[] = {
        {"*", "https://x.example", "*", NULL, NULL},
        {"*", "null", "*", NULL, NULL},
        {"*", NULL, NULL, NULL, NULL},
        {NAMED, "https://a.example", "https://a.example", "true", "Origin"},
        {NAMED, "https://b.example", "https://b.example", "true", "Origin"},
        {NAMED, "https://c.example", NULL, NULL, "Origin"},
        {NAMED, "https://a.example.evil", NULL, NULL, "Origin"},
        {NAMED, "https://a.exampl", NULL, NULL, "Origin"},
        {NAMED, "null", NULL, NULL, "Origin"},
        {NAMED, NULL, NULL, NULL, "Origin"},
        {"", "https://a.example", NULL, NULL, "Origin"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        start("GET", rows[i].origin);
        cors_headers(&context, rows[i].origins, &fake.request, &response);
        assert_text(fake_response_header(&response, "Access-Control-Allow-Origin"), rows[i].allowed);
        assert_text(fake_response_header(&response, "Access-Control-Allow-Credentials"), rows[i].credentials);
        assert_text(fake_response_header(&response, "Vary"), rows[i].vary);
        assert_text(fake_response_header(&response, "Access-Control-Expose-Headers"),
                    rows[i].allowed ? "ETag, Link, Location, X-Request-ID, Retry-After" : NULL);
    }
}

static void test_cors_is_preflight__needs_all_three_signs(void **state)
{
    (void)state;
    start("OPTIONS", "https://a.example");
    assert_false(cors_is_preflight(&fake.request));
    fake_request_set(&fake, "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "PUT");
    assert_true(cors_is_preflight(&fake.request));
    start("GET", "https://a.example");
    fake_request_set(&fake, "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "PUT");
    assert_false(cors_is_preflight(&fake.request));
    start("OPTIONS", NULL);
    fake_request_set(&fake, "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "PUT");
    assert_false(cors_is_preflight(&fake.request));
}

static void preflight(const char *origins, const char *headers)
{
    start("OPTIONS", "https://a.example");
    fake_request_set(&fake, "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "PUT");
    if (headers)
        fake_request_set(&fake, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS", headers);
    cors_preflight(&context, origins, "GET, PUT", &fake.request, &response);
}

static void test_cors_preflight__grants_methods_and_headers(void **state)
{
    (void)state;
    preflight("*", "content-type, if-match");
    assert_text(fake_response_header(&response, "Access-Control-Allow-Origin"), "*");
    assert_text(fake_response_header(&response, "Access-Control-Allow-Methods"), "GET, PUT");
    assert_text(fake_response_header(&response, "Access-Control-Allow-Headers"), "content-type, if-match");
    assert_text(fake_response_header(&response, "Access-Control-Max-Age"), "600");
    preflight(NAMED, NULL);
    assert_text(fake_response_header(&response, "Access-Control-Allow-Origin"), "https://a.example");
    assert_text(fake_response_header(&response, "Access-Control-Allow-Credentials"), "true");
    assert_text(fake_response_header(&response, "Access-Control-Allow-Headers"), NULL);
}

static void test_cors_preflight__repeats_only_names_of_headers(void **state)
{
    static char longest[1026];

    (void)state;
    preflight("*", "x\r\nSet-Cookie: a=b");
    assert_text(fake_response_header(&response, "Access-Control-Allow-Headers"), NULL);
    preflight("*", "<script>");
    assert_text(fake_response_header(&response, "Access-Control-Allow-Headers"), NULL);
    memset(longest, 'x', sizeof(longest) - 1);
    preflight("*", longest);
    assert_text(fake_response_header(&response, "Access-Control-Allow-Headers"), NULL);
}

static void test_cors_preflight__grants_nothing_to_others(void **state)
{
    (void)state;
    preflight("https://z.example", "content-type");
    for (size_t i = 0; i < response.n_headers; i++)
        assert_string_equal(response.headers[i].name, "Vary");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cors_headers__name_who_may_read),
        cmocka_unit_test(test_cors_is_preflight__needs_all_three_signs),
        cmocka_unit_test(test_cors_preflight__grants_methods_and_headers),
        cmocka_unit_test(test_cors_preflight__repeats_only_names_of_headers),
        cmocka_unit_test(test_cors_preflight__grants_nothing_to_others),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
