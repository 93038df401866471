/* openapi_schema_test.c: the shapes of records, from their field tables, and the schemas that are always the same. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openapi_fixture.h"

static void test_openapi_schemas__has_each_shape_once(void **state)
{
    (void)state;
    assert_string_equal(json_tree_show("/components/schemas"),
                        "ItemList ItemWithShelf Shelf Item CreateItem UpdateItem ChangeItem Error HTTPValidationError "
                        "ValidationError Problem Status Readiness");
}

static void test_openapi_schemas__tells_what_comes_out(void **state)
{
    static const struct fact facts[] = {
        {"/components/schemas/Item/required", "[\"id\",\"name\",\"note\",\"old\",\"made\",\"shelf_id\"]"},
        {"/components/schemas/Item/properties/id", "type format minimum description readOnly examples"},
        {"/components/schemas/Item/properties/id/type", "integer"},
        {"/components/schemas/Item/properties/id/examples", "[1]"},
        {"/components/schemas/Item/properties/name", "type examples"},
        {"/components/schemas/Item/properties/note/type", "[\"string\",\"null\"]"},
        {"/components/schemas/Item/properties/note/description", "Free text."},
        {"/components/schemas/Item/properties/old/type", "[\"string\",\"null\"]"},
        {"/components/schemas/Item/properties/made/format", "date"},
        {"/components/schemas/ItemWithShelf/required",
         "[\"id\",\"name\",\"note\",\"old\",\"made\",\"shelf_id\",\"shelf\"]"},
        {"/components/schemas/ItemWithShelf/properties/shelf/anyOf",
         "[{\"$ref\":\"#/components/schemas/Shelf\"},{\"type\":\"null\"}]"},
        {"/components/schemas/ItemList/required", "[\"items\",\"page\",\"pageSize\",\"total\"]"},
        {"/components/schemas/ItemList/properties/items/items/$ref", "#/components/schemas/ItemWithShelf"},
        {"/components/schemas/ItemList/properties/page/description", "Which page."},
        {"/components/schemas/ItemList/properties/total/minimum", "0"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_schemas__tells_the_rules_of_what_goes_in(void **state)
{
    static const struct fact facts[] = {
        {"/components/schemas/CreateItem/required", "[\"name\",\"old\",\"made\",\"shelf_id\"]"},
        {"/components/schemas/CreateItem/properties", "name note old made shelf_id"},
        {"/components/schemas/CreateItem/properties/name", "type minLength maxLength pattern examples"},
        {"/components/schemas/CreateItem/properties/name/minLength", "1"},
        {"/components/schemas/CreateItem/properties/name/maxLength", "5"},
        {"/components/schemas/CreateItem/properties/name/pattern", "\\S"},
        {"/components/schemas/CreateItem/properties/note/type", "[\"string\",\"null\"]"},
        {"/components/schemas/CreateItem/properties/note/maxLength", "80"},
        {"/components/schemas/CreateItem/properties/note/description", "Free text. At most 80 bytes as UTF-8."},
        {"/components/schemas/CreateItem/properties/old/type", "string"},
        {"/components/schemas/CreateItem/properties/shelf_id/minimum", "1"},
        {"/components/schemas/UpdateItem/required", "[\"name\",\"old\",\"made\",\"shelf_id\"]"},
        {"/components/schemas/ChangeItem", "type title properties"},
        {"/components/schemas/ChangeItem/properties", "name note old made shelf_id"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_schemas__names_violations_as_fastapi_does(void **state)
{
    static const struct fact facts[] = {
        {"/components/schemas/HTTPValidationError/title", "HTTPValidationError"},
        {"/components/schemas/HTTPValidationError/properties/detail/title", "Detail"},
        {"/components/schemas/HTTPValidationError/properties/detail/items/$ref",
         "#/components/schemas/ValidationError"},
        {"/components/schemas/ValidationError/required", "[\"loc\",\"msg\",\"type\"]"},
        {"/components/schemas/ValidationError/properties", "loc msg type input ctx"},
        {"/components/schemas/ValidationError/properties/loc/items/anyOf",
         "[{\"type\":\"string\"},{\"type\":\"integer\"}]"},
        {"/components/schemas/ValidationError/properties/loc/title", "Location"},
        {"/components/schemas/ValidationError/properties/msg/title", "Message"},
        {"/components/schemas/ValidationError/properties/type/title", "Error Type"},
    };

    (void)state;
    assert_facts(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_openapi_schemas__has_each_shape_once, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_schemas__tells_what_comes_out, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_schemas__tells_the_rules_of_what_goes_in, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_schemas__names_violations_as_fastapi_does, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
