/* openapi_response_test.c: which statuses a route has, and what stands in them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openapi_fixture.h"

static void test_openapi_responses__lists_the_statuses_a_route_can_give(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1/get/responses", "200 400 406 414 429 500"},
        {"/paths/~1life/get/responses", "200 400 406 414 500"},
        {"/paths/~1ready/get/responses", "200 400 406 414 500 503"},
        {"/paths/~1items~1/get/responses", "200 304 400 406 414 422 429 500 503 504"},
        {"/paths/~1items~1/post/responses", "200 400 406 409 413 414 415 422 429 500 503 504"},
        {"/paths/~1items~1{id}/get/responses", "200 304 400 404 406 414 422 429 500 503 504"},
        {"/paths/~1items~1{id}/put/responses", "200 400 404 406 409 412 413 414 415 422 429 500 503 504"},
        {"/paths/~1items~1{id}/patch/responses", "200 400 404 406 409 412 413 414 415 422 429 500 503 504"},
        {"/paths/~1items~1{id}/delete/responses", "200 400 406 409 412 414 422 429 500 503 504"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_responses__tells_success(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1/get/responses/200/content/application~1json/example", "it \"works\""},
        {"/paths/~1items~1/get/responses/200/content/application~1json/schema/$ref", "#/components/schemas/ItemList"},
        {"/paths/~1items~1/get/responses/200/content/application~1json/example", "items page pageSize total"},
        {"/paths/~1items~1/get/responses/200/content/application~1json/example/pageSize", "10"},
        {"/paths/~1items~1/get/responses/200/content/application~1json/example/items/0",
         "id name note old made shelf_id shelf"},
        {"/paths/~1items~1/get/responses/200/content/application~1json/example/items/0/shelf/room", "attic"},
        {"/paths/~1items~1{id}/get/responses/200/content/application~1json/schema/$ref", "#/components/schemas/Item"},
        {"/paths/~1items~1{id}/get/responses/200/content/application~1json/example", "id name note old made shelf_id"},
        {"/paths/~1items~1{id}/delete/responses/200/content/application~1json/example/status", "ok"},
        {"/paths/~1life/get/responses/200/content/application~1json/schema/$ref", "#/components/schemas/Status"},
        {"/paths/~1ready/get/responses/503/content/application~1json/schema/$ref", "#/components/schemas/Readiness"},
        {"/paths/~1items~1/get/responses/304/content", ""},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_responses__tells_headers(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1/get/responses/200/headers", "X-Request-ID"},
        {"/paths/~1items~1/get/responses/200/headers", "ETag Link X-Request-ID"},
        {"/paths/~1items~1/get/responses/304/headers", "ETag Link X-Request-ID"},
        {"/paths/~1items~1/post/responses/200/headers", "ETag Location X-Request-ID"},
        {"/paths/~1items~1{id}/get/responses/404/headers", "X-Request-ID"},
        {"/paths/~1items~1{id}/delete/responses/200/headers", "X-Request-ID"},
        {"/paths/~1life/get/responses/200/headers", "X-Authorization X-Request-ID"},
        {"/components/headers/X-Authorization/schema/const", "received"},
        {"/paths/~1ready/get/responses/503/headers", "Retry-After X-Request-ID"},
        {"/components/responses/ServiceUnavailable/headers", "Retry-After X-Request-ID"},
        {"/components/responses/TooManyRequests/headers", "Retry-After X-Request-ID"},
        {"/components/responses/InternalServerError/headers", "X-Request-ID"},
        {"/components/headers", "ETag Link Location Retry-After X-Authorization X-Request-ID"},
        {"/components/headers/Link", "description schema"},
        {"/components/headers/ETag/required", "true"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_responses__shares_failures_that_read_the_same(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1/get/responses/400/$ref", "#/components/responses/BadRequest"},
        {"/components/responses", "BadRequest NotAcceptable Conflict ContentTooLarge URITooLong UnsupportedMediaType "
                                  "TooManyRequests InternalServerError "
                                  "ServiceUnavailable GatewayTimeout"},
        {"/components/responses/BadRequest/content", "application/json application/problem+json"},
        {"/components/responses/BadRequest/content/application~1json/schema/$ref", "#/components/schemas/Error"},
        {"/components/responses/BadRequest/content/application~1json/example/detail", "The request cannot be read"},
        {"/components/responses/BadRequest/content/application~1problem+json/schema/$ref",
         "#/components/schemas/Problem"},
        {"/components/responses/BadRequest/content/application~1problem+json/example/title", "Bad Request"},
    };

    (void)state;
    assert_facts(facts);
}

static void test_openapi_responses__shows_real_failures(void **state)
{
    static const struct fact facts[] = {
        {"/paths/~1items~1{id}/get/responses/404/content/application~1json/example/detail", "Item not found"},
        {"/paths/~1items~1{id}/put/responses/412/content/application~1json/example/detail", "Item has changed"},
        {"/paths/~1items~1/post/responses/422/content/application~1json/schema/$ref",
         "#/components/schemas/HTTPValidationError"},
        {"/paths/~1items~1/post/responses/422/content/application~1json/example/detail/0/loc", "[\"body\",\"name\"]"},
        {"/paths/~1items~1/post/responses/422/content/application~1json/example/detail/3/type", "missing"},
        {"/paths/~1items~1{id}/patch/responses/422/content/application~1json/example/detail/0/type",
         "model_attributes_type"},
        {"/paths/~1items~1{id}/get/responses/422/content/application~1json/example/detail/0/loc", "[\"path\",\"id\"]"},
        {"/paths/~1items~1/get/responses/422/content/application~1json/example/detail/0/loc", "[\"query\",\"page\"]"},
        {"/paths/~1items~1/post/responses/422/content/application~1problem+json/example/errors/0/pointer", "#/name"},
    };

    (void)state;
    assert_facts(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_openapi_responses__lists_the_statuses_a_route_can_give, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_responses__tells_success, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_responses__tells_headers, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_responses__shares_failures_that_read_the_same, start, end),
        cmocka_unit_test_setup_teardown(test_openapi_responses__shows_real_failures, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
