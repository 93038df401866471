#ifndef DB_SERVER_H
#define DB_SERVER_H

/*
 * db_server.h: what the driver of every database server does, on the server that its variable names; see database.h.
 *
 * A test program defines `server`, the words in which that server is asked, and runs these cases and its own.
 */

#include "database.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "db_values.h"

struct server {
    const char *driver;
    const char *session;     /* the number of the session */
    const char *kill;        /* ends the session whose number follows */
    const char *is_there;    /* counts the sessions of the number that follows */
    const char *sleep;       /* for 5 seconds */
    const char *never_hurry; /* statements may take any time */
    const char *take_lock;   /* 1: the session has the named lock now, or had it before */
    const char *has_lock;    /* 1: it has it */
    const char *running;     /* the text of this very statement */
    const char *prepared;    /* how many statements the session has prepared and not given up */
    const char *settings;    /* in one text, of every setting that a dump changes */
    const char *dump[12];    /* changes each of them */
};

static const struct server server;

static struct arena server_arena;
static struct context server_context;
static struct arena *const arena = &server_arena;
static struct context *const context = &server_context;
static struct db *db;

static inline struct db_options place(void)
{
    return database_place(arena, database_find(server.driver));
}

static inline struct db *open_with(const struct db_options *options)
{
    return db_new(arena, db_driver_find(server.driver), options);
}

static inline struct db *open_db(int statement_timeout_ms)
{
    struct db_options options = place();

    options.statement_timeout_ms = statement_timeout_ms;
    return open_with(&options);
}

/* The statement with its parameters, each a `?`, as the server writes them. */
static inline const char *sql_of(const char *sql)
{
    const char *written = "";
    const char *mark;

    if (!db_driver_find(server.driver)->dialect->numbered)
        return sql;
    for (int n = 1; (mark = strchr(sql, '?')) != NULL; sql = mark + 1)
        written = arena_printf(arena, "%s%.*s$%d", written, (int)(mark - sql), sql, n++);
    return arena_printf(arena, "%s%s", written, sql);
}

static inline enum code execute_on(struct db *connection, enum db_kind kind, const char *sql)
{
    struct db_result result;

    return db_execute(connection, context, kind, sql, NULL, 0, &result);
}

static inline enum code execute(const char *sql)
{
    return execute_on(db, DB_WRITE, sql);
}

/* The only cell of the only row. */
static inline const struct db_value *cell_of(struct db *connection, const char *sql, enum db_type type)
{
    struct db_result result;

    if (db_execute(connection, context, DB_READ, sql, NULL, 0, &result) != OK)
        fail_msg("%s: %s", sql, context->error.native);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(result.cells[0].type, type);
    return &result.cells[0];
}

static inline int64_t integer_of(struct db *connection, const char *sql)
{
    return cell_of(connection, sql, DB_INTEGER)->integer;
}

static inline const char *text_of(struct db *connection, const char *sql)
{
    return cell_of(connection, sql, DB_TEXT)->text;
}

static const char child_table[] = "CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, parent_id bigint NOT NULL,"
                                  " FOREIGN KEY (parent_id) REFERENCES parent (id))";

static inline int setup(void **state)
{
    static const char *const statements[] = {
        "DROP TABLE IF EXISTS child, parent",
        "CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY, name varchar(5) NOT NULL UNIQUE, born date)",
        child_table,
        "INSERT INTO parent VALUES (1, 'one', '1929-10-21')",
        "INSERT INTO child VALUES (1, 1)",
    };

    (void)state;
    arena_init(arena, (size_t)64 << 20);
    context_init(context, arena, 0);
    db = open_db(5000);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        run_or_fail(context, db, statements[i]);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    run_or_fail(context, db, "DROP TABLE IF EXISTS child, parent");
    arena_release(arena);
    return 0;
}

/* --- values and results --- */

