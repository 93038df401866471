/* db_test.c: what is run again, what never is, and what is not started at all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "fake_db.h"

static struct arena arena;
static struct context context;
static struct db *db;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    fake_db_reset();
    db = db_new(&arena, &fake_db_driver, &(struct db_options){.name = "test"});
    return db ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* As setup(), with an open connection and an empty trace. */
static int setup_open(void **state)
{
    if (setup(state) != 0 || db_ping(db, &context) != OK)
        return -1;
    fake_db_trace();
    return 0;
}

static enum code execute(enum db_kind kind, const char *sql)
{
    struct db_result result;

    return db_execute(db, &context, kind, sql, NULL, 0, &result);
}

static void be_idle(void)
{
    db->used_ms = clock_ms() - 1500;
}

static void test_db_new__does_not_connect_before_the_first_use(void **state)
{
    (void)state;
    assert_string_equal(fake_db_trace(), "");
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_string_equal(fake_db_trace(), "connect, R, R");
    assert_int_equal(context.tally.sql_statements, 2);
}

static void test_db_new__refuses_an_incomplete_driver(void **state)
{
    (void)state;
    struct db_driver driver = fake_db_driver;

    driver.check = NULL;
    assert_null(db_new(&arena, &driver, &(struct db_options){.name = "test"}));
}

static void test_db_new__gives_null_without_memory(void **state)
{
    (void)state;
    for (size_t after = 1; after <= 2; after++) {
        arena.fail_after = after;
        assert_null(db_new(&arena, &fake_db_driver, &(struct db_options){.name = "test"}));
    }
}

static void test_db__closes_the_connection_with_its_arena(void **state)
{
    (void)state;
    arena_reset(&arena);
    assert_string_equal(fake_db_trace(), "disconnect");
}

static void test_connect__fails_fast_after_a_failure(void **state)
{
    (void)state;
    fake_db_plan(UNAVAILABLE, false);
    assert_int_equal(execute(DB_READ, "R"), UNAVAILABLE);
    assert_int_equal(execute(DB_WRITE, "W"), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "connect");
    assert_in_range(db->retry_at_ms - clock_ms(), 1, 250);
    db->retry_at_ms = clock_ms();
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_string_equal(fake_db_trace(), "connect, R");
}

static void test_read__is_run_once_more_after_a_lost_connection(void **state)
{
    (void)state;
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_string_equal(fake_db_trace(), "R, lost, disconnect, connect, R");
    assert_int_equal(context.error.code, OK);
}

static void test_read__is_not_run_a_third_time(void **state)
{
    (void)state;
    fake_db_plan(UNAVAILABLE, true);
    fake_db_plan(OK, false);
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(execute(DB_READ, "R"), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "R, lost, disconnect, connect, R, lost, disconnect");
}

static void test_read__is_not_run_again_when_it_was_too_slow(void **state)
{
    (void)state;
    fake_db_plan(TIMED_OUT, true);
    assert_int_equal(execute(DB_READ, "R"), TIMED_OUT);
    assert_string_equal(fake_db_trace(), "R, lost, disconnect");
}

static void test_write__is_never_run_again(void **state)
{
    (void)state;
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(execute(DB_WRITE, "W"), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "W, lost, disconnect");
    assert_int_equal(execute(DB_WRITE, "W"), OK);
    assert_string_equal(fake_db_trace(), "connect, W");
}

static void test_write__checks_an_idle_connection_first(void **state)
{
    (void)state;
    fake_db_set_healthy(false);
    assert_int_equal(execute(DB_WRITE, "W"), OK);
    be_idle();
    assert_int_equal(execute(DB_READ, "R"), OK);
    be_idle();
    assert_int_equal(db_run(db, &context, "W"), OK);
    be_idle();
    assert_int_equal(db_begin(db, &context), OK);
    assert_string_equal(fake_db_trace(), "W, R, check, disconnect, connect, W, check, disconnect, connect, BEGIN");
}

static void test_db_begin__is_run_once_more_after_a_lost_connection(void **state)
{
    (void)state;
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(db_begin(db, &context), OK);
    assert_string_equal(fake_db_trace(), "BEGIN, lost, disconnect, connect, BEGIN");
    assert_int_equal(db_begin(db, &context), INTERNAL);
}

static void test_transaction__runs_nothing_again(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, &context), OK);
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(execute(DB_READ, "R"), UNAVAILABLE);
    assert_int_equal(execute(DB_READ, "R"), UNAVAILABLE);
    assert_int_equal(db_ping(db, &context), UNAVAILABLE);
    assert_int_equal(db_commit(db, &context), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "BEGIN, R, lost, disconnect");
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_string_equal(fake_db_trace(), "connect, R");
}

