/* request_test.c: REQUEST_URI taken apart. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "fake_request.h"

static struct arena arena;
static struct context context;
static struct fake_request fake;

static enum code parse(const char *method, const char *uri)
{
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    fake_request_init(&fake, method, uri, NULL);
    return request_parse(&fake.request, &context);
}

static void test_request_parse__knows_the_methods(void **state)
{
    (void)state;
    for (enum method method = 0; method < METHOD__MAX; method++) {
        assert_int_equal(parse(method_name(method), "/"), OK);
        assert_int_equal(fake.request.method, method);
    }
    assert_int_equal(parse("BREW", "/"), OK);
    assert_int_equal(fake.request.method, METHOD__MAX);
    assert_int_equal(parse("get", "/"), OK);
    assert_int_equal(fake.request.method, METHOD__MAX);
    assert_int_equal(parse(NULL, "/"), OK);
    assert_int_equal(fake.request.method, METHOD__MAX);
    assert_null(method_name(METHOD__MAX));
}

static void test_request_parse__splits_the_path(void **state)
{
    static const struct {
        const char *uri, *path;
        const char *segments[4];
    } rows[] = {
        {"/", "/", {NULL}},
        {"/?a=1", "/", {NULL}},
        {"/api/authors", "/api/authors", {"api", "authors"}},
        {"/api/authors/", "/api/authors", {"api", "authors"}},
        {"/api/authors/7?x=/y", "/api/authors/7", {"api", "authors", "7"}},
        {"/a%2Fb/c", "/a%2Fb/c", {"a/b", "c"}},
        {"/a+b/%C3%A9", "/a+b/%C3%A9", {"a+b", "\xC3\xA9"}},
        {"http://host:8080/api/x?y", "/api/x", {"api", "x"}},
        {"http://host", "/", {NULL}},
        {"http://host?x=1", "/", {NULL}},
        {"/http://x", NULL, {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        size_t n = 0;
        assert_int_equal(parse("GET", rows[i].uri), rows[i].path ? OK : NO_ROUTE);
        for (; rows[i].segments[n]; n++)
            assert_string_equal(fake.request.segments[n], rows[i].segments[n]);
        if (!rows[i].path)
            continue;
        assert_int_equal(fake.request.n_segments, n);
        assert_string_equal(fake.request.path, rows[i].path);
    }
}

static void test_request_parse__refuses(void **state)
{
    static const struct {
        const char *uri;
        enum code code;
    } rows[] = {
        {"", MALFORMED},
        {"/%", MALFORMED},
        {"/%4", MALFORMED},
        {"/%zz", MALFORMED},
        {"/%4g", MALFORMED},
        {"/a%00b", MALFORMED},
        {"/%ff", MALFORMED},
        {"/\xff", MALFORMED},
        {"/%ED%A0%80", MALFORMED},
        {"/a#b", MALFORMED},
        {"/?a=%", MALFORMED},
        {"/?%zz=1", MALFORMED},
        {"/?a=%00", MALFORMED},
        {"/?a=%C3", MALFORMED},
        {"//", NO_ROUTE},
        {"//api", NO_ROUTE},
        {"/api//authors", NO_ROUTE},
        {"/api/authors//", NO_ROUTE},
        {"/api/./authors", NO_ROUTE},
        {"/api/../authors", NO_ROUTE},
        {"/api/%2e%2e/authors", NO_ROUTE},
        {"/api/%2E", NO_ROUTE},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NO_ROUTE},
        {"api/authors", NO_ROUTE},
        {"*", NO_ROUTE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (parse("GET", rows[i].uri) != rows[i].code)
            fail_msg("%s", rows[i].uri);
        assert_int_equal(context.error.code, rows[i].code);
        assert_non_null(fake.request.path);
    }
    fake_request_init(&fake, "GET", NULL, NULL);
    assert_int_equal(request_parse(&fake.request, &context), MALFORMED);
}

static void test_request_parse__has_a_limit_for_the_url(void **state)
{
    static char uri[URI_MAX + 2];

    (void)state;
    memset(uri, 'a', URI_MAX + 1);
    uri[0] = '/';
    assert_int_equal(parse("GET", uri), URI_TOO_LONG);
    uri[URI_MAX] = '\0';
    assert_int_equal(parse("GET", uri), OK);
}

static void test_request_parse__decodes_parameters_as_forms_do(void **state)
{
    (void)state;
    assert_int_equal(parse("GET", "/?name=Le+Guin%20U.&empty=&bare&&=x&a=b=c&%70=%2B?&name=last"), OK);
    assert_int_equal(fake.request.n_parameters, 7);
    assert_string_equal(fake.request.parameters[0].value, "Le Guin U.");
    assert_string_equal(request_parameter(&fake.request, "empty"), "");
    assert_string_equal(request_parameter(&fake.request, "bare"), "");
    assert_string_equal(request_parameter(&fake.request, ""), "x");
    assert_string_equal(request_parameter(&fake.request, "a"), "b=c");
    assert_string_equal(request_parameter(&fake.request, "p"), "+?");
    assert_string_equal(request_parameter(&fake.request, "name"), "last");
    assert_null(request_parameter(&fake.request, "nam"));
}

static void test_request_parse__takes_any_number_of_parameters(void **state)
{
    static char uri[URI_MAX] = "/?";

    (void)state;
    for (int i = 0; i < 1999; i++)
        memcpy(uri + 2 + 2 * i, "a&", 3);
    memcpy(uri + strlen(uri), "page=2", sizeof "page=2");
    assert_int_equal(parse("GET", uri), OK);
    assert_int_equal(fake.request.n_parameters, 2000);
    assert_string_equal(request_parameter(&fake.request, "page"), "2");
}

static void test_request_parse__survives_the_end_of_memory(void **state)
{
    enum code code = NO_MEMORY;
    size_t failing = 0;

    (void)state;
    while (code == NO_MEMORY) {
        arena_reset(&arena);
        context_init(&context, &arena, 0);
        fake_request_init(&fake, "GET", "/a/b?c=d", NULL);
        arena.fail_after = ++failing;
        code = request_parse(&fake.request, &context);
    }
    arena.fail_after = 0;
    assert_int_equal(code, OK);
    assert_int_equal(failing, 7);
}

static void test_request_parse__refuses_a_raw_nul_that_the_web_server_tells_of(void **state)
{
    (void)state;
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    fake_request_init(&fake, "GET", "/api/authors/1", NULL);
    fake_request_set(&fake, "REDIRECT_URI", "/api/authors/1%002");
    assert_int_equal(request_parse(&fake.request, &context), MALFORMED);
    fake_request_init(&fake, "GET", "/api//authors/1", NULL);
    fake_request_set(&fake, "REDIRECT_URI", "/api/authors/1");
    assert_int_equal(request_parse(&fake.request, &context), NO_ROUTE);
}

static void test_request_header__takes_empty_for_absent(void **state)
{
    (void)state;
    fake_request_init(&fake, "GET", "/", NULL);
    fake_request_set(&fake, "CONTENT_TYPE", "");
    fake_request_set(&fake, "HTTP_ACCEPT", "*/*");
    assert_null(request_header(&fake.request, "CONTENT_TYPE"));
    assert_null(request_header(&fake.request, "HTTP_ORIGIN"));
    assert_string_equal(request_header(&fake.request, "HTTP_ACCEPT"), "*/*");
}