static inline void test_execute__returns_what_was_bound(void **state)
{
    (void)state;
    struct db_result result;
    static const char text[] = "caf\xc3\xa9 \xf0\x9f\x93\x9a 'quote' \"double\" back\\slash % _ trailing  ";
    char *long_text = arena_printf(arena, "%065535d", 7);
    const struct db_value values[] = {
        INTEGER(INT64_MAX), TEXT(text),  NOTHING,
        TEXT(""),           INTEGER(-1), {.type = DB_TEXT, .text = long_text, .size = 65535},
    };

    assert_int_equal(db_execute(db, context, DB_READ, sql_of("SELECT ?, ?, ?, ?, ?, ?"), values, 6, &result), OK);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(result.n_columns, 6);
    assert_int_equal(result.cells[0].integer, INT64_MAX);
    assert_int_equal(result.cells[1].size, sizeof text - 1);
    assert_string_equal(result.cells[1].text, text);
    assert_int_equal(result.cells[2].type, DB_NULL);
    assert_int_equal(result.cells[3].type, DB_TEXT);
    assert_string_equal(result.cells[3].text, "");
    assert_int_equal(result.cells[4].integer, -1);
    assert_string_equal(result.cells[5].text, long_text);
}

static inline void test_execute__reads_numbers_as_integers_and_all_else_as_text(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_READ,
                                "SELECT 7, COUNT(*), DATE '1974-05-01', CAST('1.50' AS DECIMAL(5,2)),"
                                " TIMESTAMP '2001-02-03 04:05:06', NULL FROM parent",
                                NULL, 0, &result),
                     OK);
    assert_int_equal(result.cells[0].integer, 7);
    assert_int_equal(result.cells[1].integer, 1);
    assert_string_equal(result.cells[2].text, "1974-05-01");
    assert_int_equal(result.cells[2].size, 10);
    assert_string_equal(result.cells[3].text, "1.50");
    assert_string_equal(result.cells[4].text, "2001-02-03 04:05:06");
    assert_int_equal(result.cells[5].type, DB_NULL);
}

static inline void test_execute__gives_many_rows_in_order(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_READ,
                                sql_of("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                                       "SELECT i, CONCAT('row ', i) FROM n ORDER BY i"),
                                VALUES(INTEGER(900)), &result),
                     OK);
    assert_int_equal(result.n_rows, 900);
    for (size_t i = 0; i < result.n_rows; i++)
        assert_string_equal(result.cells[i * 2 + 1].text, arena_printf(arena, "row %zu", i + 1));
}

static inline void test_execute__counts_the_rows_that_matched(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_WRITE, "UPDATE parent SET name = 'one'", NULL, 0, &result), OK);
    assert_int_equal(result.affected, 1);
    assert_int_equal(db_execute(db, context, DB_WRITE, "DELETE FROM child WHERE id = 9", NULL, 0, &result), OK);
    assert_int_equal(result.affected, 0);
}

/* --- failures --- */

/* A statement and the code it ends with. */
static const struct {
    const char *sql;
    enum code code;
} failures[] = {
    {"INSERT INTO parent VALUES (1, 'twin', NULL)", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'one', NULL)", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'longer than five', NULL)", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'two', 'no date')", CONFLICT},
    {"INSERT INTO parent VALUES (2, 'two', '0000-00-00')", CONFLICT},
    {"INSERT INTO parent VALUES (2, NULL, NULL)", CONFLICT},
    {"INSERT INTO child VALUES (2, 9)", NO_REFERENCE},
    {"UPDATE child SET parent_id = 9", NO_REFERENCE},
    {"DELETE FROM parent", CONFLICT},
    {"SELECT absent FROM nowhere", UNAVAILABLE},
    {"SELECT absent FROM parent", UNAVAILABLE},
    {"INSERT INTO nowhere VALUES (1)", UNAVAILABLE},
    {"INSERT INTO parent (id, absent) VALUES (2, 'two')", UNAVAILABLE},
    {"SELECT ?", INTERNAL},
    {"SELEKT", INTERNAL},
};

static inline void test_execute__names_every_failure(void **state)
{
    (void)state;
    int64_t session = integer_of(db, server.session);

    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (execute(sql_of(failures[i].sql)) != failures[i].code)
            fail_msg("%s: %s, %s", failures[i].sql, code_name(context->error.code), context->error.native);
        assert_string_not_equal(context->error.native, "");
        assert_string_equal(context->error.detail, "");
    }
    assert_int_equal(integer_of(db, server.session), session);
}

