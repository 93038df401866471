/* db_sqlite_test.c: SQLite behind the driver's table, on a file of its own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "db_values.h"
#include "driver/db.h"

static char folder[] = "/tmp/db_sqlite_test.XXXXXX";
static char path[64];
static struct arena arena;
static struct context context;
static struct db *db;

static struct db *open_db(void)
{
    return db_new(&arena, db_driver_find("sqlite"), &(struct db_options){.path = path, .lock_timeout_ms = 20});
}

static int setup_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/test.db", folder);
    arena_init(&arena, (size_t)64 << 20);
    context_init(&context, &arena, 0);
    if (!(db = open_db()))
        return -1;
    return db_run(db, &context,
                  "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
                  "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES parent (id));"
                  "INSERT INTO parent VALUES (1, 'one');"
                  "INSERT INTO child VALUES (1, 1)") == OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    unlink(path);
    return 0;
}

static enum code execute(const char *sql)
{
    struct db_result result;

    return db_execute(db, &context, DB_WRITE, sql, NULL, 0, &result);
}

static void test_execute__returns_what_was_bound(void **state)
{
    (void)state;
    struct db_result result;
    static const char text[] = "caf\xc3\xa9 \xf0\x9f\x93\x9a 'quote' \"double\" back\\slash % _ trailing  ";

    assert_int_equal(db_execute(db, &context, DB_READ, "SELECT ?, ?, ?, ?, ?",
                                VALUES(INTEGER(INT64_MAX), TEXT(text), NOTHING, TEXT(""), INTEGER(-1)), &result),
                     OK);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(result.n_columns, 5);
    assert_int_equal(result.cells[0].type, DB_INTEGER);
    assert_int_equal(result.cells[0].integer, INT64_MAX);
    assert_int_equal(result.cells[1].type, DB_TEXT);
    assert_int_equal(result.cells[1].size, sizeof text - 1);
    assert_string_equal(result.cells[1].text, text);
    assert_int_equal(result.cells[2].type, DB_NULL);
    assert_string_equal(result.cells[3].text, "");
    assert_int_equal(result.cells[4].integer, -1);
}

static void test_execute__says_what_an_insert_did(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(
        db_execute(db, &context, DB_WRITE, "INSERT INTO parent (name) VALUES (?)", VALUES(TEXT("two")), &result), OK);
    assert_int_equal(result.inserted_id, 2);
    assert_int_equal(result.affected, 1);
    assert_int_equal(db_execute(db, &context, DB_WRITE, "UPDATE parent SET name = name", NULL, 0, &result), OK);
    assert_int_equal(result.affected, 2);
    assert_int_equal(db_execute(db, &context, DB_READ, "SELECT id FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 2);
    assert_int_equal(result.affected, 0);
}

static void test_execute__gives_many_rows_in_order(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, &context, DB_READ,
                                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                                "SELECT i, 'row ' || i FROM n",
                                VALUES(INTEGER(5000)), &result),
                     OK);
    assert_int_equal(result.n_rows, 5000);
    for (size_t i = 0; i < result.n_rows; i++)
        assert_int_equal(result.cells[i * 2].integer, i + 1);
    assert_string_equal(result.cells[9999].text, "row 5000");
}

/* A statement and the code it ends with. */
static const struct {
    const char *sql;
    enum code code;
} failures[] = {
    {"INSERT INTO parent VALUES (1, 'twin')", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'one')", CONFLICT},
    {"INSERT INTO child (parent_id) VALUES (NULL)", CONFLICT},
    {"INSERT INTO child (parent_id) VALUES (9)", NO_REFERENCE},
    {"UPDATE child SET parent_id = 9", NO_REFERENCE},
    {"DELETE FROM parent", CONFLICT},
    {"SELECT absent FROM nowhere", UNAVAILABLE},
    {"SELECT absent FROM parent", UNAVAILABLE},
    {"INSERT INTO nowhere VALUES (1)", UNAVAILABLE},
    {"INSERT INTO parent (id, absent) VALUES (2, 'two')", UNAVAILABLE},
    {"SELEKT", INTERNAL},
    {"SELECT ?", INTERNAL},
    {"", INTERNAL},
};

static void test_execute__names_every_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        assert_int_equal(execute(failures[i].sql), failures[i].code);
        assert_int_equal(context.error.code, failures[i].code);
        assert_string_not_equal(context.error.native, "");
        assert_string_equal(context.error.detail, "");
    }
}

static void test_execute__says_when_memory_ends(void **state)
{
    (void)state;
    for (size_t after = 1; after <= 2; after++) {
        arena.fail_after = after;
        assert_int_equal(execute("SELECT 'text'"), NO_MEMORY);
    }
    assert_int_equal(execute("SELECT 'text'"), OK);
}

