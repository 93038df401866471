/* command/http_ask.c: where a URL leads, and what an answer has. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command/http_ask.h"
#include "core/arena.h"

static struct arena arena;

static void test_http_place_parse__takes_a_url_apart(void **state)
{
    static const struct {
        const char *url;
        const char *host, *port, *base, *authority;
    } cases[] = {
        {"http://example", "example", "80", "", "example"},
        {"HTTP://example/", "example", "80", "", "example"},
        {"http://example:8080", "example", "8080", "", "example:8080"},
        {"http://127.0.0.1:1/shop", "127.0.0.1", "1", "/shop", "127.0.0.1:1"},
        {"http://example/a/b//", "example", "80", "/a/b", "example"},
        {"http://[::1]/", "::1", "80", "", "[::1]"},
        {"http://[::1]:8080/shop", "::1", "8080", "/shop", "[::1]:8080"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_place place;
        assert_true(http_place_parse(&arena, cases[i].url, &place));
        assert_string_equal(place.host, cases[i].host);
        assert_string_equal(place.port, cases[i].port);
        assert_string_equal(place.base, cases[i].base);
        assert_string_equal(place.authority, cases[i].authority);
    }
}

static void test_http_place_parse__refuses_what_it_cannot_ask(void **state)
{
    static const char *const urls[] = {
        "",
        "example",
        "https://example/",
        "http://",
        "http:///shop",
        "http://example:",
        "http://example:x",
        "http://user:password@example/",
        "http://example/?a=b",
        "http://example/#a",
        "http://example/a b",
        "http://example/\r\nX-Other: 1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_place place = {.host = "before"};
        assert_false(http_place_parse(&arena, urls[i], &place));
        assert_string_equal(place.host, "before");
    }
}

static void test_http_answer_has__compares_names_without_case_and_whole_values(void **state)
{
    static const struct http_answer answer = {.headers =
                                                  "\r\nContent-Type: text/html\r\nX-Request-Id:  abc \r\nX: abcd"};

    (void)state;
    assert_true(http_answer_has(&answer, "X-Request-ID", "abc"));
    assert_true(http_answer_has(&answer, "content-type", "text/html"));
    assert_true(http_answer_has(&answer, "X", "abcd"));
    assert_false(http_answer_has(&answer, "X", "abc"));
    assert_false(http_answer_has(&answer, "Request-ID", "abc"));
    assert_false(http_answer_has(&answer, "X-Request", "abc"));
}

static void test_http_ask__says_why_nobody_answers(void **state)
{
    static const struct http_place place = {.host = "127.0.0.1", .port = "1", .base = "", .authority = "127.0.0.1:1"};
    struct http_answer answer = {.status = -1};

    (void)state;
    assert_string_equal(http_ask(&arena, &place, "GET", "/", "", &answer), "Connection refused");
    assert_int_equal(answer.status, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_place_parse__takes_a_url_apart),
        cmocka_unit_test(test_http_place_parse__refuses_what_it_cannot_ask),
        cmocka_unit_test(test_http_answer_has__compares_names_without_case_and_whole_values),
        cmocka_unit_test(test_http_ask__says_why_nobody_answers),
    };

    arena_init(&arena, (size_t)16 << 20);
    int failures = cmocka_run_group_tests_name("command/http_ask", tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
