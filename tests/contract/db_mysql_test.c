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
    .take_lock = "SELECT GET_LOCK('quire_test_reset', 0)",
    .has_lock = "SELECT IS_USED_LOCK('quire_test_reset') = CONNECTION_ID()",
    .running = "SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID()",
    .prepared = "SELECT CAST(SUM(IF(variable_name = 'COM_STMT_PREPARE', 1, -1) * variable_value) AS SIGNED) "
                "FROM information_schema.session_status WHERE variable_name IN ('COM_STMT_PREPARE', 'COM_STMT_CLOSE')",
    .settings = "SELECT CONCAT_WS(' ', @@character_set_client, @@character_set_connection, @@character_set_results, "
                "@@collation_connection, @@sql_mode, @@autocommit, @@time_zone, @@foreign_key_checks, @@unique_checks, "
                "@@sql_notes, @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@max_statement_time, DATABASE())",
    .dump =
        {
            "SET NAMES latin1",
            "SET character_set_client = utf8mb3",
            "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
            "SET time_zone = '+07:00'",
            "SET foreign_key_checks = 0",
            "SET unique_checks = 0",
            "SET sql_notes = 0",
            "SET innodb_lock_wait_timeout = 77",
            "SET lock_wait_timeout = 77",
            "SET max_statement_time = 77",
            "USE information_schema",
        },
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

/* What was written since is not lost, but there for all. */
static void test_reset_session__ends_a_transaction_that_nobody_began(void **state)
{
    (void)state;
    run_or_fail(context, db, "SET autocommit = 0");
    run_or_fail(context, db, "INSERT INTO parent VALUES (2, 'two', NULL)");
    assert_int_equal(db_reset_session(db, context), OK);
    run_or_fail(context, db, "INSERT INTO parent VALUES (3, 'three', NULL)");
    assert_int_equal(integer_of(open_db(5000), "SELECT COUNT(*) FROM parent"), 3);
}

static void test_reset_session__makes_too_long_a_text_a_failure_again(void **state)
{
    (void)state;
    run_or_fail(context, db, "SET sql_mode = ''");
    assert_int_equal(db_reset_session(db, context), OK);
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'longer than five', NULL)"), CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TESTS,
        TEST(test_execute__takes_a_date_of_zeroes_for_none),
        TEST(test_reset_session__ends_a_transaction_that_nobody_began),
        TEST(test_reset_session__makes_too_long_a_text_a_failure_again),
    };

    return server_run_tests(tests);
}
