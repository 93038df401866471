/* transaction_test.c: a table can be made anew in a migration, and no reference is broken by it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

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

static struct transaction transaction;

static enum code begin_on_fake(const enum code *codes, size_t n)
{
    static const struct migrate_dialect dialect = {.name = "fake", .transactional = true, .lock_held = "HELD"};
    static struct db_value one = {.type = DB_INTEGER, .integer = 1};
    struct db *fake = db_new(&arena, &fake_db_driver, &db->options);
    fake_db_reset();
    fake_db_set_result(&(struct db_result){.cells = &one, .n_rows = 1, .n_columns = 1});
    for (size_t i = 0; i < n; i++)
        fake_db_plan(codes[i], false);
    return transaction_begin(&transaction, &context, fake, &dialect);
}

static void test_transaction_begin__tries_again_while_another_writes(void **state)
{
    const enum code codes[] = {OK, CONTENDED, CONTENDED, OK};
    (void)state;
    assert_int_equal(begin_on_fake(codes, 4), OK);
    assert_int_equal(transaction_end(&transaction, OK), OK);
    assert_string_equal(fake_db_trace(), "connect, BEGIN, BEGIN, BEGIN, HELD, COMMIT");
}

static void test_transaction_begin__takes_back_when_the_lock_cannot_be_asked_for(void **state)
{
    const enum code codes[] = {OK, OK, INTERNAL};
    (void)state;
    assert_int_equal(begin_on_fake(codes, 3), INTERNAL);
    assert_string_equal(fake_db_trace(), "connect, BEGIN, HELD, ROLLBACK");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_transaction__lets_a_table_be_made_anew),
        TEST(test_transaction__refuses_to_break_a_reference),
        TEST(test_transaction__puts_up_with_references_that_were_broken_before),
        TEST(test_transaction_begin__tries_again_while_another_writes),
        TEST(test_transaction_begin__takes_back_when_the_lock_cannot_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
