/* routes_test.c: the table holds together. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/list_query.h"
#include "api/routes.h"

/* Who watches the service must not be turned away for asking often. */
static bool is_asked_by_watchers(const char *path)
{
    return strcmp(path, "/livez") == 0 || strcmp(path, "/readyz") == 0 || strcmp(path, "/metrics") == 0;
}

static void test_routes__are_complete_rows(void **state)
{
    (void)state;
    for (const struct route *route = routes; route->path; route++) {
        bool writes = route->method == METHOD_POST || route->method == METHOD_PUT || route->method == METHOD_PATCH;
        assert_true(route->method < METHOD__MAX);
        assert_int_equal(route->path[0], '/');
        assert_non_null(route->handle);
        assert_true(route->name || route->reply == REPLY_DOCUMENT);
        assert_non_null(route->summary);
        assert_int_equal(route->text != NULL, route->reply == REPLY_TEXT);
        assert_ptr_equal(route->parameters, route->reply == REPLY_LIST ? list_parameters : NULL);
        assert_int_equal(route->body != NO_BODY, writes);
        assert_int_equal(route_is_limited(route), !is_asked_by_watchers(route->path));
        assert_int_equal(route->body == CHANGES_BODY, route->method == METHOD_PATCH);
        assert_int_equal(route->record != NULL,
                         strncmp(route->path, "/api/", 5) == 0 && route->reply != REPLY_DOCUMENT);
    }
}

/* A slash at the end makes no other path. */
static bool same_path(const char *a, const char *b)
{
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);

    a_size -= a[a_size - 1] == '/';
    b_size -= b[b_size - 1] == '/';
    return a_size == b_size && strncmp(a, b, a_size) == 0;
}

static void test_routes__name_each_method_of_a_path_once(void **state)
{
    (void)state;
    for (const struct route *a = routes; a->path; a++) {
        assert_true(a->method != METHOD_HEAD && a->method != METHOD_OPTIONS);
        for (const struct route *b = routes; b != a; b++)
            assert_false(a->method == b->method && same_path(a->path, b->path));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes__are_complete_rows),
        cmocka_unit_test(test_routes__name_each_method_of_a_path_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