static void test_request_enter__takes_the_mount_prefix_off(void **state)
{
    static const struct {
        const char *uri, *base_path;
        const char *segments[4];
        enum code code;
    } rows[] = {
        {"/api/authors", "", {"api", "authors"}, OK},
        {"/shop/api/authors", "/shop", {"api", "authors"}, OK},
        {"/shop/api/authors/", "/shop", {"api", "authors"}, OK},
        {"/sh%6Fp/api", "/shop", {"api"}, OK},
        {"/shop", "/shop", {NULL}, OK},
        {"/shop/", "/shop", {NULL}, OK},
        {"/shop?a=1", "/shop", {NULL}, OK},
        {"/a/b/c", "/a/b", {"c"}, OK},
        {"/shop/shop", "/shop", {"shop"}, OK},
        {"/", "/shop", {NULL}, NO_ROUTE},
        {"/api/authors", "/shop", {"api", "authors"}, NO_ROUTE},
        {"/shopx/api", "/shop", {"shopx", "api"}, NO_ROUTE},
        {"/sho/api", "/shop", {"sho", "api"}, NO_ROUTE},
        {"/Shop/api", "/shop", {"Shop", "api"}, NO_ROUTE},
        {"/a", "/a/b", {"a"}, NO_ROUTE},
        {"/a%2Fb/c", "/a/b", {"a/b", "c"}, NO_ROUTE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        size_t n = 0;
        assert_int_equal(parse("GET", rows[i].uri), OK);
        assert_int_equal(request_enter(&fake.request, &context, rows[i].base_path), rows[i].code);
        for (; rows[i].segments[n]; n++)
            assert_string_equal(fake.request.segments[n], rows[i].segments[n]);
        assert_int_equal(fake.request.n_segments, n);
    }
}

static void test_request_enter__keeps_the_prefix_in_the_path(void **state)
{
    (void)state;
    assert_int_equal(parse("GET", "/shop/api/authors/?page=2"), OK);
    assert_int_equal(request_enter(&fake.request, &context, "/shop"), OK);
    assert_string_equal(fake.request.path, "/shop/api/authors");
    assert_string_equal(request_parameter(&fake.request, "page"), "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_parse__knows_the_methods),
        cmocka_unit_test(test_request_parse__splits_the_path),
        cmocka_unit_test(test_request_parse__refuses),
        cmocka_unit_test(test_request_parse__has_a_limit_for_the_url),
        cmocka_unit_test(test_request_parse__decodes_parameters_as_forms_do),
        cmocka_unit_test(test_request_parse__takes_any_number_of_parameters),
        cmocka_unit_test(test_request_parse__survives_the_end_of_memory),
        cmocka_unit_test(test_request_parse__refuses_a_raw_nul_that_the_web_server_tells_of),
        cmocka_unit_test(test_request_enter__takes_the_mount_prefix_off),
        cmocka_unit_test(test_request_enter__keeps_the_prefix_in_the_path),
        cmocka_unit_test(test_request_header__takes_empty_for_absent),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
