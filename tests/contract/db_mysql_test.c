/*
 * db_mysql_test.c: MySQL behind the driver's table, on the server that QUIRE_TEST_MYSQL names; see store.h.
 *
 * It is here and not among the unit tests because it needs a server.
 */

#include "store.h"

#include "core/clock.h"

#define VALUES(...)                                                                                                    \
    (const struct db_value[]){__VA_ARGS__}, sizeof((struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define INTEGER(number)                                                                                                \
    {                                                                                                                  \
        .type = DB_INTEGER, .integer = (number)                                                                        \
    }
#define TEXT(string)                                                                                                   \
    {                                                                                                                  \
        .type = DB_TEXT, .text = (string), .size = sizeof(string) - 1                                                  \
    }
#define NOTHING                                                                                                        \
    {                                                                                                                  \
        .type = DB_NULL                                                                                                \
    }

static struct store place;
static struct arena *const arena = &place.arena;
static struct context *const context = &place.context;
static struct db *db;

static const struct implementation mysql = {.name = "mysql", .db = "mysql", .ddl = mysql_ddl};

static struct db *open_db(int statement_timeout_ms)
{
    struct db_options options = db_place(&place, &mysql);

    options.statement_timeout_ms = statement_timeout_ms;
    return db_new(arena, db_driver_find("mysql"), &options);
}

static enum code execute_on(struct db *connection, enum db_kind kind, const char *sql)
{
    struct db_result result;

    return db_execute(connection, context, kind, sql, NULL, 0, &result);
}

static enum code execute(const char *sql)
{
    return execute_on(db, DB_WRITE, sql);
}

static int64_t integer_of(struct db *connection, const char *sql)
{
    struct db_result result;

    assert_int_equal(db_execute(connection, context, DB_READ, sql, NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(result.cells[0].type, DB_INTEGER);
    return result.cells[0].integer;
}

static const char child_table[] = "CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, parent_id bigint NOT NULL,"
                                  " FOREIGN KEY (parent_id) REFERENCES parent (id))";

static int setup(void **state)
{
    static const char *const statements[] = {
        "DROP TABLE IF EXISTS child, parent",
        "CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY, name varchar(5) NOT NULL UNIQUE, born date)",
        child_table,
        "INSERT INTO parent VALUES (1, 'one', '1929-10-21')",
        "INSERT INTO child VALUES (1, 1)",
    };

    (void)state;
    arena_init(arena, (size_t)64 << 20);
    context_init(context, arena, 0);
    db = open_db(5000);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        assert_int_equal(db_run(db, context, statements[i]), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(db_run(db, context, "DROP TABLE IF EXISTS child, parent"), OK);
    arena_release(arena);
    return 0;
}

static void test_execute__returns_what_was_bound(void **state)
{
    (void)state;
    struct db_result result;
    static const char text[] = "caf\xc3\xa9 \xf0\x9f\x93\x9a 'quote' \"double\" back\\slash % _ trailing  ";
    char *long_text = arena_printf(arena, "%065535d", 7);
    const struct db_value values[] = {
        INTEGER(INT64_MAX), TEXT(text),  NOTHING,
        TEXT(""),           INTEGER(-1), {.type = DB_TEXT, .text = long_text, .size = 65535},
    };

    assert_int_equal(db_execute(db, context, DB_READ, "SELECT ?, ?, ?, ?, ?, ?", values, 6, &result), OK);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(result.n_columns, 6);
    assert_int_equal(result.cells[0].integer, INT64_MAX);
    assert_int_equal(result.cells[1].size, sizeof text - 1);
    assert_string_equal(result.cells[1].text, text);
    assert_int_equal(result.cells[2].type, DB_NULL);
    assert_int_equal(result.cells[3].type, DB_TEXT);
    assert_string_equal(result.cells[3].text, "");
    assert_int_equal(result.cells[4].integer, -1);
    assert_string_equal(result.cells[5].text, long_text);
}

static void test_execute__reads_numbers_as_integers_and_all_else_as_text(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_READ,
                                "SELECT CAST(7 AS SIGNED), COUNT(*), DATE '1974-05-01', CAST('1.50' AS DECIMAL(5,2)),"
                                " TIMESTAMP '2001-02-03 04:05:06', NULL FROM parent",
                                NULL, 0, &result),
                     OK);
    assert_int_equal(result.cells[0].integer, 7);
    assert_int_equal(result.cells[1].integer, 1);
    assert_string_equal(result.cells[2].text, "1974-05-01");
    assert_int_equal(result.cells[2].size, 10);
    assert_string_equal(result.cells[3].text, "1.50");
    assert_string_equal(result.cells[4].text, "2001-02-03 04:05:06");
    assert_int_equal(result.cells[5].type, DB_NULL);
}

static void test_execute__gives_many_rows_in_order(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_READ,
                                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                                "SELECT i, CONCAT('row ', i) FROM n ORDER BY i",
                                VALUES(INTEGER(900)), &result),
                     OK);
    assert_int_equal(result.n_rows, 900);
    for (size_t i = 0; i < result.n_rows; i++)
        assert_string_equal(result.cells[i * 2 + 1].text, arena_printf(arena, "row %zu", i + 1));
}

static void test_execute__counts_the_rows_that_matched(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_WRITE, "UPDATE parent SET name = 'one'", NULL, 0, &result), OK);
    assert_int_equal(result.affected, 1);
}

