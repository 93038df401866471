/* response_test.c: answers as CGI has them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "http/response.h"

static struct arena arena;
static struct context context;
static struct response response;

static int start(void **state)
{
    (void)state;
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    response_init(&response, &context);
    return 0;
}

static void assert_written(const char *expected)
{
    struct buffer bytes;

    assert_int_equal(response_write(&response, &context, &bytes), OK);
    assert_string_equal(bytes.data, expected);
}

static void test_response_write__has_status_headers_and_body(void **state)
{
    (void)state;
    response.content_type = "application/json";
    response_header(&response, "ETag", "\"x\"");
    buffer_add_text(&response.body, "{}");
    assert_written("Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nETag: \"x\"\r\n\r\n{}");
}

static void test_response_write__measures_but_leaves_out_the_body_for_head(void **state)
{
    (void)state;
    response.content_type = "application/json";
    response.head_only = true;
    buffer_add_text(&response.body, "{}");
    assert_written("Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

static void test_response_write__has_no_body_for_204_and_304(void **state)
{
    (void)state;
    response.content_type = "application/json";
    response_header(&response, "ETag", "\"x\"");
    buffer_add_text(&response.body, "{}");
    response.status = 304;
    assert_written("Status: 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
    response.status = 204;
    assert_written("Status: 204 No Content\r\nETag: \"x\"\r\n\r\n");
}

static void test_response_header__drops_what_would_break_the_answer(void **state)
{
    (void)state;
    response_header(&response, "A", "x\r\nSet-Cookie: y");
    response_header(&response, "B", "x\ny");
    response_header(&response, "C", NULL);
    assert_int_equal(response.n_headers, 0);
    for (int i = 0; i <= RESPONSE_HEADERS_MAX; i++)
        response_header(&response, "D", "d");
    assert_int_equal(response.n_headers, RESPONSE_HEADERS_MAX);
}

static void test_response_write__fails_when_memory_ended(void **state)
{
    struct buffer bytes;

    (void)state;
    arena.fail_after = 1;
    assert_int_equal(response_write(&response, &context, &bytes), NO_MEMORY);
    arena.fail_after = 0;
    response.body.failed = true;
    assert_int_equal(response_write(&response, &context, &bytes), NO_MEMORY);
    response_clear(&response);
    assert_int_equal(response_write(&response, &context, &bytes), OK);
}

static void test_status_text__is_empty_for_the_unknown(void **state)
{
    (void)state;
    assert_string_equal(status_text(404), "Not Found");
    assert_string_equal(status_text(299), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_response_write__has_status_headers_and_body, start),
        cmocka_unit_test_setup(test_response_write__measures_but_leaves_out_the_body_for_head, start),
        cmocka_unit_test_setup(test_response_write__has_no_body_for_204_and_304, start),
        cmocka_unit_test_setup(test_response_header__drops_what_would_break_the_answer, start),
        cmocka_unit_test_setup(test_response_write__fails_when_memory_ended, start),
        cmocka_unit_test_setup(test_status_text__is_empty_for_the_unknown, start),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