static inline void test_execute__says_when_memory_ends(void **state)
{
    (void)state;
    struct db_result result;
    const char *sql = sql_of("SELECT 'text', ?");

    for (size_t after = 1; after <= 3; after++) {
        arena->fail_after = after;
        assert_int_equal(db_execute(db, context, DB_READ, sql, VALUES(TEXT("b")), &result), NO_MEMORY);
    }
    arena->fail_after = 0;
    assert_int_equal(db_execute(db, context, DB_READ, sql, VALUES(TEXT("b")), &result), OK);
}

static inline void test_execute__survives_a_change_of_the_columns(void **state)
{
    (void)state;
    struct db_result result;

    assert_int_equal(db_execute(db, context, DB_READ, "SELECT * FROM parent", NULL, 0, &result), OK);
    assert_int_equal(result.n_columns, 3);
    run_or_fail(context, db, "ALTER TABLE parent ADD COLUMN more text");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_execute(db, context, DB_READ, "SELECT * FROM parent", NULL, 0, &result), OK);
        assert_int_equal(result.n_columns, 4);
    }
}

static inline void test_execute__works_beyond_the_statements_that_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 600; i++)
        assert_int_equal(execute(arena_printf(arena, "SELECT %d, 'text'", i % 300)), OK);
}

/* --- time --- */

static inline void test_execute__ends_a_statement_that_takes_too_long(void **state)
{
    (void)state;
    struct db *hasty = open_db(200);
    int64_t session = integer_of(hasty, server.session);

    assert_int_equal(execute_on(hasty, DB_READ, server.sleep), TIMED_OUT);
    assert_int_equal(integer_of(hasty, server.session), session);
}

static inline void test_execute__does_not_wait_for_a_silent_server_for_ever(void **state)
{
    (void)state;
    struct db *hasty = open_db(200);
    int64_t begin_ms = clock_ms();

    run_or_fail(context, hasty, server.never_hurry);
    assert_int_equal(execute_on(hasty, DB_READ, server.sleep), TIMED_OUT);
    assert_in_range(clock_ms() - begin_ms, 1000, 4000);
    assert_int_equal(execute_on(hasty, DB_READ, "SELECT 1"), OK);
}

/* --- lost connections --- */

/* Until the session has ended. */
static inline void await_end(struct db *other, int64_t session)
{
    const char *sql = arena_printf(arena, "%s %lld", server.is_there, (long long)session);
    int64_t until_ms = clock_ms() + 5000;

    while (integer_of(other, sql) > 0)
        assert_true(clock_ms() < until_ms);
}

/* Ends the connection under test, from outside. */
static inline void kill_connection(void)
{
    struct db *other = open_db(5000);
    int64_t session = integer_of(db, server.session);

    run_or_fail(context, other, arena_printf(arena, "%s %lld", server.kill, (long long)session));
    await_end(other, session);
}

static inline void test_killed_connection__costs_a_read_nothing(void **state)
{
    (void)state;
    assert_int_equal(execute_on(db, DB_READ, "SELECT id FROM parent"), OK);
    kill_connection();
    assert_int_equal(execute_on(db, DB_READ, "SELECT id FROM parent"), OK);
    assert_int_equal(context->error.code, OK);
}

static inline void test_killed_connection__costs_a_write_nothing_after_a_while(void **state)
{
    (void)state;
    kill_connection();
    db->used_ms = clock_ms() - 1500;
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
}

static inline void test_killed_connection__fails_a_write(void **state)
{
    (void)state;
    kill_connection();
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), UNAVAILABLE);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

static inline void test_killed_connection__ends_the_transaction(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, context), OK);
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
    kill_connection();
    assert_int_equal(execute_on(db, DB_READ, "SELECT 1"), UNAVAILABLE);
    assert_int_equal(execute("INSERT INTO parent VALUES (3, 'three', NULL)"), UNAVAILABLE);
    assert_int_equal(db_commit(db, context), UNAVAILABLE);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

/* --- transactions --- */

/* What a constraint refuses does not end the transaction, and takes nothing with it that was written before. */
static inline void test_transaction__goes_on_after_a_constraint(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, context), OK);
    for (int i = 2; i < 6; i++) {
        assert_int_equal(execute(arena_printf(arena, "INSERT INTO parent VALUES (%d, 'n %d', NULL)", i, i)), OK);
        assert_int_equal(execute("INSERT INTO parent VALUES (1, 'twin', NULL)"), CONFLICT);
        assert_int_equal(execute("INSERT INTO child VALUES (2, 9)"), NO_REFERENCE);
        assert_int_equal(execute("DELETE FROM parent WHERE id = 1"), CONFLICT);
        assert_int_equal(db_run(db, context, "INSERT INTO parent VALUES (1, 'twin', NULL)"), CONFLICT);
        assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), i);
    }
    assert_int_equal(db_commit(db, context), OK);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 5);
}

