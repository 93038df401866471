/* statement_split_test.c: what is one statement, what is two, and what is refused. */

#include "split_case.h"

static const struct split_case cases[] = {
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
    {"begin and end as names in a body",
     MYSQL,
     "CREATE TRIGGER t AFTER UPDATE ON a FOR EACH ROW BEGIN SET end = 1, b = begin; UPDATE c SET d = end; END;SELECT "
     "2;",
     {"CREATE TRIGGER t AFTER UPDATE ON a FOR EACH ROW BEGIN SET end = 1, b = begin; UPDATE c SET d = end; END;",
      "SELECT 2;"}},
    {"a trigger on a column called end",
     ANY,
     "CREATE TRIGGER t AFTER UPDATE OF end ON a BEGIN SELECT 1; END;SELECT 2;",
     {"CREATE TRIGGER t AFTER UPDATE OF end ON a BEGIN SELECT 1; END;", "SELECT 2;"}},
    {"handlers, blocks in loops, comments before the last delimiter",
     MYSQL,
     "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLSTATE '23000' BEGIN ROLLBACK; END; "
     "w: WHILE a DO BEGIN REPEAT SET a = 1; UNTIL a END REPEAT; END; END WHILE w; END /* p */ -- p\n;SELECT 2;",
     {"CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLSTATE '23000' BEGIN ROLLBACK; END; "
      "w: WHILE a DO BEGIN REPEAT SET a = 1; UNTIL a END REPEAT; END; END WHILE w; END /* p */ -- p\n;",
      "SELECT 2;"}},
    {"a body after a comment that runs",
     MYSQL,
     "CREATE /*!50017 DEFINER=`a`@`b` */ TRIGGER t FOR EACH ROW /* c */ BEGIN SET a = 1; END;SELECT 2;",
     {"CREATE /*!50017 DEFINER=`a`@`b` */ TRIGGER t FOR EACH ROW /* c */ BEGIN SET a = 1; END;", "SELECT 2;"}},
    {"an event",
     MYSQL,
     "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; DELETE FROM b; END;SELECT 2;",
     {"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; DELETE FROM b; END;", "SELECT 2;"}},
    {"a block outside of any routine",
     MYSQL,
     "BEGIN NOT ATOMIC SET a = 1; SET b = 2; END;SELECT 2;",
     {"BEGIN NOT ATOMIC SET a = 1; SET b = 2; END;", "SELECT 2;"}},
    {"a block in a trigger's block",
     ANY,
     "create trigger t instead of insert on v\n begin\n  begin select 1; end;\n  select raise(abort, 'no; "
     "end');\nend;\n"
     "SELECT 2;",
     {"create trigger t instead of insert on v\n begin\n  begin select 1; end;\n  select raise(abort, 'no; "
      "end');\nend;",
      "SELECT 2;"}},
    {"a comment that does not run", ANY, "/*! a; */ SELECT 1;", {"SELECT 1;"}},
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
    {"DELIMITER in quotes, of letters, joined to a word",
     MYSQL,
     "delimiter 'end'\nSELECT 1; SELECT aend\nSELECT ending end\ndelimiter ;\nSELECT 2;",
     {"SELECT 1; SELECT a", "SELECT ending", "SELECT 2;"}},
    {"DELIMITER of two lines, and with space in it",
     MYSQL,
     "DELIMITER \\n\\n\nSELECT 1;\nSELECT 2\n\nDELIMITER -- end \nSELECT 3 -- end\nSELECT 4; -- end",
     {"SELECT 1;\nSELECT 2", "SELECT 3", "SELECT 4;"}},
    {"END right before the delimiter",
     MYSQL,
     "DELIMITER $$\nCREATE TRIGGER t BEGIN SET a = 1; END$$\nDELIMITER ;\nSELECT 2;",
     {"CREATE TRIGGER t BEGIN SET a = 1; END", "SELECT 2;"}},
    {"a word that starts like a directive",
     ANY,
     "-- atlas:delimiters //\nSELECT 1;SELECT 2;",
     {"SELECT 1;", "SELECT 2;"}},
    {"Windows line ends", ANY, "-- atlas:delimiter //\r\nSELECT 1//\r\nSELECT 2//\r\n", {"SELECT 1", "SELECT 2"}},
    {"a delimiter of letters ends no word",
     ANY,
     "-- atlas:delimiter GO\nSELECT CATEGORY, GOAL\nGO\nSELECT 2",
     {"SELECT CATEGORY, GOAL", "SELECT 2"}},
};

