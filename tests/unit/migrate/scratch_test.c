/* scratch_test.c: the scratch database that is in memory, and the names of the others'; theirs are in
 * tests/smoke/migrate_test.sh. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/scratch.h"

static struct arena arena;
static struct context context;
static struct db *db;

static int setup(void **state)
{
    const struct db_options options = {.path = ":memory:"};

    (void)state;
    arena_init(&arena, (size_t)1 << 22);
    context_init(&context, &arena, 0);
    db = db_new(&arena, db_driver_find("sqlite"), &options);
    return db ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static size_t count_tables(void)
{
    struct db_result result = {.n_rows = 0};

    assert_int_equal(db_execute(db, &context, DB_READ, "SELECT name FROM sqlite_master", NULL, 0, &result), OK);
    return result.n_rows;
}

static void test_scratch__is_empty_after_each_step(void **state)
{
    (void)state;
    assert_int_equal(scratch_open(&context, db, "any"), OK);
    assert_true(db->connected);
    assert_int_equal(db_run(db, &context, "CREATE TABLE a (id integer)"), OK);
    assert_int_equal(scratch_clear(&context, db, "any"), OK);
    assert_int_equal(count_tables(), 0);
    assert_int_equal(db_run(db, &context, "CREATE TABLE a (id integer)"), OK);
    assert_true(scratch_close(&context, db, "any"));
    assert_false(db->connected);
    assert_int_equal(count_tables(), 0);
}

static void test_scratch_close__keeps_the_failure(void **state)
{
    (void)state;
    assert_int_equal(scratch_open(&context, db, "any"), OK);
    assert_int_equal(db_run(db, &context, "DROP TABLE none"), UNAVAILABLE);
    assert_true(scratch_close(&context, db, "any"));
    assert_non_null(strstr(context.error.native, "none"));
}

static void test_scratch_open__wants_sqlite_in_memory(void **state)
{
    (void)state;
    db->options.path = "/nowhere/quire.db";
    assert_int_equal(scratch_open(&context, db, "any"), INTERNAL);
    assert_false(db->connected);
    assert_string_equal(scratch_removal(&context, db, "any"), "");
}

static void test_scratch_open__refuses_names_that_need_quoting(void **state)
{
    static const char *const names[] = {
        "",
        "a b",
        "a`",
        "a\"; DROP DATABASE b; --",
        "caf\xc3\xa9",
        "a234567890123456789012345678901234567890123456789012345678901",
    };
    static const char *const servers[] = {"mysql", "postgresql"};

    (void)state;
    for (size_t s = 0; s < sizeof servers / sizeof *servers; s++) {
        const struct db_driver *driver = db_driver_find(servers[s]);
        const struct db_options options = {.host = "/nowhere/socket", .user = "u", .password = "p", .name = "n"};
        struct db *server = driver ? db_new(&arena, driver, &options) : NULL;
        for (size_t i = 0; server && i < sizeof names / sizeof *names; i++) {
            assert_int_equal(scratch_open(&context, server, names[i]), MALFORMED);
            assert_string_equal(server->options.name, "n");
        }
        if (server)
            assert_int_equal(scratch_open(&context, server, "quire_scratch"), UNAVAILABLE);
    }
}

/* What is there under such a name is not told to be dropped. */
static void test_scratch_open__refuses_names_of_what_is_to_be_kept(void **state)
{
    static const struct {
        const char *server, *name;
    } rows[] = {
        {"mysql", "books"},         {"mysql", "Books"},
        {"mysql", "mysql"},         {"mysql", "SYS"},
        {"postgresql", "books"},    {"postgresql", "shop"},
        {"postgresql", "public"},   {"postgresql", "Public"},
        {"postgresql", "pg_toast"}, {"mysql", "information_schema"},
    };
    const struct db_options options = {
        .host = "/nowhere/socket", .user = "u", .password = "p", .name = "books", .schema = "shop"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct db_driver *driver = db_driver_find(rows[i].server);
        struct db *server = driver ? db_new(&arena, driver, &options) : NULL;
        if (!server)
            continue;
        assert_int_equal(scratch_open(&context, server, rows[i].name), MALFORMED);
        assert_non_null(strstr(context.error.detail, "take another name"));
        assert_null(strstr(context.error.detail, "DROP"));
        assert_string_equal(server->options.name, "books");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scratch__is_empty_after_each_step, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scratch_close__keeps_the_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scratch_open__wants_sqlite_in_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scratch_open__refuses_names_that_need_quoting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scratch_open__refuses_names_of_what_is_to_be_kept, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
