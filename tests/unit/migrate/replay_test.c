/* replay_test.c: directories run in a scratch database, here in memory; the servers' are in
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
#include "fake_db.h"
#include "folder.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/replay.h"

#define ARENA_MAX ((size_t)1 << 26)

static struct arena arena;
static struct context context;
static struct db *db;
static const struct migrate_dialect *dialect;
static struct migration_directory directory;

static int setup(void **state)
{
    const struct db_driver *driver = db_driver_find("sqlite");
    const struct db_options options = {.path = ":memory:"};

    (void)state;
    arena_init(&arena, ARENA_MAX);
    context_init(&context, &arena, 0);
    dialect = migrate_dialect_find("sqlite");
    db = db_new(&arena, driver, &options);
    return db ? folder_make() : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return folder_remove();
}

static enum code run(replay_visitor *visit, void *argument)
{
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    return replay(&context, db, dialect, &directory, visit, argument);
}

static size_t count(const char *sql)
{
    struct db_result result = {.n_rows = 0};

    assert_int_equal(db_execute(db, &context, DB_READ, sql, NULL, 0, &result), OK);
    return result.n_rows;
}

#define TABLES "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"

static void test_replay__runs_all_files_in_order(void **state)
{
    (void)state;
    folder_write("1_a.sql", "CREATE TABLE a (id integer);\nCREATE TABLE b (id integer);\n");
    folder_write("2_b.sql", "ALTER TABLE a ADD COLUMN x text;\nINSERT INTO a VALUES (1, 'y');\n");
    assert_int_equal(run(NULL, NULL), OK);
    assert_int_equal(count(TABLES), 2);
    assert_int_equal(count("SELECT x FROM a"), 1);
}

static void test_replay__starts_at_the_last_checkpoint(void **state)
{
    (void)state;
    folder_write("1.sql", "no statement at all;\n");
    folder_write("2.sql", "-- atlas:checkpoint\n\nCREATE TABLE old (id integer);\n");
    folder_write("3.sql", "-- atlas:checkpoint\n\nCREATE TABLE a (id integer);\n");
    folder_write("4.sql", "CREATE TABLE b (id integer);\n");
    assert_int_equal(run(NULL, NULL), OK);
    assert_int_equal(count(TABLES), 2);
    assert_int_equal(count("SELECT 1 FROM sqlite_master WHERE name = 'old'"), 0);
}

/* What the visitor was told. */
struct visits {
    char text[512];
    size_t stop_after;
    size_t n;
};

static enum code note(void *argument, const struct migration_file *file, const char *statement, size_t line)
{
    struct visits *visits = argument;
    size_t size = strlen(visits->text);

    snprintf(visits->text + size, sizeof visits->text - size, "%s:%zu %s\n", file->name, line, statement);
    return ++visits->n == visits->stop_after ? CHANGED : OK;
}

static void test_replay__tells_each_statement_after_it_was_run(void **state)
{
    struct visits visits = {.n = 0};

    (void)state;
    folder_write("1.sql", "-- first\nCREATE TABLE a (id integer);\n\nCREATE TABLE\n  b (id integer);\n");
    folder_write("2.sql", "DROP TABLE a;\n");
    assert_int_equal(run(note, &visits), OK);
    assert_string_equal(visits.text, "1.sql:2 CREATE TABLE a (id integer);\n"
                                     "1.sql:4 CREATE TABLE\n  b (id integer);\n"
                                     "2.sql:1 DROP TABLE a;\n");
}

static void test_replay__ends_when_the_visitor_wants_it(void **state)
{
    struct visits visits = {.stop_after = 2};

    (void)state;
    folder_write("1.sql", "CREATE TABLE a (id integer);\nCREATE TABLE b (id integer);\nCREATE TABLE c (id integer);\n");
    assert_int_equal(run(note, &visits), CHANGED);
    assert_int_equal(visits.n, 2);
    assert_false(db->in_transaction);
}

