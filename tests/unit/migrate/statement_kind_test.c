/* statement_kind_test.c: what a statement's first word tells. */

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
    {"INSERTED", STATEMENT_SCHEMA},
    {"INS", STATEMENT_SCHEMA},
    {"/*!40101 SET NAMES utf8 */", STATEMENT_SCHEMA},
    {"TRUNCATE a", STATEMENT_SCHEMA},
    {"", STATEMENT_SCHEMA},
    {"SET NAMES utf8mb4;", STATEMENT_SESSION},
    {"PRAGMA foreign_keys = OFF", STATEMENT_SESSION},
    {"BEGIN;", STATEMENT_BEGIN},
    {"START TRANSACTION", STATEMENT_BEGIN},
    {"Commit", STATEMENT_COMMIT},
    {"END;", STATEMENT_COMMIT},
    {"ROLLBACK", STATEMENT_ROLLBACK},
};

static void test_statement_kind__is_told_by_the_first_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (statement_kind(cases[i].sql) != cases[i].kind)
            fail_msg("%s: %d", cases[i].sql, (int)statement_kind(cases[i].sql));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement_kind__is_told_by_the_first_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
