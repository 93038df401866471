/* file_apply_test.c: files whose statements are noted one by one, on SQLite; and what becomes of notes when the
 * connection goes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fake_db.h"
#include "migrate/dialect.h"
#include "migrate/file_apply.h"
#include "migrate/revision.h"
#include "migrate/schema_state.h"
#include "sqlite_folder.h"

#define NONE "-- atlas:txmode none\n\n"

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

static const char *note(void)
{
    return query("SELECT applied || '/' || total || ' ' || error || '|' || error_stmt FROM atlas_schema_revisions");
}

/* Writes into the revision what is there when a run was cut off in this statement. */
static void cut_off(const char *statement)
{
    char sum[HASH_TEXT_SIZE];
    assert_int_equal(schema_state_read(&context, db, migrate_dialect_find("sqlite"), sum), OK);
    run(arena_printf(&arena, "UPDATE atlas_schema_revisions SET error = '%s%s', error_stmt = '%s'", REVISION_BEGUN, sum,
                     statement));
}

/* A file of which the first statement is done and the second failed. */
static void stop_in_the_middle(const char *first, const char *second)
{
    folder_write("1_a.sql", arena_printf(&arena, NONE "%s\nSELEC;", first));
    assert_int_equal(apply(), CONFLICT);
    folder_write("1_a.sql", arena_printf(&arena, NONE "%s\n%s\nCREATE TABLE last (id integer);", first, second));
}

static void test_file_apply__notes_each_statement(void **state)
{
    (void)state;
    folder_write("1_a.sql", NONE "CREATE TABLE a (id integer); INSERT INTO a VALUES (1); SELEC;");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(note(), "2/3 sqlite 1: near \"SELEC\": syntax error|SELEC;");
    assert_string_equal(query("SELECT json_array_length(partial_hashes) FROM atlas_schema_revisions"), "2");
    folder_write("1_a.sql", NONE "CREATE TABLE a (id integer); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);");
    assert_int_equal(apply(), OK);
    assert_string_equal(note(), "3/3 |");
    assert_string_equal(query("SELECT count(*) FROM a"), "2");
}

static void test_file_apply__takes_a_failed_change_of_rows_back(void **state)
{
    (void)state;
    folder_write("1_a.sql", NONE "CREATE TABLE a (id integer PRIMARY KEY); INSERT INTO a VALUES (1), (2), (1);");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(query("SELECT count(*) FROM a"), "0");
    assert_string_equal(query("SELECT applied FROM atlas_schema_revisions"), "1");
}

static void test_file_apply__counts_a_cut_statement_that_took_effect_as_done(void **state)
{
    (void)state;
    stop_in_the_middle("CREATE TABLE a (id integer);", "ALTER TABLE a ADD COLUMN b integer;");
    cut_off("ALTER TABLE a ADD COLUMN b integer;");
    run("ALTER TABLE a ADD COLUMN b integer");
    assert_true(status().cut);
    assert_int_equal(apply(), OK);
    assert_string_equal(note(), "3/3 |");
    assert_false(status().cut);
}

static void test_file_apply__runs_a_cut_statement_again_that_took_no_effect(void **state)
{
    (void)state;
    stop_in_the_middle("CREATE TABLE a (id integer);", "ALTER TABLE a ADD COLUMN b integer;");
    cut_off("ALTER TABLE a ADD COLUMN b integer;");
    assert_int_equal(apply(), OK);
    assert_string_equal(note(), "3/3 |");
    assert_string_equal(query("SELECT count(b) FROM a"), "0");
}

static void test_file_apply__refuses_when_a_cut_statement_took_effect_and_was_edited(void **state)
{
    (void)state;
    stop_in_the_middle("CREATE TABLE a (id integer);", "ALTER TABLE a ADD COLUMN c integer;");
    cut_off("ALTER TABLE a ADD COLUMN b integer;");
    run("ALTER TABLE a ADD COLUMN b integer");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "history changed: statement 2 from file \"1_a.sql\" changed");
    assert_true(status().cut);
}

