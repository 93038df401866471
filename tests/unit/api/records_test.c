/* records_test.c: the endpoints of authors and books, from request to answer, over a fake store. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/routes.h"
#include "core/arena.h"
#include "core/config.h"
#include "core/context.h"
#include "domain/author.h"
#include "domain/book.h"
#include "fake_request.h"
#include "fake_store.h"
#include "usecase/catalogue.h"

#define ANN "{\"name\":\"Ann\",\"bio\":\"b\",\"birthdate\":\"1929-10-21\"}"
#define ANN_1 "{\"id\":1,\"name\":\"Ann\",\"bio\":\"b\",\"birthdate\":\"1929-10-21\"}"
#define BOOK "{\"title\":\"T\",\"description\":\"d\",\"publish_date\":\"1974-05-01T10:00:00Z\",\"author_id\":1}"
#define BOOK_FIELDS "\"id\":1,\"title\":\"T\",\"description\":\"d\",\"publish_date\":\"1974-05-01\",\"author_id\":1"

static struct arena store_arena, arena;
static struct context context;
static struct response response;
static struct fake_store *store;
static const struct config config = {.page_size_max = 100};
static struct catalogue catalogue;
static struct api api;
static struct router router;

static int start(void **state)
{
    (void)state;
    arena_reset(&store_arena);
    store = fake_store_new(&store_arena);
    assert_true(fake_catalogue(store, &catalogue));
    api = (struct api){.catalogue = &catalogue, .config = &config};
    router = (struct router){.routes = routes, .application = &api, .cors_origins = "*"};
    return 0;
}

/* One request with one more CGI variable; its status. */
static int call_with(const char *method, const char *uri, const char *body, const char *name, const char *value)
{
    const struct route *route;
    struct fake_request fake;

    arena_reset(&arena);
    context_init(&context, &arena, 0);
    fake_request_init(&fake, method, uri, body);
    if (name)
        fake_request_set(&fake, name, value);
    router_answer(&router, &context, &fake.request, &response, &route);
    return response.status;
}

static int call(const char *method, const char *uri, const char *body)
{
    return call_with(method, uri, body, NULL, NULL);
}

/* The tag of the latest answer, kept for the next requests. */
static void keep_tag(char ret_tag[64])
{
    const char *tag = fake_response_header(&response, "ETag");

    assert_non_null(tag);
    snprintf(ret_tag, 64, "%s", tag);
}

static void assert_body(const char *expected)
{
    assert_string_equal(response.body.data, expected);
}

static void test_create__answers_with_id_and_location(void **state)
{
    (void)state;
    assert_int_equal(call("POST", "/api/authors/", ANN), 200);
    assert_body(ANN_1);
    assert_string_equal(fake_response_header(&response, "Location"), "/api/authors/1");
    assert_non_null(fake_response_header(&response, "ETag"));
    assert_int_equal(call("POST", "/api/books", BOOK), 200);
    assert_body("{" BOOK_FIELDS "}");
}

static void test_create__refuses_bad_bodies(void **state)
{
    (void)state;
    assert_int_equal(call("POST", "/api/authors", NULL), 422);
    assert_int_equal(call("POST", "/api/authors", "{\"name\":"), 422);
    assert_int_equal(call("POST", "/api/authors", "{\"name\":1}"), 422);
    assert_int_equal(call("POST", "/api/authors", "\"\xff\""), 400);
    assert_int_equal(call_with("POST", "/api/authors", ANN, "CONTENT_TYPE", "text/plain"), 415);
    assert_int_equal(call_with("POST", "/api/authors", ANN, "HTTP_ACCEPT", "text/html"), 406);
    assert_int_equal(fake_calls(store), 0);
}

static void test_create__names_an_unknown_author(void **state)
{
    (void)state;
    assert_int_equal(call("POST", "/api/books", BOOK), 422);
    assert_body("{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"author_id\"],\"msg\":\"Value error, no "
                "author has this id\",\"input\":1,\"ctx\":{\"error\":\"no author has this id\"}}]}");
}

static void test_get__finds_or_not(void **state)
{
    (void)state;
    call("POST", "/api/authors", ANN);
    assert_int_equal(call("GET", "/api/authors/1/", NULL), 200);
    assert_body(ANN_1);
    assert_string_equal(fake_response_header(&response, "Cache-Control"), "no-cache");
    assert_int_equal(call("HEAD", "/api/authors/1", NULL), 200);
    assert_true(response.head_only);
    assert_int_equal(call("GET", "/api/authors/2", NULL), 404);
    assert_body("{\"detail\":\"Author not found\"}");
    assert_int_equal(call("GET", "/api/books/1", NULL), 404);
    assert_body("{\"detail\":\"Book not found\"}");
}

