/* statement_names_test.c: who reads a new name where there is none does not see that something is lost. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "migrate/statement_names.h"
#include "migrate/statement_split.h"

#define SQLITE 0
#define MYSQL SPLIT_BACKSLASHES
#define POSTGRESQL SPLIT_DOLLARS

/* About the names bio, old, and note, new. */
struct row {
    const char *statement;
    unsigned rules;
    bool expected;
};

#define CHECK_ROWS(function, from, to, rows)                                                                           \
    for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                                         \
        if (function((rows)[i].statement, from, to, (rows)[i].rules) != (rows)[i].expected)                            \
    fail_msg("%s", (rows)[i].statement)

static void test_statement_renames_column__wants_both_names_in_the_clause(void **state)
{
    static const struct row rows[] = {
        {"ALTER TABLE t RENAME COLUMN bio TO note;", SQLITE, true},
        {"alter table t rename bio to note", SQLITE, true},
        {"ALTER TABLE t RENAME COLUMN \"bio\" TO \"Note\"", POSTGRESQL, true},
        {"ALTER TABLE t CHANGE bio note text NULL", MYSQL, true},
        {"ALTER TABLE t CHANGE COLUMN IF EXISTS `bio` `note` text", MYSQL, true},
        {"ALTER TABLE t ADD x int, RENAME COLUMN a TO b, RENAME COLUMN bio TO note", MYSQL, true},
        {"ALTER TABLE t DROP COLUMN bio, ADD COLUMN note text /* change later */;", POSTGRESQL, false},
        {"ALTER TABLE t DROP COLUMN bio, ADD COLUMN note text; -- CHANGE bio note", POSTGRESQL, false},
        {"ALTER TABLE t DROP COLUMN bio, ADD COLUMN note text DEFAULT 'CHANGE bio note'", MYSQL, false},
        {"ALTER TABLE t DROP COLUMN bio, ADD COLUMN note text, CHANGE a b text", MYSQL, false},
        {"ALTER TABLE t DROP COLUMN bio, CHANGE a note text", MYSQL, false},
        {"ALTER TABLE \"change bio note\" DROP COLUMN bio", POSTGRESQL, false},
        {"DO $$ ALTER TABLE t RENAME COLUMN bio TO note $$", POSTGRESQL, false},
        {"SELECT 1", SQLITE, false},
        {"", SQLITE, false},
    };

    (void)state;
    CHECK_ROWS(statement_renames_column, "bio", "note", rows);
}

static void test_statement_renames_table__wants_both_names(void **state)
{
    static const struct row rows[] = {
        {"ALTER TABLE old RENAME TO new;", SQLITE, true},
        {"ALTER TABLE IF EXISTS \"s\".\"old\" RENAME TO \"new\"", POSTGRESQL, true},
        {"ALTER TABLE old RENAME new", MYSQL, true},
        {"ALTER TABLE old ADD x int, RENAME AS s.new", MYSQL, true},
        {"ALTER TABLE old RENAME = new", MYSQL, true},
        {"RENAME TABLE a TO b, s.old TO s.new", MYSQL, true},
        {"ALTER TABLE old RENAME COLUMN x TO new", SQLITE, false},
        {"ALTER TABLE other RENAME TO new", SQLITE, false},
        {"RENAME TABLE old TO b, a TO new", MYSQL, false},
        {"ALTER TABLE old ADD x int /* RENAME TO new */", SQLITE, false},
        {"DROP TABLE old -- RENAME TO new", SQLITE, false},
    };

    (void)state;
    CHECK_ROWS(statement_renames_table, "old", "new", rows);
}

static void test_statement_copies_rows__wants_rows_from_the_one_in_the_other(void **state)
{
    static const struct row rows[] = {
        {"INSERT INTO new SELECT * FROM old", SQLITE, true},
        {"INSERT INTO \"new\" (\"id\")\nSELECT \"id\" FROM \"old\";", SQLITE, true},
        {"INSERT INTO s.new (id) SELECT o.id FROM a JOIN s.old o ON o.id = a.id", POSTGRESQL, true},
        {"INSERT INTO new SELECT * FROM ONLY old", POSTGRESQL, true},
        {"WITH x AS (SELECT 1) INSERT INTO new SELECT * FROM old", POSTGRESQL, true},
        {"REPLACE INTO `new` SELECT * FROM `old`", MYSQL, true},
        {"INSERT INTO new VALUES (1, 'from old')", SQLITE, false},
        {"INSERT INTO new VALUES ((SELECT count(*) FROM old))", SQLITE, false},
        {"INSERT INTO new SELECT * FROM other WHERE id IN (SELECT id FROM old)", SQLITE, false},
        {"INSERT INTO new SELECT old FROM other /* FROM old */", SQLITE, false},
        {"INSERT INTO other SELECT 'new' FROM old", SQLITE, false},
        {"INSERT INTO old SELECT * FROM new", SQLITE, false},
        {"UPDATE new SET a = b FROM old", POSTGRESQL, false},
    };

    (void)state;
    CHECK_ROWS(statement_copies_rows, "old", "new", rows);
}

