/* file_check_test.c: rows that a file cannot carry over stop it before anything is changed, and how they are resolved.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "migrate/file_check.h"
#include "sqlite_folder.h"

#define CHECKED                                                                                                        \
    "-- quire:check SELECT id, born FROM author WHERE born = 'never' ORDER BY id\n"                                    \
    "-- quire:refusal Nobody is born never.\n"                                                                         \
    "-- quire:resolve CREATE TABLE IF NOT EXISTS old (id integer, born text);\n"                                       \
    "--    INSERT INTO old SELECT * FROM author WHERE born = 'never'; UPDATE author SET born = '' WHERE born = "       \
    "'never';\n\n"

static size_t n_rows_told;
static int64_t n_told;

static int setup(void **state)
{
    (void)state;
    n_told = 0;
    if (sqlite_folder_make() != 0)
        return -1;
    folder_write("1_author.sql", "CREATE TABLE author (id integer PRIMARY KEY, born text);");
    folder_write("2_checked.sql", CHECKED "ALTER TABLE author ADD COLUMN checked integer;");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return sqlite_folder_remove();
}

static void be_told(void *argument, const struct migration_file *file, const struct db_result *rows, int64_t n)
{
    (void)argument;
    assert_string_equal(file->name, "2_checked.sql");
    assert_string_equal(file->refusal, "Nobody is born never.");
    n_rows_told = rows->n_rows;
    n_told = n;
}

static const struct migrate_observer observer = {.refused = be_told};
static const struct migrate_options from_1 = {.baseline = "1"};
static const struct migrate_options resolving = {.baseline = "1", .resolve = true};

/* A database that another program made, with rows of both kinds. */
static void make_authors(void)
{
    run("CREATE TABLE author (id integer PRIMARY KEY, born text);"
        "INSERT INTO author VALUES (1, '1929'), (2, 'never'), (3, 'never')");
}

static void test_check__that_gives_no_row_lets_the_file_pass(void **state)
{
    (void)state;
    assert_int_equal(apply_observed(NULL, &observer), OK);
    assert_int_equal(n_applied, 2);
    assert_int_equal(n_told, 0);
    assert_string_equal(query("SELECT count(*) FROM sqlite_master WHERE name = 'old'"), "0");
}

static void test_check__stops_before_anything_is_changed(void **state)
{
    (void)state;
    make_authors();
    assert_int_equal(apply_observed(&from_1, &observer), CONFLICT);
    assert_string_equal(context.error.detail, "migration file \"2_checked.sql\" was not begun: its check found 2 rows");
    assert_int_equal(n_told, 2);
    assert_int_equal(n_rows_told, 2);
    assert_string_equal(query("SELECT group_concat(name) FROM sqlite_master"), "author");
}

static void test_check__stops_a_dry_run_too(void **state)
{
    const struct migrate_options dry = {.baseline = "1", .dry_run = true, .resolve = true};
    (void)state;
    make_authors();
    assert_int_equal(apply_observed(&dry, &observer), CONFLICT);
    assert_string_equal(query("SELECT group_concat(name) FROM sqlite_master"), "author");
}

static void test_check__tells_no_more_than_the_first_rows(void **state)
{
    (void)state;
    make_authors();
    run("WITH RECURSIVE s(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM s WHERE n < 400) "
        "INSERT INTO author SELECT n, 'never' FROM s");
    assert_int_equal(apply_observed(&from_1, &observer), CONFLICT);
    assert_int_equal(n_told, 393);
    assert_int_equal(n_rows_told, CHECK_ROWS_MAX);
}

static void test_resolve__changes_the_rows_and_goes_on(void **state)
{
    (void)state;
    make_authors();
    assert_int_equal(apply_observed(&resolving, &observer), OK);
    assert_int_equal(n_applied, 1);
    assert_string_equal(query("SELECT group_concat(id || born || ifnull(checked, '')) FROM author"), "11929,2,3");
    assert_string_equal(query("SELECT group_concat(id || born) FROM old"), "2never,3never");
}

static void test_resolve__works_without_a_transaction_around_it(void **state)
{
    (void)state;
    folder_write("2_checked.sql", "-- atlas:txmode none\n" CHECKED "ALTER TABLE author ADD COLUMN checked integer;");
    make_authors();
    assert_int_equal(apply_observed(&from_1, &observer), CONFLICT);
    assert_string_equal(query("SELECT group_concat(name) FROM sqlite_master"), "author");
    assert_int_equal(apply_observed(&resolving, &observer), OK);
    assert_string_equal(query("SELECT group_concat(id || born) FROM old"), "2never,3never");
}