static inline void test_transaction__is_undone_by_any_other_failure(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, context), OK);
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
    assert_int_equal(execute("SELEKT"), INTERNAL);
    assert_int_equal(execute("INSERT INTO parent VALUES (3, 'three', NULL)"), INTERNAL);
    assert_int_equal(db_commit(db, context), INTERNAL);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

static inline void test_lock__held_by_another_is_contended(void **state)
{
    (void)state;
    struct db *other = open_db(5000);

    assert_int_equal(db_begin(db, context), OK);
    assert_int_equal(execute("SELECT id FROM parent WHERE id = 1 FOR UPDATE"), OK);
    assert_int_equal(db_begin(other, context), OK);
    assert_int_equal(execute_on(other, DB_WRITE, "INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
    assert_int_equal(execute_on(other, DB_READ, "SELECT id FROM parent WHERE id = 1 FOR UPDATE"), CONTENDED);
    assert_int_equal(execute_on(other, DB_READ, "SELECT 1"), CONTENDED);
    db_rollback(other, context);
    assert_int_equal(db_commit(db, context), OK);
    assert_int_equal(integer_of(other, "SELECT COUNT(*) FROM parent"), 1);
}

/* MySQL begins the result of such a search, unlike that of a primary key, before it waits for the lock. */
static inline void test_execute__runs_again_what_broke_off(void **state)
{
    static const char sql[] = "SELECT id FROM child WHERE parent_id = 1 FOR UPDATE";

    (void)state;
    struct db *other = open_db(5000);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_begin(other, context), OK);
        assert_int_equal(execute_on(other, DB_READ, sql), OK);
        db_rollback(other, context);
        assert_int_equal(db_begin(db, context), OK);
        assert_int_equal(execute(sql), OK);
        assert_int_equal(db_begin(other, context), OK);
        assert_int_equal(execute_on(other, DB_READ, sql), CONTENDED);
        db_rollback(other, context);
        db_rollback(db, context);
    }
    assert_int_equal(integer_of(other, sql), 1);
}

/* Takes a lock and, when the other one has its own, too, asks for that. */
static inline enum code lock_both(struct db *connection, int mine, int others, int tell, int hear)
{
    char byte = 0;
    enum code code = db_begin(connection, context);

    if (code == OK)
        code =
            execute_on(connection, DB_WRITE, arena_printf(arena, "UPDATE parent SET born = NULL WHERE id = %d", mine));
    if (code == OK && (write(tell, "x", 1) != 1 || read(hear, &byte, 1) != 1))
        code = INTERNAL;
    if (code == OK)
        code = execute_on(connection, DB_WRITE,
                          arena_printf(arena, "UPDATE parent SET born = NULL WHERE id = %d", others));
    if (code == OK)
        return db_commit(connection, context);
    db_rollback(connection, context);
    return code;
}

static inline void test_deadlock__is_contended_for_one_of_the_two(void **state)
{
    (void)state;
    struct db_options patient = place();
    int to_child[2], to_parent[2], status = 0;

    patient.lock_timeout_ms = 4000;
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
    assert_true(pipe(to_child) == 0 && pipe(to_parent) == 0);
    int64_t begin_ms = clock_ms();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(lock_both(open_with(&patient), 2, 1, to_parent[1], to_child[0]));
    enum code code = lock_both(open_with(&patient), 1, 2, to_child[1], to_parent[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(clock_ms() - begin_ms < 4000);
    assert_true(WIFEXITED(status));
    assert_true((code == OK && WEXITSTATUS(status) == CONTENDED) || (code == CONTENDED && WEXITSTATUS(status) == OK));
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(to_parent[i]);
    }
}

/* --- connecting --- */

/* Options that lead nowhere. */
static inline void test_connect__is_unavailable_where_it_is_not_let_in(void **state)
{
    (void)state;
    struct db_options right = place();
    struct db_options wrong[] = {right, right, right, right, right};

    wrong[0].password = "wrong";
    wrong[1].name = "no_such_database";
    wrong[2].host = "/nonexistent/socket";
    wrong[3].host = "no-such-host.invalid";
    wrong[4].host = "127.0.0.1";
    wrong[4].port = 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(db_ping(open_with(&wrong[i]), context), UNAVAILABLE);
        assert_string_not_equal(context->error.native, "");
        assert_null(strchr(context->error.native, '\n'));
    }
}

