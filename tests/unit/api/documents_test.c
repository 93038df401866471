/* documents_test.c: the document of this service: every route is in it, by the names that clients know, and it is
 * served. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/documents.h"
#include "api/routes.h"
#include "core/arena.h"
#include "core/config.h"
#include "core/context.h"
#include "core/version.h"
#include "fake_request.h"
#include "json_tree.h"

static const struct config usual = {.base_path = "", .page_size_max = 100, .max_body = 1048576};
static const struct config other = {.base_path = "/shop", .page_size_max = 7, .max_body = 2048};

static struct arena arena, request_arena;
static struct context context;
static struct document document;
static struct response response;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    arena_init(&request_arena, (size_t)1 << 20);
    if (document_openapi(&arena, &usual, &document) != OK)
        return -1;
    json_tree_read(document.text, document.size);
    return 0;
}

static int end(void **state)
{
    (void)state;
    json_tree_release();
    arena_release(&arena);
    arena_release(&request_arena);
    return 0;
}

/* "get /api/authors/" -> the pointer to that operation, without "/paths". */
static const char *pointer_of(const struct route *route)
{
    static char pointer[256];
    size_t size = 0;

    pointer[size++] = '/';
    for (const char *at = route->path; *at; at++)
        size += (size_t)snprintf(pointer + size, sizeof pointer - size, *at == '/' ? "~1" : "%c", *at);
    pointer[size++] = '/';
    for (const char *at = method_name(route->method); *at; at++)
        pointer[size++] = (char)tolower(*at);
    pointer[size] = '\0';
    return pointer;
}

static bool is_document(const struct route *route)
{
    return route->reply == REPLY_DOCUMENT;
}

static void test_document_openapi__has_every_route(void **state)
{
    (void)state;
    for (const struct route *route = routes; route->path; route++) {
        const char *summary = json_tree_show("/paths%s/summary", pointer_of(route));
        assert_string_equal(summary, is_document(route) ? "" : route->summary);
    }
}

static bool is_route(const char *path, const char *method)
{
    for (const struct route *route = routes; route->path; route++) {
        if (!is_document(route) && strcmp(route->path, path) == 0 &&
            strcasecmp(method_name(route->method), method) == 0)
            return true;
    }
    return false;
}

static void test_document_openapi__has_nothing_else(void **state)
{
    size_t n = 0;

    (void)state;
    json_object_object_foreach(json_tree_find("/paths"), path, item)
    {
        json_object_object_foreach(item, method, operation)
        {
            (void)operation;
            assert_true(is_route(path, method));
            n++;
        }
    }
    for (const struct route *route = routes; route->path; route++)
        n -= !is_document(route);
    assert_int_equal(n, 0);
}