static void test_resolve__that_does_not_help_stops_the_file(void **state)
{
    (void)state;
    folder_write("2_checked.sql", "-- quire:check SELECT id FROM author WHERE born = 'never'\n"
                                  "-- quire:refusal Nobody is born never.\n"
                                  "-- quire:resolve UPDATE author SET born = 'never' WHERE id = 1\n\nSELECT 1;");
    make_authors();
    assert_int_equal(apply_observed(&resolving, &observer), CONFLICT);
    assert_int_equal(n_told, 3);
    assert_string_equal(query("SELECT count(*) FROM author WHERE born = 'never'"), "2");
}

static void test_resolve__that_fails_leaves_all_as_it_was(void **state)
{
    static const char text[] = "-- quire:check SELECT id FROM author WHERE born = 'never'\n"
                               "-- quire:resolve UPDATE author SET born = ''; SELEC;\n\nSELECT 1;";
    (void)state;
    make_authors();
    folder_write("2_checked.sql", text);
    assert_int_equal(apply_with(&resolving), CONFLICT);
    assert_string_equal(context.error.detail, "2_checked.sql: quire:resolve: sqlite 1: near \"SELEC\": syntax error");
    folder_write("2_checked.sql", arena_printf(&arena, "-- atlas:txmode none\n%s", text));
    assert_int_equal(apply_with(&resolving), CONFLICT);
    assert_string_equal(query("SELECT count(*) FROM author WHERE born = 'never'"), "2");
}

static void test_check__that_cannot_be_run_stops_the_file(void **state)
{
    (void)state;
    folder_write("2_checked.sql", "-- quire:check SELECT absent FROM author\n\nSELECT 1;");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "2_checked.sql: quire:check: sqlite 1: no such column: absent");
}

static const struct select_case {
    const char *check;
    enum code code;
    const char *detail;
} selects[] = {
    {"SELECT id FROM author WHERE id = 0 -- none", OK, ""},
    {"SELECT id FROM author WHERE id = 0; -- none", OK, ""},
    {"SELECT id FROM author WHERE born = 'LIMIT 1' AND id IN (SELECT id FROM author LIMIT 0)", OK, ""},
    {"SELECT id FROM author -- all", CONFLICT,
     "migration file \"2_checked.sql\" was not begun: its check found 3 rows"},
    {"SELECT id FROM author LIMIT 1", MALFORMED, "2_checked.sql: quire:check: it has no LIMIT of its own"},
    {"SELECT 1; SELECT 2", MALFORMED, "2_checked.sql: quire:check: it is one SELECT, not 2 statements"},
    {"-- nothing", MALFORMED, "2_checked.sql: quire:check: it is one SELECT, not 0 statements"},
    {"SELECT (1", MALFORMED, "2_checked.sql: quire:check: line 1: a statement with a \"(\" without \")\""},
};

static void test_check__is_one_select_without_limit(void **state)
{
    (void)state;
    make_authors();
    for (size_t i = 0; i < sizeof selects / sizeof *selects; i++) {
        folder_write("2_checked.sql", arena_printf(&arena, "-- quire:check %s\n\nSELECT 1;", selects[i].check));
        run("DROP TABLE IF EXISTS atlas_schema_revisions");
        context_init(&context, &arena, 0);
        assert_int_equal(apply_with(&from_1), selects[i].code);
        assert_string_equal(context.error.detail, selects[i].detail);
    }
}

static void test_check__is_not_for_a_file_that_is_begun(void **state)
{
    (void)state;
    folder_write("2_checked.sql", "-- atlas:txmode none\n" CHECKED "CREATE TABLE a (id integer); SELEC;");
    assert_int_equal(apply(), CONFLICT);
    run("INSERT INTO author VALUES (2, 'never')");
    folder_write("2_checked.sql", "-- atlas:txmode none\n" CHECKED "CREATE TABLE a (id integer); SELECT 1;");
    assert_int_equal(apply_observed(NULL, &observer), OK);
    assert_int_equal(n_told, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_check__that_gives_no_row_lets_the_file_pass),
        TEST(test_check__stops_before_anything_is_changed),
        TEST(test_check__stops_a_dry_run_too),
        TEST(test_check__tells_no_more_than_the_first_rows),
        TEST(test_resolve__changes_the_rows_and_goes_on),
        TEST(test_resolve__works_without_a_transaction_around_it),
        TEST(test_resolve__that_does_not_help_stops_the_file),
        TEST(test_resolve__that_fails_leaves_all_as_it_was),
        TEST(test_check__that_cannot_be_run_stops_the_file),
        TEST(test_check__is_one_select_without_limit),
        TEST(test_check__is_not_for_a_file_that_is_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
