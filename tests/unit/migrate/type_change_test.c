/* type_change_test.c: which changes of a type keep every value. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "migrate/type_change.h"

enum answer { NEITHER, THERE, BOTH }; /* THERE: from the first to the second, but not back */

static const struct {
    const char *one;
    const char *other;
    enum answer widens;
} types[] = {
    {"date", "date", BOTH},
    {"varchar(30)", "varchar(255)", THERE},
    {"varchar(30) COLLATE latin1_swedish_ci", "varchar(255) COLLATE utf8mb4_bin", THERE},
    {"varchar(255) COLLATE latin1_swedish_ci", "varchar(255) COLLATE utf8mb4_bin", THERE},
    {"varchar(30) COLLATE utf8mb4_bin", "varchar(255) COLLATE latin1_swedish_ci", NEITHER},
    {"varchar(9) COLLATE utf8mb3_bin", "varchar(9) COLLATE utf8mb4_bin", THERE},
    {"varchar(9) COLLATE latin1_bin", "varchar(9) COLLATE latin2_bin", NEITHER},
    {"varchar(9) COLLATE ascii_bin", "varchar(9) COLLATE latin2_bin", THERE},
    {"varchar(9) COLLATE utf8mb4_bin", "varchar(9) COLLATE utf8mb4_general_ci", BOTH},
    {"character varying(9) COLLATE \"C\"", "character varying(9)", BOTH},
    {"text COLLATE \"de_DE\"", "text COLLATE \"en_US\"", BOTH},
    {"char(9)", "varchar(9)", BOTH},
    {"varchar(4000)", "text", THERE},
    {"character varying(10485760)", "text", THERE},
    {"character varying", "text", BOTH},
    {"tinytext", "varchar(100)", NEITHER},
    {"tinytext", "text", NEITHER},
    {"text COLLATE utf8mb4_bin", "mediumtext COLLATE utf8mb4_bin", THERE},
    {"mediumtext", "longtext", THERE},
    {"blob", "longblob", THERE},
    {"varbinary(9)", "blob", THERE},
    {"text", "blob", NEITHER},
    {"varchar(30)", "date", NEITHER},
    {"date", "datetime", NEITHER},
    {"int(11)", "bigint(20)", THERE},
    {"int(11)", "int(10)", BOTH},
    {"int", "bigint", THERE},
    {"integer", "bigint", THERE},
    {"int(10) unsigned", "int(11)", NEITHER},
    {"int(10) unsigned", "bigint(20)", THERE},
    {"int(10) unsigned", "bigint(20) unsigned", THERE},
    {"bigint", "numeric(20,0)", NEITHER},
    {"bigint", "text", NEITHER},
    {"decimal(5,2)", "decimal(6,2)", THERE},
    {"decimal(5,2)", "decimal(6,3)", THERE},
    {"decimal(5,2)", "decimal(6,4)", NEITHER},
    {"decimal(5,2)", "decimal(5,3)", NEITHER},
    {"decimal(5,2) unsigned", "decimal(5,2)", THERE},
    {"float", "double", THERE},
    {"real", "double precision", THERE},
    {"timestamp(3) with time zone", "timestamp(6) with time zone", THERE},
    {"timestamp(3) with time zone", "timestamp(3) without time zone", NEITHER},
    {"timestamp with time zone", "timestamp(3) with time zone", NEITHER},
    {"enum('a','b')", "enum('a','c')", NEITHER},
    {"integer[]", "integer", NEITHER},
    {"int GENERATED", "int", NEITHER},
    {"json", "jsonb", NEITHER},
    {"", "text", NEITHER},
};

static void test_type_widens__only_where_every_value_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        enum answer there = types[i].widens;
        if (type_widens(types[i].one, types[i].other) != (there != NEITHER))
            fail_msg("from %s to %s", types[i].one, types[i].other);
        if (type_widens(types[i].other, types[i].one) != (there == BOTH))
            fail_msg("from %s to %s", types[i].other, types[i].one);
    }
}

static void test_type_widens__is_not_fooled_by_long_types(void **state)
{
    static const char digits[] =
        "'1234567890123456789012345678901234567890','1234567890123456789012345678901234567890'";
    char one[256], other[256];

    (void)state;
    snprintf(one, sizeof one, "enum(%s,'a')", digits);
    snprintf(other, sizeof other, "enum(%s,'b')", digits);
    assert_false(type_widens(one, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_widens__only_where_every_value_fits),
        cmocka_unit_test(test_type_widens__is_not_fooled_by_long_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
