/* negotiation_test.c: media types a client accepts and sends. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/negotiation.h"

static void test_accepts__lets_the_best_fit_decide(void **state)
{
    static const struct {
        const char *accept;
        bool result;
    } rows[] = {
        {NULL, true},
        {"", true},
        {"*/*", true},
        {"application/json", true},
        {"Application/JSON", true},
        {"application/*", true},
        {"text/html, application/json", true},
        {"text/html,application/xhtml+xml,*/*;q=0.8", true},
        {"application/json; charset=utf-8", true},
        {"application/json;q=0.001", true},
        {"application/json;v=\"a,b;q=0\"", true},
        {"text/html, *; q=.2", true},
        {"application/*;q=0, application/json", true},
        {"*/*;q=0, application/*", true},
        {"application/json;q=0, application/json", true},
        {"text/html", false},
        {"text/*", false},
        {"application/jsonp", false},
        {"application/json-seq", false},
        {"application", false},
        {"application/json;q=0", false},
        {"application/json; q=0.000", false},
        {"application/json ; Q=0 ;x=1, */*", false},
        {"*/*, application/*;q=0.0", false},
        {"*/*;q=0", false},
        {",", false},
        {"\"", false},
        {"\"\\", false},
        {";q=1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (accepts(rows[i].accept, "application/json") != rows[i].result)
            fail_msg("%s", rows[i].accept);
    }
}

static void test_is_json_type__takes_json_and_its_kin(void **state)
{
    static const struct {
        const char *type;
        bool result;
    } rows[] = {
        {NULL, true},
        {"", true},
        {"application/json", true},
        {" application/json ;charset=utf-8", true},
        {"APPLICATION/JSON", true},
        {"application/problem+json", true},
        {"application/vnd.api+JSON; x=y", true},
        {"text/plain", false},
        {"text/json", false},
        {"application/jsonx", false},
        {"application/x-www-form-urlencoded", false},
        {"multipart/form-data; boundary=application/json", false},
        {"application+json", false},
        {"+json", false},
        {";", false},
        {"json", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (is_json_type(rows[i].type) != rows[i].result)
            fail_msg("%s", rows[i].type);
    }
}

static void test_accepts_by_name__takes_no_wildcard(void **state)
{
    (void)state;
    assert_true(accepts_by_name("application/json, application/problem+json", "application/problem+json"));
    assert_true(accepts_by_name("Application/Problem+JSON;q=0.1", "application/problem+json"));
    assert_false(accepts_by_name("application/problem+json;q=0", "application/problem+json"));
    assert_false(accepts_by_name("application/json", "application/problem+json"));
    assert_false(accepts_by_name("application/*, */*", "application/problem+json"));
    assert_false(accepts_by_name("", "application/problem+json"));
    assert_false(accepts_by_name(NULL, "application/problem+json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts__lets_the_best_fit_decide),
        cmocka_unit_test(test_is_json_type__takes_json_and_its_kin),
        cmocka_unit_test(test_accepts_by_name__takes_no_wildcard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
