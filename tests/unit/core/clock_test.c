/* clock_test.c: time only moves forward. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"

static void test_clock_us__moves_forward(void **state)
{
    (void)state;
    int64_t start_us = clock_us();
    int64_t before_us = start_us;
    while (before_us < start_us + 1000) {
        int64_t now_us = clock_us();
        assert_true(now_us >= before_us);
        before_us = now_us;
    }
}

static void test_clock_ms__is_the_same_clock_in_other_units(void **state)
{
    (void)state;
    int64_t before_us = clock_us();
    int64_t now_ms = clock_ms();
    int64_t after_us = clock_us();
    assert_true(now_ms > 0);
    assert_true(before_us / 1000 <= now_ms && now_ms <= after_us / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_us__moves_forward),
        cmocka_unit_test(test_clock_ms__is_the_same_clock_in_other_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