static void test_file_apply__tells_the_session_again_what_it_was_told(void **state)
{
    (void)state;
    stop_in_the_middle("PRAGMA case_sensitive_like = 1;", "CREATE TABLE a AS SELECT 'a' LIKE 'A' AS same;");
    db = open_db();
    assert_int_equal(apply(), OK);
    assert_string_equal(query("SELECT same FROM a"), "0");
}

static void test_file_apply__notes_in_a_transaction_of_the_file(void **state)
{
    (void)state;
    folder_write("1_a.sql", NONE "CREATE TABLE a (id integer); BEGIN; INSERT INTO a VALUES (1); SELEC; COMMIT;");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(query("SELECT applied FROM atlas_schema_revisions"), "1");
    assert_string_equal(query("SELECT count(*) FROM a"), "0");
    folder_write("1_a.sql", NONE "CREATE TABLE a (id integer); BEGIN; INSERT INTO a VALUES (1); COMMIT; "
                                 "INSERT INTO a VALUES (2); BEGIN; INSERT INTO a VALUES (3); ROLLBACK;");
    assert_int_equal(apply(), OK);
    assert_string_equal(note(), "8/8 |");
    assert_string_equal(query("SELECT group_concat(id) FROM a"), "1,2");
}

static void test_file_apply__refuses_a_transaction_in_a_file_that_is_one(void **state)
{
    (void)state;
    folder_write("1_a.sql", "CREATE TABLE a (id integer);\nCOMMIT;\n");
    assert_int_equal(apply(), MALFORMED);
    assert_string_equal(context.error.detail, "1_a.sql: line 2: the file is one transaction already, unless its header "
                                              "says -- atlas:txmode none");
    assert_int_equal(apply_with(&(struct migrate_options){.dry_run = true}), MALFORMED);
    assert_int_equal(apply_with(&(struct migrate_options){.transactions = TRANSACTION_NONE}), CONFLICT);
}

static const struct block_case {
    const char *text;
    const char *detail; /* NULL: it is applied */
} blocks[] = {
    {"CREATE TABLE a (id integer);\nBEGIN;\nINSERT INTO a VALUES (1);",
     "1_a.sql: line 4: a transaction that the file does not end"},
    {"BEGIN; SELECT 1;\nCOMMIT; BEGIN; SELECT 1;", "1_a.sql: line 4: a transaction that the file does not end"},
    {"BEGIN;\nBEGIN; COMMIT;", "1_a.sql: line 4: a transaction begins inside a transaction"},
    {"BEGIN; COMMIT AND CHAIN; COMMIT;", "1_a.sql: line 3: AND CHAIN begins a transaction unseen"},
    {"BEGIN; SAVEPOINT a; SELECT 1; ROLLBACK TO a; SELECT 1; COMMIT;", NULL},
    {"BEGIN; SELECT 1; ROLLBACK; CREATE TABLE a (id integer);", NULL},
};

static void test_file_apply__refuses_a_transaction_that_the_file_does_not_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        folder_write("1_a.sql", arena_printf(&arena, "-- atlas:txmode none\n\n%s", blocks[i].text));
        assert_int_equal(apply(), blocks[i].detail ? MALFORMED : OK);
        if (blocks[i].detail)
            assert_string_equal(context.error.detail, blocks[i].detail);
        run("DROP TABLE IF EXISTS atlas_schema_revisions");
    }
}

static void count_skipped(void *argument, size_t n)
{
    *(size_t *)argument = n;
}

static void test_file_apply__tells_how_many_statements_were_done_before(void **state)
{
    size_t n = 0;
    const struct migrate_observer observer = {.skipped = count_skipped, .argument = &n};
    (void)state;
    stop_in_the_middle("CREATE TABLE a (id integer);", "CREATE TABLE b (id integer);");
    assert_int_equal(apply_observed(NULL, &observer), OK);
    assert_int_equal(n, 1);
}

