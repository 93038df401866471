/*
 * db_mysql_test.c: MySQL behind the driver's table: what every server does, and what only MySQL does.
 *
 * It is here and not among the unit tests because it needs a server.
 */

#include "db_server.h"

static const struct server server = {
    .driver = "mysql",
    .session = "SELECT CONNECTION_ID()",
    .kill = "KILL",
    .is_there = "SELECT COUNT(*) FROM information_schema.processlist WHERE id =",
    .sleep = "SELECT SLEEP(5)",
    .never_hurry = "SET max_statement_time = 0",
};

static void test_execute__takes_a_date_of_zeroes_for_none(void **state)
{
    (void)state;
    struct db_result result;

    run_or_fail(context, db, "SET sql_mode = ''");
    run_or_fail(context, db, "UPDATE parent SET born = '0000-00-00'");
    assert_int_equal(db_execute(db, context, DB_READ, "SELECT born FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.cells[0].type, DB_NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TESTS,
        TEST(test_execute__takes_a_date_of_zeroes_for_none),
    };

    return server_run_tests(tests);
}
