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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_name__names_every_code_differently),
        cmocka_unit_test(test_code_name__survives_what_is_no_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
