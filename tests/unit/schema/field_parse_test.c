/* Values from paths and query strings. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "context_case.h"
#include "sample.h"
#include "schema/json_decode.h"

static void assert_violation(enum violation_kind kind, const char *where, const char *name, const char *input)
{
    const struct violation *violation = context.violations;
    assert_non_null(violation);
    assert_null(violation->next);
    assert_int_equal(violation->kind, kind);
    assert_string_equal(violation->where, where);
    assert_string_equal(violation->field, name);
    assert_string_equal(violation->input, input);
}

static void test_field_parse__reads_an_id(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t id;
    } rows[] = {{"1", 1}, {"+5", 5}, {"007", 7}, {"9223372036854775807", INT64_MAX}, {"00000000000000000000000001", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value value = {.is_null = true};
        assert_int_equal(
            field_parse(&animal_fields[ANIMAL_ID], &context, "path", rows[i].text, strlen(rows[i].text), &value), OK);
        assert_int_equal(value.integer, rows[i].id);
        assert_int_equal(value.type, FIELD_ID);
        assert_false(value.is_null);
    }
}

static void test_field_parse__refuses_what_is_no_id(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum violation_kind kind;
        const char *input;
    } rows[] = {
        {"", INTEGER_UNREADABLE, "\"\""},
        {"-", INTEGER_UNREADABLE, "\"-\""},
        {"+", INTEGER_UNREADABLE, "\"+\""},
        {"abc", INTEGER_UNREADABLE, "\"abc\""},
        {"a\"", INTEGER_UNREADABLE, "\"a\\\"\""},
        {"1.0", INTEGER_UNREADABLE, "\"1.0\""},
        {"1_000", INTEGER_UNREADABLE, "\"1_000\""},
        {" 1", INTEGER_UNREADABLE, "\" 1\""},
        {"1e3", INTEGER_UNREADABLE, "\"1e3\""},
        {"+-1", INTEGER_UNREADABLE, "\"+-1\""},
        {"0x10", INTEGER_UNREADABLE, "\"0x10\""},
        {"\xd9\xa1", INTEGER_UNREADABLE, "\"\xd9\xa1\""},
        {"99999999999999999999x", INTEGER_UNREADABLE, "\"99999999999999999999x\""},
        {"9223372036854775808", INTEGER_TOO_LARGE, "\"9223372036854775808\""},
        {"18446744073709551617", INTEGER_TOO_LARGE, "\"18446744073709551617\""},
        {"-9223372036854775809", INTEGER_TOO_LARGE, "\"-9223372036854775809\""},
        {"-9223372036854775808", TOO_SMALL, "\"-9223372036854775808\""},
        {"0", TOO_SMALL, "\"0\""},
        {"-0", TOO_SMALL, "\"-0\""},
        {"-1", TOO_SMALL, "\"-1\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value value = {.integer = 42};
        context_clear(&context);
        assert_int_equal(
            field_parse(&animal_fields[ANIMAL_ID], &context, "path", rows[i].text, strlen(rows[i].text), &value),
            INVALID);
        assert_violation(rows[i].kind, "path", "id", rows[i].input);
        assert_int_equal(context.violations->limit, rows[i].kind == TOO_SMALL);
        assert_int_equal(value.integer, 42);
    }
}

static void test_field_parse__needs_no_nul_after_the_text(void **state)
{
    (void)state;
    struct value value = {0};
    assert_int_equal(field_parse(&animal_fields[ANIMAL_ID], &context, "query", "123", 2, &value), OK);
    assert_int_equal(value.integer, 12);
    assert_int_equal(field_parse(&animal_fields[ANIMAL_NAME], &context, "query", "Foxes", 3, &value), OK);
    assert_string_equal(value.text, "Fox");
    assert_int_equal(field_parse(&animal_fields[ANIMAL_BORN], &context, "query", "2020-02-291", 10, &value), OK);
    assert_int_equal(value.date.day, 29);
}

static void test_field_parse__takes_any_text_but_nul(void **state)
{
    (void)state;
    struct value value = {0};
    assert_int_equal(field_parse(&animal_fields[ANIMAL_NAME], &context, "query", "", 0, &value), OK);
    assert_string_equal(value.text, "");
    assert_int_equal(field_parse(&animal_fields[ANIMAL_NAME], &context, "query", "longer than 5", 13, &value), OK);
    assert_string_equal(value.text, "longer than 5");
    assert_int_equal(field_parse(&animal_fields[ANIMAL_NAME], &context, "query", "a\0b", 3, &value), INVALID);
    assert_violation(TEXT_HAS_NUL, "query", "name", "\"a\\u0000b\"");
}

static void test_field_parse__says_why_a_date_is_unreadable(void **state)
{
    (void)state;
    struct value value = {0};
    assert_int_equal(field_parse(&animal_fields[ANIMAL_BORN], &context, "query", "2020-13-01", 10, &value), INVALID);
    assert_violation(DATE_UNREADABLE, "query", "born", "\"2020-13-01\"");
    assert_string_equal(context.violations->reason, "month value is outside expected range of 1-12");
}

static void test_integer_parse__keeps_to_its_range(void **state)
{
    (void)state;
    int64_t number = 42;
    assert_int_equal(integer_parse(&context, "query", "pageSize", "1", 1, 100, &number), OK);
    assert_int_equal(number, 1);
    assert_int_equal(integer_parse(&context, "query", "pageSize", "100", 1, 100, &number), OK);
    assert_int_equal(number, 100);
    assert_int_equal(integer_parse(&context, "query", "pageSize", "101", 1, 100, &number), INVALID);
    assert_violation(TOO_BIG, "query", "pageSize", "\"101\"");
    assert_int_equal(context.violations->limit, 100);
    context_clear(&context);
    assert_int_equal(integer_parse(&context, "query", "pageSize", "-1", 0, 100, &number), INVALID);
    assert_violation(TOO_SMALL, "query", "pageSize", "\"-1\"");
    assert_int_equal(context.violations->limit, 0);
    assert_int_equal(number, 100);
}

static void test_field_parse__reports_memory_that_ends(void **state)
{
    (void)state;
    struct value value = {0};
    for (size_t i = ANIMAL_ID; i <= ANIMAL_BORN; i++) {
        arena.fail_after = 1;
        assert_int_equal(field_parse(&animal_fields[i], &context, "query", "x", 1, &value), NO_MEMORY);
    }
    arena.fail_after = 2;
    assert_int_equal(field_parse(&animal_fields[ANIMAL_ID], &context, "query", "x", 1, &value), NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_field_parse__reads_an_id, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_field_parse__refuses_what_is_no_id, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_field_parse__needs_no_nul_after_the_text, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_field_parse__takes_any_text_but_nul, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_field_parse__says_why_a_date_is_unreadable, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_integer_parse__keeps_to_its_range, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_field_parse__reports_memory_that_ends, context_setup, context_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
