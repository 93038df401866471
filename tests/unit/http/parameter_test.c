/* parameter_test.c: limits and defaults under a setting. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/parameter.h"

static void test_parameter__follows_the_setting_where_it_should(void **state)
{
    static const struct {
        struct parameter parameter;
        int64_t page_size_max, max, standard;
    } rows[] = {
        {{"pageSize", PARAMETER_PAGE_SIZE, .min = 1, .standard = 10}, 100, 100, 10},
        {{"pageSize", PARAMETER_PAGE_SIZE, .min = 1, .standard = 10}, 5, 5, 5},
        {{"page", PARAMETER_NUMBER, .min = 1, .max = 70, .standard = 20}, 5, 70, 20},
        {{"after", PARAMETER_NUMBER, .max = INT64_MAX}, 5, INT64_MAX, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(parameter_max(&rows[i].parameter, rows[i].page_size_max), rows[i].max);
        assert_int_equal(parameter_standard(&rows[i].parameter, rows[i].page_size_max), rows[i].standard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameter__follows_the_setting_where_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
