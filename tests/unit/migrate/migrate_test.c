/* migrate_test.c: applying a directory, on SQLite: what is applied, what is refused, and what the revisions say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/buffer.h"
#include "core/version.h"
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

static enum code apply_from(const char *baseline)
{
    return apply_with(&(struct migrate_options){.baseline = baseline});
}

static void test_apply__applies_all_once(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 2);
    assert_string_equal(query("SELECT count(*) FROM author"), "1");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 0);
    folder_write("3_more.sql", "INSERT INTO author VALUES (2);");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 1);
    assert_string_equal(query("SELECT count(*) FROM author"), "2");
}

static void test_apply__names_a_file_that_came_below_all_that_are_applied(void **state)
{
    static const struct migrate_options skipping = {.order = ORDER_LINEAR_SKIP};
    static const struct migrate_options any_order = {.order = ORDER_NON_LINEAR};
    (void)state;
    folder_write("3_more.sql", "INSERT INTO author VALUES (2);");
    assert_int_equal(apply(), OK);
    folder_write("0_early.sql", "CREATE TABLE early (id integer);");
    assert_int_equal(apply(), CONFLICT);
    assert_non_null(strstr(context.error.detail, "migration file 0_early.sql was added out of order"));
    assert_non_null(strstr(status().fault, "migration file 0_early.sql was added out of order"));
    assert_int_equal(status().n_pending, 1);
    assert_int_equal(apply_with(&skipping), OK);
    assert_int_equal(n_applied, 0);
    assert_int_equal(apply_with(&any_order), OK);
    assert_int_equal(n_applied, 1);
    assert_int_equal(apply(), OK);
    assert_null(status().fault);
}

static void test_apply__names_the_one_of_those_below_a_baseline_that_came_late(void **state)
{
    (void)state;
    folder_write("3_more.sql", "CREATE TABLE more (id integer);");
    assert_int_equal(apply_from("2"), OK);
    folder_write("0_early.sql", "CREATE TABLE early (id integer);");
    assert_int_equal(apply(), CONFLICT);
    assert_non_null(strstr(context.error.detail, "migration file 0_early.sql was added out of order"));
}

static void test_status__tells_of_a_file_that_was_changed(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    assert_null(status().fault);
    folder_write("2_book.sql", "CREATE TABLE books (id integer);");
    assert_string_equal(status().fault, "history changed: file \"2_book.sql\" is not the one that was applied");
}

static void test_apply__fails_on_a_table_that_is_not_there(void **state)
{
    (void)state;
    folder_write("3_more.sql", "INSERT INTO nowhere VALUES (2);");
    assert_int_equal(apply(), CONFLICT);
    assert_non_null(strstr(context.error.detail, "no such table: nowhere"));
    assert_string_equal(status().current, "2");
}

static void test_apply__writes_revisions_as_atlas_does(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    assert_string_equal(query("SELECT group_concat(version || '|' || description || '|' || type || '|' || applied || "
                              "'|' || total || '|' || error || '|' || ifnull(partial_hashes, 'null'), ' ') "
                              "FROM atlas_schema_revisions"),
                        "1|author|2|2|2||null 2|book|2|1|1||null");
    assert_string_equal(query("SELECT hash FROM atlas_schema_revisions WHERE version = '1'"),
                        "ouHoW7Wrmxi38ofCudqF6rOHbzcSj3XZraEu0VbD7Pk=");
    assert_string_equal(
        query("SELECT executed_at GLOB '20[0-9][0-9]-[0-9][0-9]-[0-9][0-9] "
              "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]+00:00' FROM atlas_schema_revisions"),
        "1");
    assert_string_equal(query("SELECT operator_version FROM atlas_schema_revisions"), "quire " QUIRE_VERSION);
}

static void test_apply__takes_a_failed_file_back_and_keeps_those_before(void **state)
{
    (void)state;
    folder_write("3_bad.sql", "CREATE TABLE shelf (id integer);\n\nSELEC  'x';");
    assert_int_equal(apply(), CONFLICT);
    assert_int_equal(n_applied, 2);
    assert_string_equal(context.error.detail, "executing statement \"SELEC 'x';\" from version \"3\": sqlite 1: near "
                                              "\"SELEC\": syntax error");
    assert_string_equal(query("SELECT max(version) FROM atlas_schema_revisions"), "2");
    assert_string_equal(query("SELECT name FROM sqlite_master WHERE name = 'shelf'"), "nothing");
    folder_write("3_bad.sql", "CREATE TABLE shelf (id integer);");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 1);
}

static void test_apply__refuses_a_database_that_is_not_clean(void **state)
{
    (void)state;
    run("CREATE TABLE author (id integer)");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "sql/migrate: connected database is not clean: found table \"author\". "
                                              "baseline version or allow-dirty is required");
    assert_string_equal(query("SELECT name FROM sqlite_master WHERE name = 'atlas_schema_revisions'"), "nothing");
}

static void test_apply__takes_a_baseline_for_all_up_to_it(void **state)
{
    (void)state;
    folder_write("3_shelf.sql", "CREATE TABLE shelf (id integer);");
    run("CREATE TABLE author (id integer); CREATE TABLE book (id integer)");
    assert_int_equal(apply_from("2"), OK);
    assert_int_equal(n_applied, 1);
    assert_string_equal(query("SELECT type || '|' || applied || '|' || total || '|' || hash FROM "
                              "atlas_schema_revisions WHERE version = '2'"),
                        "1|0|0|");
    assert_int_equal(apply_from("2"), OK);
    assert_int_equal(n_applied, 0);
    assert_int_equal(apply_from("1"), CONFLICT);
}

static void test_apply__refuses_a_baseline_that_is_no_file(void **state)
{
    (void)state;
    assert_int_equal(apply_from("4"), CONFLICT);
    assert_string_equal(context.error.detail, "baseline version \"4\" not found in the migration directory");
}

static void test_apply__refuses_a_file_out_of_order(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    folder_write("1a_late.sql", "SELECT 1;");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "migration file 1a_late.sql was added out of order. See: "
                                              "https://atlasgo.io/versioned/apply#non-linear-error");
}

static void test_apply__refuses_when_an_applied_file_was_changed(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    folder_write("2_book.sql", "CREATE TABLE book (id bigint);");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "history changed: file \"2_book.sql\" is not the one that was applied");
}

static void test_apply__accepts_the_hash_of_a_file_that_ours_replaces(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    folder_write("2_book.sql", "-- quire:replaces h1:other=\n\nCREATE TABLE book (id bigint);");
    run("UPDATE atlas_schema_revisions SET hash = 'other=' WHERE version = '2'");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 0);
}

static void test_apply__goes_on_after_the_statements_done(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    run("DELETE FROM atlas_schema_revisions WHERE version = '2'; DROP TABLE book;"
        "UPDATE atlas_schema_revisions SET applied = 1, error = 'x', error_stmt = 'y', hash = 'old', "
        "partial_hashes = '[\"h1:WeojD0fui9FHq6TLuKQwwbw2OSvKzBalpsxC33wmF18=\"]'");
    assert_true(status().partial);
    assert_string_equal(status().error, "x");
    assert_string_equal(status().error_statement, "y");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 2);
    assert_string_equal(query("SELECT count(*) FROM author"), "2");
    assert_string_equal(query("SELECT applied || error || length(hash) FROM atlas_schema_revisions"), "244");
}

static void test_apply__refuses_when_a_statement_that_was_done_has_changed(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    run("DELETE FROM atlas_schema_revisions WHERE version = '2';"
        "UPDATE atlas_schema_revisions SET applied = 1, partial_hashes = '[\"h1:AAAA\"]'");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "history changed: statement 1 from file \"1_author.sql\" changed");
}

static void test_apply__refuses_a_file_that_cannot_be_split(void **state)
{
    (void)state;
    folder_write("3_bad.sql", "SELECT 'x;");
    assert_int_equal(apply(), MALFORMED);
    assert_string_equal(context.error.detail, "3_bad.sql: line 1: a quote without end");
}

static void test_apply__by_two_at_once_applies_once(void **state)
{
    (void)state;
    pid_t pids[4];
    for (size_t i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit((db = open_db()) && apply() == OK ? (int)n_applied : 99);
        assert_true(pids[i] > 0);
    }
    int sum = 0;
    for (size_t i = 0; i < 4; i++) {
        int exit_status = 0;
        assert_int_equal(waitpid(pids[i], &exit_status, 0), pids[i]);
        assert_true(WIFEXITED(exit_status));
        sum += WEXITSTATUS(exit_status);
    }
    assert_int_equal(sum, 2);
    assert_string_equal(query("SELECT count(*) FROM author"), "1");
}

static void test_apply__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct migration_directory directory;
    struct arena small;
    struct context short_of_memory;
    enum code code = NO_MEMORY;
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    for (size_t after = 1; code != OK; after++) {
        arena_init(&small, (size_t)1 << 20);
        small.fail_after = after;
        context_init(&short_of_memory, &small, 0);
        code = migrate_apply(&short_of_memory, db, &directory, NULL, NULL, &n_applied);
        assert_true(code == OK || code == NO_MEMORY);
        assert_true(after < 300);
        arena_release(&small);
    }
    assert_int_equal(status().n_applied, 2);
    assert_string_equal(query("SELECT count(*) FROM author"), "1");
}

static void test_status__says_how_far_it_is(void **state)
{
    (void)state;
    assert_null(status().current);
    assert_string_equal(status().next, "1");
    assert_int_equal(status().n_pending, 2);
    assert_int_equal(apply(), OK);
    folder_write("3_more.sql", "SELECT 1;");
    assert_string_equal(status().current, "2");
    assert_string_equal(status().next, "3");
    assert_int_equal(status().n_applied, 2);
    assert_int_equal(status().n_pending, 1);
    assert_false(status().partial);
}

static void test_status__costs_one_statement(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    context.tally.sql_statements = 0;
    assert_null(status().next);
    assert_int_equal(context.tally.sql_statements, 1);
}

static void count_statement(void *argument, const char *sql)
{
    (void)sql;
    ++*(size_t *)argument;
}

static void test_apply__tells_the_observer_of_each_statement(void **state)
{
    (void)state;
    struct migration_directory directory;
    size_t n = 0;
    const struct migrate_observer observer = {.statement = count_statement, .argument = &n};
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_int_equal(migrate_apply(&context, db, &directory, NULL, &observer, &n_applied), OK);
    assert_int_equal(n, 3);
}

static void test_apply__refuses_when_a_file_applied_in_part_is_gone(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    run("UPDATE atlas_schema_revisions SET applied = 0 WHERE version = '2'");
    folder_delete("2_book.sql");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "version 2 was applied in part, and its file is not in the directory");
}

static void test_apply__takes_what_other_hands_wrote(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    run("DROP TABLE atlas_schema_revisions; CREATE TABLE atlas_schema_revisions (version text PRIMARY KEY, description "
        "text, "
        "type integer, applied integer, total integer, executed_at datetime, execution_time integer, error text, "
        "error_stmt text, hash text, partial_hashes json, operator_version text);"
        "INSERT INTO atlas_schema_revisions (version, type, applied, total, partial_hashes) VALUES ('1', 2, 2, 2, "
        "'null'), "
        "('2', 6, 0, 1, NULL), ('.atlas_cloud_identifier', 0, 0, 1, NULL)");
    assert_int_equal(apply(), OK);
    assert_int_equal(n_applied, 0);
    assert_int_equal(status().n_applied, 2);
}

static void test_apply__needs_no_more_memory_for_each_statement(void **state)
{
    const size_t n = 5000;
    struct buffer text;

    (void)state;
    buffer_init(&text, &arena, (size_t)1 << 20);
    buffer_add_text(&text, "CREATE TABLE many (id integer);\n");
    for (size_t i = 0; i < n; i++)
        buffer_add_text(&text, "INSERT INTO many VALUES (1);\n");
    folder_write("3_many.sql", text.data);
    assert_int_equal(apply(), OK);
    assert_string_equal(query("SELECT count(*) FROM many"), "5000");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_apply__applies_all_once),
        TEST(test_apply__names_a_file_that_came_below_all_that_are_applied),
        TEST(test_apply__names_the_one_of_those_below_a_baseline_that_came_late),
        TEST(test_status__tells_of_a_file_that_was_changed),
        TEST(test_apply__fails_on_a_table_that_is_not_there),
        TEST(test_apply__writes_revisions_as_atlas_does),
        TEST(test_apply__takes_a_failed_file_back_and_keeps_those_before),
        TEST(test_apply__refuses_a_database_that_is_not_clean),
        TEST(test_apply__takes_a_baseline_for_all_up_to_it),
        TEST(test_apply__refuses_a_baseline_that_is_no_file),
        TEST(test_apply__refuses_a_file_out_of_order),
        TEST(test_apply__refuses_when_an_applied_file_was_changed),
        TEST(test_apply__accepts_the_hash_of_a_file_that_ours_replaces),
        TEST(test_apply__goes_on_after_the_statements_done),
        TEST(test_apply__refuses_when_a_statement_that_was_done_has_changed),
        TEST(test_apply__refuses_a_file_that_cannot_be_split),
        TEST(test_apply__by_two_at_once_applies_once),
        TEST(test_apply__survives_every_failed_allocation),
        TEST(test_status__says_how_far_it_is),
        TEST(test_status__costs_one_statement),
        TEST(test_apply__tells_the_observer_of_each_statement),
        TEST(test_apply__refuses_when_a_file_applied_in_part_is_gone),
        TEST(test_apply__takes_what_other_hands_wrote),
        TEST(test_apply__needs_no_more_memory_for_each_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
