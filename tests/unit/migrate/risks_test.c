/* risks_test.c: what new columns without values can and cannot break. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "context_case.h"
#include "migrate/change.h"
#include "migrate/dialect.h"
#include "migrate/model.h"
#include "migrate/risks.h"

/* Table t has had `name`; it gets these. */
static struct column old_columns[] = {{.name = "name", .type = "text"}};
static struct table tables[] = {
    {.name = "t", .options = "", .primary_key = "", .columns = old_columns, .n_columns = 1}};
static const struct model from = {.tables = tables, .n_tables = 1};
static const struct column empty = {.name = "new_col", .type = "int", .nullable = true};
static const struct column second = {.name = "new_too", .type = "int", .nullable = true};
static const struct column filled = {.name = "filled", .type = "int", .nullable = true, .standard = "1"};
static const struct column generated = {.name = "made", .type = "int GENERATED", .nullable = true};

/* The code of the risk of a change that comes with them; "" without one. */
static const char *risk_of(const char *dialect, enum change_kind kind, const void *to)
{
    struct change items[] = {
        {ADD_COLUMN, "t", NULL, &empty}, {ADD_COLUMN, "t", NULL, &second},    {ADD_COLUMN, "t", NULL, &filled},
        {kind, "t", NULL, to},           {ADD_COLUMN, "t", NULL, &generated},
    };
    const struct changes changes = {.items = items, .n = sizeof items / sizeof *items};
    struct risks risks = {.n = 0};

    assert_int_equal(risks_find(&context, migrate_dialect_find(dialect), &from, &changes, &risks), OK);
    assert_true(risks.n <= 1);
    if (risks.n == 1)
        assert_ptr_equal(risks.items[0].change, &items[3]);
    return risks.n == 1 ? arena_text(&arena, risks.items[0].risk.code) : "";
}

static void test_risks_find__trusts_a_check_of_empty_columns_only(void **state)
{
    static const struct {
        const char *dialect, *expression, *code;
    } rows[] = {
        {"sqlite", "new_col > 3", ""},
        {"sqlite", "\"NEW_COL\" > 3 AND length(new_too) < 4", ""},
        {"mysql", "`new_col` > 3 or `new_too` <> 'name'", ""},
        {"mysql", "(`new_col` <> _utf8mb4'it\\'s name')", ""},
        {"postgresql", "((new_col)::text <> 'name'::text)", ""},
        {"sqlite", "length(name) > 10 AND new_col > 3", "QU103"},
        {"postgresql", "(\"name\" <> ''::text) OR (new_col > 3)", "QU103"},
        {"sqlite", "1 > 2", "QU103"},
        {"sqlite", "'new_col' <> 'x'", "QU103"},
        {"mysql", "\"new_col\" <> 'x'", "QU103"},
        {"postgresql", "name <> 'new_col'", "QU103"},
        {"sqlite", "new_col > filled", "QU103"},
        {"sqlite", "new_col > made", "QU103"},
        {"sqlite", "new_col IS NOT NULL", "QU103"},
        {"sqlite", "new_col IS NULL OR new_col > 3", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct check check = {.expression = rows[i].expression};
        print_message("%s\n", check.expression);
        assert_string_equal(risk_of(rows[i].dialect, ADD_CHECK, &check), rows[i].code);
    }
}

static void test_risks_find__trusts_a_key_of_empty_columns_only(void **state)
{
    static const struct {
        const char *columns;
        bool empty;
    } rows[] = {
        {"new_col", true}, {"new_col, new_too", true}, {"name", false},
        {"filled", false}, {"new_col, filled", false}, {"made", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct foreign_key key = {.columns = rows[i].columns, .table = "t", .references = "id"};
        const struct index index = {.name = "i", .columns = rows[i].columns, .unique = true};
        assert_string_equal(risk_of("sqlite", ADD_FOREIGN_KEY, &key), rows[i].empty ? "" : "QU104");
        assert_string_equal(risk_of("sqlite", ADD_INDEX, &index), rows[i].empty ? "" : "MF101");
    }
}

static void test_risks_find__says_when_memory_ends(void **state)
{
    struct change items[] = {{DROP_COLUMN, "t", &empty, NULL}};
    const struct changes changes = {.items = items, .n = 1};
    struct risks risks = {.n = 7};

    (void)state;
    arena.fail_after = 1;
    assert_int_equal(risks_find(&context, migrate_dialect_find("sqlite"), &from, &changes, &risks), NO_MEMORY);
    assert_int_equal(risks.n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_risks_find__trusts_a_check_of_empty_columns_only, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_risks_find__trusts_a_key_of_empty_columns_only, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_risks_find__says_when_memory_ends, context_setup, context_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