/* A code, and whether it is the end of the transaction in which a statement gave it. */
static const struct {
    enum code code;
    bool dooms;
} failures[] = {{CONFLICT, false},   {NO_REFERENCE, false}, {CONTENDED, true}, {TIMED_OUT, true},
                {UNAVAILABLE, true}, {NO_MEMORY, true},     {INTERNAL, true}};

static void test_transaction__ends_with_any_failure_but_of_a_constraint(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        assert_int_equal(db_begin(db, &context), OK);
        fake_db_plan(failures[i].code, false);
        assert_int_equal(execute(DB_WRITE, "W"), failures[i].code);
        enum code expected = failures[i].dooms ? failures[i].code : OK;
        assert_int_equal(execute(DB_WRITE, "X"), expected);
        assert_int_equal(db_commit(db, &context), expected);
        assert_string_equal(fake_db_trace(), failures[i].dooms ? "BEGIN, W, ROLLBACK" : "BEGIN, W, X, COMMIT");
        assert_false(db->in_transaction);
        fake_db_reset();
    }
}

static void test_db_commit__is_unknown_when_the_connection_is_lost_under_it(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, &context), OK);
    fake_db_plan(TIMED_OUT, true);
    assert_int_equal(db_commit(db, &context), UNAVAILABLE);
    assert_false(db->in_transaction);
    assert_string_equal(fake_db_trace(), "BEGIN, COMMIT, lost, disconnect");
    assert_int_equal(db_commit(db, &context), INTERNAL);
}

static void test_db_commit__rolls_back_when_it_fails(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, &context), OK);
    fake_db_plan(CONTENDED, false);
    assert_int_equal(db_commit(db, &context), CONTENDED);
    assert_string_equal(fake_db_trace(), "BEGIN, COMMIT, ROLLBACK");
}

static void test_db_rollback__keeps_the_failure_that_led_to_it(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, &context), OK);
    fake_db_plan(CONFLICT, false);
    fake_db_plan(INTERNAL, false);
    assert_int_equal(execute(DB_WRITE, "W"), CONFLICT);
    db_rollback(db, &context);
    assert_int_equal(context.error.code, CONFLICT);
    assert_string_equal(fake_db_trace(), "BEGIN, W, ROLLBACK, disconnect");
    db_rollback(db, &context);
    assert_string_equal(fake_db_trace(), "");
}

static void test_db__starts_nothing_without_time_left(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, &context), OK);
    context.deadline_ms = clock_ms() - 1;
    assert_int_equal(db_commit(db, &context), TIMED_OUT);
    assert_int_equal(execute(DB_READ, "R"), TIMED_OUT);
    assert_int_equal(db_begin(db, &context), TIMED_OUT);
    assert_string_equal(fake_db_trace(), "BEGIN, ROLLBACK");
}

static void test_db_ping__opens_the_connection_again_when_need_be(void **state)
{
    (void)state;
    assert_int_equal(db_ping(db, &context), OK);
    assert_string_equal(fake_db_trace(), "check");
    fake_db_set_healthy(false);
    fake_db_plan(UNAVAILABLE, false);
    assert_int_equal(db_ping(db, &context), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "check, disconnect, connect");
}

static void test_db_reset_session__sets_the_open_session_only(void **state)
{
    (void)state;
    assert_int_equal(db_reset_session(db, &context), OK);
    assert_string_equal(fake_db_trace(), "set session");
    assert_int_equal(db_begin(db, &context), OK);
    assert_int_equal(db_reset_session(db, &context), OK);
    assert_int_equal(db_commit(db, &context), OK);
    assert_string_equal(fake_db_trace(), "BEGIN, set session, COMMIT");
    db_close(db);
    assert_int_equal(db_reset_session(db, &context), OK);
    assert_string_equal(fake_db_trace(), "disconnect");
}

static void test_db_reset_session__has_nothing_to_do_for_some_drivers(void **state)
{
    (void)state;
    struct db_driver plain = fake_db_driver;

    plain.set_session = NULL;
    db->driver = &plain;
    assert_int_equal(db_reset_session(db, &context), OK);
    assert_int_equal(db_begin(db, &context), OK);
    assert_int_equal(db_reset_session(db, &context), OK);
    assert_string_equal(fake_db_trace(), "BEGIN");
    db->driver = &fake_db_driver;
}

static void test_db_reset_session__fails_as_a_write_does(void **state)
{
    (void)state;
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(db_reset_session(db, &context), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "set session, lost, disconnect");
    assert_int_equal(db_begin(db, &context), OK);
    fake_db_plan(INTERNAL, false);
    assert_int_equal(db_reset_session(db, &context), INTERNAL);
    assert_int_equal(execute(DB_WRITE, "INSERT"), INTERNAL);
    assert_int_equal(db_reset_session(db, &context), INTERNAL);
    assert_string_equal(fake_db_trace(), "connect, BEGIN, set session");
    db_rollback(db, &context);
    context.deadline_ms = clock_ms() - 1;
    assert_int_equal(db_reset_session(db, &context), TIMED_OUT);
    assert_string_equal(fake_db_trace(), "ROLLBACK");
}

