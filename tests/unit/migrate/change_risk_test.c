/* change_risk_test.c: what each change may do to rows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "migrate/change.h"
#include "migrate/model.h"
#include "migrate/risks.h"

#define DESTRUCTIVE "destructive changes detected"
#define DATA_DEPENDENT "data dependent changes detected"

static const struct column bio = {.name = "bio", .type = "text", .nullable = true};
static const struct column mandatory = {.name = "bio", .type = "text"};
static const struct column with_default = {.name = "bio", .type = "text", .standard = "''"};
static const struct column numbered = {.name = "bio", .type = "bigint", .numbered = true};
static const struct column generated = {.name = "bio", .type = "text GENERATED", .nullable = false};
static const struct column longer = {.name = "bio", .type = "longtext", .nullable = true};
static const struct column date = {.name = "bio", .type = "date", .nullable = false};
static const struct index plain = {.name = "x", .columns = "name, id"};
static const struct index unique = {.name = "x", .columns = "name, id", .unique = true};
static const struct foreign_key key = {.columns = "author_id", .table = "author", .references = "id"};
static const struct check check = {.expression = "name <> '{to}'"};
static const struct table table = {.name = "author", .options = "", .primary_key = "id"};
static const struct table collated = {.name = "author", .options = "COLLATE x", .primary_key = "id"};
static const struct table other_key = {.name = "author", .options = "", .primary_key = "id, name"};
static const struct table without_key = {.name = "author", .options = "", .primary_key = ""};

/* Changes of table author. */
static const struct {
    enum change_kind kind;
    const void *from;
    const void *to;
    const char *code; /* NULL: no risk */
    const char *subject;
    const char *text;
} risks[] = {
    {ADD_TABLE, NULL, &table, NULL, NULL, NULL},
    {DROP_TABLE, &table, NULL, "DS102", DESTRUCTIVE, "Dropping table \"author\""},
    {MODIFY_TABLE, &table, &collated, NULL, NULL, NULL},
    {MODIFY_TABLE, &table, &without_key, NULL, NULL, NULL},
    {MODIFY_TABLE, &table, &other_key, "QU102", DATA_DEPENDENT,
     "Changing the primary key of table \"author\" to \"id, name\" might fail in case it contains duplicate or NULL "
     "values"},
    {ADD_COLUMN, NULL, &bio, NULL, NULL, NULL},
    {ADD_COLUMN, NULL, &with_default, NULL, NULL, NULL},
    {ADD_COLUMN, NULL, &numbered, NULL, NULL, NULL},
    {ADD_COLUMN, NULL, &generated, NULL, NULL, NULL},
    {ADD_COLUMN, NULL, &mandatory, "MF103", DATA_DEPENDENT,
     "Adding a non-nullable column \"bio\" without a default might fail in case table \"author\" is not empty"},
    {DROP_COLUMN, &bio, NULL, "DS103", DESTRUCTIVE, "Dropping non-virtual column \"bio\""},
    {DROP_COLUMN, &generated, NULL, NULL, NULL, NULL},
    {MODIFY_COLUMN, &bio, &longer, NULL, NULL, NULL},
    {MODIFY_COLUMN, &mandatory, &bio, NULL, NULL, NULL},
    {MODIFY_COLUMN, &mandatory, &with_default, NULL, NULL, NULL},
    {MODIFY_COLUMN, &longer, &bio, "QU101", DESTRUCTIVE,
     "Changing column \"bio\" from type longtext to text, which may not hold its values"},
    {MODIFY_COLUMN, &mandatory, &date, "QU101", DESTRUCTIVE,
     "Changing column \"bio\" from type text to date, which may not hold its values"},
    {MODIFY_COLUMN, &bio, &mandatory, "MF104", DATA_DEPENDENT,
     "Modifying nullable column \"bio\" to non-nullable might fail in case it contains NULL values"},
    {ADD_INDEX, NULL, &plain, NULL, NULL, NULL},
    {ADD_INDEX, NULL, &unique, "MF101", DATA_DEPENDENT,
     "Adding a unique index \"x\" on table \"author\" might fail in case \"name, id\" contains duplicate values"},
    {DROP_INDEX, &plain, NULL, NULL, NULL, NULL},
    {DROP_INDEX, &unique, NULL, "QU105", "constraint deletion detected",
     "Dropping unique index \"x\" of table \"author\", without which \"name, id\" may get duplicate values"},
    {ADD_CHECK, NULL, &check, "QU103", DATA_DEPENDENT,
     "Adding a check to table \"author\" might fail in case a row is against it: name <> '{to}'"},
    {DROP_CHECK, &check, NULL, NULL, NULL, NULL},
    {ADD_FOREIGN_KEY, NULL, &key, "QU104", DATA_DEPENDENT,
     "Adding a foreign key to table \"author\" might fail in case \"author_id\" contains values without a reference"},
    {ADD_FOREIGN_KEY, &key, &key, NULL, NULL, NULL},
    {DROP_FOREIGN_KEY, &key, NULL, NULL, NULL, NULL},
};

static void test_change_risk__says_what_a_change_may_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof risks / sizeof *risks; i++) {
        const struct change change = {
            .kind = risks[i].kind, .table = "author", .from = risks[i].from, .to = risks[i].to};
        struct risk risk = {.code = "none"};
        size_t position = 0;

        assert_int_equal(change_risk(&change, &position, &risk), risks[i].code != NULL);
        assert_string_equal(risk.code, risks[i].code ? risks[i].code : "none");
        if (!risks[i].code)
            continue;
        assert_string_equal(risk.subject, risks[i].subject);
        assert_string_equal(risk.text, risks[i].text);
        assert_int_equal(risk.destructive, strcmp(risks[i].subject, DESTRUCTIVE) == 0);
        assert_false(change_risk(&change, &position, &risk));
    }
}

static void test_change_risk__gives_all_risks_of_one_change(void **state)
{
    const struct change change = {.kind = MODIFY_COLUMN, .table = "author", .from = &bio, .to = &date};
    struct risk risk;
    size_t position = 0;

    (void)state;
    assert_true(change_risk(&change, &position, &risk));
    assert_string_equal(risk.code, "QU101");
    assert_string_equal(risk.kind, "destructive");
    assert_true(change_risk(&change, &position, &risk));
    assert_string_equal(risk.code, "MF104");
    assert_string_equal(risk.kind, "data_depend");
    assert_false(change_risk(&change, &position, &risk));
    assert_string_equal(risk.code, "MF104");
}

static void test_change_risk__knows_every_kind(void **state)
{
    bool is_known[CHANGE__MAX] = {false};

    (void)state;
    for (size_t i = 0; i < sizeof risks / sizeof *risks; i++)
        is_known[risks[i].kind] = true;
    for (int kind = 0; kind < CHANGE__MAX; kind++)
        assert_true(is_known[kind]);
}

static void test_change_risk__cuts_a_text_that_is_too_long(void **state)
{
    char expression[1000];
    const struct check long_check = {.expression = expression};
    const struct change change = {.kind = ADD_CHECK, .table = "author", .to = &long_check};
    struct risk risk;
    size_t position = 0;

    (void)state;
    memset(expression, 'x', sizeof expression - 1);
    expression[sizeof expression - 1] = '\0';
    assert_true(change_risk(&change, &position, &risk));
    assert_int_equal(strlen(risk.text), sizeof risk.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_change_risk__says_what_a_change_may_do),
        cmocka_unit_test(test_change_risk__gives_all_risks_of_one_change),
        cmocka_unit_test(test_change_risk__knows_every_kind),
        cmocka_unit_test(test_change_risk__cuts_a_text_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
