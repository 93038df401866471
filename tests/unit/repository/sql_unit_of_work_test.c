/* sql_unit_of_work_test.c: commit, roll back, run again, and who is told. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "fake_db.h"
#include "repository/sql_unit_of_work.h"
#include "usecase/unit_of_work.h"

static struct arena arena;
static struct context context;
static struct db *db;
static struct unit_of_work *unit;
static char told[64]; /* arguments of the hooks called */

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    fake_db_reset();
    told[0] = '\0';
    db = db_new(&arena, &fake_db_driver, &(struct db_options){.name = "test"});
    unit = db ? sql_unit_of_work_new(&arena, db) : NULL;
    if (!unit || db_ping(db, &context) != OK)
        return -1;
    fake_db_trace();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void tell(struct context *any, void *argument)
{
    (void)any;
    assert_false(unit->active(unit));
    size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s", (const char *)argument);
}

/* One write between two hooks. */
static enum code write_and_hook(struct context *any, void *argument)
{
    static char first[] = "a", second[] = "b";
    (void)argument;

    assert_true(unit->active(unit));
    assert_int_equal(unit->after_commit(unit, any, tell, first), OK);
    enum code code = db_run(db, any, "W");
    if (code == OK)
        code = unit->after_commit(unit, any, tell, second);
    return code;
}

static enum code run(void)
{
    return unit->run(unit, &context, write_and_hook, NULL);
}

static void test_run__commits_and_then_tells_in_order(void **state)
{
    (void)state;
    assert_int_equal(run(), OK);
    assert_string_equal(fake_db_trace(), "BEGIN, W, COMMIT");
    assert_string_equal(told, "ab");
    assert_false(unit->active(unit));
}

static void test_run__rolls_back_and_tells_nobody(void **state)
{
    (void)state;
    fake_db_plan(OK, false);
    fake_db_plan(CONFLICT, false);
    assert_int_equal(run(), CONFLICT);
    assert_string_equal(fake_db_trace(), "BEGIN, W, ROLLBACK");
    assert_string_equal(told, "");
    assert_int_equal(context.error.code, CONFLICT);
}

static void test_run__runs_again_when_contended(void **state)
{
    (void)state;
    fake_db_plan(CONTENDED, false); /* BEGIN */
    fake_db_plan(OK, false);
    fake_db_plan(CONTENDED, false); /* W */
    fake_db_plan(OK, false);        /* ROLLBACK */
    fake_db_plan(OK, false);
    fake_db_plan(OK, false);
    fake_db_plan(CONTENDED, false); /* COMMIT */
    assert_int_equal(run(), OK);
    assert_string_equal(fake_db_trace(), "BEGIN, BEGIN, W, ROLLBACK, BEGIN, W, COMMIT, ROLLBACK, BEGIN, W, COMMIT");
    assert_string_equal(told, "ab");
    assert_int_equal(context.error.code, OK);
}

static void test_run__gives_up_after_three_reruns(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        fake_db_plan(CONTENDED, false);
    assert_int_equal(run(), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "BEGIN, BEGIN, BEGIN, BEGIN");
    assert_int_equal(context.error.code, UNAVAILABLE);
    assert_string_equal(context.error.native, "BEGIN");
}

static void test_run__does_not_run_again_past_the_deadline(void **state)
{
    (void)state;
    context.deadline_ms = clock_ms() + 5;
    fake_db_plan(CONTENDED, false);
    assert_int_equal(run(), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "BEGIN");
}

static void test_run__does_not_run_again_but_tells_when_the_outcome_is_unknown(void **state)
{
    (void)state;
    fake_db_plan(OK, false);
    fake_db_plan(OK, false);
    fake_db_plan(UNAVAILABLE, true);
    assert_int_equal(run(), UNAVAILABLE);
    assert_string_equal(fake_db_trace(), "BEGIN, W, COMMIT, lost, disconnect");
    assert_string_equal(told, "ab");
}

static enum code run_inside(struct context *any, void *argument)
{
    (void)any;
    (void)argument;
    return run();
}

static void test_run__refuses_to_nest(void **state)
{
    (void)state;
    assert_int_equal(unit->run(unit, &context, run_inside, NULL), INTERNAL);
    assert_string_equal(fake_db_trace(), "BEGIN, ROLLBACK");
}

static void test_after_commit__calls_at_once_outside_a_run(void **state)
{
    (void)state;
    char now[] = "now";

    assert_int_equal(unit->after_commit(unit, &context, tell, now), OK);
    assert_string_equal(told, "now");
}

static enum code hook_without_memory(struct context *any, void *argument)
{
    arena.fail_after = 1;
    return unit->after_commit(unit, any, tell, argument);
}

static void test_after_commit__says_when_it_cannot_remember(void **state)
{
    (void)state;
    char never[] = "never";

    assert_int_equal(unit->run(unit, &context, hook_without_memory, never), NO_MEMORY);
    assert_string_equal(told, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_run__commits_and_then_tells_in_order),
        TEST(test_run__rolls_back_and_tells_nobody),
        TEST(test_run__runs_again_when_contended),
        TEST(test_run__gives_up_after_three_reruns),
        TEST(test_run__does_not_run_again_past_the_deadline),
        TEST(test_run__does_not_run_again_but_tells_when_the_outcome_is_unknown),
        TEST(test_run__refuses_to_nest),
        TEST(test_after_commit__calls_at_once_outside_a_run),
        TEST(test_after_commit__says_when_it_cannot_remember),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
