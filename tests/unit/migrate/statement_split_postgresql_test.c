/* statement_split_postgresql_test.c: dollar quotes, escapes, comments in comments, and bodies in SQL. */

#include "split_case.h"

static const struct split_case cases[] = {
    {"a function in dollars",
     POSTGRESQL,
     "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN NEW.a := 'x''y'; RETURN NEW; END; $$ LANGUAGE plpgsql;SELECT 2;",
     {"CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN NEW.a := 'x''y'; RETURN NEW; END; $$ LANGUAGE plpgsql;",
      "SELECT 2;"}},
    {"a tag, with other dollars and an odd quote inside",
     POSTGRESQL,
     "DO $body$ BEGIN EXECUTE $$ don't; $$; PERFORM $1; END $body$;SELECT 2;",
     {"DO $body$ BEGIN EXECUTE $$ don't; $$; PERFORM $1; END $body$;", "SELECT 2;"}},
    {"a tag of words of the language",
     POSTGRESQL,
     "SELECT $BEGIN$;$BEGIN$;SELECT 2;",
     {"SELECT $BEGIN$;$BEGIN$;", "SELECT 2;"}},
    {"a tag beyond ASCII", POSTGRESQL, "SELECT $é1$;$é1$;SELECT 2;", {"SELECT $é1$;$é1$;", "SELECT 2;"}},
    {"dollars in a name", POSTGRESQL, "SELECT a$b$ FROM c$b$;SELECT 2;", {"SELECT a$b$ FROM c$b$;", "SELECT 2;"}},
    {"parameters", POSTGRESQL, "PREPARE p AS SELECT $1;SELECT $2;", {"PREPARE p AS SELECT $1;", "SELECT $2;"}},
    {"dollars in quotes and comments",
     POSTGRESQL,
     "SELECT '$$' -- $$\n;SELECT \"$a$\";",
     {"SELECT '$$' -- $$\n;", "SELECT \"$a$\";"}},
    {"dollars elsewhere are no quotes",
     MYSQL,
     "DELIMITER $$\nSELECT 1;SELECT 2$$\nDELIMITER ;\nSELECT 3;",
     {"SELECT 1;SELECT 2", "SELECT 3;"}},
    {"a backslash is a character", POSTGRESQL, "SELECT '\\';SELECT 'a\\';", {"SELECT '\\';", "SELECT 'a\\';"}},
    {"but in E'' it escapes",
     POSTGRESQL,
     "SELECT E'\\';', e'\\\\';SELECT 2;",
     {"SELECT E'\\';', e'\\\\';", "SELECT 2;"}},
    {"also after a doubled quote", POSTGRESQL, "SELECT E'a''b\\'c;'; SELECT 2;", {"SELECT E'a''b\\'c;';", "SELECT 2;"}},
    {"a name that ends with E", POSTGRESQL, "SELECT date'\\';SELECT 2;", {"SELECT date'\\';", "SELECT 2;"}},
    {"E\"\" is a name", POSTGRESQL, "SELECT E\"\\\";SELECT 2;", {"SELECT E\"\\\";", "SELECT 2;"}},
    {"doubled quotes", POSTGRESQL, "SELECT 'a'';', \"b\"\";\";SELECT 2;", {"SELECT 'a'';', \"b\"\";\";", "SELECT 2;"}},
    {"comments in comments",
     POSTGRESQL,
     "/* a /* b; */ c; */ SELECT 1 /* /* ; */ ' */;SELECT 2;",
     {"SELECT 1 /* /* ; */ ' */;", "SELECT 2;"}},
    {"elsewhere they end with the first", ANY, "/* a /* b; */ SELECT 1;", {"SELECT 1;"}},
    {"no comment runs", POSTGRESQL, "/*! a; */ SELECT 1;", {"SELECT 1;"}},
    {"-- needs no space, # is an operator", POSTGRESQL, "SELECT 5--;\n#3;SELECT 2;", {"SELECT 5--;\n#3;", "SELECT 2;"}},
    {"operators of json and a cast",
     POSTGRESQL,
     "SELECT a #>> '{b;}'::text[], c @> d;SELECT 2;",
     {"SELECT a #>> '{b;}'::text[], c @> d;", "SELECT 2;"}},
    {"a body in SQL",
     POSTGRESQL,
     "CREATE FUNCTION f(x int) RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT CASE WHEN x = 1 THEN 2 END AS \"end\"; "
     "SELECT x; END;SELECT 2;",
     {"CREATE FUNCTION f(x int) RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT CASE WHEN x = 1 THEN 2 END AS \"end\"; "
      "SELECT x; END;",
      "SELECT 2;"}},
    {"an empty body",
     POSTGRESQL,
     "CREATE PROCEDURE p() begin /* x */ atomic END;SELECT 2;",
     {"CREATE PROCEDURE p() begin /* x */ atomic END;", "SELECT 2;"}},
    {"RETURN, and a parameter called begin",
     POSTGRESQL,
     "CREATE FUNCTION f(begin int) RETURNS int RETURN CASE WHEN begin = 1 THEN 2 END;SELECT 2;",
     {"CREATE FUNCTION f(begin int) RETURNS int RETURN CASE WHEN begin = 1 THEN 2 END;", "SELECT 2;"}},
    {"a trigger has no body",
     POSTGRESQL,
     "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f();SELECT 2;",
     {"CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f();", "SELECT 2;"}},
    {"a rule of two statements",
     POSTGRESQL,
     "CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2);SELECT 3;",
     {"CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2);", "SELECT 3;"}},
    {"a transaction", POSTGRESQL, "BEGIN;SELECT 1;END;", {"BEGIN;", "SELECT 1;", "END;"}},
    {"atlas:delimiter, dollars and E in words",
     POSTGRESQL,
     "-- atlas:delimiter //\nSELECT a$b$, date'\\'// SELECT E'\\'//', $b$//$b$//",
     {"SELECT a$b$, date'\\'", "SELECT E'\\'//', $b$//$b$"}},
    {"atlas:delimiter",
     POSTGRESQL,
     "-- atlas:delimiter \\n\\n\\n\nSELECT $$\n\n\n$$;\nSELECT 2;\n\n\nSELECT 3;\n",
     {"SELECT $$\n\n\n$$;\nSELECT 2;", "SELECT 3;"}},
};

static const struct split_refusal refusals[] = {
    {POSTGRESQL, "SELECT 1;\nSELECT $$a;\n", "line 2: a dollar quote without end"},
    {POSTGRESQL, "SELECT $a$;$b$;", "line 1: a dollar quote without end"},
    {POSTGRESQL, "SELECT E'\\';", "line 1: a quote without end"},
    {POSTGRESQL, "/* /* */ SELECT 1;", "line 1: a comment without end"},
    {POSTGRESQL, "\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;",
     "line 2: a statement with BEGIN or CASE without END"},
    {POSTGRESQL, "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END LANGUAGE sql;",
     "line 1: END in an unclear place; set another delimiter with -- atlas:delimiter"},
};

static void test_split_postgresql__finds_each_statement(void **state)
{
    (void)state;
    check_split_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_split_postgresql__refuses_what_has_no_end_or_is_unclear(void **state)
{
    (void)state;
    check_split_refusals(refusals, sizeof refusals / sizeof refusals[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_postgresql__finds_each_statement),
        cmocka_unit_test(test_split_postgresql__refuses_what_has_no_end_or_is_unclear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