static void test_statement_empties_table__wants_all_rows_to_go(void **state)
{
    static const struct row rows[] = {
        {"DELETE FROM old;", SQLITE, true},
        {"delete from \"s\".\"old\"", POSTGRESQL, true},
        {"DELETE LOW_PRIORITY QUICK FROM `old`", MYSQL, true},
        {"DELETE IGNORE FROM old ORDER BY id", MYSQL, true},
        {"DELETE FROM ONLY old RETURNING (SELECT id FROM t WHERE id = 1)", POSTGRESQL, true},
        {"TRUNCATE old", MYSQL, true},
        {"TRUNCATE TABLE ONLY a, s.old RESTART IDENTITY CASCADE;", POSTGRESQL, true},
        {"DELETE FROM old WHERE id = 1", SQLITE, false},
        {"DELETE FROM old LIMIT 1", MYSQL, false},
        {"DELETE FROM old USING t", POSTGRESQL, false},
        {"DELETE FROM old PARTITION (p0)", MYSQL, false},
        {"DELETE FROM old FOR PORTION OF p FROM '2000-01-01' TO '2001-01-01'", MYSQL, false},
        {"DELETE HISTORY FROM old", MYSQL, false},
        {"DELETE t FROM old, t", MYSQL, false},
        {"DELETE t FROM old JOIN t ON t.id = old.id", MYSQL, false},
        {"DELETE IGNORE t FROM old, t", MYSQL, false},
        {"DELETE old FROM old", MYSQL, false},
        {"DELETE FROM t; -- DELETE FROM old", SQLITE, false},
        {"TRUNCATE TABLE t RESTART IDENTITY", POSTGRESQL, false},
        {"TRUNCATE TABLE", POSTGRESQL, false},
        {"DELETE", SQLITE, false},
        {"SELECT 'DELETE FROM old'", SQLITE, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (statement_empties_table(rows[i].statement, "old", rows[i].rules) != rows[i].expected)
            fail_msg("%s", rows[i].statement);
}

static void test_statement_sets_column__wants_all_rows_to_change(void **state)
{
    static const struct row rows[] = {
        {"UPDATE old SET bio = NULL;", SQLITE, true},
        {"update \"s\".\"old\" as o set a = f(1, 2), \"bio\" = ''", POSTGRESQL, true},
        {"UPDATE `old` SET old.bio = (SELECT x FROM t WHERE id = 1)", MYSQL, true},
        {"UPDATE ONLY old SET a = 1, bio = a", POSTGRESQL, true},
        {"UPDATE IGNORE old SET bio = NULL", MYSQL, true},
        {"UPDATE LOW_PRIORITY s.old SET bio = NULL", MYSQL, true},
        {"UPDATE LOW_PRIORITY IGNORE `old` AS o SET o.bio = NULL ORDER BY id", MYSQL, true},
        {"UPDATE OR REPLACE old SET bio = NULL", SQLITE, true},
        {"update or rollback \"old\" set bio = null", SQLITE, true},
        {"UPDATE old SET (bio, a) = (1, 2)", POSTGRESQL, true},
        {"UPDATE old SET b = 1, (a, bio) = (SELECT x, y FROM t)", POSTGRESQL, true},
        {"UPDATE old SET bio = NULL WHERE id = 1", SQLITE, false},
        {"UPDATE old SET bio = NULL LIMIT 1", MYSQL, false},
        {"UPDATE old SET bio = t.x FROM t", POSTGRESQL, false},
        {"UPDATE old JOIN t ON t.id = old.id SET bio = 1", MYSQL, false},
        {"UPDATE old PARTITION (p0) SET bio = 1", MYSQL, false},
        {"UPDATE old, t SET t.bio = 1", MYSQL, false},
        {"UPDATE t, old SET bio = 1", MYSQL, false},
        {"UPDATE IGNORE t SET old = 1, bio = 1", MYSQL, false},
        {"UPDATE OR REPLACE old SET bio = 1 WHERE id = 1", SQLITE, false},
        {"UPDATE OR", SQLITE, false},
        {"UPDATE IGNORE", MYSQL, false},
        {"UPDATE old SET (a, b) = (bio, 2)", POSTGRESQL, false},
        {"UPDATE old SET a = bio", SQLITE, false},
        {"UPDATE old SET a = f(1, bio)", SQLITE, false},
        {"UPDATE t SET bio = 1", SQLITE, false},
        {"UPDATE old", SQLITE, false},
        {"INSERT INTO old VALUES ('UPDATE old SET bio = 1')", SQLITE, false},
    };

    (void)state;
    CHECK_ROWS(statement_sets_column, "old", "bio", rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement_renames_column__wants_both_names_in_the_clause),
        cmocka_unit_test(test_statement_renames_table__wants_both_names),
        cmocka_unit_test(test_statement_copies_rows__wants_rows_from_the_one_in_the_other),
        cmocka_unit_test(test_statement_empties_table__wants_all_rows_to_go),
        cmocka_unit_test(test_statement_sets_column__wants_all_rows_to_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
