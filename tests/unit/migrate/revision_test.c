/* revision_test.c: what stands in atlas_schema_revisions is not believed when it cannot be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "migrate/dialect.h"
#include "migrate/revision.h"
#include "sqlite_folder.h"

static int setup(void **state)
{
    (void)state;
    if (sqlite_folder_make() != 0)
        return -1;
    folder_write("1_author.sql", "CREATE TABLE author (id integer); INSERT INTO author VALUES (1);");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return sqlite_folder_remove();
}

static const char *const unsound[] = {"applied = -1", "applied = 3", "total = -1", "applied = 'x'", "type = -1"};

static void test_revisions_read__refuses_a_row_that_cannot_be_a_revision(void **state)
{
    (void)state;
    assert_int_equal(apply(), OK);
    for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++) {
        run("UPDATE atlas_schema_revisions SET applied = 1, total = 2, type = 2");
        run(arena_printf(&arena, "UPDATE atlas_schema_revisions SET %s", unsound[i]));
        assert_int_equal(apply(), CONFLICT);
        assert_non_null(strstr(context.error.detail, "the revision of version \"1\" is none"));
    }
}

static void test_revision_update__fails_when_the_revision_is_gone(void **state)
{
    const struct revision revision = {.version = "7", .hash = ""};
    struct revision_table table;

    (void)state;
    assert_int_equal(apply(), OK);
    assert_int_equal(revision_table_init(&context, db, migrate_dialect_find("sqlite"), NULL, &table), OK);
    assert_int_equal(revision_update(&context, &table, &revision), CONFLICT);
    assert_string_equal(context.error.detail, "the revision of version 7 is gone");
}

static void test_apply__stops_when_a_file_removes_its_own_revision(void **state)
{
    (void)state;
    folder_write("1_author.sql", "CREATE TABLE author (id integer); DELETE FROM atlas_schema_revisions;");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(query("SELECT count(*) FROM sqlite_master WHERE name = 'author'"), "0");
}

struct schema_row {
    const char *database;
    const char *schema;
    enum code code;
    const char *name;
};

static void test_revision_table__has_the_schema_that_it_is_given(void **state)
{
    static const struct schema_row rows[] = {
        {"sqlite", NULL, OK, "atlas_schema_revisions"},
        {"sqlite", "", OK, "atlas_schema_revisions"},
        {"sqlite", "main", OK, "atlas_schema_revisions"},
        {"sqlite", "other", MALFORMED, "sqlite keeps its revisions in the schema main, and in no other"},
        {"mysql", "a-b$1", OK, "`a-b$1`.atlas_schema_revisions"},
        {"mysql", "a`b", MALFORMED, "the name of a schema of revisions has letters, digits, _, - and $, 63 at most"},
        {"postgresql", "Revisions", OK, "\"Revisions\".atlas_schema_revisions"},
        {"postgresql", "a'b", MALFORMED,
         "the name of a schema of revisions has letters, digits, _, - and $, 63 at most"},
        {"postgresql", "x23456789012345678901234567890123456789012345678901234567890123", OK, NULL},
        {"postgresql", "x234567890123456789012345678901234567890123456789012345678901234", MALFORMED, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct schema_row *row = &rows[i];
        struct db_dialect sql = {.quote = strcmp(row->database, "mysql") == 0 ? "`" : "\""};
        struct db_driver driver = {.dialect = &sql};
        struct db any = {.driver = &driver};
        struct revision_table table;
        assert_int_equal(revision_table_init(&context, &any, migrate_dialect_find(row->database), row->schema, &table),
                         row->code);
        if (row->name)
            assert_string_equal(row->code == OK ? revision_table_name(&context, &table) : context.error.detail,
                                row->name);
    }
}

static void test_apply__refuses_a_schema_that_there_is_not(void **state)
{
    const struct migrate_options options = {.revisions_schema = "other"};

    (void)state;
    assert_int_equal(apply_with(&options), MALFORMED);
    assert_string_equal(query("SELECT count(*) FROM sqlite_master"), "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_revisions_read__refuses_a_row_that_cannot_be_a_revision),
        TEST(test_revision_update__fails_when_the_revision_is_gone),
        TEST(test_revision_table__has_the_schema_that_it_is_given),
        TEST(test_apply__refuses_a_schema_that_there_is_not),
        TEST(test_apply__stops_when_a_file_removes_its_own_revision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