static void test_get__refuses_what_is_no_id(void **state)
{
    static const char *const uris[] = {"/api/authors/0", "/api/authors/-1", "/api/authors/abc", "/api/authors/%20",
                                       "/api/authors/9223372036854775808"};

    (void)state;
    for (size_t i = 0; i < sizeof(uris) / sizeof(*uris); i++)
        assert_int_equal(call("GET", uris[i], NULL), 422);
    call("GET", "/api/authors/abc", NULL);
    assert_body("{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"path\",\"id\"],\"msg\":\"Input should be a valid "
                "integer, unable to parse string as an integer\",\"input\":\"abc\"}]}");
    assert_int_equal(fake_calls(store), 0);
}

static void test_get__is_304_when_the_client_has_it(void **state)
{
    char tag[64];

    (void)state;
    call("POST", "/api/authors", ANN);
    keep_tag(tag);
    assert_int_equal(call_with("GET", "/api/authors/1", NULL, "HTTP_IF_NONE_MATCH", tag), 304);
    assert_string_equal(fake_response_header(&response, "ETag"), tag);
    assert_int_equal(call_with("HEAD", "/api/authors/1", NULL, "HTTP_IF_NONE_MATCH", "W/\"x\", *"), 200);
    assert_int_equal(call_with("GET", "/api/authors/1", NULL, "HTTP_IF_NONE_MATCH", "\"x\""), 200);
    call("GET", "/api/authors", NULL);
    keep_tag(tag);
    assert_int_equal(call_with("GET", "/api/authors", NULL, "HTTP_IF_NONE_MATCH", tag), 304);
    call("POST", "/api/authors", ANN);
    assert_int_equal(call_with("GET", "/api/authors", NULL, "HTTP_IF_NONE_MATCH", tag), 200);
}

static void test_list__has_page_and_total(void **state)
{
    (void)state;
    assert_int_equal(call("GET", "/api/authors", NULL), 200);
    assert_body("{\"authors\":[],\"page\":1,\"pageSize\":10,\"total\":0}");
    assert_null(fake_response_header(&response, "Link"));
    call("POST", "/api/authors", ANN);
    call("POST", "/api/authors", "{\"name\":\"Bob\",\"bio\":\"\",\"birthdate\":\"1930-01-01\"}");
    assert_int_equal(call("GET", "/api/authors/?pageSize=1&page=1", NULL), 200);
    assert_body("{\"authors\":[" ANN_1 "],\"page\":1,\"pageSize\":1,\"total\":2}");
    assert_string_equal(fake_response_header(&response, "Link"), "</api/authors?page=2&pageSize=1>; rel=\"next\"");
    assert_int_equal(call("GET", "/api/authors?name=Ann", NULL), 200);
    assert_body("{\"authors\":[" ANN_1 "],\"page\":1,\"pageSize\":10,\"total\":1}");
    assert_int_equal(call("GET", "/api/authors?sort=-id&after=2", NULL), 200);
    assert_body("{\"authors\":[" ANN_1 "],\"page\":1,\"pageSize\":10,\"total\":2}");
    assert_int_equal(call("GET", "/api/authors?page=0&sort=x", NULL), 422);
}

static void test_list__goes_back_by_key(void **state)
{
    (void)state;
    call("POST", "/api/authors", ANN);
    call("POST", "/api/authors", "{\"name\":\"Bob\",\"bio\":\"\",\"birthdate\":\"1930-01-01\"}");
    assert_int_equal(call("GET", "/api/authors?sort=name&before=2", NULL), 200);
    assert_body("{\"authors\":[" ANN_1 "],\"page\":1,\"pageSize\":10,\"total\":2}");
    assert_string_equal(fake_response_header(&response, "Link"),
                        "</api/authors?after=1&pageSize=10&sort=name>; rel=\"next\"");
}

static void test_list__names_a_key_that_is_gone(void **state)
{
    (void)state;
    call("POST", "/api/authors", ANN);
    assert_int_equal(call("GET", "/api/authors?sort=name&after=9", NULL), 422);
    assert_body("{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"query\",\"after\"],\"msg\":\"Value error, no author "
                "has this id\",\"input\":\"9\",\"ctx\":{\"error\":\"no author has this id\"}}]}");
    assert_int_equal(call("GET", "/api/authors?sort=-name&before=9", NULL), 422);
    assert_int_equal(call("GET", "/api/authors?sort=-id&before=9", NULL), 200);
}