#define COMMENT " /*traceparent='00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'*/"

static void test_trace__is_behind_every_statement(void **state)
{
    (void)state;
    context.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_int_equal(db_begin(db, &context), OK);
    assert_int_equal(db_run(db, &context, "W"), OK);
    assert_int_equal(db_reset_session(db, &context), OK);
    assert_string_equal(fake_db_trace(), "R" COMMENT ", BEGIN" COMMENT ", W" COMMENT ", set session");
    assert_int_equal(db_commit(db, &context), OK);
    assert_int_equal(db_begin(db, &context), OK);
    db_rollback(db, &context);
    assert_string_equal(fake_db_trace(), "COMMIT" COMMENT ", BEGIN" COMMENT ", ROLLBACK" COMMENT);
    context.trace = NULL;
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_string_equal(fake_db_trace(), "R");
}

static void test_trace__is_there_when_a_read_is_run_once_more(void **state)
{
    (void)state;
    context.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(execute(DB_READ, "R"), OK);
    assert_string_equal(fake_db_trace(), "R" COMMENT ", lost, disconnect, connect, R" COMMENT);
}

/* Texts that would do more than be a comment, in this database or that. */
static const char *const hostile[] = {"'*/; DROP TABLE author; --",
                                      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'*/ --",
                                      "*/",
                                      "/*",
                                      "'",
                                      "\\",
                                      "?",
                                      "$1",
                                      "\n",
                                      "00-4BF9",
                                      "\xff"};

static void test_trace__that_is_none_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        context.trace = hostile[i];
        assert_int_equal(execute(DB_WRITE, "W"), OK);
        assert_string_equal(fake_db_trace(), "W");
    }
}

static void test_trace__without_memory_is_left_out(void **state)
{
    (void)state;
    context.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    arena.fail_after = 1;
    assert_int_equal(execute(DB_WRITE, "W"), OK);
    assert_string_equal(fake_db_trace(), "W");
}

static void test_db_driver_find__knows_the_drivers_of_this_build(void **state)
{
    (void)state;
    for (size_t i = 0; db_drivers[i]; i++)
        assert_ptr_equal(db_driver_find(db_drivers[i]->name), db_drivers[i]);
    assert_null(db_driver_find("oracle"));
}

#define CLOSED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define OPEN(test) cmocka_unit_test_setup_teardown(test, setup_open, teardown)

static void test_db_refused__tells_an_answer_from_an_outage(void **state)
{
    struct db gone = {.connected = false}, there = {.connected = true};
    (void)state;
    assert_true(db_refused(&gone, INTERNAL));
    assert_true(db_refused(&there, CONFLICT));
    assert_true(db_refused(&there, NO_REFERENCE));
    assert_true(db_refused(&there, UNAVAILABLE));
    assert_false(db_refused(&gone, UNAVAILABLE));
    assert_false(db_refused(&there, CONTENDED));
    assert_false(db_refused(&there, NO_MEMORY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLOSED(test_db_new__does_not_connect_before_the_first_use),
        CLOSED(test_db_new__refuses_an_incomplete_driver),
        CLOSED(test_db_new__gives_null_without_memory),
        OPEN(test_db__closes_the_connection_with_its_arena),
        CLOSED(test_connect__fails_fast_after_a_failure),
        OPEN(test_read__is_run_once_more_after_a_lost_connection),
        OPEN(test_read__is_not_run_a_third_time),
        OPEN(test_read__is_not_run_again_when_it_was_too_slow),
        OPEN(test_write__is_never_run_again),
        OPEN(test_write__checks_an_idle_connection_first),
        OPEN(test_db_begin__is_run_once_more_after_a_lost_connection),
        OPEN(test_transaction__runs_nothing_again),
        OPEN(test_transaction__ends_with_any_failure_but_of_a_constraint),
        OPEN(test_db_commit__is_unknown_when_the_connection_is_lost_under_it),
        OPEN(test_db_commit__rolls_back_when_it_fails),
        OPEN(test_db_rollback__keeps_the_failure_that_led_to_it),
        OPEN(test_db__starts_nothing_without_time_left),
        OPEN(test_db_ping__opens_the_connection_again_when_need_be),
        OPEN(test_db_reset_session__sets_the_open_session_only),
        OPEN(test_db_reset_session__has_nothing_to_do_for_some_drivers),
        OPEN(test_db_reset_session__fails_as_a_write_does),
        OPEN(test_trace__is_behind_every_statement),
        OPEN(test_trace__is_there_when_a_read_is_run_once_more),
        OPEN(test_trace__that_is_none_is_left_out),
        OPEN(test_trace__without_memory_is_left_out),
        CLOSED(test_db_driver_find__knows_the_drivers_of_this_build),
        CLOSED(test_db_refused__tells_an_answer_from_an_outage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
