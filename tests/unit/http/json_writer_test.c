/* json_writer_test.c: commas, keys, and what is left out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "http/json_writer.h"

static struct arena arena;
static struct buffer buffer;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    buffer_init(&buffer, &arena, 4096);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_json_writer__puts_commas_where_they_belong(void **state)
{
    (void)state;
    json_open(&buffer, NULL, '{');
    json_open(&buffer, "a", '[');
    json_put_number(&buffer, NULL, 1);
    json_put_text(&buffer, NULL, "{");
    json_put_true(&buffer, NULL);
    json_open(&buffer, NULL, '{');
    json_close(&buffer, '}');
    json_open(&buffer, NULL, '[');
    json_close(&buffer, ']');
    json_close(&buffer, ']');
    json_put_number(&buffer, "b", INT64_MIN);
    json_close(&buffer, '}');
    assert_string_equal(buffer.data, "{\"a\":[1,\"{\",true,{},[]],\"b\":-9223372036854775808}");
}

static void test_json_writer__escapes_keys_and_texts(void **state)
{
    (void)state;
    json_open(&buffer, NULL, '{');
    json_put_text(&buffer, "\"", "it's \"so\"");
    json_close(&buffer, '}');
    assert_string_equal(buffer.data, "{\"\\\"\":\"it's \\\"so\\\"\"}");
}

static void test_json_put_text__leaves_null_out(void **state)
{
    (void)state;
    json_open(&buffer, NULL, '{');
    json_put_text(&buffer, "a", NULL);
    json_put_text(&buffer, "b", "");
    json_close(&buffer, '}');
    assert_string_equal(buffer.data, "{\"b\":\"\"}");
}

static void test_json_put_fixed__reads_other_quotation_marks(void **state)
{
    (void)state;
    json_open(&buffer, NULL, '[');
    json_put_fixed(&buffer, NULL, "{'a':['b']}");
    json_put_value(&buffer, NULL, "{\"a\":'}");
    json_close(&buffer, ']');
    assert_string_equal(buffer.data, "[{\"a\":[\"b\"]},{\"a\":'}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_writer__puts_commas_where_they_belong, start, end),
        cmocka_unit_test_setup_teardown(test_json_writer__escapes_keys_and_texts, start, end),
        cmocka_unit_test_setup_teardown(test_json_put_text__leaves_null_out, start, end),
        cmocka_unit_test_setup_teardown(test_json_put_fixed__reads_other_quotation_marks, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
