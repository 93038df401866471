/* statement_split_test.c: what is one statement, what is two, and what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/statement_split.h"

#define ANY false
#define MYSQL true

static struct arena arena;
static struct context context;

static const struct split_case {
    const char *name;
    bool mysql;
    const char *text;
    const char *expected[5]; /* ends with NULL */
} cases[] = {
    {"nothing", ANY, "", {NULL}},
    {"comments only", ANY, "-- a; b\n/* c; */ \n", {NULL}},
    {"empty statements", ANY, " ; ;\n;", {NULL}},
    {"two", ANY, "SELECT 1;\nSELECT 2;\n", {"SELECT 1;", "SELECT 2;"}},
    {"the last without ;", ANY, "SELECT 1; SELECT 2 \n", {"SELECT 1;", "SELECT 2"}},
    {"comments before are left out", ANY, "-- one\nSELECT 1;/* two */ SELECT 2;", {"SELECT 1;", "SELECT 2;"}},
    {"comments inside stay", ANY, "SELECT /* ; */ 1 -- ;\n;", {"SELECT /* ; */ 1 -- ;\n;"}},
    {"single quotes", ANY, "SELECT 'a;''b;';SELECT 2;", {"SELECT 'a;''b;';", "SELECT 2;"}},
    {"double quotes", ANY, "SELECT \"a;\";SELECT 2;", {"SELECT \"a;\";", "SELECT 2;"}},
    {"backticks", ANY, "SELECT `a;``b`;SELECT 2;", {"SELECT `a;``b`;", "SELECT 2;"}},
    {"quotes in comments", ANY, "SELECT 1 -- don't\n;SELECT 2;", {"SELECT 1 -- don't\n;", "SELECT 2;"}},
    {"a backslash escapes", MYSQL, "SELECT 'a\\';';SELECT 2;", {"SELECT 'a\\';';", "SELECT 2;"}},
    {"a backslash is a character", ANY, "SELECT 'a\\';SELECT 2;", {"SELECT 'a\\';", "SELECT 2;"}},
    {"a backslash in backticks", MYSQL, "SELECT `a\\`;SELECT 2;", {"SELECT `a\\`;", "SELECT 2;"}},
    {"# starts a comment", MYSQL, "# a;\nSELECT 1 # ;\n;", {"SELECT 1 # ;\n;"}},
    {"# is an operator", ANY, "SELECT 1 # 2;", {"SELECT 1 # 2;"}},
    {"-- without space", MYSQL, "SELECT 5--3;SELECT 2;", {"SELECT 5--3;", "SELECT 2;"}},
    {"-- without space is a comment", ANY, "SELECT 5--3;\n;", {"SELECT 5--3;\n;"}},
    {"a comment that runs", MYSQL, "/*!40101 SET a = 1; */;SELECT 2;", {"/*!40101 SET a = 1; */;", "SELECT 2;"}},
    {"parentheses", ANY, "SELECT (1;2);SELECT 2;", {"SELECT (1;2);", "SELECT 2;"}},
    {"a transaction's BEGIN", ANY, "BEGIN;SELECT 1;END;", {"BEGIN;", "SELECT 1;", "END;"}},
    {"columns begin and end",
     ANY,
     "CREATE TABLE t (begin date, end date);SELECT 2;",
     {"CREATE TABLE t (begin date, end date);", "SELECT 2;"}},
    {"a trigger",
     ANY,
     "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = 1; DELETE FROM d; END;SELECT 2;",
     {"CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = 1; DELETE FROM d; END;", "SELECT 2;"}},
    {"CASE in a trigger",
     ANY,
     "CREATE TEMP TRIGGER t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END, 3; END;SELECT 2;",
     {"CREATE TEMP TRIGGER t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END, 3; END;", "SELECT 2;"}},
    {"blocks in a procedure",
     MYSQL,
     "create procedure p() l: begin if a then begin set b = 1; end; end if; while c do set d = 1; end while; case e "
     "when 1 then set f = 1; end case; end l;SELECT 2;",
     {"create procedure p() l: begin if a then begin set b = 1; end; end if; while c do set d = 1; end while; case e "
      "when 1 then set f = 1; end case; end l;",
      "SELECT 2;"}},
    {"a trigger of one statement",
     MYSQL,
     "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW SET NEW.end = 1;SELECT 2;",
     {"CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW SET NEW.end = 1;", "SELECT 2;"}},
    {"atlas:delimiter",
     ANY,
     "-- atlas:delimiter \\n\\n\nSELECT 1;\nSELECT 2;\n\nSELECT 3",
     {"SELECT 1;\nSELECT 2;", "SELECT 3"}},
    {"atlas:delimiter that is a comment",
     ANY,
     "-- atlas:delimiter -- end\nSELECT 1;\n-- end\nSELECT 2;\n-- end\n",
     {"SELECT 1;", "SELECT 2;"}},
    {"atlas:delimiter counts in the first line only",
     ANY,
     "\n-- atlas:delimiter //\nSELECT 1;SELECT 2;",
     {"SELECT 1;", "SELECT 2;"}},
    {"DELIMITER",
     MYSQL,
     "SELECT 1;\ndelimiter //\nCREATE x; y//\nDELIMITER ;\nSELECT 2;SELECT 3;",
     {"SELECT 1;", "CREATE x; y", "SELECT 2;", "SELECT 3;"}},
    {"a delimiter of letters ends no word",
     ANY,
     "-- atlas:delimiter GO\nSELECT CATEGORY, GOAL\nGO\nSELECT 2",
     {"SELECT CATEGORY, GOAL", "SELECT 2"}},
};

