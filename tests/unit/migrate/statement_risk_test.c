/* statement_risk_test.c: what a statement may do to rows that the tables do not show. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "migrate/model.h"
#include "migrate/risks.h"
#include "migrate/statement_split.h"

static struct column columns[] = {{.name = "id"}, {.name = "bio"}};
static struct table tables[] = {
    {.name = "author", .columns = columns, .n_columns = 2},
    {.name = "book", .columns = columns, .n_columns = 1},
};
static const struct model model = {.tables = tables, .n_tables = 2};

/* The texts of a statement's risks, each with its code before and a line's end after it. */
static const char *risks_of(const char *statement)
{
    static char texts[512];
    struct risk risk;
    size_t position = 0;
    size_t size = 0;

    texts[0] = '\0';
    while (statement_risk(statement, SPLIT_DOLLARS, &model, &position, &risk)) {
        assert_string_equal(risk.kind, "data_depend");
        assert_string_equal(risk.subject, "data dependent changes detected");
        assert_false(risk.destructive);
        size += (size_t)snprintf(texts + size, sizeof texts - size, "%s %s\n", risk.code, risk.text);
    }
    return texts;
}

static void test_statement_risk__tells_what_is_done_to_all_rows(void **state)
{
    (void)state;
    assert_string_equal(risks_of("DELETE FROM author"), "QU106 Deleting all rows of table \"author\"\n");
    assert_string_equal(risks_of("UPDATE author SET x = 1, bio = ''"),
                        "QU107 Overwriting column \"bio\" in all rows of table \"author\"\n");
    assert_string_equal(risks_of("TRUNCATE book, author"), "QU106 Deleting all rows of table \"author\"\n"
                                                           "QU106 Deleting all rows of table \"book\"\n");
}

static void test_statement_risk__is_none_of_what_is_not_there_or_meant(void **state)
{
    static const char *const statements[] = {
        "DELETE FROM author WHERE id = 1", "DELETE FROM other", "UPDATE book SET bio = ''",
        "UPDATE author SET x = bio",       "DROP TABLE author", "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        assert_string_equal(risks_of(statements[i]), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement_risk__tells_what_is_done_to_all_rows),
        cmocka_unit_test(test_statement_risk__is_none_of_what_is_not_there_or_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
