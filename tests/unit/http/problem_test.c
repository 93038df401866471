/* problem_test.c: every code has its status, every failure its JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "fake_request.h"
#include "http/problem.h"
#include "schema/json_scan.h"

#undef fail /* cmocka has a macro of that name */

static struct arena arena;
static struct context context;
static struct response response;

static int start(void **state)
{
    (void)state;
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    response_init(&response, &context);
    return 0;
}

static void test_problem_status__is_as_the_contract_says(void **state)
{
    static const int statuses[CODE__MAX] = {
        [OK] = 200,           [MALFORMED] = 400,         [INVALID] = 422,          [NO_ROUTE] = 404,
        [NO_METHOD] = 405,    [NOT_ACCEPTABLE] = 406,    [UNSUPPORTED_TYPE] = 415, [BODY_TOO_LARGE] = 413,
        [URI_TOO_LONG] = 414, [HEADERS_TOO_LARGE] = 431, [NOT_FOUND] = 404,        [CHANGED] = 412,
        [CONFLICT] = 409,     [NO_REFERENCE] = 409,      [CONTENDED] = 503,        [UNAVAILABLE] = 503,
        [TIMED_OUT] = 504,    [NO_MEMORY] = 500,         [INTERNAL] = 500,         [RATE_LIMITED] = 429,
    };

    (void)state;
    for (enum code code = 0; code < CODE__MAX; code++) {
        assert_int_equal(problem_status(code), statuses[code]);
        assert_string_not_equal(status_text(problem_status(code)), "");
        assert_non_null(problem_detail(code));
    }
    assert_string_equal(problem_detail(NO_ROUTE), "Not Found");
    assert_string_equal(problem_detail(NO_METHOD), "Method Not Allowed");
    assert_string_equal(problem_detail(INTERNAL), "Internal Server Error");
}

static void assert_json(void)
{
    size_t offset;
    const char *reason;

    assert_int_equal(json_scan(response.body.data, response.body.size, &offset, &reason), JSON_GOOD);
}

static void test_problem_answer__is_json_for_every_code(void **state)
{
    (void)state;
    for (enum code code = OK + 1; code < CODE__MAX; code++) {
        bool waits = problem_status(code) == 429 || problem_status(code) == 503 || problem_status(code) == 504;
        (fail)(&context, code, "\"quoted\" \\ \n \x01 é");
        problem_answer(&context, NULL, code, &response);
        assert_int_equal(response.status, problem_status(code));
        assert_string_equal(response.content_type, "application/json");
        assert_int_equal(fake_response_header(&response, "Retry-After") != NULL, waits);
        assert_json();
        if (code == INTERNAL || code == NO_MEMORY)
            assert_string_equal(response.body.data, "{\"detail\":\"Internal Server Error\"}");
        else if (code != INVALID)
            assert_string_equal(response.body.data, "{\"detail\":\"\\\"quoted\\\" \\\\ \\n \\u0001 é\"}");
    }
}

static void test_problem_answer__drops_what_was_there(void **state)
{
    (void)state;
    response_header(&response, "ETag", "\"x\"");
    buffer_add_text(&response.body, "half an ans");
    problem_answer(&context, NULL, NO_ROUTE, &response);
    assert_null(fake_response_header(&response, "ETag"));
    assert_string_equal(response.body.data, "{\"detail\":\"Not Found\"}");
}

static void test_problem_answer__ignores_an_older_failure(void **state)
{
    (void)state;
    (fail)(&context, UNAVAILABLE, "the cache is away");
    problem_answer(&context, NULL, CONFLICT, &response);
    assert_string_equal(response.body.data, "{\"detail\":\"The change conflicts with other records\"}");
}

static void test_problem_answer__never_shows_native_text(void **state)
{
    (void)state;
    fail_native(&context, UNAVAILABLE, "SELECT secret");
    problem_answer(&context, NULL, UNAVAILABLE, &response);
    assert_null(strstr(response.body.data, "secret"));
}