static void test_execute__takes_a_date_of_zeroes_for_none(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_run(db, context, "SET sql_mode = ''"), OK);
    assert_int_equal(db_run(db, context, "UPDATE parent SET born = '0000-00-00'"), OK);
    assert_int_equal(db_execute(db, context, DB_READ, "SELECT born FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.cells[0].type, DB_NULL);
}

/* A statement and the code it ends with. */
static const struct {
    const char *sql;
    enum code code;
} failures[] = {
    {"INSERT INTO parent VALUES (1, 'twin', NULL)", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'one', NULL)", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'longer than five', NULL)", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'two', 'no date')", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'two', '0000-00-00')", CONFLICT},
    {"INSERT INTO parent VALUES (2, NULL, NULL)", CONFLICT},
    {"INSERT INTO child VALUES (2, 9)", NO_REFERENCE},
    {"UPDATE child SET parent_id = 9", NO_REFERENCE},
    {"DELETE FROM parent", CONFLICT},
    {"SELECT absent FROM nowhere", UNAVAILABLE},
    {"SELECT absent FROM parent", UNAVAILABLE},
    {"INSERT INTO nowhere VALUES (1)", UNAVAILABLE},
    {"INSERT INTO parent (id, absent) VALUES (2, 'two')", UNAVAILABLE},
    {"SELECT ?", INTERNAL},
    {"SELEKT", INTERNAL},
};

static void test_execute__names_every_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        assert_int_equal(execute(failures[i].sql), failures[i].code);
        assert_string_not_equal(context->error.native, "");
        assert_string_equal(context->error.detail, "");
    }
}

static void test_execute__says_when_memory_ends(void **state)
{
    (void)state;
    struct db_result result;

    for (size_t after = 1; after <= 3; after++) {
        arena->fail_after = after;
        assert_int_equal(db_execute(db, context, DB_READ, "SELECT 'text', ?", VALUES(TEXT("b")), &result), NO_MEMORY);
    }
    arena->fail_after = 0;
    assert_int_equal(db_execute(db, context, DB_READ, "SELECT 'text', ?", VALUES(TEXT("b")), &result), OK);
}

static void test_execute__survives_a_change_of_the_columns(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_READ, "SELECT * FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_columns, 3);
    assert_int_equal(db_run(db, context, "ALTER TABLE parent ADD COLUMN more text"), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_execute(db, context, DB_READ, "SELECT * FROM parent", NULL, 0, &result), OK);
        assert_int_equal(result.n_columns, 4);
    }
}

static void test_execute__works_beyond_the_statements_that_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 600; i++)
        assert_int_equal(execute(arena_printf(arena, "SELECT %d, 'text'", i % 300)), OK);
}

static void test_execute__ends_a_statement_that_takes_too_long(void **state)
{
    (void)state;
    struct db *hasty = open_db(200);
    int64_t id = integer_of(hasty, "SELECT CONNECTION_ID()");

    assert_int_equal(execute_on(hasty, DB_READ, "SELECT SLEEP(5)"), TIMED_OUT);
    assert_int_equal(integer_of(hasty, "SELECT CONNECTION_ID()"), id);
}

static void test_execute__does_not_wait_for_a_silent_server_for_ever(void **state)
{
    (void)state;
    struct db *hasty = open_db(200);
    int64_t begin_ms = clock_ms();

    assert_int_equal(db_run(hasty, context, "SET max_statement_time = 0"), OK);
    assert_int_equal(execute_on(hasty, DB_READ, "SELECT SLEEP(5)"), TIMED_OUT);
    assert_in_range(clock_ms() - begin_ms, 1000, 4000);
    assert_int_equal(execute_on(hasty, DB_READ, "SELECT 1"), OK);
}

/* Ends the connection under test, from outside. */
static void kill_connection(void)
{
    struct db *other = open_db(5000);
    char *sql = arena_printf(arena, "KILL %lld", (long long)integer_of(db, "SELECT CONNECTION_ID()"));

    assert_int_equal(db_run(other, context, sql), OK);
    while (integer_of(other, "SELECT COUNT(*) FROM information_schema.processlist") > 1)
        ;
}

