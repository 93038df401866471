/* statement_kind_test.c: what a statement's first words tell. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "migrate/statement_kind.h"

static const struct kind_case {
    const char *sql;
    enum statement_kind kind;
} cases[] = {
    {"INSERT INTO a VALUES (1);", STATEMENT_DATA},
    {"update a SET b = 1", STATEMENT_DATA},
    {"WITH x AS (SELECT 1) DELETE FROM a", STATEMENT_DATA},
    {"SELECT setval('a', 1)", STATEMENT_DATA},
    {"CREATE TABLE a (b int)", STATEMENT_SCHEMA},
    {"CREATE TABLE inserts AS SELECT 1", STATEMENT_SCHEMA},
    {"INSERTED", STATEMENT_OTHER},
    {"INS", STATEMENT_OTHER},
    {"/*!40101 SET NAMES utf8 */", STATEMENT_SESSION},
    {"/*M!100100 SET @x = 1 */", STATEMENT_SESSION},
    {"/*!40000 ALTER TABLE a DISABLE KEYS */", STATEMENT_OTHER},
    {"/*!50003 CREATE TABLE a (b int) */", STATEMENT_OTHER},
    {"CALL fill()", STATEMENT_OTHER},
    {"EXECUTE s", STATEMENT_OTHER},
    {"VACUUM", STATEMENT_SCHEMA},
    {"TRUNCATE a", STATEMENT_SCHEMA},
    {"", STATEMENT_OTHER},
    {"SET NAMES utf8mb4;", STATEMENT_SESSION},
    {"PRAGMA foreign_keys = OFF", STATEMENT_SESSION},
    {"BEGIN;", STATEMENT_BEGIN},
    {"START TRANSACTION", STATEMENT_BEGIN},
    {"Commit", STATEMENT_COMMIT},
    {"END;", STATEMENT_COMMIT},
    {"ROLLBACK", STATEMENT_ROLLBACK},
    {"ROLLBACK WORK;", STATEMENT_ROLLBACK},
    {"ROLLBACK TO SAVEPOINT a", STATEMENT_DATA},
    {"rollback transaction to a", STATEMENT_DATA},
    {"START TRANSACTION READ ONLY", STATEMENT_BEGIN},
    {"START REPLICA", STATEMENT_OTHER},
    {"BEGIN WORK", STATEMENT_BEGIN},
    {"BEGIN NOT ATOMIC SELECT 1; END", STATEMENT_OTHER},
};

static void test_statement_kind__is_told_by_the_first_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (statement_kind(cases[i].sql) != cases[i].kind)
            fail_msg("%s: %d", cases[i].sql, (int)statement_kind(cases[i].sql));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement_kind__is_told_by_the_first_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