/* The ids, tags and statuses that the FastAPI service published. */
static void test_document_openapi__keeps_what_clients_were_generated_from(void **state)
{
    static const struct {
        const char *pointer, *id, *tag;
        bool has_422;
    } rows[] = {
        {"/paths/~1/get", "root__get", "default", false},
        {"/paths/~1api~1authors~1/get", "get_api_authors__get", "authors", true},
        {"/paths/~1api~1authors~1/post", "create_api_authors__post", "authors", true},
        {"/paths/~1api~1authors~1{id}/get", "get_by_id_api_authors__id__get", "authors", true},
        {"/paths/~1api~1authors~1{id}/put", "update_api_authors__id__put", "authors", true},
        {"/paths/~1api~1authors~1{id}/delete", "delete_api_authors__id__delete", "authors", true},
        {"/paths/~1api~1books~1/get", "get_api_books__get", "books", true},
        {"/paths/~1api~1books~1/post", "create_api_books__post", "books", true},
        {"/paths/~1api~1books~1{id}/get", "get_by_id_api_books__id__get", "books", true},
        {"/paths/~1api~1books~1{id}/put", "update_api_books__id__put", "books", true},
        {"/paths/~1api~1books~1{id}/delete", "delete_api_books__id__delete", "books", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_string_equal(json_tree_show("%s/operationId", rows[i].pointer), rows[i].id);
        assert_string_equal(json_tree_show("%s/tags/0", rows[i].pointer), rows[i].tag);
        assert_non_null(json_tree_find("%s/responses/200", rows[i].pointer));
        assert_int_equal(json_tree_find("%s/responses/422", rows[i].pointer) != NULL, rows[i].has_422);
    }
}

static void test_document_openapi__tells_limits_and_rules(void **state)
{
    (void)state;
    assert_string_equal(json_tree_show("/info/version"), QUIRE_VERSION);
    assert_string_equal(json_tree_show("/components/schemas/CreateAuthor/required"),
                        "[\"name\",\"bio\",\"birthdate\"]");
    assert_string_equal(json_tree_show("/components/schemas/CreateBook/required"),
                        "[\"title\",\"description\",\"publish_date\",\"author_id\"]");
    assert_string_equal(json_tree_show("/components/schemas/CreateAuthor/properties/name/maxLength"), "255");
    assert_string_equal(json_tree_show("/components/schemas/Author/properties/bio/type"), "[\"string\",\"null\"]");
    assert_string_equal(json_tree_show("/components/schemas/Book/properties/description/type"), "string");
    assert_string_equal(json_tree_show("/paths/~1api~1authors~1/get/parameters/2/schema/maximum"), "100");
    assert_int_equal(document_openapi(&arena, &other, &document), OK);
    json_tree_read(document.text, document.size);
    assert_string_equal(json_tree_show("/servers"), "[{\"url\":\"/shop\"}]");
    assert_string_equal(json_tree_show("/paths/~1api~1authors~1/get/parameters/2/schema/maximum"), "7");
    assert_string_equal(json_tree_show("/paths/~1api~1authors~1/get/parameters/2/schema/default"), "7");
    assert_string_equal(json_tree_show("/paths/~1api~1books~1/post/requestBody/description"), "At most 2048 bytes.");
}

/* Every field has what the document says of it. */
static void test_document_openapi__describes_every_field(void **state)
{
    static const char *const shapes[] = {"Author", "Book", "CreateAuthor", "CreateBook", "ChangeAuthor", "ChangeBook"};

    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        json_object_object_foreach(json_tree_find("/components/schemas/%s/properties", shapes[i]), name, field)
        {
            (void)name;
            assert_true(json_object_object_get_ex(field, "description", NULL));
            assert_true(json_object_object_get_ex(field, "examples", NULL));
        }
    }
}

static void test_document_openapi__refuses_when_memory_ends(void **state)
{
    struct document none = {.type = "kept"};

    (void)state;
    arena.fail_after = 1;
    assert_int_equal(document_openapi(&arena, &usual, &none), NO_MEMORY);
    arena.fail_after = 0;
    assert_string_equal(none.type, "kept");
}

static int get(const struct document *prepared, const char *if_none_match)
{
    struct api api = {.config = &usual, .openapi = prepared};
    struct router router = {.routes = routes, .application = &api, .cors_origins = "*"};
    const struct route *route;
    struct fake_request fake;

    arena_reset(&request_arena);
    context_init(&context, &request_arena, 0);
    fake_request_init(&fake, "GET", "/api/openapi.json", NULL);
    if (if_none_match)
        fake_request_set(&fake, "HTTP_IF_NONE_MATCH", if_none_match);
    assert_int_equal(router_answer(&router, &context, &fake.request, &response, &route), OK);
    return response.status;
}

static void check_served(const struct document *prepared)
{
    assert_int_equal(get(prepared, NULL), 200);
    assert_string_equal(response.body.data, document.text);
    assert_string_equal(response.content_type, "application/json");
    assert_string_equal(fake_response_header(&response, "ETag"), document.tag);
    assert_string_equal(fake_response_header(&response, "Cache-Control"), "no-cache");
    assert_int_equal(get(prepared, "\"other\""), 200);
    assert_int_equal(get(prepared, document.tag), 304);
    assert_int_equal(response.body.size, 0);
    assert_string_equal(fake_response_header(&response, "ETag"), document.tag);
}

static void test_documents_openapi__is_served_with_a_tag(void **state)
{
    (void)state;
    check_served(&document);
}

static void test_documents_openapi__is_the_same_when_it_is_made_for_one_request(void **state)
{
    (void)state;
    check_served(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_document_openapi__has_every_route, start, end),
        cmocka_unit_test_setup_teardown(test_document_openapi__has_nothing_else, start, end),
        cmocka_unit_test_setup_teardown(test_document_openapi__keeps_what_clients_were_generated_from, start, end),
        cmocka_unit_test_setup_teardown(test_document_openapi__tells_limits_and_rules, start, end),
        cmocka_unit_test_setup_teardown(test_document_openapi__describes_every_field, start, end),
        cmocka_unit_test_setup_teardown(test_document_openapi__refuses_when_memory_ends, start, end),
        cmocka_unit_test_setup_teardown(test_documents_openapi__is_served_with_a_tag, start, end),
        cmocka_unit_test_setup_teardown(test_documents_openapi__is_the_same_when_it_is_made_for_one_request, start,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