static void test_execute__is_interrupted_at_the_deadline(void **state)
{
    (void)state;
    int64_t begin_ms = clock_ms();

    context.deadline_ms = begin_ms + 50;
    assert_int_equal(execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"),
                     TIMED_OUT);
    assert_in_range(clock_ms() - begin_ms, 40, 2000);
    context.deadline_ms = 0;
    assert_int_equal(execute("SELECT 1"), OK);
}

static void test_execute__survives_a_change_of_the_schema(void **state)
{
    (void)state;
    assert_int_equal(execute("SELECT id, name FROM parent"), OK);
    assert_int_equal(db_run(db, &context, "ALTER TABLE parent ADD COLUMN more TEXT"), OK);
    assert_int_equal(execute("SELECT id, name FROM parent"), OK);
}

static void test_execute__works_beyond_the_statements_that_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 600; i++)
        assert_int_equal(execute(arena_printf(&arena, "SELECT %d", i % 300)), OK);
}

static void test_begin__is_contended_while_another_writes(void **state)
{
    (void)state;
    struct db *other = open_db();
    struct db_result result;

    assert_int_equal(db_begin(db, &context), OK);
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two')"), OK);
    assert_int_equal(db_begin(other, &context), CONTENDED);
    assert_int_equal(db_run(other, &context, "DELETE FROM child"), CONTENDED);
    assert_int_equal(db_execute(other, &context, DB_READ, "SELECT id FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(db_commit(db, &context), OK);
    assert_int_equal(db_execute(other, &context, DB_READ, "SELECT id FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 2);
}

static void test_rollback__leaves_nothing_behind(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_begin(db, &context), OK);
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two')"), OK);
    db_rollback(db, &context);
    assert_int_equal(db_execute(db, &context, DB_READ, "SELECT id FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 1);
}

static void test_transaction__that_was_interrupted_does_not_go_on(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_begin(db, &context), OK);
    context.deadline_ms = clock_ms() + 30;
    assert_int_equal(
        execute("INSERT INTO parent (name) WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n) "
                "SELECT i FROM n"),
        TIMED_OUT);
    context.deadline_ms = 0;
    assert_int_equal(execute("INSERT INTO parent (name) VALUES ('late')"), TIMED_OUT);
    db_rollback(db, &context);
    assert_int_equal(db_execute(db, &context, DB_READ, "SELECT id FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 1);
}

static void test_connect__is_unavailable_where_there_is_no_folder(void **state)
{
    (void)state;
    struct db_options options = {.path = "/nonexistent/folder/test.db"};
    struct db *nowhere = db_new(&arena, db_driver_find("sqlite"), &options);

    assert_int_equal(db_ping(nowhere, &context), UNAVAILABLE);
    assert_non_null(strstr(context.error.native, options.path));
}

static void test_connect__is_unavailable_on_a_file_of_another_kind(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/other.db", folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 200; i++)
        fputs("this is no database ", file);
    fclose(file);
    struct db *other = open_db();

    assert_int_equal(db_ping(other, &context), UNAVAILABLE);
    unlink(path);
    snprintf(path, sizeof path, "%s/test.db", folder);
}

static void test_check__sees_that_the_file_was_replaced(void **state)
{
    (void)state;
    assert_int_equal(db_ping(db, &context), OK);
    assert_true(db->driver->check(db));
    unlink(path);
    assert_false(db->driver->check(db));
    assert_int_equal(db_ping(db, &context), OK);
    assert_int_equal(execute("SELECT id FROM parent"), UNAVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void test_connect__leaves_an_absent_file_absent_when_told_so(void **state)
{
    (void)state;
    struct db_result result;
    char absent[80];

    snprintf(absent, sizeof absent, "%s.absent", path);
    const struct db_options options[] = {{.path = absent, .untouched = true}, {.path = path, .untouched = true}};
    struct db *in_memory = db_new(&arena, db_driver_find("sqlite"), &options[0]);
    struct db *in_file = db_new(&arena, db_driver_find("sqlite"), &options[1]);
    assert_int_equal(db_execute(in_memory, &context, DB_READ, "SELECT * FROM sqlite_schema", NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 0);
    assert_int_not_equal(access(absent, F_OK), 0);
    assert_int_equal(db_execute(in_file, &context, DB_READ, "SELECT * FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_rows, 1);
}

static void test_reset_session__leaves_the_references_as_they_are(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_run(db, &context, "PRAGMA foreign_keys = OFF"), OK);
    assert_int_equal(db_reset_session(db, &context), OK);
    assert_int_equal(db_execute(db, &context, DB_READ, "PRAGMA foreign_keys", NULL, 0, &result), OK);
    assert_int_equal(result.cells[0].integer, 0);
}

/* --- traces --- */

#define A_TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define COMMENT " /*traceparent='" A_TRACE "'*/"

/* What SQLite is asked, by way of a hook that it calls for each connection that is opened. */
static char heard[1024];
static sqlite3 *listened_to;

static int hear(unsigned event, void *argument, void *statement, void *text)
{
    size_t used = strlen(heard);

    (void)event, (void)argument, (void)text;
    snprintf(heard + used, sizeof heard - used, "%s\n", sqlite3_sql(statement));
    return 0;
}

static int listen_to(sqlite3 *handle, char **error, const struct sqlite3_api_routines *api)
{
    (void)error, (void)api;
    listened_to = handle;
    return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, hear, NULL);
}

static int setup_listening(void **state)
{
    sqlite3_auto_extension((void (*)(void))listen_to);
    int status = setup(state);
    heard[0] = '\0';
    return status;
}

static int teardown_listening(void **state)
{
    sqlite3_cancel_auto_extension((void (*)(void))listen_to);
    return teardown(state);
}

static size_t count_prepared(void)
{
    size_t n = 0;

    for (sqlite3_stmt *at = sqlite3_next_stmt(listened_to, NULL); at; at = sqlite3_next_stmt(listened_to, at))
        n++;
    return n;
}

static void test_trace__is_in_the_text_that_sqlite_has(void **state)
{
    (void)state;
    struct db_result result;
    static const char insert[] = "INSERT INTO parent (name) VALUES (?)";

    context.trace = A_TRACE;
    assert_int_equal(db_begin(db, &context), OK);
    assert_int_equal(db_execute(db, &context, DB_WRITE, insert, VALUES(TEXT("two")), &result), OK);
    assert_int_equal(result.inserted_id, 2);
    assert_int_equal(result.affected, 1);
    assert_int_equal(db_commit(db, &context), OK);
    context.trace = NULL;
    assert_int_equal(execute("SELECT 1"), OK);
    assert_string_equal(heard, "BEGIN IMMEDIATE" COMMENT "\n"
                               "INSERT INTO parent (name) VALUES (?)" COMMENT "\n"
                               "COMMIT" COMMENT "\n"
                               "SELECT 1\n");
}

/* The statement without a trace is kept, which it could not be if the others were. */
static void test_trace__leaves_no_statement_behind(void **state)
{
    (void)state;
    struct db_result result;
    static const char sql[] = "SELECT name FROM parent WHERE id = ?";

    for (int i = 1; i <= 1000; i++) {
        context.trace = arena_printf(&arena, "00-%032x-%016x-01", i, i);
        assert_int_equal(db_execute(db, &context, DB_READ, sql, VALUES(INTEGER(1)), &result), OK);
        assert_string_equal(result.cells[0].text, "one");
    }
    assert_int_equal(count_prepared(), 0);
    context.trace = NULL;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_execute(db, &context, DB_READ, sql, VALUES(INTEGER(1)), &result), OK);
        assert_int_equal(count_prepared(), 1);
    }
}

static int setup_traced(void **state)
{
    int status = setup(state);

    context.trace = A_TRACE;
    return status;
}

#define LISTENING(name) cmocka_unit_test_setup_teardown(name, setup_listening, teardown_listening)

/* The same case with a trace, which must change nothing. */
#define TRACED(name)                                                                                                   \
    {                                                                                                                  \
        "traced: " #name, name, setup_traced, teardown, NULL                                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_execute__returns_what_was_bound),
        TEST(test_execute__says_what_an_insert_did),
        TEST(test_execute__gives_many_rows_in_order),
        TEST(test_execute__names_every_failure),
        TEST(test_execute__says_when_memory_ends),
        TEST(test_execute__is_interrupted_at_the_deadline),
        TEST(test_execute__survives_a_change_of_the_schema),
        TEST(test_execute__works_beyond_the_statements_that_are_kept),
        TEST(test_begin__is_contended_while_another_writes),
        TEST(test_rollback__leaves_nothing_behind),
        TEST(test_transaction__that_was_interrupted_does_not_go_on),
        TEST(test_connect__is_unavailable_where_there_is_no_folder),
        TEST(test_connect__is_unavailable_on_a_file_of_another_kind),
        TEST(test_check__sees_that_the_file_was_replaced),
        TEST(test_connect__leaves_an_absent_file_absent_when_told_so),
        TEST(test_reset_session__leaves_the_references_as_they_are),
        LISTENING(test_trace__is_in_the_text_that_sqlite_has),
        LISTENING(test_trace__leaves_no_statement_behind),
        TRACED(test_execute__returns_what_was_bound),
        TRACED(test_execute__says_what_an_insert_did),
        TRACED(test_execute__gives_many_rows_in_order),
        TRACED(test_execute__names_every_failure),
        TRACED(test_execute__survives_a_change_of_the_schema),
        TRACED(test_rollback__leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, setup_folder, teardown_folder);
}
