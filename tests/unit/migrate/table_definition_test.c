/* table_definition_test.c: the checks and the numbering in the text of a table. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "context_case.h"
#include "migrate/table_definition.h"

static const struct {
    const char *sql;
    bool numbered;
    const char *checks[3];
} definitions[] = {
    {"", false, {0}},
    {"CREATE TABLE t (a int)", false, {0}},
    {"CREATE TABLE t (a integer PRIMARY KEY AUTOINCREMENT)", true, {0}},
    {"CREATE TABLE t (a integer primary key autoIncrement)", true, {0}},
    {"CREATE TABLE t (\"AUTOINCREMENT\" int, b text DEFAULT 'CHECK (1)')", false, {0}},
    {"CREATE TABLE t (autoincrements int, recheck int)", false, {0}},
    {"CREATE TABLE t (a int /* AUTOINCREMENT CHECK (1) */) -- CHECK (2)\n", false, {0}},
    {"CREATE TABLE t (a int CHECK (a > 0))", false, {"a > 0"}},
    {"CREATE TABLE t (a int CHECK(a>0), CONSTRAINT c CHECK (a<9), check(a <> 5))", false, {"a > 0", "a < 9", "a <> 5"}},
    {"CREATE TABLE t (a int CHECK (A  Is\n\tDATE ( [A] )))", false, {"a is date(a)"}},
    {"CREATE TABLE t (a int CHECK ((a > 0) OR (\"a\" IN (-1,-2))))", false, {"(a > 0) or(a in(- 1, - 2))"}},
    {"CREATE TABLE t (a int CHECK (a <> ')' AND a <> 'It''s (' AND a<>\"A b\"))",
     false,
     {"a <> ')' and a <> 'It''s (' and a <> \"A b\""}},
    {"CREATE TABLE t (a int CHECK (a /* ) */ > -- )\n 0))", false, {"a > 0"}},
    {"CREATE TABLE t (a int CHECK (t.a || 'x' != x.`b`||1.5))", false, {"t.a || 'x' != x.b || 1.5"}},
    {"CREATE TABLE t (a int CHECK (\"caf\xc3\xa9\" > 0 AND \"1\" > 0 AND \"\" = ''))",
     false,
     {"caf\xc3\xa9 > 0 and \"1\" > 0 and \"\" = ''"}},
    {"CREATE TABLE t (a int CHECK ())", false, {""}},
    {"CREATE TABLE t (a int CHECK (a > 0", false, {"a > 0"}},
    {"CREATE TABLE t (a int CHECK (a > 'x", false, {"a > ' x"}},
    {"CREATE TABLE t (a int CHECK (a > [x", false, {"a > [ x"}},
    {"CREATE TABLE t (a int CHECK (a /* x", false, {"a"}},
};

static void test_table_definition_parse__finds_checks_and_numbering(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
        struct table_definition definition;
        size_t n = 0;

        assert_int_equal(table_definition_parse(&context, definitions[i].sql, &definition), OK);
        assert_int_equal(definition.numbered, definitions[i].numbered);
        for (; n < 3 && definitions[i].checks[n]; n++) {
            assert_true(n < definition.n_checks);
            assert_null(definition.checks[n].name);
            assert_string_equal(definition.checks[n].expression, definitions[i].checks[n]);
        }
        assert_int_equal(definition.n_checks, n);
    }
}

static void test_table_definition_parse__says_when_memory_ends(void **state)
{
    (void)state;
    struct table_definition definition = {.n_checks = 7};
    enum code code = NO_MEMORY;
    size_t n = 0;

    while (code == NO_MEMORY) {
        assert_int_equal(definition.n_checks, 7);
        arena.fail_after = ++n;
        code = table_definition_parse(&context, "CREATE TABLE t (a int CHECK (a > 0) CHECK (a < 9))", &definition);
    }
    assert_int_equal(code, OK);
    assert_true(n > 2);
    assert_int_equal(definition.n_checks, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_setup, context_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_table_definition_parse__finds_checks_and_numbering),
        TEST(test_table_definition_parse__says_when_memory_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
