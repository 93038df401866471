/* context_test.c: one line per failure. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "context_case.h"
#include "core/clock.h"

#undef fail /* cmocka's macro; here it is ours */

static void test_fail__fills_in_what_a_client_may_know(void **state)
{
    (void)state;
    fail_native(&context, UNAVAILABLE, "server %s", "away");
    assert_int_equal(fail(&context, NOT_FOUND, "%s not found", "Author"), NOT_FOUND);
    assert_int_equal(context.error.code, NOT_FOUND);
    assert_string_equal(context.error.detail, "Author not found");
    assert_string_equal(context.error.native, "");
}

static void test_fail__without_a_format_leaves_the_codes_own_text(void **state)
{
    (void)state;
    fail(&context, MALFORMED, "bad");
    assert_int_equal(fail(&context, NO_ROUTE, NULL), NO_ROUTE);
    assert_string_equal(context.error.detail, "");
}

static void test_fail__may_quote_the_failure_before_it(void **state)
{
    (void)state;
    fail(&context, MALFORMED, "inner");
    fail(&context, MALFORMED, "outer: %s", context.error.detail);
    assert_string_equal(context.error.detail, "outer: inner");
}

static void test_fail__cuts_long_texts_between_characters(void **state)
{
    (void)state;
    char text[400];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '\xA4' : '\xC3';
    text[sizeof text - 1] = '\0';
    fail(&context, MALFORMED, "%s", text);
    assert_int_equal(strlen(context.error.detail), 254);
    fail(&context, MALFORMED, "x%s", text);
    assert_int_equal(strlen(context.error.detail), 255);
}

static void test_fail_native__keeps_the_drivers_text_from_the_client(void **state)
{
    (void)state;
    assert_int_equal(fail_native(&context, CONFLICT, "duplicate key %d", 1), CONFLICT);
    assert_string_equal(context.error.detail, "");
    assert_string_equal(context.error.native, "duplicate key 1");
}

static void test_fail_memory__says_how_much_was_in_use(void **state)
{
    (void)state;
    assert_int_equal(fail_memory(&context), NO_MEMORY);
    assert_int_equal(context.error.code, NO_MEMORY);
    assert_non_null(strstr(context.error.native, "1048576"));
}

static void test_violate__keeps_violations_in_order(void **state)
{
    (void)state;
    struct violation violation = {.kind = MISSING, .where = "body", .field = "name"};
    violation.next = &violation;
    assert_int_equal(violate(&context, &violation), INVALID);
    violation.field = "bio";
    assert_int_equal(violate(&context, &violation), INVALID);
    assert_int_equal(context.error.code, INVALID);
    assert_string_equal(context.violations->field, "name");
    assert_string_equal(context.violations->next->field, "bio");
    assert_null(context.violations->next->next);
}

static void test_violate__drops_what_is_too_much(void **state)
{
    (void)state;
    const struct violation violation = {.kind = MISSING, .where = "body"};
    for (int i = 0; i < VIOLATIONS_MAX + 10; i++)
        assert_int_equal(violate(&context, &violation), INVALID);
    int count = 0;
    for (const struct violation *each = context.violations; each; each = each->next)
        count++;
    assert_int_equal(count, VIOLATIONS_MAX);
}

static void test_violate__says_when_memory_ends(void **state)
{
    (void)state;
    const struct violation violation = {.kind = MISSING, .where = "body"};
    arena.fail_after = 1;
    assert_int_equal(violate(&context, &violation), NO_MEMORY);
    assert_int_equal(context.error.code, NO_MEMORY);
    assert_null(context.violations);
}

static void test_context_clear__forgets_failure_and_violations(void **state)
{
    (void)state;
    const struct violation violation = {.kind = MISSING, .where = "body"};
    context.tally.sql_statements = 3;
    violate(&context, &violation);
    context_clear(&context);
    assert_int_equal(context.error.code, OK);
    assert_null(context.violations);
    assert_int_equal(context.tally.sql_statements, 3);
    violate(&context, &violation);
    assert_non_null(context.violations);
    assert_null(context.violations->next);
}

static void test_context_left_ms__is_bounded_on_both_sides(void **state)
{
    (void)state;
    assert_int_equal(context_left_ms(&context, 500), 500);
    context.deadline_ms = clock_ms() - 1000;
    assert_int_equal(context_left_ms(&context, 500), 0);
    context.deadline_ms = clock_ms() + 1000000;
    assert_int_equal(context_left_ms(&context, 500), 500);
    assert_in_range(context_left_ms(&context, 2000000), 900000, 1000000);
    context.deadline_ms = INT64_MAX;
    assert_int_equal(context_left_ms(&context, 500), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fail__fills_in_what_a_client_may_know, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_fail__without_a_format_leaves_the_codes_own_text, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_fail__may_quote_the_failure_before_it, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_fail__cuts_long_texts_between_characters, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_fail_native__keeps_the_drivers_text_from_the_client, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_fail_memory__says_how_much_was_in_use, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_violate__keeps_violations_in_order, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_violate__drops_what_is_too_much, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_violate__says_when_memory_ends, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_context_clear__forgets_failure_and_violations, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_context_left_ms__is_bounded_on_both_sides, context_setup,
                                        context_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