static inline int lowest_free_descriptor(void)
{
    int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);

    close(descriptor);
    return descriptor;
}

static inline void test_connect__leaves_no_connection_behind(void **state)
{
    (void)state;
    struct db_options options = place();
    struct db_options wrong = options;

    wrong.password = "wrong";
    assert_int_equal(db_ping(db, context), OK);
    int before = lowest_free_descriptor();
    for (int i = 0; i < 5; i++) {
        struct db *good = open_with(&options);
        assert_int_equal(db_ping(good, context), OK);
        db_close(good);
        assert_int_equal(db_ping(open_with(&wrong), context), UNAVAILABLE);
    }
    assert_int_equal(lowest_free_descriptor(), before);
}

static inline void test_connect__says_when_memory_ends(void **state)
{
    (void)state;
    enum code code = NO_MEMORY;
    size_t after = 0;

    while (code == NO_MEMORY) {
        db_close(db);
        db->retry_at_ms = 0;
        arena->fail_after = ++after;
        code = db_ping(db, context);
    }
    arena->fail_after = 0;
    assert_int_equal(code, OK);
    assert_true(after > 1);
}

/* --- the session --- */

static inline const char *settings_of(struct db *connection)
{
    return text_of(connection, server.settings);
}

/* Sets the session otherwise, and sees that each statement does something. */
static inline void run_dump(void)
{
    for (size_t i = 0; server.dump[i]; i++) {
        const char *before = settings_of(db);
        run_or_fail(context, db, server.dump[i]);
        if (strcmp(settings_of(db), before) == 0)
            fail_msg("changes nothing: %s", server.dump[i]);
    }
}

static inline void test_reset_session__undoes_what_a_dump_sets(void **state)
{
    (void)state;
    const char *fresh = settings_of(db);

    run_dump();
    assert_int_equal(db_reset_session(db, context), OK);
    assert_string_equal(settings_of(db), fresh);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

static inline void test_reset_session__undoes_what_is_set_without_our_limits(void **state)
{
    (void)state;
    struct db_options options = place();

    options.statement_timeout_ms = options.lock_timeout_ms = 0;
    db = open_with(&options);
    test_reset_session__undoes_what_a_dump_sets(state);
}

static inline void test_reset_session__keeps_the_locks(void **state)
{
    (void)state;
    int64_t session = integer_of(db, server.session);

    assert_int_equal(integer_of(db, server.take_lock), 1);
    run_dump();
    assert_int_equal(db_reset_session(db, context), OK);
    assert_int_equal(integer_of(db, server.has_lock), 1);
    assert_int_equal(integer_of(db, server.session), session);
}

static inline void test_reset_session__keeps_the_transaction(void **state)
{
    (void)state;
    const char *fresh = settings_of(db);
    struct db *other = open_db(5000);

    assert_int_equal(db_begin(db, context), OK);
    assert_int_equal(execute("INSERT INTO parent VALUES (2, 'two', NULL)"), OK);
    run_dump();
    assert_int_equal(db_reset_session(db, context), OK);
    assert_string_equal(settings_of(db), fresh);
    assert_int_equal(integer_of(other, "SELECT COUNT(*) FROM parent"), 1);
    assert_int_equal(execute("INSERT INTO parent VALUES (3, 'three', NULL)"), OK);
    db_rollback(db, context);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

static inline void test_reset_session__says_when_the_connection_is_gone(void **state)
{
    (void)state;
    kill_connection();
    assert_int_equal(db_reset_session(db, context), UNAVAILABLE);
    assert_int_equal(db_reset_session(db, context), OK);
    assert_int_equal(integer_of(db, "SELECT COUNT(*) FROM parent"), 1);
}

/* --- traces --- */

#define A_TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static inline void test_trace__is_in_the_text_that_the_server_has(void **state)
{
    (void)state;
    context->trace = A_TRACE;
    const char *traced = text_of(db, server.running);
    context->trace = NULL;
    assert_string_equal(text_of(db, server.running), server.running);
    assert_string_equal(traced, arena_printf(arena, "%s /*traceparent='" A_TRACE "'*/", server.running));
}

/* The statement without a trace is kept, which it could not be if the others were. */
static inline void test_trace__leaves_no_statement_behind(void **state)
{
    (void)state;
    struct db_result result;
    const char *sql = sql_of("SELECT name FROM parent WHERE id = ?");
    int64_t before = integer_of(db, server.prepared);

    for (int i = 1; i <= 1000; i++) {
        context->trace = arena_printf(arena, "00-%032x-%016x-01", i, i);
        assert_int_equal(db_execute(db, context, DB_READ, sql, VALUES(INTEGER(1)), &result), OK);
        assert_string_equal(result.cells[0].text, "one");
    }
    context->trace = NULL;
    assert_int_equal(integer_of(db, server.prepared), before);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_execute(db, context, DB_READ, sql, VALUES(INTEGER(1)), &result), OK);
        assert_int_equal(integer_of(db, server.prepared), before + 1);
    }
}

