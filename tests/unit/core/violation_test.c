/* violation_test.c: the words of pydantic 2. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/error.h"
#include "core/utf8.h"

static void test_violation_message__is_pydantics(void **state)
{
    (void)state;
    static const struct {
        enum violation_kind kind;
        int64_t limit;
        const char *reason;
        const char *type;
        const char *message;
    } cases[] = {
        {JSON_INVALID, 0, "why", "json_invalid", "JSON decode error"},
        {MISSING, 0, NULL, "missing", "Field required"},
        {NOT_AN_OBJECT, 0, NULL, "model_attributes_type",
         "Input should be a valid dictionary or object to extract fields from"},
        {NOT_TEXT, 0, NULL, "string_type", "Input should be a valid string"},
        {TEXT_TOO_LONG, 255, NULL, "string_too_long", "String should have at most 255 characters"},
        {TEXT_TOO_LONG, 1, NULL, "string_too_long", "String should have at most 1 character"},
        {TEXT_TOO_SHORT, 1, NULL, "string_too_short", "String should have at least 1 character"},
        {TEXT_TOO_SHORT, 2, NULL, "string_too_short", "String should have at least 2 characters"},
        {TEXT_HAS_NUL, 0, NULL, "value_error", "Value error, text may not contain U+0000"},
        {TEXT_BLANK, 0, NULL, "value_error", "Value error, text may not be only white space"},
        {NOT_A_DATE, 0, NULL, "date_type", "Input should be a valid date"},
        {DATE_UNREADABLE, 0, "input is too short", "date_from_datetime_parsing",
         "Input should be a valid date or datetime, input is too short"},
        {NOT_AN_INTEGER, 0, NULL, "int_type", "Input should be a valid integer"},
        {INTEGER_UNREADABLE, 0, NULL, "int_parsing",
         "Input should be a valid integer, unable to parse string as an integer"},
        {INTEGER_FRACTION, 0, NULL, "int_from_float",
         "Input should be a valid integer, got a number with a fractional part"},
        {INTEGER_TOO_LARGE, 0, NULL, "int_parsing_size",
         "Unable to parse input string as an integer, exceeded maximum size"},
        {TOO_SMALL, 1, NULL, "greater_than_equal", "Input should be greater than or equal to 1"},
        {TOO_BIG, INT64_MAX, NULL, "less_than_equal", "Input should be less than or equal to 9223372036854775807"},
        {UNKNOWN_REFERENCE, 0, "no author has this id", "value_error", "Value error, no author has this id"},
        {UNKNOWN_SORT, 0, "'id' or 'name'", "enum", "Input should be 'id' or 'name'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct violation violation = {.kind = cases[i].kind, .limit = cases[i].limit, .reason = cases[i].reason};
        char text[256];
        violation_message(&violation, text, sizeof text);
        assert_string_equal(text, cases[i].message);
        assert_string_equal(violation_text(cases[i].kind)->type, cases[i].type);
    }
}

static void test_violation_text__names_the_keys_of_its_context(void **state)
{
    (void)state;
    static const struct {
        const char *limit_key, *reason_key;
    } keys[VIOLATION__MAX] = {
        [JSON_INVALID] = {NULL, "error"},
        [TEXT_TOO_LONG] = {"max_length", NULL},
        [TEXT_TOO_SHORT] = {"min_length", NULL},
        [DATE_UNREADABLE] = {NULL, "error"},
        [TOO_SMALL] = {"ge", NULL},
        [TOO_BIG] = {"le", NULL},
        [UNKNOWN_REFERENCE] = {NULL, "error"},
        [UNKNOWN_SORT] = {NULL, "expected"},
    };
    for (int kind = 0; kind < VIOLATION__MAX; kind++) {
        const struct violation_text *text = violation_text((enum violation_kind)kind);
        assert_non_null(text->type);
        assert_non_null(text->message);
        assert_int_equal(text->limit_key == NULL, keys[kind].limit_key == NULL);
        assert_int_equal(text->reason_key == NULL, keys[kind].reason_key == NULL);
        if (text->limit_key)
            assert_string_equal(text->limit_key, keys[kind].limit_key);
        if (text->reason_key)
            assert_string_equal(text->reason_key, keys[kind].reason_key);
    }
}

static void test_violation_message__is_cut_to_the_room_there_is(void **state)
{
    (void)state;
    const struct violation violation = {.kind = UNKNOWN_REFERENCE, .reason = "\xC3\xA4\xC3\xA4\xC3\xA4 {limit}"};
    const char *whole = "Value error, \xC3\xA4\xC3\xA4\xC3\xA4 {limit}";
    for (size_t size = 1; size <= 40; size++) {
        char text[40];
        violation_message(&violation, text, size);
        size_t length = strlen(text);
        assert_true(length < size);
        assert_memory_equal(text, whole, length);
        assert_true(utf8_is_valid(text, length));
    }
}

static void test_violation_message__bears_a_missing_reason(void **state)
{
    (void)state;
    const struct violation violation = {.kind = UNKNOWN_SORT};
    char text[40];
    violation_message(&violation, text, sizeof text);
    assert_string_equal(text, "Input should be ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_violation_message__is_pydantics),
        cmocka_unit_test(test_violation_text__names_the_keys_of_its_context),
        cmocka_unit_test(test_violation_message__is_cut_to_the_room_there_is),
        cmocka_unit_test(test_violation_message__bears_a_missing_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
