/* ddl_sqlite_test.c: what SQLite can change, and the copy of a table that stands for all else. */

#include "ddl_case.h"

#include "driver/db.h"

#define COPY                                                                                                           \
    "-- Create table \"new_author\"\n"                                                                                 \
    "CREATE TABLE \"new_author\" (\n"                                                                                  \
    "    \"id\"       bigint PRIMARY KEY AUTOINCREMENT,\n"                                                             \
    "    \"name\"     varchar(255) NOT NULL,\n"                                                                        \
    "    \"bio\"      text NOT NULL,\n"                                                                                \
    "    \"born\"     date NULL CHECK (born > 0),\n"                                                                   \
    "    \"died\"     date NOT NULL,\n"                                                                                \
    "    \"other_id\" bigint NULL,\n"                                                                                  \
    "    CONSTRAINT \"other_key\" FOREIGN KEY (\"other_id\") REFERENCES \"other\" (\"id\") ON DELETE RESTRICT ON "     \
    "UPDATE RESTRICT\n"                                                                                                \
    ");\n"                                                                                                             \
    "\n"                                                                                                               \
    "-- Number new rows after those that table \"author\" ever had\n"                                                  \
    "INSERT INTO sqlite_sequence (name, seq)\n"                                                                        \
    "SELECT 'new_author', seq FROM sqlite_sequence WHERE name = 'author';\n"                                           \
    "\n"                                                                                                               \
    "-- Copy rows from table \"author\" to table \"new_author\"\n"                                                     \
    "INSERT INTO \"new_author\" (\"id\", \"name\", \"bio\")\n"                                                         \
    "SELECT \"id\", \"name\", \"bio\" FROM \"author\";\n"                                                              \
    "\n"                                                                                                               \
    "-- Drop table \"author\", whose rows are copied\n"                                                                \
    "DROP TABLE \"author\";\n"                                                                                         \
    "\n"                                                                                                               \
    "-- Rename table \"new_author\" to \"author\"\n"                                                                   \
    "ALTER TABLE \"new_author\" RENAME TO \"author\";\n"                                                               \
    "\n"                                                                                                               \
    "-- Create index \"author_name_id\" on table \"author\"\n"                                                         \
    "CREATE INDEX \"author_name_id\" ON \"author\" (\"name\", \"id\");\n"                                              \
    "\n"                                                                                                               \
    "-- Create index \"author_bio\" on table \"author\"\n"                                                             \
    "CREATE UNIQUE INDEX \"author_bio\" ON \"author\" (\"bio\");\n"

static const struct index hostile = {.name = "a\";\n--", .columns = "id"};

static const struct ddl_case cases[] = {
    {"a table",
     {{ADD_TABLE, "other", NULL, &new_tables[1]}},
     "-- Create table \"other\"\nCREATE TABLE \"other\" (\n    \"id\" bigint PRIMARY KEY AUTOINCREMENT\n);\n"},
    {"no table", {{DROP_TABLE, "author", &old_tables[0], NULL}}, "-- Drop table \"author\"\nDROP TABLE \"author\";\n"},
    {"a column and its check",
     {{ADD_COLUMN, "author", NULL, &new_columns[3]}, {ADD_CHECK, "author", NULL, &new_checks[0]}},
     "-- Add column \"born\" to table \"author\"\n"
     "ALTER TABLE \"author\" ADD COLUMN \"born\" date NULL CHECK (born > 0);\n"},
    {"a column and its foreign key",
     {{ADD_COLUMN, "author", NULL, &new_columns[5]}, {ADD_FOREIGN_KEY, "author", NULL, &new_keys[0]}},
     "-- Add column \"other_id\" to table \"author\"\n"
     "ALTER TABLE \"author\" ADD COLUMN \"other_id\" bigint NULL\n"
     "    REFERENCES \"other\" (\"id\") ON DELETE RESTRICT ON UPDATE RESTRICT;\n"},
    {"a column that must not be NULL: SQLite refuses it when there are rows",
     {{ADD_COLUMN, "author", NULL, &new_columns[4]}},
     "-- Add column \"died\" to table \"author\"\nALTER TABLE \"author\" ADD COLUMN \"died\" date NOT NULL;\n"},
    {"an index",
     {{ADD_INDEX, "author", NULL, &new_indexes[0]}},
     "-- Create index \"author_name_id\" on table \"author\"\n"
     "CREATE INDEX \"author_name_id\" ON \"author\" (\"name\", \"id\");\n"},
    {"no index",
     {{DROP_INDEX, "author", &hostile, NULL}},
     "-- Drop index \"a\"; --\" from table \"author\"\nDROP INDEX \"a\"\";\n--\";\n"},
    {"no index that is a constraint's", {{DROP_INDEX, "author", &old_indexes[1], NULL}}, COPY},
    {"no column", {{DROP_COLUMN, "author", &old_columns[3], NULL}}, COPY},
    {"another column", {{MODIFY_COLUMN, "author", &old_columns[1], &new_columns[1]}}, COPY},
    {"a column that numbers", {{ADD_COLUMN, "author", NULL, &new_columns[0]}}, COPY},
    {"another table", {{MODIFY_TABLE, "author", &old_tables[0], &new_tables[0]}}, COPY},
    {"a foreign key of a column that is there", {{ADD_FOREIGN_KEY, "author", NULL, &new_keys[0]}}, COPY},
    {"no foreign key", {{DROP_FOREIGN_KEY, "author", &old_keys[0], NULL}}, COPY},
    {"a check of a column that is there", {{ADD_CHECK, "author", NULL, &new_checks[0]}}, COPY},
    {"no check", {{DROP_CHECK, "author", &old_checks[0], NULL}}, COPY},
    {"several changes in one copy",
     {{DROP_INDEX, "author", &old_indexes[0], NULL},
      {ADD_COLUMN, "author", NULL, &new_columns[3]},
      {DROP_COLUMN, "author", &old_columns[3], NULL},
      {ADD_INDEX, "author", NULL, &new_indexes[0]}},
     COPY},
};