static inline int setup_traced(void **state)
{
    int status = setup(state);

    context->trace = A_TRACE;
    return status;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* The same case with a trace, which must change nothing. */
#define TRACED(name)                                                                                                   \
    {                                                                                                                  \
        "traced: " #name, name, setup_traced, teardown, NULL                                                           \
    }

/* The cases of this file, for the list of a program. */
#define SERVER_TESTS                                                                                                   \
    TEST(test_execute__returns_what_was_bound), TEST(test_execute__reads_numbers_as_integers_and_all_else_as_text),    \
        TEST(test_execute__gives_many_rows_in_order), TEST(test_execute__counts_the_rows_that_matched),                \
        TEST(test_execute__names_every_failure), TEST(test_execute__says_when_memory_ends),                            \
        TEST(test_execute__survives_a_change_of_the_columns),                                                          \
        TEST(test_execute__works_beyond_the_statements_that_are_kept),                                                 \
        TEST(test_execute__ends_a_statement_that_takes_too_long),                                                      \
        TEST(test_execute__does_not_wait_for_a_silent_server_for_ever),                                                \
        TEST(test_killed_connection__costs_a_read_nothing),                                                            \
        TEST(test_killed_connection__costs_a_write_nothing_after_a_while),                                             \
        TEST(test_killed_connection__fails_a_write), TEST(test_killed_connection__ends_the_transaction),               \
        TEST(test_transaction__goes_on_after_a_constraint), TEST(test_transaction__is_undone_by_any_other_failure),    \
        TEST(test_lock__held_by_another_is_contended), TEST(test_execute__runs_again_what_broke_off),                  \
        TEST(test_deadlock__is_contended_for_one_of_the_two),                                                          \
        TEST(test_connect__is_unavailable_where_it_is_not_let_in), TEST(test_connect__leaves_no_connection_behind),    \
        TEST(test_connect__says_when_memory_ends), TEST(test_reset_session__undoes_what_a_dump_sets),                  \
        TEST(test_reset_session__undoes_what_is_set_without_our_limits), TEST(test_reset_session__keeps_the_locks),    \
        TEST(test_reset_session__keeps_the_transaction), TEST(test_reset_session__says_when_the_connection_is_gone),   \
        TEST(test_trace__is_in_the_text_that_the_server_has), TEST(test_trace__leaves_no_statement_behind),            \
        TRACED(test_execute__returns_what_was_bound), TRACED(test_execute__gives_many_rows_in_order),                  \
        TRACED(test_execute__counts_the_rows_that_matched), TRACED(test_execute__names_every_failure),                 \
        TRACED(test_execute__survives_a_change_of_the_columns), TRACED(test_killed_connection__costs_a_read_nothing),  \
        TRACED(test_transaction__goes_on_after_a_constraint), TRACED(test_transaction__is_undone_by_any_other_failure)

/* The result is that of main(). */
#define server_run_tests(tests)                                                                                        \
    (database_missing(database_find(server.driver))                                                                    \
         ? report_left_out(server.driver, database_missing(database_find(server.driver)))                              \
         : cmocka_run_group_tests(tests, NULL, NULL))

#endif
