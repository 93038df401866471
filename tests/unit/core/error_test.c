/* error_test.c: every code has a name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/error.h"

static void test_code_name__names_every_code_differently(void **state)
{
    (void)state;
    for (int a = 0; a < CODE__MAX; a++) {
        assert_string_not_equal(code_name((enum code)a), "UNKNOWN");
        for (int b = 0; b < a; b++)
            assert_string_not_equal(code_name((enum code)a), code_name((enum code)b));
    }
    assert_string_equal(code_name(OK), "OK");
    assert_string_equal(code_name(INTERNAL), "INTERNAL");
}

static void test_code_name__survives_what_is_no_code(void **state)
{
    (void)state;
    assert_string_equal(code_name(CODE__MAX), "UNKNOWN");
    assert_string_equal(code_name((enum code) - 1), "UNKNOWN");
}

static void test_error_text__is_what_a_person_can_be_told(void **state)
{
    static const struct error both = {.code = CONFLICT, .detail = "detail", .native = "native"};
    static const struct error native = {.code = CONFLICT, .native = "native"};
    static const struct error bare = {.code = CONFLICT};

    (void)state;
    assert_string_equal(error_text(&both), "detail");
    assert_string_equal(error_text(&native), "native");
    assert_string_equal(error_text(&bare), "CONFLICT");
}

static void test_error_cause__is_the_driver_s_text_first(void **state)
{
    static const struct error both = {.code = CONFLICT, .detail = "detail", .native = "native"};
    static const struct error detail = {.code = CONFLICT, .detail = "detail"};
    static const struct error bare = {.code = CONFLICT};

    (void)state;
    assert_string_equal(error_cause(&both), "native");
    assert_string_equal(error_cause(&detail), "detail");
    assert_string_equal(error_cause(&bare), "CONFLICT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_name__names_every_code_differently),
        cmocka_unit_test(test_code_name__survives_what_is_no_code),
        cmocka_unit_test(test_error_text__is_what_a_person_can_be_told),
        cmocka_unit_test(test_error_cause__is_the_driver_s_text_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
