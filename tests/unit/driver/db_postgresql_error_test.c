/* db_postgresql_error_test.c: one error of each kind. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver/db_postgresql_error.h"

static const struct db_postgresql_error expected[] = {
    {"23505", CONFLICT, USABLE},    {"23502", CONFLICT, USABLE},    {"23514", CONFLICT, USABLE},
    {"23001", CONFLICT, USABLE},    {"22001", CONFLICT, USABLE},    {"22003", CONFLICT, USABLE},
    {"22008", CONFLICT, USABLE},    {"22P02", CONFLICT, USABLE},    {"23503", NO_REFERENCE, USABLE},
    {"40001", CONTENDED, USABLE},   {"40P01", CONTENDED, USABLE},   {"55P03", CONTENDED, USABLE},
    {"57014", TIMED_OUT, USABLE},   {"53200", NO_MEMORY, USABLE},   {"53300", UNAVAILABLE, USABLE},
    {"53100", UNAVAILABLE, USABLE}, {"25006", UNAVAILABLE, USABLE}, {"28P01", UNAVAILABLE, USABLE},
    {"3D000", UNAVAILABLE, USABLE}, {"42P01", UNAVAILABLE, USABLE}, {"42703", UNAVAILABLE, USABLE},
    {"08006", UNAVAILABLE, LOST},   {"57P01", UNAVAILABLE, LOST},   {"57P05", UNAVAILABLE, LOST},
    {"25P03", UNAVAILABLE, LOST},   {NULL, UNAVAILABLE, LOST},      {"0A000", INTERNAL, STALE},
    {"26000", INTERNAL, STALE},     {"42883", INTERNAL, STALE},     {"42804", INTERNAL, STALE},
    {"08P01", INTERNAL, USABLE},    {"42601", INTERNAL, USABLE},    {"25P02", INTERNAL, USABLE},
    {"22012", INTERNAL, USABLE},    {"ZZZZZ", INTERNAL, USABLE},    {"", INTERNAL, USABLE},
};

static void test_db_postgresql_error_find__tells_what_an_error_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct db_postgresql_error *error = db_postgresql_error_find(expected[i].sqlstate);
        assert_int_equal(error->code, expected[i].code);
        assert_int_equal(error->state, expected[i].state);
    }
}

/* Every SQLSTATE that begins with a class of the standard's or PostgreSQL's, as far as the first letter of the rest. */
static void test_db_postgresql_error_find__loses_a_connection_only_where_it_is_unavailable(void **state)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    (void)state;
    for (unsigned i = 0; i < 36 * 36 * 36 * 10; i++) {
        char sqlstate[6] = {digits[i % 36], digits[i / 36 % 36], digits[i / 1296 % 36], '0', digits[i / 46656], '\0'};
        const struct db_postgresql_error *error = db_postgresql_error_find(sqlstate);
        assert_int_not_equal(error->code, OK);
        assert_true(error->state != LOST || error->code == UNAVAILABLE);
        assert_true(error->state != STALE || error->code == INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_db_postgresql_error_find__tells_what_an_error_means),
        cmocka_unit_test(test_db_postgresql_error_find__loses_a_connection_only_where_it_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