static const struct split_refusal refusals[] = {
    {ANY, "SELECT 1;\nSELECT 'a;\n", "line 2: a quote without end"},
    {MYSQL, "SELECT 'a\\';", "line 1: a quote without end"},
    {ANY, "\n\n/* a", "line 3: a comment without end"},
    {ANY, "SELECT /* a", "line 1: a comment without end"},
    {ANY, "/*/ SELECT 1;", "line 1: a comment without end"},
    {ANY, "SELECT 1);", "line 1: a \")\" without \"(\""},
    {ANY, "SELECT (1;\nSELECT 2;", "line 1: a statement with a \"(\" without \")\""},
    {ANY, "CREATE TRIGGER t BEGIN SELECT 1;\n", "line 1: a statement with BEGIN or CASE without END"},
    {MYSQL, "CREATE PROCEDURE p() BEGIN end: LOOP LEAVE end; END LOOP; END;",
     "line 1: END in an unclear place; set another delimiter with -- atlas:delimiter"},
    {MYSQL, "BEGIN NOT ATOMIC SELECT 1;", "line 1: a statement with BEGIN or CASE without END"},
    {MYSQL, "CREATE TRIGGER t IF a THEN SET b = 1; END IF;",
     "line 1: a body without BEGIN ... END; set another delimiter with -- atlas:delimiter"},
    {MYSQL, "CREATE PROCEDURE p() REPEAT SET b = 1; UNTIL b END REPEAT;",
     "line 1: a body without BEGIN ... END; set another delimiter with -- atlas:delimiter"},
    {MYSQL, "DELIMITER\nSELECT 1;", "line 1: a delimiter of no characters"},
    {MYSQL, "-- atlas:delimiter\nSELECT 1;", "line 1: a delimiter of no characters"},
};

static void test_split__finds_each_statement(void **state)
{
    (void)state;
    check_split_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_split__refuses_what_has_no_end_or_is_unclear(void **state)
{
    (void)state;
    check_split_refusals(refusals, sizeof refusals / sizeof refusals[0]);
}

static void test_split__says_in_which_line_each_starts(void **state)
{
    (void)state;
    static const char text[] = "-- one\nSELECT 1; SELECT\n2;\n\n/* a\nb */ SELECT 3;\nSELECT 4";
    static const size_t lines[] = {2, 2, 6, 7};
    struct arena arena;
    struct context context;
    struct sql_statements statements = {0};

    assert_int_equal(split_text(&context, &arena, text, ANY, &statements), OK);
    assert_int_equal(statements.n, 4);
    for (size_t i = 0; i < statements.n; i++)
        assert_int_equal(statements.lines[i], lines[i]);
    arena_release(&arena);
}

static void test_split__grows_and_runs_out_of_memory(void **state)
{
    (void)state;
    struct arena arena;
    struct context context;
    struct sql_statements statements = {0};
    char text[101];
    for (size_t i = 0; i < 100; i++)
        text[i] = i % 2 ? ';' : 'a';
    text[100] = '\0';

    assert_int_equal(split_text(&context, &arena, text, ANY, &statements), OK);
    assert_int_equal(statements.n, 50);
    assert_string_equal(statements.items[49], "a;");
    arena_release(&arena);

    enum code code = NO_MEMORY;
    for (size_t after = 1; code != OK; after++) {
        arena_init(&arena, (size_t)1 << 20);
        arena.fail_after = after;
        context_init(&context, &arena, 0);
        code = statements_split(&context, text, 100, ANY, &statements);
        assert_true(code == OK || code == NO_MEMORY);
        assert_true(after < 100);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split__finds_each_statement),
        cmocka_unit_test(test_split__refuses_what_has_no_end_or_is_unclear),
        cmocka_unit_test(test_split__says_in_which_line_each_starts),
        cmocka_unit_test(test_split__grows_and_runs_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
