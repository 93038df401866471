/* docs_page_test.c: the documentation pages, with the files of a private folder. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/routes.h"
#include "core/arena.h"
#include "core/config.h"
#include "core/context.h"
#include "fake_request.h"

#define TOO_LARGE ((size_t)4 * 1024 * 1024 + 1)

static struct arena arena;
static struct context context;
static struct response response;
static char folder[64];

static const char *const names[] = {"index.html", "init.js", "swagger-ui.css", "swagger-ui-bundle.js", "secret.txt"};

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int install(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/quire-docs.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put(names[i], names[i]);
    return 0;
}

static int uninstall(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unlink(path_of(names[i]));
        rmdir(path_of(names[i]));
    }
    return rmdir(folder);
}

static enum code call(const char *method, const char *uri, const char *header, const char *value)
{
    const struct config config = {.docs_dir = folder};
    struct api api = {.config = &config};
    struct router router = {.routes = routes, .application = &api, .cors_origins = ""};
    const struct route *route;
    struct fake_request fake;

    arena_reset(&arena);
    context_init(&context, &arena, 0);
    fake_request_init(&fake, method, uri, NULL);
    if (header)
        fake_request_set(&fake, header, value);
    return router_answer(&router, &context, &fake.request, &response, &route);
}

static enum code get(const char *uri)
{
    return call("GET", uri, NULL, NULL);
}

static const char *header(const char *name)
{
    const char *value = fake_response_header(&response, name);

    return value ? value : "";
}

static void test_docs__are_the_files_of_the_folder(void **state)
{
    static const struct {
        const char *uri, *body, *type;
    } rows[] = {
        {"/docs", "index.html", "text/html; charset=utf-8"},
        {"/docs?x=/", "index.html", "text/html; charset=utf-8"},
        {"/docs/init.js", "init.js", "text/javascript; charset=utf-8"},
        {"/docs/swagger-ui.css", "swagger-ui.css", "text/css; charset=utf-8"},
        {"/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(get(rows[i].uri), OK);
        assert_int_equal(response.status, 200);
        assert_string_equal(response.content_type, rows[i].type);
        assert_string_equal(response.body.data, rows[i].body);
        assert_string_equal(header("Cache-Control"), "no-cache");
        assert_string_equal(header("X-Content-Type-Options"), "nosniff");
        assert_non_null(strstr(header("Content-Security-Policy"), "default-src 'none'; script-src 'self';"));
        assert_null(strstr(header("Content-Security-Policy"), "unsafe"));
    }
}

static void test_docs__serve_nothing_that_has_no_route(void **state)
{
    static const char *const uris[] = {
        "/docs/secret.txt",        "/docs/index.html",        "/docs/../secret.txt",  "/docs/..%2fsecret.txt",
        "/docs/%2e%2e/secret.txt", "/docs//secret.txt",       "/docs/init.js/x",      "/docs/init.js%2f..%2fx",
        "/docs/%2fetc%2fpasswd",   "/docs/swagger-ui.css%20", "/docs/SWAGGER-UI.CSS", "/docs/.",
    };

    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        assert_int_equal(get(uris[i]), NO_ROUTE);
        assert_int_equal(response.status, 404);
        assert_string_equal(response.body.data, "{\"detail\":\"Not Found\"}");
    }
}

static void test_docs__are_304_to_a_client_that_has_them(void **state)
{
    char tag[64];

    (void)state;
    assert_int_equal(get("/docs/init.js"), OK);
    snprintf(tag, sizeof tag, "%s", header("ETag"));
    assert_int_equal(call("GET", "/docs/init.js", "HTTP_IF_NONE_MATCH", tag), OK);
    assert_int_equal(response.status, 304);
    put("init.js", "another");
    assert_int_equal(call("GET", "/docs/init.js", "HTTP_IF_NONE_MATCH", tag), OK);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body.data, "another");
}

static void test_docs__answer_head(void **state)
{
    (void)state;
    assert_int_equal(call("HEAD", "/docs", NULL, NULL), OK);
    assert_int_equal(response.status, 200);
    assert_true(response.head_only);
    assert_int_equal(response.body.size, strlen("index.html"));
}

static void test_docs__are_sent_to_whoever_accepts_their_type(void **state)
{
    (void)state;
    assert_int_equal(call("GET", "/docs", "HTTP_ACCEPT", "text/html,application/xml;q=0.9"), OK);
    assert_int_equal(call("GET", "/docs/swagger-ui.css", "HTTP_ACCEPT", "text/css"), OK);
    assert_int_equal(call("GET", "/docs", "HTTP_ACCEPT", "application/json"), NOT_ACCEPTABLE);
    assert_int_equal(response.status, 406);
}

static void test_docs__with_a_slash_are_one_step_up(void **state)
{
    static const struct {
        const char *uri, *location;
    } rows[] = {{"/docs/", "../docs"}, {"/docs/?x=1", "../docs"}, {"/redoc", "docs"}, {"/redoc/", "../docs"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(get(rows[i].uri), OK);
        assert_int_equal(response.status, 307);
        assert_string_equal(header("Location"), rows[i].location);
    }
}

static void expect_plain_page(void)
{
    assert_int_equal(get("/docs"), OK);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "text/html; charset=utf-8");
    assert_non_null(strstr(response.body.data, "make docs"));
    assert_non_null(strstr(response.body.data, "href=\"api/openapi.json\""));
    assert_null(strstr(response.body.data, "<script"));
    assert_null(strstr(response.body.data, "index.html"));
}

static void test_docs__say_how_to_install_what_is_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < sizeof names / sizeof *names; i++) {
        assert_int_equal(unlink(path_of(names[i])), 0);
        expect_plain_page();
        put(names[i], names[i]);
        assert_int_equal(get("/docs"), OK);
        assert_string_equal(response.body.data, "index.html");
    }
    assert_int_equal(unlink(path_of("init.js")), 0);
    assert_int_equal(get("/docs/init.js"), NO_ROUTE);
}

static void test_docs__do_not_read_what_is_no_file(void **state)
{
    (void)state;
    assert_int_equal(unlink(path_of("init.js")), 0);
    assert_int_equal(mkfifo(path_of("init.js"), 0600), 0);
    assert_int_equal(get("/docs/init.js"), NO_ROUTE);
    assert_int_equal(unlink(path_of("index.html")), 0);
    assert_int_equal(mkdir(path_of("index.html"), 0700), 0);
    expect_plain_page();
}

static void test_docs__do_not_read_more_than_4_mib(void **state)
{
    (void)state;
    assert_int_equal(truncate(path_of("swagger-ui.css"), TOO_LARGE), 0);
    assert_int_equal(get("/docs/swagger-ui.css"), NO_ROUTE);
    assert_int_equal(truncate(path_of("swagger-ui.css"), TOO_LARGE - 1), 0);
    assert_int_equal(get("/docs/swagger-ui.css"), OK);
    assert_int_equal(response.body.size, TOO_LARGE - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, install, uninstall)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_docs__are_the_files_of_the_folder),
        TEST(test_docs__serve_nothing_that_has_no_route),
        TEST(test_docs__are_304_to_a_client_that_has_them),
        TEST(test_docs__answer_head),
        TEST(test_docs__are_sent_to_whoever_accepts_their_type),
        TEST(test_docs__with_a_slash_are_one_step_up),
        TEST(test_docs__say_how_to_install_what_is_missing),
        TEST(test_docs__do_not_read_what_is_no_file),
        TEST(test_docs__do_not_read_more_than_4_mib),
    };
    int failures;

    arena_init(&arena, (size_t)32 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