static void test_sqlite__has_a_text_for_each_change(void **state)
{
    (void)state;
    assert_ddl_cases("sqlite", cases, sizeof cases / sizeof *cases);
}

static void test_sqlite__says_when_memory_ends(void **state)
{
    (void)state;
    assert_ddl_memory("sqlite", cases, sizeof cases / sizeof *cases);
}

/* The copy needs a name that nobody has. */
static void test_sqlite__does_not_take_the_name_of_another_table(void **state)
{
    struct table tables[] = {old_tables[0], {.name = "new_author", .options = "", .primary_key = ""}};
    const struct model has = {.tables = tables, .n_tables = 2};
    struct change change = {DROP_COLUMN, "author", &old_columns[3], NULL};
    const struct changes changes = {.items = &change, .n = 1};
    struct ddl ddl = {.n = 0};

    (void)state;
    assert_int_equal(ddl_change(&context, migrate_dialect_find("sqlite"), &changes, &has, &new_model, &ddl), OK);
    assert_string_equal(ddl.steps[0].comment, "Create table \"new_new_author\"");
}

/* What models do not have, and a copy would lose or trip over. */
static void test_sqlite__refuses_to_copy_a_table_that_a_trigger_or_view_needs(void **state)
{
    static const struct {
        const char *sql;
        const char *why; /* NULL: nothing is wrong */
    } rows[] = {
        {"CREATE TRIGGER audit AFTER INSERT ON Author BEGIN DELETE FROM other; END",
         "table \"author\" has the trigger \"audit\", which a copy would lose; "},
        {"CREATE TRIGGER spread AFTER INSERT ON other BEGIN UPDATE author SET nr = 1; END",
         "table \"author\" cannot be copied while the trigger \"spread\" names it; "},
        {"CREATE VIEW names AS SELECT name FROM \"author\"",
         "table \"author\" cannot be copied while the view \"names\" names it; "},
        {"CREATE VIEW numbers AS SELECT id, 'author' AS kind FROM other -- not author", NULL},
        {"CREATE TRIGGER other_audit AFTER INSERT ON other BEGIN DELETE FROM other; END", NULL},
    };
    const struct db_options options = {.path = ":memory:"};
    const struct migrate_dialect *dialect = migrate_dialect_find("sqlite");
    struct change copied = {DROP_COLUMN, "author", &old_columns[3], NULL};
    struct change direct = {ADD_COLUMN, "author", NULL, &new_columns[3]};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct db *db = db_new(&arena, db_driver_find("sqlite"), &options);
        struct changes changes = {.items = &copied, .n = 1};
        assert_non_null(db);
        assert_int_equal(db_run(db, &context, "CREATE TABLE author (id integer, name text, nr int)"), OK);
        assert_int_equal(db_run(db, &context, "CREATE TABLE other (id integer)"), OK);
        assert_int_equal(db_run(db, &context, rows[i].sql), OK);
        enum code code = ddl_check(&context, db, dialect, &changes, &old_model, &new_model);
        assert_int_equal(code, rows[i].why ? CONFLICT : OK);
        if (rows[i].why)
            assert_memory_equal(context.error.detail, rows[i].why, strlen(rows[i].why));
        changes.items = &direct;
        assert_int_equal(ddl_check(&context, db, dialect, &changes, &old_model, &new_model), OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sqlite__has_a_text_for_each_change, ddl_setup, ddl_teardown),
        cmocka_unit_test_setup_teardown(test_sqlite__says_when_memory_ends, ddl_setup, ddl_teardown),
        cmocka_unit_test_setup_teardown(test_sqlite__does_not_take_the_name_of_another_table, ddl_setup, ddl_teardown),
        cmocka_unit_test_setup_teardown(test_sqlite__refuses_to_copy_a_table_that_a_trigger_or_view_needs, ddl_setup,
                                        ddl_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
