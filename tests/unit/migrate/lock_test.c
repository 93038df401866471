/* lock_test.c: the lock by name: asked for until it is had, and looked after. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "fake_db.h"
#include "migrate/dialect.h"
#include "migrate/lock.h"

static const struct migrate_dialect dialect = {.name = "fake", .lock = "LOCK", .lock_held = "HELD", .unlock = "UNLOCK"};

static struct arena arena;
static struct context context;
static struct db *db;
static struct db_value answer;

static void answer_with(int64_t number)
{
    answer = (struct db_value){.type = DB_INTEGER, .integer = number};
    fake_db_set_result(&(struct db_result){.cells = &answer, .n_rows = 1, .n_columns = 1});
}

static int setup(void **state)
{
    const struct db_options options = {.path = ":memory:"};
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    fake_db_reset();
    db = db_new(&arena, &fake_db_driver, &options);
    return db ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_lock__is_taken_and_released_by_name(void **state)
{
    struct migrate_lock lock;
    (void)state;
    answer_with(1);
    assert_int_equal(lock_take(&lock, &context, db, &dialect), OK);
    assert_int_equal(lock_check(&context, db, &dialect), OK);
    lock_release(&lock);
    assert_string_equal(fake_db_trace(), "connect, LOCK, HELD, UNLOCK");
}

static void test_lock_check__finds_out_that_it_is_lost(void **state)
{
    (void)state;
    answer_with(0);
    assert_int_equal(lock_check(&context, db, &dialect), UNAVAILABLE);
    assert_string_equal(context.error.detail, "the connection was lost, and with it the migration lock");
}

static void test_lock_take__fails_with_the_database(void **state)
{
    struct migrate_lock lock;
    (void)state;
    fake_db_plan(UNAVAILABLE, false);
    assert_int_equal(lock_take(&lock, &context, db, &dialect), UNAVAILABLE);
}

static void test_lock_release__keeps_the_failure_that_was_before(void **state)
{
    struct migrate_lock lock;
    (void)state;
    answer_with(1);
    assert_int_equal(lock_take(&lock, &context, db, &dialect), OK);
    assert_int_equal((fail)(&context, CONFLICT, "first"), CONFLICT);
    fake_db_plan(UNAVAILABLE, false);
    lock_release(&lock);
    assert_int_equal(context.error.code, CONFLICT);
    assert_string_equal(context.error.detail, "first");
}

static void test_lock_take__needs_none_for_a_database_in_memory(void **state)
{
    static const struct migrate_dialect file = {.name = "fake"};
    struct migrate_lock lock;
    (void)state;
    assert_int_equal(lock_take(&lock, &context, db, &file), OK);
    assert_int_equal(lock.file.folder, -1);
    assert_int_equal(lock_check(&context, db, &file), OK);
    lock_release(&lock);
    assert_string_equal(fake_db_trace(), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lock__is_taken_and_released_by_name),
        TEST(test_lock_check__finds_out_that_it_is_lost),
        TEST(test_lock_take__fails_with_the_database),
        TEST(test_lock_release__keeps_the_failure_that_was_before),
        TEST(test_lock_take__needs_none_for_a_database_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
