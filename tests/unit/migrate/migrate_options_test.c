/* migrate_options_test.c: applying less than everything, or more than is usual. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sqlite_folder.h"

static int setup(void **state)
{
    (void)state;
    if (sqlite_folder_make() != 0)
        return -1;
    folder_write("1_author.sql", "CREATE TABLE author (id integer); INSERT INTO author VALUES (1);");
    folder_write("2_book.sql", "CREATE TABLE book (id integer);");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return sqlite_folder_remove();
}

static void count_statement(void *argument, const char *sql)
{
    (void)sql;
    ++*(size_t *)argument;
}

static void test_apply__applies_no_more_than_the_amount(void **state)
{
    (void)state;
    assert_int_equal(apply_with(&(struct migrate_options){.amount = 1}), OK);
    assert_int_equal(n_applied, 1);
    assert_string_equal(status().next, "2");
    assert_int_equal(apply_with(&(struct migrate_options){.amount = 5}), OK);
    assert_int_equal(n_applied, 1);
}

static void test_apply__applies_up_to_a_version(void **state)
{
    const struct migrate_options up_to_1 = {.to_version = "1"};
    (void)state;
    assert_int_equal(apply_with(&up_to_1), OK);
    assert_int_equal(n_applied, 1);
    assert_int_equal(apply_with(&up_to_1), OK);
    assert_int_equal(n_applied, 0);
    assert_int_equal(apply_with(&(struct migrate_options){.to_version = "9"}), CONFLICT);
    assert_string_equal(context.error.detail, "migration with version \"9\" not found");
}

static void test_apply__takes_a_database_with_tables_when_dirt_is_allowed(void **state)
{
    const struct migrate_options dirty = {.allow_dirty = true};
    (void)state;
    run("CREATE TABLE other (id integer)");
    assert_int_equal(apply_with(&dirty), OK);
    assert_int_equal(n_applied, 2);
}

static void test_apply__refuses_a_baseline_together_with_dirt(void **state)
{
    const struct migrate_options both = {.baseline = "1", .allow_dirty = true};
    (void)state;
    assert_int_equal(apply_with(&both), MALFORMED);
    assert_string_equal(context.error.detail, "baseline and allow-dirty are mutually exclusive");
}

static void test_apply__passes_over_a_late_file_or_applies_it(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    folder_write("1a_late.sql", "INSERT INTO author VALUES (2);");
    assert_int_equal(apply_with(&(struct migrate_options){.order = ORDER_LINEAR_SKIP}), OK);
    assert_int_equal(n_applied, 0);
    assert_int_equal(status().n_pending, 1);
    assert_int_equal(apply_with(&(struct migrate_options){.order = ORDER_NON_LINEAR}), OK);
    assert_int_equal(n_applied, 1);
    assert_string_equal(query("SELECT count(*) FROM author"), "2");
}

static void test_apply__writes_nothing_in_a_dry_run(void **state)
{
    size_t n = 0;
    const struct migrate_observer observer = {.statement = count_statement, .argument = &n};
    const struct migrate_options dry = {.dry_run = true};
    (void)state;
    assert_int_equal(apply_observed(&dry, &observer), OK);
    assert_int_equal(n, 3);
    assert_int_equal(n_applied, 0);
    assert_string_equal(query("SELECT count(*) FROM sqlite_master"), "0");
    folder_write("3_bad.sql", "SELECT 'x;");
    assert_int_equal(apply_observed(&dry, &observer), MALFORMED);
}

static void test_apply__does_all_files_or_none_when_they_are_one_transaction(void **state)
{
    const struct migrate_options all = {.transactions = TRANSACTION_ALL};
    (void)state;
    folder_write("3_bad.sql", "SELEC 1;");
    assert_int_equal(apply_with(&all), CONFLICT);
    assert_int_equal(n_applied, 0);
    assert_string_equal(query("SELECT count(*) FROM sqlite_master"), "0");
    folder_write("3_bad.sql", "-- atlas:txmode none\n\nSELECT 1;");
    assert_int_equal(apply_with(&all), MALFORMED);
    assert_string_equal(context.error.detail,
                        "cannot set txmode directive to \"none\" in \"3_bad.sql\" when txmode \"all\" is set globally");
    folder_delete("3_bad.sql");
    assert_int_equal(apply_with(&all), OK);
    assert_int_equal(n_applied, 2);
}

static void test_apply__starts_a_new_database_from_the_last_checkpoint(void **state)
{
    (void)state;
    folder_write("2_book.sql",
                 "-- atlas:checkpoint\n\nCREATE TABLE author (id integer); CREATE TABLE book (id integer);");
    folder_write("3_more.sql", "INSERT INTO book VALUES (3);");
    assert_string_equal(status().next, "2");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 2);
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 0);
    assert_string_equal(query("SELECT count(*) FROM author"), "0");
}

static void test_apply__passes_by_checkpoints_in_a_database_with_revisions(void **state)
{
    (void)state;
    assert_int_equal(apply_with(&(struct migrate_options){.amount = 1}), OK);
    folder_write("3_all.sql",
                 "-- atlas:checkpoint\n\nCREATE TABLE author (id integer); CREATE TABLE book (id integer);");
    folder_write("4_more.sql", "INSERT INTO book VALUES (3);");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 2);
    assert_string_equal(query("SELECT group_concat(version) FROM atlas_schema_revisions"), "1,2,4");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_apply__applies_no_more_than_the_amount),
        TEST(test_apply__applies_up_to_a_version),
        TEST(test_apply__takes_a_database_with_tables_when_dirt_is_allowed),
        TEST(test_apply__refuses_a_baseline_together_with_dirt),
        TEST(test_apply__passes_over_a_late_file_or_applies_it),
        TEST(test_apply__writes_nothing_in_a_dry_run),
        TEST(test_apply__does_all_files_or_none_when_they_are_one_transaction),
        TEST(test_apply__starts_a_new_database_from_the_last_checkpoint),
        TEST(test_apply__passes_by_checkpoints_in_a_database_with_revisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