static void test_replay__names_file_and_line_of_a_failure(void **state)
{
    static const struct {
        const char *text;
        enum code code;
        const char *why;
    } rows[] = {
        {"CREATE TABLE a (id integer);\n\nCREATE TABEL b (id integer);\n", CONFLICT, "1_x.sql line 3: sqlite 1: near"},
        {"CREATE TABLE a (id integer);\nDROP TABLE none;\n", CONFLICT, "1_x.sql line 2: sqlite 1: no such table"},
        {"CREATE TABLE a (id integer UNIQUE);\nINSERT INTO a VALUES (1), (1);\n", CONFLICT, "1_x.sql line 2: sqlite"},
        {"CREATE TABLE a (id integer PRIMARY KEY, b integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
         "INSERT INTO a VALUES (1, 2);\n",
         CONFLICT, "1_x.sql: at its end: a row of table \"a\" would refer to no row of \"a\""},
        {"CREATE TABLE a (id text DEFAULT 'x);\n", MALFORMED, "1_x.sql: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        folder_write("1_x.sql", rows[i].text);
        assert_int_equal(run(NULL, NULL), rows[i].code);
        assert_memory_equal(context.error.detail, rows[i].why, strlen(rows[i].why));
        assert_false(db->in_transaction);
        db_close(db); /* and with it all that is in memory */
        assert_int_equal(count(TABLES), 0);
    }
}

static void test_replay__refuses_a_database_that_is_not_empty(void **state)
{
    (void)state;
    folder_write("1.sql", "DROP TABLE precious;\n");
    assert_int_equal(db_run(db, &context, "CREATE TABLE precious (id integer)"), OK);
    assert_int_equal(run(NULL, NULL), CONFLICT);
    assert_non_null(strstr(context.error.detail, "\"precious\""));
    assert_int_equal(count(TABLES), 1);
}

static enum code note_transaction(void *argument, const struct migration_file *file, const char *statement, size_t line)
{
    bool *inside = argument;

    (void)file;
    (void)statement;
    (void)line;
    *inside = db->in_transaction;
    return OK;
}

static void test_replay__runs_a_file_outside_a_transaction_when_it_says_so(void **state)
{
    bool inside = true;

    (void)state;
    folder_write("1.sql", "-- atlas:txmode none\n\nCREATE TABLE a (id integer);\n");
    assert_int_equal(run(note_transaction, &inside), OK);
    assert_false(inside);
}

/* A table that is made anew: its rows must outlive the old one, whether the file is a transaction or not. */
static void test_replay__lets_references_alone_as_an_application_would(void **state)
{
    static const char *const headers[] = {"", "-- atlas:txmode none\n\n"};
    char text[256];

    (void)state;
    folder_write("1.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n"
                          "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a ON DELETE CASCADE);\n"
                          "INSERT INTO a VALUES (1);\nINSERT INTO b VALUES (2, 1);\n");
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        snprintf(text, sizeof text,
                 "%sCREATE TABLE c (id integer PRIMARY KEY);\nINSERT INTO c SELECT id FROM a;\nDROP TABLE a;\n"
                 "ALTER TABLE c RENAME TO a;\n",
                 headers[i]);
        folder_write("2.sql", text);
        assert_int_equal(run(NULL, NULL), OK);
        assert_int_equal(count("SELECT id FROM b"), 1);
        db_close(db);
    }
}

static void test_replay__is_not_met_by_what_an_earlier_file_sets(void **state)
{
    (void)state;
    folder_write("1.sql",
                 "-- atlas:txmode none\n\nPRAGMA foreign_keys = OFF;\nCREATE TABLE a (id integer PRIMARY KEY);\n");
    folder_write("2.sql", "CREATE TABLE b (a integer REFERENCES a);\nINSERT INTO b VALUES (7);\n");
    assert_int_equal(run(NULL, NULL), CONFLICT);
    assert_string_equal(context.error.detail, "2.sql: at its end: a row of table \"b\" would refer to no row of \"a\"");
}

static void test_replay__sets_the_session_for_each_file_and_at_the_end(void **state)
{
    static const struct migrate_dialect plain = {.name = "fake", .transactional = true, .find_table = "FIND"};
    const struct db_options options = {.path = ""};

    (void)state;
    folder_write("1.sql", "SET a = 1;\n");
    folder_write("2.sql", "-- atlas:txmode none\n\nSET b = 2;\n");
    fake_db_reset();
    db = db_new(&arena, &fake_db_driver, &options);
    dialect = &plain;
    assert_int_equal(run(NULL, NULL), OK);
    assert_string_equal(fake_db_trace(), "connect, FIND, BEGIN, set session, SET a = 1;, COMMIT, "
                                         "set session, SET b = 2;, set session");
}

static void test_replay__refuses_what_an_application_would_not_begin(void **state)
{
    (void)state;
    folder_write("1.sql", "CREATE TABLE a (id integer);\nCOMMIT;\n");
    assert_int_equal(run(NULL, NULL), MALFORMED);
    assert_string_equal(context.error.detail, "1.sql: line 2: the file is one transaction already, unless its header "
                                              "says -- atlas:txmode none");
    assert_int_equal(count(TABLES), 0);
}

/* References are looked after again, as before the file. */
static void test_replay__leaves_a_database_that_can_go_on_after_a_failure(void **state)
{
    struct db_result result = {.n_rows = 0};

    (void)state;
    folder_write("1.sql", "CREATE TABLE a (id integer PRIMARY KEY);\nDROP TABLE none;\n");
    assert_int_equal(run(NULL, NULL), CONFLICT);
    assert_true(db->connected);
    assert_int_equal(db_execute(db, &context, DB_READ, "PRAGMA foreign_keys", NULL, 0, &result), OK);
    assert_int_equal(result.cells[0].integer, 1);
}

static void test_replay__refuses_to_go_to_another_database(void **state)
{
    static const char *const texts[] = {"USE fastapi;\n", "-- where the data is\nuse `fastapi`;\n",
                                        "Use/* x */fastapi;\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        folder_write("1.sql", texts[i]);
        assert_int_equal(run(NULL, NULL), MALFORMED);
        assert_non_null(strstr(context.error.detail, ": USE would leave the database"));
    }
    folder_write("1.sql", "CREATE TABLE used (use_it integer);\n");
    assert_int_equal(run(NULL, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replay__runs_all_files_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__starts_at_the_last_checkpoint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__tells_each_statement_after_it_was_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__ends_when_the_visitor_wants_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__names_file_and_line_of_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__refuses_a_database_that_is_not_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__runs_a_file_outside_a_transaction_when_it_says_so, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_replay__lets_references_alone_as_an_application_would, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__is_not_met_by_what_an_earlier_file_sets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__sets_the_session_for_each_file_and_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__refuses_what_an_application_would_not_begin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__leaves_a_database_that_can_go_on_after_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay__refuses_to_go_to_another_database, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
