/* schema_state_test.c: the sum changes with the schema, and with nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "migrate/dialect.h"
#include "migrate/schema_state.h"
#include "sqlite_folder.h"

static int setup(void **state)
{
    (void)state;
    return sqlite_folder_make();
}

static int teardown(void **state)
{
    (void)state;
    return sqlite_folder_remove();
}

static bool changes(const char *sql)
{
    char before[HASH_TEXT_SIZE];
    char after[HASH_TEXT_SIZE];
    const struct migrate_dialect *dialect = migrate_dialect_find("sqlite");
    assert_int_equal(schema_state_read(&context, db, dialect, before), OK);
    run(sql);
    assert_int_equal(schema_state_read(&context, db, dialect, after), OK);
    return strcmp(before, after) != 0;
}

static void test_schema_state__changes_with_the_schema(void **state)
{
    (void)state;
    assert_true(changes("CREATE TABLE a (id integer)"));
    assert_true(changes("ALTER TABLE a ADD COLUMN b integer"));
    assert_true(changes("CREATE INDEX a_b ON a (b)"));
    assert_true(changes("CREATE VIEW v AS SELECT b FROM a"));
    assert_true(changes("DROP VIEW v"));
    assert_true(changes("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END"));
    assert_true(changes("ALTER TABLE a RENAME COLUMN b TO c"));
}

static void test_schema_state__does_not_change_with_rows_or_revisions(void **state)
{
    (void)state;
    run("CREATE TABLE a (id integer)");
    assert_false(changes("INSERT INTO a VALUES (1)"));
    assert_false(changes("CREATE TABLE atlas_schema_revisions (version text PRIMARY KEY)"));
    assert_false(changes("ANALYZE"));
}

static void test_schema_state__fails_with_the_database(void **state)
{
    const struct migrate_dialect broken = {.state = "SELEC"};
    char sum[HASH_TEXT_SIZE];
    (void)state;
    assert_int_equal(schema_state_read(&context, db, &broken, sum), INTERNAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_schema_state__changes_with_the_schema),
        TEST(test_schema_state__does_not_change_with_rows_or_revisions),
        TEST(test_schema_state__fails_with_the_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
