/* db_mysql_error_test.c: one error of each kind. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver/db_mysql_error.h"

static const struct db_mysql_error expected[] = {
    {1062, CONFLICT, USABLE},        {1451, CONFLICT, USABLE},    {1406, CONFLICT, USABLE},
    {1452, NO_REFERENCE, USABLE},    {1205, CONTENDED, USABLE},   {1213, CONTENDED, USABLE},
    {1969, TIMED_OUT, USABLE},       {3024, TIMED_OUT, USABLE},   {1040, UNAVAILABLE, USABLE},
    {1045, UNAVAILABLE, USABLE},     {2008, UNAVAILABLE, LOST},   {1146, UNAVAILABLE, USABLE},
    {999999, INTERNAL, USABLE},      {0, INTERNAL, USABLE},       {2006, UNAVAILABLE, LOST},
    {MYSQL_LOST, UNAVAILABLE, LOST}, {1927, UNAVAILABLE, LOST},   {2057, INTERNAL, STALE},
    {1615, INTERNAL, STALE},         {1054, UNAVAILABLE, USABLE},
};

static void test_db_mysql_error_find__tells_what_an_error_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct db_mysql_error *error = db_mysql_error_find(expected[i].number);
        assert_int_equal(error->code, expected[i].code);
        assert_int_equal(error->state, expected[i].state);
    }
}

static void test_db_mysql_error_find__loses_a_connection_only_where_it_is_unavailable(void **state)
{
    (void)state;
    for (unsigned number = 0; number < 5000; number++) {
        const struct db_mysql_error *error = db_mysql_error_find(number);
        assert_int_not_equal(error->code, OK);
        assert_true(error->state != LOST || error->code == UNAVAILABLE);
        assert_true(error->state != STALE || error->code == INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_db_mysql_error_find__tells_what_an_error_means),
        cmocka_unit_test(test_db_mysql_error_find__loses_a_connection_only_where_it_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
