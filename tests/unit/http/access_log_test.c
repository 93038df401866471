/* access_log_test.c: the line of a request, which no client can forge or break. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/context.h"
#include "fake_request.h"
#include "http/access_log.h"
#include "http/response.h"

#define HOSTILE "Mozilla\"} \\ \r\n127.0.0.1 - - \x1B[2J \xC2\x9B \xFF"
#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static struct arena arena;
static struct context context;
static struct response response;
static struct fake_request fake;
static struct access served;
static char line[LOG_LINE_MAX + 1];

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1024 * 1024);
    context_init(&context, &arena, 0);
    context.request_id = "id-1";
    context.tally = (struct tally){.sql_statements = 2, .cache_hits = 1, .cache_misses = 1, .sql_us = 2500};
    response_init(&response, &context);
    response.status = 200;
    buffer_add_text(&response.body, "hello");
    fake_request_init(&fake, "GET", "/api/books/1?x=%20", NULL);
    fake_request_set(&fake, "REMOTE_ADDR", "192.0.2.7");
    fake_request_set(&fake, "SERVER_PROTOCOL", "HTTP/1.1");
    served = (struct access){.context = &context,
                             .request = &fake.request,
                             .response = &response,
                             .route = "/api/books/{id}",
                             .us = 1234567};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const char *formatted(enum log_format format)
{
    size_t size = access_format(format, &served, line);
    assert_in_range(size, 1, LOG_LINE_MAX - 1);
    line[size] = '\0';
    assert_int_equal(strlen(line), size);
    for (size_t i = 0; i < size; i++)
        assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7F);
    return line;
}

static void test_access_format__json_tells_all(void **state)
{
    (void)state;
    char expected[512];
    fake_request_set(&fake, "HTTP_TRACEPARENT", TRACEPARENT);
    snprintf(expected, sizeof expected,
             "Z\",\"request_id\":\"id-1\",\"method\":\"GET\",\"route\":\"/api/books/{id}\","
             "\"path\":\"/api/books/1?x=%%20\",\"status\":200,\"bytes\":5,\"ms\":1234.567,\"sql\":2,\"sql_ms\":2.500,"
             "\"cache\":\"part\",\"remote\":\"192.0.2.7\",\"pid\":%ld,"
             "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"parent_id\":\"00f067aa0ba902b7\"}",
             (long)getpid());
    assert_memory_equal(formatted(LOG_FORMAT_JSON), "{\"time\":\"20", 11);
    assert_string_equal(strchr(line, 'Z'), expected);
}

static void test_access_format__json_names_the_cache_result(void **state)
{
    (void)state;
    static const struct {
        unsigned hits, misses;
        const char *name;
    } cases[] = {{0, 0, "\"none\""}, {1, 0, "\"hit\""}, {0, 2, "\"miss\""}, {3, 1, "\"part\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        context.tally = (struct tally){.cache_hits = cases[i].hits, .cache_misses = cases[i].misses};
        assert_memory_equal(strstr(formatted(LOG_FORMAT_JSON), "\"cache\":") + 8, cases[i].name, strlen(cases[i].name));
    }
}

static void test_access_format__combined_is_apaches(void **state)
{
    (void)state;
    fake_request_set(&fake, "HTTP_USER_AGENT", "curl/8.0");
    fake_request_set(&fake, "HTTP_REFERER", "http://a/");
    assert_memory_equal(formatted(LOG_FORMAT_COMBINED), "192.0.2.7 - - [", 15);
    assert_string_equal(strstr(line, " +0000] "),
                        " +0000] \"GET /api/books/1?x=%20 HTTP/1.1\" 200 5 \"http://a/\" \"curl/8.0\"");
}

static void test_access_format__combined_has_hyphens_for_what_is_not_there(void **state)
{
    (void)state;
    response.head_only = true;
    assert_string_equal(strstr(formatted(LOG_FORMAT_COMBINED), "\" 200 "), "\" 200 - \"-\" \"-\"");
}

static void test_access_format__escapes_a_hostile_client(void **state)
{
    (void)state;
    fake_request_set(&fake, "HTTP_USER_AGENT", HOSTILE);
    assert_string_equal(strstr(formatted(LOG_FORMAT_COMBINED), "\"Moz"),
                        "\"Mozilla\\\"} \\\\ \\r\\n127.0.0.1 - - \\x1b[2J \\xc2\\x9b \\xff\"");
    fake.request.path = HOSTILE;
    assert_non_null(strstr(formatted(LOG_FORMAT_JSON), "\"path\":\"Mozilla\\\"} \\\\ \\u000d\\u000a127.0.0.1 - - "
                                                       "\\u001b[2J \\u009b \\ufffd\",\"status\":200,"));
}

static void test_access_format__keeps_the_end_of_the_line_whatever_is_sent(void **state)
{
    (void)state;
    static char long_text[9000];
    memset(long_text, '\x01', sizeof long_text - 1);
    fake.request.path = fake.request.uri = fake.request.method_text = long_text;
    served.route = context.request_id = long_text;
    fake_request_set(&fake, "HTTP_USER_AGENT", long_text);
    fake_request_set(&fake, "HTTP_REFERER", long_text);
    fake_request_set(&fake, "REMOTE_ADDR", long_text);
    fake_request_set(&fake, "REMOTE_USER", long_text);
    fake_request_set(&fake, "SERVER_PROTOCOL", long_text);
    fake_request_set(&fake, "HTTP_TRACEPARENT", TRACEPARENT);
    assert_string_equal(formatted(LOG_FORMAT_JSON) + strlen(line) - 18, "00f067aa0ba902b7\"}");
    assert_int_equal(formatted(LOG_FORMAT_COMBINED)[strlen(line) - 1], '"');
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_access_format__json_tells_all),
        CASE(test_access_format__json_names_the_cache_result),
        CASE(test_access_format__combined_is_apaches),
        CASE(test_access_format__combined_has_hyphens_for_what_is_not_there),
        CASE(test_access_format__escapes_a_hostile_client),
        CASE(test_access_format__keeps_the_end_of_the_line_whatever_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
