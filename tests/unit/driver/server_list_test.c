/* server_list_test.c: what names a server, and what does not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "driver/server_list.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* The list, one "name host port" per server; or the error. */
static const char *parsed(const char *text)
{
    static char line[512];
    size_t n = 0;
    struct server_address *list = server_list_parse(&arena, text, 11211, 3, &n, line, sizeof line);
    if (!list)
        return line;
    char *end = line;
    for (size_t i = 0; i < n; i++)
        end += snprintf(end, sizeof line - (size_t)(end - line), "%s%s %s %d", i ? "; " : "", list[i].name,
                        list[i].host, list[i].port);
    return line;
}

static void test_server_list_parse__takes_hosts_and_paths(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"localhost:11211", "localhost:11211 localhost 11211"},
        {"10.0.0.1", "10.0.0.1:11211 10.0.0.1 11211"},
        {"cache-1.example_a.org:1", "cache-1.example_a.org:1 cache-1.example_a.org 1"},
        {"[::1]:65535", "::1:65535 ::1 65535"},
        {"[fe80::1%eth0]", "fe80::1%eth0:11211 fe80::1%eth0 11211"},
        {"/run/m.sock", "/run/m.sock /run/m.sock 0"},
        {"unix:/run/m.sock", "/run/m.sock /run/m.sock 0"},
        {" a:1 ,\t/b, c:3", "a:1 a 1; /b /b 0; c:3 c 3"},
        {"/with space:80", "/with space:80 /with space:80 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(parsed(cases[i][0]), cases[i][1]);
}

static void test_server_list_parse__refuses_what_names_no_server(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",       " ",           ",",        "a,",  "a,,b",  "a:",     "a:0",        "a:65536",
        "a:1x",   "a:-1",        "a: 1",     "a b", ":1",    "[::1",   "[]:1",       "::1",
        "unix:a", "unix:",       "unix: /a", "a/b", "a:1:2", "[::1]1", "http://a:1", "a:99999999999999999999",
        "a\n",    "caf\xc3\xa9",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_non_null(strstr(parsed(cases[i]), "is neither host:port nor the path of a socket"));
}

static void test_server_list_parse__refuses_more_than_it_may_take(void **state)
{
    (void)state;
    assert_string_equal(parsed("a,b,c,d"), "more than 3 servers");
    assert_string_equal(parsed("a,b,c"), "a:11211 a 11211; b:11211 b 11211; c:11211 c 11211");
}

static void test_server_list_parse__refuses_a_path_too_long_for_a_socket(void **state)
{
    (void)state;
    char path[109];
    memset(path, '/', sizeof path);
    path[108] = '\0';
    assert_non_null(strstr(parsed(path), "is neither"));
    path[107] = '\0';
    assert_null(strstr(parsed(path), "is neither"));
}

static void test_server_list_parse__says_when_memory_ends(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 5; i++) {
        char error[128] = "";
        size_t n = 77;
        arena.fail_after = i;
        struct server_address *list = server_list_parse(&arena, "a:1", 1, 3, &n, error, sizeof error);
        arena.fail_after = 0;
        assert_int_equal(list == NULL, error[0] != '\0');
        assert_int_equal(n, list ? 1 : 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_list_parse__takes_hosts_and_paths),
        cmocka_unit_test(test_server_list_parse__refuses_what_names_no_server),
        cmocka_unit_test(test_server_list_parse__refuses_more_than_it_may_take),
        cmocka_unit_test(test_server_list_parse__refuses_a_path_too_long_for_a_socket),
        cmocka_unit_test(test_server_list_parse__says_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