static const struct refusal {
    bool mysql;
    const char *text;
    const char *detail;
} refusals[] = {
    {ANY, "SELECT 1;\nSELECT 'a;\n", "line 2: a quote without end"},
    {MYSQL, "SELECT 'a\\';", "line 1: a quote without end"},
    {ANY, "\n\n/* a", "line 3: a comment without end"},
    {ANY, "SELECT /* a", "line 1: a comment without end"},
    {ANY, "/*/ SELECT 1;", "line 1: a comment without end"},
    {ANY, "SELECT 1);", "line 1: a \")\" without \"(\""},
    {ANY, "SELECT (1;\nSELECT 2;", "line 1: a statement with a \"(\" without \")\""},
    {ANY, "CREATE TRIGGER t BEGIN SELECT 1;\n", "line 1: a statement with BEGIN or CASE without END"},
    {MYSQL, "CREATE TRIGGER t BEGIN SET end = 1; END;",
     "line 1: END in an unclear place; set another delimiter with -- atlas:delimiter"},
    {MYSQL, "CREATE TRIGGER t IF a THEN SET b = 1; END IF;",
     "line 1: a body without BEGIN ... END; set another delimiter with -- atlas:delimiter"},
    {MYSQL, "CREATE PROCEDURE p() REPEAT SET b = 1; UNTIL b END REPEAT;",
     "line 1: a body without BEGIN ... END; set another delimiter with -- atlas:delimiter"},
    {MYSQL, "DELIMITER\nSELECT 1;", "line 1: a delimiter of no characters"},
    {MYSQL, "-- atlas:delimiter\nSELECT 1;", "line 1: a delimiter of no characters"},
};

static enum code split(const char *text, bool mysql, struct sql_statements *ret_statements)
{
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    return statements_split(&context, text, strlen(text), mysql, ret_statements);
}

static void test_split__finds_each_statement(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sql_statements statements = {0};
        print_message("%s\n", cases[i].name);
        assert_int_equal(split(cases[i].text, cases[i].mysql, &statements), OK);
        for (size_t n = 0; n < statements.n; n++) {
            assert_non_null(cases[i].expected[n]);
            assert_string_equal(statements.items[n], cases[i].expected[n]);
        }
        assert_null(cases[i].expected[statements.n]);
        arena_release(&arena);
    }
}

static void test_split__refuses_what_has_no_end_or_is_unclear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct sql_statements statements = {0};
        print_message("%s\n", refusals[i].text);
        assert_int_equal(split(refusals[i].text, refusals[i].mysql, &statements), MALFORMED);
        assert_string_equal(context.error.detail, refusals[i].detail);
        assert_int_equal(statements.n, 0);
        arena_release(&arena);
    }
}

static void test_split__grows_and_runs_out_of_memory(void **state)
{
    (void)state;
    struct sql_statements statements = {0};
    char text[101];
    for (size_t i = 0; i < 100; i++)
        text[i] = i % 2 ? ';' : 'a';
    text[100] = '\0';

    assert_int_equal(split(text, ANY, &statements), OK);
    assert_int_equal(statements.n, 50);
    assert_string_equal(statements.items[49], "a;");
    arena_release(&arena);

    for (size_t after = 1; after <= 53; after += 13) {
        arena_init(&arena, (size_t)1 << 20);
        arena.fail_after = after;
        context_init(&context, &arena, 0);
        assert_int_equal(statements_split(&context, text, 100, ANY, &statements), NO_MEMORY);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split__finds_each_statement),
        cmocka_unit_test(test_split__refuses_what_has_no_end_or_is_unclear),
        cmocka_unit_test(test_split__grows_and_runs_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
