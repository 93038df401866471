/* openapi_test.c: the frame of the document, its operations and what they take. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openapi_fixture.h"

static void test_openapi_write__frames_the_document(void **state)
{
    static const struct fact facts[] = {
        {"", "openapi info servers security tags paths components"},
        {"/openapi", "3.1.0"},
        {"/info/title", "items"},
        {"/info/version", "1.2.3"},
        {"/info/description", "For tests."},
        {"/servers", "[{\"url\":\"/\"}]"},
        {"/security", "[]"},
        {"/tags/0/name", "items"},
        {"/tags/1/name", "default"},
        {"/tags/2", ""},
        {"/components", "schemas parameters headers responses"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_write__groups_operations_by_path(void **state)
{
    static const struct fact facts[] = {
        {"/paths", "/ /items/ /items/{id} /life /ready"},
        {"/paths/~1", "get"},
        {"/paths/~1items~1", "get post"},
        {"/paths/~1items~1{id}", "get put patch delete"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_write__names_operations_as_fastapi_does(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1/get/operationId", "root__get"},
        {"/paths/~1items~1/get/operationId", "get_items__get"},
        {"/paths/~1items~1/post/operationId", "create_items__post"},
        {"/paths/~1items~1{id}/get/operationId", "get_by_id_items__id__get"},
        {"/paths/~1items~1{id}/delete/operationId", "delete_items__id__delete"},
        {"/paths/~1items~1{id}/delete/tags", "[\"items\"]"},
        {"/paths/~1/get/tags", "[\"default\"]"},
        {"/paths/~1items~1/get/summary", "List"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_write__describes_every_operation(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1/get/description", "The answer is never stored by a cache."},
        {"/paths/~1items~1{id}/delete/description",
         "The answer is the same when the record is already gone. With `If-Match`, nothing happens when the record has "
         "changed since."},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_write__tells_parameters_with_limits_and_defaults(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1items~1/get/parameters/0/name", "name"},
        {"/paths/~1items~1/get/parameters/0/schema", "type"},
        {"/paths/~1items~1/get/parameters/1/name", "shelf_id"},
        {"/paths/~1items~1/get/parameters/1/schema/minimum", "0"},
        {"/paths/~1items~1/get/parameters/2/name", "page"},
        {"/paths/~1items~1/get/parameters/2/schema/maximum", "70"},
        {"/paths/~1items~1/get/parameters/2/schema/default", "1"},
        {"/paths/~1items~1/get/parameters/3/schema/minimum", "1"},
        {"/paths/~1items~1/get/parameters/3/schema/maximum", "40"},
        {"/paths/~1items~1/get/parameters/3/schema/default", "10"},
        {"/paths/~1items~1/get/parameters/4/schema/enum", "[\"id\",\"-id\",\"made\",\"-made\"]"},
        {"/paths/~1items~1/get/parameters/4/schema/default", "id"},
        {"/paths/~1items~1/get/parameters/5/schema", "type format minimum"},
        {"/paths/~1items~1/get/parameters/6/$ref", "#/components/parameters/IfNoneMatch"},
        {"/paths/~1items~1/get/parameters/7/$ref", "#/components/parameters/RequestID"},
        {"/paths/~1items~1/get/parameters/8", ""},
        {"/paths/~1items~1/post/parameters", "[{\"$ref\":\"#/components/parameters/RequestID\"}]"},
        {"/paths/~1items~1{id}/put/parameters/0", "name in required description schema example"},
        {"/paths/~1items~1{id}/put/parameters/0/schema", "type format minimum"},
        {"/paths/~1items~1{id}/put/parameters/1/$ref", "#/components/parameters/IfMatch"},
        {"/components/parameters/IfMatch/name", "If-Match"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_write__tells_bodies_and_their_limit(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1items~1/post/requestBody/required", "true"},
        {"/paths/~1items~1/post/requestBody/description", "At most 12345 bytes."},
        {"/paths/~1items~1/post/requestBody/content/application~1json/schema/$ref", "#/components/schemas/CreateItem"},
        {"/paths/~1items~1{id}/put/requestBody/content/application~1json/schema/$ref",
         "#/components/schemas/UpdateItem"},
        {"/paths/~1items~1{id}/patch/requestBody/content/application~1json/schema/$ref",
         "#/components/schemas/ChangeItem"},
        {"/paths/~1items~1/post/requestBody/content/application~1json/example", "name note old made shelf_id"},
        {"/paths/~1items~1/post/requestBody/content/application~1json/example/name", "a \"cup\""},
        {"/paths/~1items~1{id}/patch/requestBody/content/application~1json/example", "name"},
        {"/paths/~1items~1/get/requestBody", ""},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_write__is_the_same_each_time(void **state)
{
    static char first[1 << 17];

    (void)state;
    assert_true(buffer.size < sizeof(first));
    memcpy(first, buffer.data, buffer.size + 1);
    assert_int_equal(write_document(&item_openapi, 0), OK);
    assert_string_equal(buffer.data, first);
}

/* Whichever allocation fails, the answer is NO_MEMORY or the whole document. */
static void test_openapi_write__survives_the_end_of_memory(void **state)
{
    size_t size = buffer.size;
    size_t failing = 1;
    enum code code;

    (void)state;
    while ((code = write_document(&item_openapi, failing)) != OK) {
        assert_int_equal(code, NO_MEMORY);
        failing++;
    }
    assert_int_equal(buffer.size, size);
    assert_true(failing > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_openapi_write__frames_the_document, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_write__groups_operations_by_path, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_write__names_operations_as_fastapi_does, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_write__describes_every_operation, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_write__tells_parameters_with_limits_and_defaults, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_write__tells_bodies_and_their_limit, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_write__is_the_same_each_time, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_write__survives_the_end_of_memory, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
