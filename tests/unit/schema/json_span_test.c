/* Walking and compacting JSON text where it lies. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema/json_span.h"

static void assert_span(struct json_span span, const char *expected)
{
    assert_int_equal(span.size, strlen(expected));
    assert_memory_equal(span.text, expected, span.size);
}

static struct json_span span_of(const char *text)
{
    return (struct json_span){text, strlen(text)};
}

static void test_json_trim__drops_only_json_white_space(void **state)
{
    (void)state;
    assert_span(json_trim(" \t\r\n{ } \n", 9), "{ }");
    assert_span(json_trim("x", 1), "x");
    assert_span(json_trim("\f1", 2), "\f1");
    assert_int_equal(json_trim(" \n", 2).size, 0);
    assert_int_equal(json_trim(NULL, 0).size, 0);
}

static void test_json_next_member__walks_every_kind_of_value(void **state)
{
    (void)state;
    static const char *const members[][2] = {
        {"\"a\"", "1"},        {"\"b\"", "\"x,}\\\"y\""},       {"\"c\"", "{\"a\":[{}, \"]}\"], \"b\":{}}"},
        {"\"\\\"d\"", "null"}, {"\"\"", "[1,[2],\"\\\\\",[]]"}, {"\"e\"", "-1.5e+3"},
    };
    struct json_span rest =
        span_of("{ \"a\":1, \"b\" : \"x,}\\\"y\",\"c\":{\"a\":[{}, \"]}\"], \"b\":{}} , \"\\\"d\":null\n,"
                "\"\":[1,[2],\"\\\\\",[]],\"e\":-1.5e+3}");
    struct json_span key, value;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        assert_true(json_next_member(&rest, &key, &value));
        assert_span(key, members[i][0]);
        assert_span(value, members[i][1]);
    }
    assert_false(json_next_member(&rest, &key, &value));
}

static void test_json_next_member__knows_an_empty_object(void **state)
{
    (void)state;
    struct json_span key, value;
    struct json_span rest = span_of("{ \n }");
    assert_false(json_next_member(&rest, &key, &value));
    rest = span_of("{}");
    assert_false(json_next_member(&rest, &key, &value));
}

static void test_json_compact__keeps_space_inside_strings_only(void **state)
{
    (void)state;
    static const char compact[] = "{\"a b\":[1,\" \\\" \",true]}";
    char text[64] = "";
    size_t size = json_compact(span_of("{ \"a b\" : [ 1,\n\t\" \\\" \" , true ] }"), text, sizeof text);
    assert_int_equal(size, sizeof compact - 1);
    assert_memory_equal(text, compact, size);
}

static void test_json_compact__gives_0_when_there_is_no_room(void **state)
{
    (void)state;
    char text[8] = "";
    assert_int_equal(json_compact(span_of("[1, 2, 3]"), text, 7), 7);
    assert_int_equal(json_compact(span_of("[1, 2, 3]"), text, 6), 0);
    assert_int_equal(json_compact(span_of("[\"long string\"]"), text, 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_trim__drops_only_json_white_space),
        cmocka_unit_test(test_json_next_member__walks_every_kind_of_value),
        cmocka_unit_test(test_json_next_member__knows_an_empty_object),
        cmocka_unit_test(test_json_compact__keeps_space_inside_strings_only),
        cmocka_unit_test(test_json_compact__gives_0_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