/* One file, on a database where nothing can be rolled back. */
static const char *run_on_fake_from(const struct revision *begun, const char *statement, const enum code *codes,
                                    size_t n, bool lost, enum code *ret_code)
{
    static const struct migrate_dialect dialect = {.name = "fake", .state = "STATE", .utc = "", .lock_held = "HELD"};
    static const struct db_value one = {.type = DB_INTEGER, .integer = 1};
    const struct migration_file file = {
        .name = "1.sql", .version = "1", .description = "", .text = statement, .size = strlen(statement), .hash = "h"};
    struct db *fake = db_new(&arena, &fake_db_driver, &db->options);
    const struct revision_table table = {.db = fake, .dialect = &dialect};
    const struct file_run file_run = {.db = fake, .dialect = &dialect, .table = &table, .file = &file, .begun = begun};
    fake_db_reset();
    fake_db_set_result(
        &(struct db_result){.cells = (struct db_value[]){one}, .n_rows = 1, .n_columns = 1, .affected = 1});
    for (size_t i = 0; i < n; i++)
        fake_db_plan(codes[i], lost && i == n - 1);
    *ret_code = file_apply(&context, &file_run);
    return fake_db_trace();
}

static const char *run_on_fake(const char *statement, const enum code *codes, size_t n, bool lost, enum code *ret_code)
{
    return run_on_fake_from(NULL, statement, codes, n, lost, ret_code);
}

static size_t count_updates(const char *trace)
{
    size_t n = 0;
    while ((trace = strstr(trace, "UPDATE atlas_schema_revisions"))) {
        trace++;
        n++;
    }
    return n;
}

static void test_file_apply__keeps_the_note_when_the_connection_goes_with_the_statement(void **state)
{
    /* connect, INSERT of the revision, STATE, UPDATE that notes the beginning, HELD, and the statement */
    const enum code lost[] = {OK, OK, OK, OK, OK, UNAVAILABLE};
    const enum code failed[] = {OK, OK, OK, OK, OK, INTERNAL};
    enum code code;
    (void)state;
    assert_int_equal(count_updates(run_on_fake("CREATE x;", lost, 6, true, &code)), 1);
    assert_int_equal(code, UNAVAILABLE);
    assert_int_equal(count_updates(run_on_fake("CREATE x;", failed, 6, false, &code)), 2);
    assert_int_equal(code, CONFLICT);
    assert_int_equal(count_updates(run_on_fake("CREATE x;", NULL, 0, false, &code)), 2);
    assert_int_equal(code, OK);
}

static void test_file_apply__is_undone_with_its_note_when_the_commit_fails(void **state)
{
    /* connect, INSERT, BEGIN, HELD, the statement, UPDATE, COMMIT */
    const enum code codes[] = {OK, OK, OK, OK, OK, OK, CONTENDED};
    enum code code;
    (void)state;
    assert_non_null(strstr(run_on_fake("UPDATE x;", codes, 7, false, &code), "COMMIT, ROLLBACK, UPDATE atlas"));
    assert_int_equal(code, CONTENDED);
}

static void test_file_apply__runs_what_may_commit_with_a_note_before_and_after(void **state)
{
    enum code code;
    const char *trace = run_on_fake("CALL fill();", NULL, 0, false, &code);
    (void)state;
    assert_int_equal(code, OK);
    assert_int_equal(count_updates(trace), 2);
    assert_non_null(strstr(trace, "BEGIN, HELD, CALL fill();, UPDATE atlas"));
}

static void test_file_apply__keeps_the_note_when_the_one_after_what_may_commit_fails(void **state)
{
    /* connect, INSERT, STATE, UPDATE, BEGIN, HELD, the statement, and the note of its end */
    const enum code codes[] = {OK, OK, OK, OK, OK, OK, OK, INTERNAL};
    enum code code;
    (void)state;
    assert_int_equal(count_updates(run_on_fake("CALL fill();", codes, 8, false, &code)), 2);
    assert_int_equal(code, CONFLICT);
}

/* The sum of the fake database's schema, which never changes. */
static const char *begun_on_fake(void)
{
    static const struct migrate_dialect dialect = {.name = "fake", .state = "STATE"};
    char sum[HASH_TEXT_SIZE];
    fake_db_reset();
    assert_int_equal(schema_state_read(&context, db_new(&arena, &fake_db_driver, &db->options), &dialect, sum), OK);
    return arena_printf(&arena, "%s%s", REVISION_BEGUN, sum);
}