static void test_list__embeds_the_author_of_each_book(void **state)
{
    (void)state;
    call("POST", "/api/authors", ANN);
    call("POST", "/api/books", BOOK);
    assert_int_equal(call("GET", "/api/books?author_id=1", NULL), 200);
    assert_body("{\"books\":[{" BOOK_FIELDS ",\"author\":" ANN_1 "}],\"page\":1,\"pageSize\":10,\"total\":1}");
    assert_int_equal(call("GET", "/api/books?author_id=2", NULL), 200);
    assert_body("{\"books\":[],\"page\":1,\"pageSize\":10,\"total\":0}");
    assert_int_equal(call("GET", "/api/books/1", NULL), 200);
    assert_body("{" BOOK_FIELDS "}");
}

static void test_replace__writes_all_fields_and_ignores_an_id(void **state)
{
    (void)state;
    assert_int_equal(call("PUT", "/api/authors/1", ANN), 404);
    assert_body("{\"detail\":\"Author not found\"}");
    call("POST", "/api/authors", ANN);
    assert_int_equal(call("PUT", "/api/authors/1", "{\"name\":\"Bea\"}"), 422);
    assert_int_equal(call("PUT", "/api/authors/1",
                          "{\"id\":9,\"name\":\"Bea\",\"bio\":\"c\",\"birthdate\":\"2000-01-02T03:04:05+06:00\"}"),
                     200);
    assert_body("{\"id\":1,\"name\":\"Bea\",\"bio\":\"c\",\"birthdate\":\"2000-01-02\"}");
    assert_int_equal(call("GET", "/api/authors/1", NULL), 200);
    assert_body("{\"id\":1,\"name\":\"Bea\",\"bio\":\"c\",\"birthdate\":\"2000-01-02\"}");
}

static void test_replace__reports_path_and_body_at_once(void **state)
{
    (void)state;
    assert_int_equal(call("PUT", "/api/authors/0", "{\"name\":\"Bea\",\"bio\":\"c\"}"), 422);
    assert_non_null(strstr(response.body.data, "[\"path\",\"id\"]"));
    assert_non_null(strstr(response.body.data, "[\"body\",\"birthdate\"]"));
    assert_int_equal(call("PATCH", "/api/authors/0", "\xff"), 400);
    assert_int_equal(call("PATCH", "/api/authors/0", "{}"), 422);
    assert_int_equal(fake_calls(store), 0);
}

static void test_change__writes_only_what_was_sent(void **state)
{
    (void)state;
    assert_int_equal(call("PATCH", "/api/authors/1", "{}"), 404);
    call("POST", "/api/authors", ANN);
    assert_int_equal(call("PATCH", "/api/authors/1", "{\"name\":\"Bea\"}"), 200);
    assert_body("{\"id\":1,\"name\":\"Bea\",\"bio\":\"b\",\"birthdate\":\"1929-10-21\"}");
    assert_int_equal(call("PATCH", "/api/authors/1", "{}"), 200);
    assert_int_equal(call("PATCH", "/api/authors/1", "{\"name\":\"\"}"), 422);
    call("POST", "/api/books", BOOK);
    assert_int_equal(call("PATCH", "/api/books/1", "{\"author_id\":7}"), 422);
    assert_non_null(strstr(response.body.data, "[\"body\",\"author_id\"]"));
}

static void test_writes__need_the_tag_to_match(void **state)
{
    char tag[64], weak[80];

    (void)state;
    assert_int_equal(call_with("PUT", "/api/authors/1", ANN, "HTTP_IF_MATCH", "\"x\""), 404);
    call("POST", "/api/authors", ANN);
    keep_tag(tag);
    assert_int_equal(call_with("PUT", "/api/authors/1", ANN, "HTTP_IF_MATCH", "\"x\""), 412);
    assert_int_equal(call_with("DELETE", "/api/authors/1", NULL, "HTTP_IF_MATCH", "\"x\""), 412);
    assert_int_equal(call_with("PATCH", "/api/authors/1", "{\"bio\":\"c\"}", "HTTP_IF_MATCH", tag), 200);
    assert_int_equal(call_with("PATCH", "/api/authors/1", "{\"bio\":\"e\"}", "HTTP_IF_MATCH", tag), 412);
    call("GET", "/api/authors/1", NULL);
    keep_tag(tag);
    snprintf(weak, sizeof(weak), "W/%s", tag);
    assert_int_equal(call_with("DELETE", "/api/authors/1", NULL, "HTTP_IF_MATCH", weak), 412);
    assert_int_equal(call_with("DELETE", "/api/authors/1", NULL, "HTTP_IF_MATCH", tag), 200);
    assert_int_equal(call_with("DELETE", "/api/authors/1", NULL, "HTTP_IF_MATCH", "*"), 412);
}

