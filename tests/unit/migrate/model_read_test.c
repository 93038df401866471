/* model_read_test.c: what SQLite says of its tables. The other databases are in tests/contract/model_test.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/model_read.h"
#include "model_text.h"

static struct arena arena;
static struct context context;
static struct db *db;

static int setup(void **state)
{
    static const struct db_options options = {.path = ":memory:"};

    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    context_init(&context, &arena, 0);
    db = db_new(&arena, &db_sqlite, &options);
    return db ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void run(const char *sql)
{
    if (db_run(db, &context, sql) != OK)
        fail_msg("%s", context.error.native);
}

static struct model read(void)
{
    struct model model = {0};

    if (model_read(&context, db, migrate_dialect_find("sqlite"), &model) != OK)
        fail_msg("%s", context.error.native);
    return model;
}

/* Statements, and the model they lead to. */
static const struct {
    const char *sql;
    const char *model;
} models[] = {
    {"", ""},
    {"CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER)", "a ()\n  x integer\nb ()\n  x integer\n"},
    {"CREATE TABLE atlas_schema_revisions (version text); CREATE VIEW v AS SELECT 1", ""},
    {"CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT)", "t (id)\n  id integer NOT NULL NUMBERED\n"},
    {"CREATE TABLE t (id integer PRIMARY KEY, x text CHECK (x <> 'AUTOINCREMENT'))",
     "t (id)\n  id integer NOT NULL\n  x text\n  CHECK -: x <> 'AUTOINCREMENT'\n"},
    {"CREATE TABLE t (id text PRIMARY KEY)", "t (id)\n  id text\n"},
    {"CREATE TABLE t (a int, b int, PRIMARY KEY (b, a)) WITHOUT ROWID",
     "t (b, a)\n  a int NOT NULL\n  b int NOT NULL\n"},
    {"CREATE TABLE t (a VARCHAR(30) NOT NULL DEFAULT 'x', b NUMERIC DEFAULT NULL, c DEFAULT CURRENT_TIMESTAMP)",
     "t ()\n  a varchar(30) NOT NULL DEFAULT 'x'\n  b numeric\n  c  DEFAULT CURRENT_TIMESTAMP\n"},
    {"CREATE TABLE t (a int, b int AS (a + 1), c int AS (a) STORED)",
     "t ()\n  a int\n  b int GENERATED\n  c int GENERATED\n"},
    {"CREATE TABLE t (id integer PRIMARY KEY, a text UNIQUE, b text);"
     "CREATE INDEX y ON t (b DESC, id); CREATE UNIQUE INDEX x ON t (b COLLATE NOCASE)",
     "t (id)\n  id integer NOT NULL\n  a text\n  b text\n  UNIQUE sqlite_autoindex_t_1 (a)\n"
     "  UNIQUE x (b COLLATE NOCASE)\n  INDEX y (b DESC, id)\n"},
    {"CREATE TABLE t (a text, b text); CREATE INDEX y ON t (a, lower(b)); CREATE INDEX x ON t (a, b) WHERE a > 0",
     "t ()\n  a text\n  b text\n  INDEX x ((a, b) WHERE a > 0)\n  INDEX y ((a, lower(b)))\n"},
    {"CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));"
     "CREATE TABLE c (z int, y int, x int REFERENCES p (a) ON DELETE SET NULL, FOREIGN KEY (z, y) REFERENCES p)",
     "c ()\n  z int\n  y int\n  x int\n  KEY - (x) TO p (a) ON DELETE SET NULL ON UPDATE NO ACTION\n"
     "  KEY - (z, y) TO p (a, b) ON DELETE NO ACTION ON UPDATE NO ACTION\np (a, b)\n  a int\n  b int\n"},
};

static void test_model_read__gives_what_was_made(void **state)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        run(models[i].sql);
        const struct model model = read();
        assert_string_equal(model_text(&arena, &model), models[i].model);
        teardown(state);
        assert_int_equal(setup(state), 0);
    }
}

static void test_model_read__takes_four_statements_for_any_number_of_tables(void **state)
{
    (void)state;
    char sql[128];

    for (int i = 0; i < 50; i++) {
        snprintf(sql, sizeof sql, "CREATE TABLE t%02d (a int, b int REFERENCES t%02d (a), UNIQUE (a, b))", i, i);
        run(sql);
    }
    context.tally.sql_statements = 0;
    const struct model model = read();
    assert_int_equal(context.tally.sql_statements, 4);
    assert_int_equal(model.n_tables, 50);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(model.tables[i].n_columns, 2);
        assert_int_equal(model.tables[i].n_indexes, 1);
        assert_int_equal(model.tables[i].n_foreign_keys, 1);
    }
}

static void test_model_read__tells_the_failure_of_the_database(void **state)
{
    (void)state;
    static const struct db_options options = {.path = "/nonexistent/folder/file.db"};
    struct model model = {.n_tables = 7};

    db = db_new(&arena, &db_sqlite, &options);
    assert_int_equal(model_read(&context, db, migrate_dialect_find("sqlite"), &model), UNAVAILABLE);
    assert_int_equal(model.n_tables, 7);
}

static void test_model_read__says_when_memory_ends(void **state)
{
    (void)state;
    struct model model = {.n_tables = 7};
    size_t n = 0;
    enum code code = NO_MEMORY;

    run("CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (a int CHECK (a > 0) CHECK (a < 9), b int,"
        "PRIMARY KEY (a, b), FOREIGN KEY (a) REFERENCES p, UNIQUE (b, a)); CREATE INDEX i ON t (a)");
    while (code == NO_MEMORY) {
        assert_int_equal(model.n_tables, 7);
        arena.fail_after = ++n;
        code = model_read(&context, db, migrate_dialect_find("sqlite"), &model);
    }
    arena.fail_after = 0;
    assert_int_equal(code, OK);
    assert_true(n > 20);
    assert_int_equal(model.n_tables, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_model_read__gives_what_was_made),
        TEST(test_model_read__takes_four_statements_for_any_number_of_tables),
        TEST(test_model_read__tells_the_failure_of_the_database),
        TEST(test_model_read__says_when_memory_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