static void test_file_apply__does_not_repeat_a_cut_statement_of_which_nothing_can_be_seen(void **state)
{
    struct revision begun = {
        .version = "1", .total = 1, .error = begun_on_fake(), .error_statement = "CALL fill();", .hash = "h"};
    enum code code;
    (void)state;
    assert_null(strstr(run_on_fake_from(&begun, "CALL fill();", NULL, 0, false, &code), "CALL"));
    assert_int_equal(code, CONFLICT);
    assert_string_equal(context.error.detail,
                        "version \"1\" was cut off in \"CALL fill();\", which may have taken effect: if so, take it "
                        "out of the file. Then UPDATE atlas_schema_revisions SET error = '' WHERE version = '1'");
    begun.error = "";
    assert_non_null(strstr(run_on_fake_from(&begun, "CALL fill();", NULL, 0, false, &code), "CALL fill();"));
    assert_int_equal(code, OK);
    begun.error = begun_on_fake();
    begun.error_statement = "CREATE x;";
    assert_non_null(strstr(run_on_fake_from(&begun, "CREATE x;", NULL, 0, false, &code), "CREATE x;"));
    assert_int_equal(code, OK);
}

static void test_file_apply__commits_its_notes_where_the_file_turns_that_off(void **state)
{
    enum code code;
    (void)state;
    assert_non_null(strstr(run_on_fake("SET autocommit = 0;", NULL, 0, false, &code), "autocommit = 0;, UPDATE"));
    assert_int_equal(code, OK);
    const char *trace = run_on_fake("SET autocommit = 0;", NULL, 0, false, &code);
    assert_string_equal(trace + strlen(trace) - strlen(", COMMIT"), ", COMMIT");
    assert_null(strstr(run_on_fake("SET other = 0;", NULL, 0, false, &code), "COMMIT"));
}

static void test_file_apply__refuses_to_leave_the_database(void **state)
{
    enum code code;
    (void)state;
    assert_string_equal(run_on_fake("SELECT 1;\nuse other;", NULL, 0, false, &code), "");
    assert_int_equal(code, MALFORMED);
    assert_string_equal(context.error.detail, "1.sql: line 2: USE would leave the database that is migrated");
}

static void test_file_apply__survives_every_failed_allocation(void **state)
{
    struct migration_directory directory;
    struct arena small;
    struct context short_of_memory;
    enum code code = NO_MEMORY;
    (void)state;
    folder_write("1_a.sql", NONE "CREATE TABLE a (id integer); INSERT INTO a VALUES (1); CREATE TABLE b (id integer);");
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
    assert_string_equal(note(), "3/3 |");
    assert_string_equal(query("SELECT count(*) FROM a"), "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_file_apply__notes_each_statement),
        TEST(test_file_apply__takes_a_failed_change_of_rows_back),
        TEST(test_file_apply__counts_a_cut_statement_that_took_effect_as_done),
        TEST(test_file_apply__runs_a_cut_statement_again_that_took_no_effect),
        TEST(test_file_apply__refuses_when_a_cut_statement_took_effect_and_was_edited),
        TEST(test_file_apply__tells_the_session_again_what_it_was_told),
        TEST(test_file_apply__notes_in_a_transaction_of_the_file),
        TEST(test_file_apply__refuses_a_transaction_in_a_file_that_is_one),
        TEST(test_file_apply__refuses_a_transaction_that_the_file_does_not_end),
        TEST(test_file_apply__tells_how_many_statements_were_done_before),
        TEST(test_file_apply__keeps_the_note_when_the_connection_goes_with_the_statement),
        TEST(test_file_apply__is_undone_with_its_note_when_the_commit_fails),
        TEST(test_file_apply__runs_what_may_commit_with_a_note_before_and_after),
        TEST(test_file_apply__keeps_the_note_when_the_one_after_what_may_commit_fails),
        TEST(test_file_apply__does_not_repeat_a_cut_statement_of_which_nothing_can_be_seen),
        TEST(test_file_apply__commits_its_notes_where_the_file_turns_that_off),
        TEST(test_file_apply__refuses_to_leave_the_database),
        TEST(test_file_apply__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