static void test_killed_connection__costs_a_read_nothing(void **state)
{
    (void)state;
    assert_int_equal(execute_on(db, DB_READ, "SELECT id FROM parent"), OK);
    kill_connection();
    assert_int_equal(execute_on(db, DB_READ, "SELECT id FROM parent"), OK);
    assert_int_equal(context->error.code, OK);
}

static void test_killed_connection__costs_a_write_nothing_after_a_while(void **state)
{
    (void)state;
    kill_connection();
    db->used_ms = clock_ms() - 1500;
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
}

static void test_killed_connection__fails_a_write(void **state)
{
    (void)state;
    kill_connection();
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), UNAVAILABLE);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

static void test_killed_connection__ends_the_transaction(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, context), OK);
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
    kill_connection();
    assert_int_equal(execute_on(db, DB_READ, "SELECT 1"), UNAVAILABLE);
    assert_int_equal(execute("INSERT INTO parent VALUES (3, 'three', NULL)"), UNAVAILABLE);
    assert_int_equal(db_commit(db, context), UNAVAILABLE);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

static void test_lock__held_by_another_is_contended(void **state)
{
    (void)state;
    struct db *other = open_db(5000);

    assert_int_equal(db_begin(db, context), OK);
    assert_int_equal(execute("SELECT id FROM parent WHERE id = 1 FOR UPDATE"), OK);
    assert_int_equal(db_begin(other, context), OK);
    assert_int_equal(execute_on(other, DB_WRITE, "INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
    assert_int_equal(execute_on(other, DB_READ, "SELECT id FROM parent WHERE id = 1 FOR UPDATE"), CONTENDED);
    assert_int_equal(execute_on(other, DB_READ, "SELECT 1"), CONTENDED);
    db_rollback(other, context);
    assert_int_equal(db_commit(db, context), OK);
    assert_int_equal(integer_of(other, "SELECT COUNT(*) FROM parent"), 1);
}

/* The server begins the result of such a search, unlike that of a primary key, before it waits for the lock. */
static void test_execute__runs_again_what_broke_off(void **state)
{
    static const char sql[] = "SELECT id FROM child WHERE parent_id = 1 FOR UPDATE";

    (void)state;
    struct db *other = open_db(5000);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_begin(other, context), OK);
        assert_int_equal(execute_on(other, DB_READ, sql), OK);
        db_rollback(other, context);
        assert_int_equal(db_begin(db, context), OK);
        assert_int_equal(execute(sql), OK);
        assert_int_equal(db_begin(other, context), OK);
        assert_int_equal(execute_on(other, DB_READ, sql), CONTENDED);
        db_rollback(other, context);
        db_rollback(db, context);
    }
    assert_int_equal(integer_of(other, sql), 1);
}

/* Options that lead nowhere. */
static void test_connect__is_unavailable_where_it_is_not_let_in(void **state)
{
    (void)state;
    struct db_options right = db_place(&place, &mysql);
    struct db_options wrong[] = {right, right, right, right};

    wrong[0].password = "wrong";
    wrong[1].name = "no_such_database";
    wrong[2].host = "/nonexistent/socket";
    wrong[3].host = "no-such-host.invalid";
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct db *nowhere = db_new(arena, db_driver_find("mysql"), &wrong[i]);
        assert_int_equal(db_ping(nowhere, context), UNAVAILABLE);
        assert_string_not_equal(context->error.native, "");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_execute__returns_what_was_bound),
        TEST(test_execute__reads_numbers_as_integers_and_all_else_as_text),
        TEST(test_execute__gives_many_rows_in_order),
        TEST(test_execute__counts_the_rows_that_matched),
        TEST(test_execute__takes_a_date_of_zeroes_for_none),
        TEST(test_execute__names_every_failure),
        TEST(test_execute__says_when_memory_ends),
        TEST(test_execute__survives_a_change_of_the_columns),
        TEST(test_execute__works_beyond_the_statements_that_are_kept),
        TEST(test_execute__ends_a_statement_that_takes_too_long),
        TEST(test_execute__does_not_wait_for_a_silent_server_for_ever),
        TEST(test_killed_connection__costs_a_read_nothing),
        TEST(test_killed_connection__costs_a_write_nothing_after_a_while),
        TEST(test_killed_connection__fails_a_write),
        TEST(test_killed_connection__ends_the_transaction),
        TEST(test_lock__held_by_another_is_contended),
        TEST(test_execute__runs_again_what_broke_off),
        TEST(test_connect__is_unavailable_where_it_is_not_let_in),
    };

    return reason_to_leave_out(&mysql) ? report_left_out(&mysql) : cmocka_run_group_tests(tests, NULL, NULL);
}