static void test_remove__takes_the_books_along_and_is_ok_twice(void **state)
{
    (void)state;
    call("POST", "/api/authors", ANN);
    call("POST", "/api/books", BOOK);
    assert_int_equal(call("DELETE", "/api/authors/1", NULL), 200);
    assert_body("{\"status\":\"ok\"}");
    assert_int_equal(call("GET", "/api/books/1", NULL), 404);
    assert_int_equal(call("DELETE", "/api/authors/1", NULL), 200);
    assert_int_equal(call("DELETE", "/api/authors/x", NULL), 422);
}

static void test_failures__of_the_store_have_their_status(void **state)
{
    static const struct {
        enum code code;
        int status;
    } rows[] = {{CONFLICT, 409}, {UNAVAILABLE, 503}, {CONTENDED, 503}, {TIMED_OUT, 504}, {INTERNAL, 500}};

    (void)state;
    call("POST", "/api/authors", ANN);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        fake_fail(store, rows[i].code, 0, 9);
        assert_int_equal(call("POST", "/api/authors", ANN), rows[i].status);
        assert_int_equal(call("GET", "/api/authors", NULL), rows[i].status);
        assert_int_equal(call("DELETE", "/api/authors/1", NULL), rows[i].status);
    }
}

static void test_memory__that_ends_is_a_500_and_nothing_else(void **state)
{
    static const struct {
        const char *method, *uri, *body;
    } rows[] = {
        {"GET", "/api/books?page=1&sort=id&author_id=1", NULL},
        {"POST", "/api/authors", ANN},
        {"PUT", "/api/authors/1", ANN},
        {"DELETE", "/api/books/1", NULL},
    };

    (void)state;
    call("POST", "/api/authors", ANN);
    call("POST", "/api/books", BOOK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (size_t failing = 1; failing < 60; failing++) {
            const struct route *route;
            struct fake_request fake;
            arena_reset(&arena);
            context_init(&context, &arena, 0);
            fake_request_init(&fake, rows[i].method, rows[i].uri, rows[i].body);
            fake_request_set(&fake, "HTTP_IF_MATCH", "*");
            arena.fail_after = failing;
            router_answer(&router, &context, &fake.request, &response, &route);
            arena.fail_after = 0;
            if (response.status != 200 && response.status != 500 && response.status != 412)
                fail_msg("%s %s: %d", rows[i].method, rows[i].uri, response.status);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_create__answers_with_id_and_location, start),
        cmocka_unit_test_setup(test_create__refuses_bad_bodies, start),
        cmocka_unit_test_setup(test_create__names_an_unknown_author, start),
        cmocka_unit_test_setup(test_get__finds_or_not, start),
        cmocka_unit_test_setup(test_get__refuses_what_is_no_id, start),
        cmocka_unit_test_setup(test_get__is_304_when_the_client_has_it, start),
        cmocka_unit_test_setup(test_list__has_page_and_total, start),
        cmocka_unit_test_setup(test_list__goes_back_by_key, start),
        cmocka_unit_test_setup(test_list__names_a_key_that_is_gone, start),
        cmocka_unit_test_setup(test_list__embeds_the_author_of_each_book, start),
        cmocka_unit_test_setup(test_replace__writes_all_fields_and_ignores_an_id, start),
        cmocka_unit_test_setup(test_replace__reports_path_and_body_at_once, start),
        cmocka_unit_test_setup(test_change__writes_only_what_was_sent, start),
        cmocka_unit_test_setup(test_writes__need_the_tag_to_match, start),
        cmocka_unit_test_setup(test_remove__takes_the_books_along_and_is_ok_twice, start),
        cmocka_unit_test_setup(test_failures__of_the_store_have_their_status, start),
        cmocka_unit_test_setup(test_memory__that_ends_is_a_500_and_nothing_else, start),
    };
    int failures;

    arena_init(&store_arena, (size_t)1 << 20);
    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    arena_release(&store_arena);
    return failures;
}
