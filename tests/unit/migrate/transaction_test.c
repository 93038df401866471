/* transaction_test.c: a table can be made anew in a migration, and no reference is broken by it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "driver/db.h"
#include "fake_db.h"
#include "migrate/dialect.h"
#include "migrate/transaction.h"
#include "sqlite_folder.h"

#define REBUILD                                                                                                        \
    "CREATE TABLE new_author (id integer PRIMARY KEY, name text); INSERT INTO new_author (id) SELECT id FROM author;"  \
    "DROP TABLE author; ALTER TABLE new_author RENAME TO author;"

static int setup(void **state)
{
    (void)state;
    if (sqlite_folder_make() != 0)
        return -1;
    folder_write("1_tables.sql", "CREATE TABLE author (id integer PRIMARY KEY);"
                                 "CREATE TABLE book (id integer PRIMARY KEY, author_id integer NOT NULL "
                                 "REFERENCES author (id) ON DELETE CASCADE);"
                                 "INSERT INTO author VALUES (1), (2); INSERT INTO book VALUES (10, 1), (11, 2);");
    assert_int_equal(apply(), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return sqlite_folder_remove();
}

static void test_transaction__lets_a_table_be_made_anew(void **state)
{
    (void)state;
    folder_write("2_name.sql", REBUILD);
    assert_int_equal(apply(), OK);
    assert_string_equal(query("SELECT count(*) FROM book"), "2");
    assert_string_equal(query("SELECT count(name) FROM author"), "0");
    assert_string_equal(query("PRAGMA foreign_keys"), "1");
}

static void test_transaction__refuses_to_break_a_reference(void **state)
{
    (void)state;
    folder_write("2_gone.sql", "DELETE FROM author WHERE id = 2;");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "a row of table \"book\" would refer to no row of \"author\"");
    assert_string_equal(query("SELECT count(*) FROM author"), "2");
    assert_string_equal(query("SELECT max(version) FROM atlas_schema_revisions"), "1");
    assert_string_equal(query("PRAGMA foreign_keys"), "1");
}

static void test_transaction__puts_up_with_references_that_were_broken_before(void **state)
{
    (void)state;
    run("PRAGMA foreign_keys = OFF; INSERT INTO book VALUES (12, 77); PRAGMA foreign_keys = ON");
    folder_write("2_name.sql", REBUILD);
    assert_int_equal(apply(), OK);
    folder_write("3_gone.sql", "DELETE FROM author WHERE id = 2;");
    assert_int_equal(apply(), CONFLICT);
}

static void test_transaction__goes_without_the_check_where_references_fit_nothing(void **state)
{
    (void)state;
    run("CREATE TABLE odd (a integer REFERENCES book (author_id))");
    folder_write("2_name.sql", REBUILD);
    assert_int_equal(apply(), OK);
}

static void test_transaction__tells_any_number_of_broken_references_from_new_ones(void **state)
{
    (void)state;
    run("PRAGMA foreign_keys = OFF");
    run("WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1000100) "
        "INSERT INTO book SELECT i, 77 FROM n");
    run("PRAGMA foreign_keys = ON");
    folder_write("2_name.sql", "ALTER TABLE author ADD COLUMN name text;");
    assert_int_equal(apply(), OK);
    folder_write("3_gone.sql", "DELETE FROM author WHERE id = 2;");
    assert_int_equal(apply(), CONFLICT);
}

static void test_transaction_none__lets_a_table_be_made_anew(void **state)
{
    (void)state;
    folder_write("2_name.sql", "-- atlas:txmode none\n\n" REBUILD);
    assert_int_equal(apply(), OK);
    assert_string_equal(query("SELECT count(*) FROM book"), "2");
    assert_string_equal(query("PRAGMA foreign_keys"), "1");
    folder_write("3_again.sql", REBUILD);
    run("ALTER TABLE author DROP COLUMN name");
    assert_int_equal(apply_with(&(struct migrate_options){.transactions = TRANSACTION_NONE}), OK);
    assert_string_equal(query("SELECT count(*) FROM book"), "2");
}

static void test_transaction_none__tells_at_the_end_of_a_broken_reference(void **state)
{
    (void)state;
    folder_write("2_gone.sql", "-- atlas:txmode none\n\nDELETE FROM author WHERE id = 2;");
    assert_int_equal(apply(), CONFLICT);
    assert_string_equal(context.error.detail, "a row of table \"book\" refers now to no row of \"author\"");
    assert_string_equal(query("SELECT count(*) FROM book"), "2");
    assert_string_equal(query("PRAGMA foreign_keys"), "1");
}

static struct transaction transaction;

static const struct migrate_dialect plain = {.name = "fake", .transactional = true};
static const struct migrate_dialect releasing = {
    .name = "fake",
    .transactional = true,
    .references_note = "NOTE",
    .references_mismatch = "mismatch",
    .references_off = "OFF",
    .references_broken = "BROKEN",
    .references_forget = "FORGET",
    .references_on = "ON",
};

static struct db *new_fake(const enum code *codes, size_t n)
{
    struct db *fake = db_new(&arena, &fake_db_driver, &db->options);
    fake_db_reset();
    for (size_t i = 0; i < n; i++)
        fake_db_plan(codes[i], false);
    return fake;
}

static enum code begin_on_fake(const struct migrate_dialect *dialect, const enum code *codes, size_t n)
{
    return transaction_begin(&transaction, &context, new_fake(codes, n), dialect);
}

static void test_transaction_begin__tries_again_while_another_writes(void **state)
{
    const enum code codes[] = {OK, CONTENDED, CONTENDED, OK};
    (void)state;
    assert_int_equal(begin_on_fake(&plain, codes, 4), OK);
    assert_int_equal(transaction_end(&transaction, OK), OK);
    assert_string_equal(fake_db_trace(), "connect, BEGIN, BEGIN, BEGIN, COMMIT");
}

static void test_transaction_begin__fails_when_references_cannot_be_looked_at(void **state)
{
    const enum code codes[] = {OK, CONTENDED};
    (void)state;
    assert_int_equal(begin_on_fake(&releasing, codes, 2), CONTENDED);
    assert_string_equal(fake_db_trace(), "connect, NOTE, FORGET, ON");
}

static void test_transaction_end__takes_back_when_references_cannot_be_looked_at(void **state)
{
    const enum code codes[] = {OK, OK, OK, OK, INTERNAL};
    (void)state;
    assert_int_equal(begin_on_fake(&releasing, codes, 5), OK);
    assert_int_equal(transaction_end(&transaction, OK), INTERNAL);
    assert_string_equal(fake_db_trace(), "connect, NOTE, OFF, BEGIN, BROKEN, ROLLBACK, FORGET, ON");
}

static void test_transaction_begin_file__makes_the_session_what_it_was(void **state)
{
    (void)state;
    assert_int_equal(transaction_begin_file(&transaction, &context, new_fake(NULL, 0), &plain, true), OK);
    assert_string_equal(fake_db_trace(), "connect, BEGIN, set session");
    assert_int_equal(transaction_end(&transaction, OK), OK);
    assert_string_equal(fake_db_trace(), "COMMIT");
    assert_int_equal(transaction_begin_file(&transaction, &context, new_fake(NULL, 0), &releasing, false), OK);
    assert_string_equal(fake_db_trace(), "connect, NOTE, OFF, set session");
    assert_int_equal(transaction_end(&transaction, OK), OK);
    assert_string_equal(fake_db_trace(), "BROKEN, FORGET, ON");
}

static void test_transaction_begin_file__begins_nothing_when_the_session_cannot_be_set(void **state)
{
    const enum code codes[] = {OK, OK, INTERNAL};
    (void)state;
    assert_int_equal(transaction_begin_file(&transaction, &context, new_fake(codes, 3), &plain, true), INTERNAL);
    assert_string_equal(fake_db_trace(), "connect, BEGIN, set session, ROLLBACK");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_transaction__lets_a_table_be_made_anew),
        TEST(test_transaction__refuses_to_break_a_reference),
        TEST(test_transaction__puts_up_with_references_that_were_broken_before),
        TEST(test_transaction__goes_without_the_check_where_references_fit_nothing),
        TEST(test_transaction__tells_any_number_of_broken_references_from_new_ones),
        TEST(test_transaction_none__lets_a_table_be_made_anew),
        TEST(test_transaction_none__tells_at_the_end_of_a_broken_reference),
        TEST(test_transaction_begin__tries_again_while_another_writes),
        TEST(test_transaction_begin__fails_when_references_cannot_be_looked_at),
        TEST(test_transaction_end__takes_back_when_references_cannot_be_looked_at),
        TEST(test_transaction_begin_file__makes_the_session_what_it_was),
        TEST(test_transaction_begin_file__begins_nothing_when_the_session_cannot_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