static void test_problem_answer__lists_violations_as_pydantic_does(void **state)
{
    static const struct {
        struct violation violation;
        const char *json;
    } rows[] = {
        {{.kind = JSON_INVALID, .where = "body", .offset = 13, .reason = "why"},
         "{\"type\":\"json_invalid\",\"loc\":[\"body\",13],\"msg\":\"JSON decode error\",\"input\":{},"
         "\"ctx\":{\"error\":\"why\"}}"},
        {{.kind = MISSING, .where = "body"},
         "{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\",\"input\":null}"},
        {{.kind = MISSING, .where = "body", .field = "bio", .input = "{\"name\":\"a\"}"},
         "{\"type\":\"missing\",\"loc\":[\"body\",\"bio\"],\"msg\":\"Field required\",\"input\":{\"name\":\"a\"}}"},
        {{.kind = TEXT_TOO_LONG, .where = "body", .field = "name", .limit = 255, .input = "\"x\""},
         "{\"type\":\"string_too_long\",\"loc\":[\"body\",\"name\"],\"msg\":\"String should have at most 255 "
         "characters\",\"input\":\"x\",\"ctx\":{\"max_length\":255}}"},
        {{.kind = TOO_SMALL, .where = "query", .field = "page", .limit = 1, .input = "\"0\""},
         "{\"type\":\"greater_than_equal\",\"loc\":[\"query\",\"page\"],\"msg\":\"Input should be greater than or "
         "equal to 1\",\"input\":\"0\",\"ctx\":{\"ge\":1}}"},
        {{.kind = INTEGER_UNREADABLE, .where = "path", .field = "id", .input = "\"abc\""},
         "{\"type\":\"int_parsing\",\"loc\":[\"path\",\"id\"],\"msg\":\"Input should be a valid integer, unable to "
         "parse string as an integer\",\"input\":\"abc\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        start(NULL);
        assert_int_equal(violate(&context, &rows[i].violation), INVALID);
        problem_answer(&context, NULL, INVALID, &response);
        assert_string_equal(response.body.data, arena_printf(&arena, "{\"detail\":[%s]}", rows[i].json));
    }
}

static void test_problem_answer__lists_all_violations(void **state)
{
    int n = 0;

    (void)state;
    for (enum violation_kind kind = 0; kind < VIOLATION__MAX; kind++)
        assert_int_equal(violate(&context, &(struct violation){.kind = kind, .where = "body", .field = "x"}), INVALID);
    problem_answer(&context, NULL, INVALID, &response);
    assert_json();
    for (const char *at = response.body.data; (at = strstr(at, "{\"type\":")); at++)
        n++;
    assert_int_equal(n, VIOLATION__MAX);
}

static void test_problem_answer__is_rfc_9457_when_named(void **state)
{
    (void)state;
    fail(&context, NOT_FOUND, "Author not found");
    problem_answer(&context, "application/json, application/problem+json", NOT_FOUND, &response);
    assert_string_equal(response.content_type, "application/problem+json");
    assert_string_equal(response.body.data, "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                                            "\"detail\":\"Author not found\"}");
    problem_answer(&context, "*/*", NOT_FOUND, &response);
    assert_string_equal(response.content_type, "application/json");
    problem_answer(&context, "application/problem+json;q=0, */*", NOT_FOUND, &response);
    assert_string_equal(response.content_type, "application/json");
}

static void test_problem_answer__points_at_violations_in_rfc_9457(void **state)
{
    (void)state;
    assert_int_equal(violate(&context, &(struct violation){.kind = MISSING, .where = "body", .field = "name"}),
                     INVALID);
    assert_int_equal(violate(&context, &(struct violation){.kind = NOT_AN_OBJECT, .where = "body"}), INVALID);
    assert_int_equal(
        violate(&context, &(struct violation){.kind = TOO_SMALL, .where = "query", .field = "page", .limit = 1}),
        INVALID);
    problem_answer(&context, "application/problem+json", INVALID, &response);
    assert_int_equal(response.status, 422);
    assert_non_null(strstr(response.body.data,
                           "\"errors\":[{\"detail\":\"Field required\",\"pointer\":\"#/name\"},"
                           "{\"detail\":\"Input should be a valid dictionary or object to extract fields from\","
                           "\"pointer\":\"#\"},"
                           "{\"detail\":\"Input should be greater than or equal to 1\",\"parameter\":\"page\"}]}"));
    assert_json();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_problem_status__is_as_the_contract_says, start),
        cmocka_unit_test_setup(test_problem_answer__is_json_for_every_code, start),
        cmocka_unit_test_setup(test_problem_answer__drops_what_was_there, start),
        cmocka_unit_test_setup(test_problem_answer__ignores_an_older_failure, start),
        cmocka_unit_test_setup(test_problem_answer__never_shows_native_text, start),
        cmocka_unit_test_setup(test_problem_answer__lists_violations_as_pydantic_does, start),
        cmocka_unit_test_setup(test_problem_answer__lists_all_violations, start),
        cmocka_unit_test_setup(test_problem_answer__is_rfc_9457_when_named, start),
        cmocka_unit_test_setup(test_problem_answer__points_at_violations_in_rfc_9457, start),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
