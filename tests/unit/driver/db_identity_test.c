/* db_identity_test.c: names for one database, and for others. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "driver/db.h"
#include "driver/db_identity.h"

static const struct db_driver server = {.name = "mysql"};
static const struct db_driver embedded = {.name = "sqlite"};
static struct arena arena;
static char folder[] = "/tmp/quire-identity-XXXXXX";

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

static const char *identity_of_server(const char *host, int port, const char *name)
{
    const struct db db = {.driver = &server, .options = {.host = host, .port = port, .name = name, .path = "ignored"}};
    return db_identity(&arena, &db);
}

static const char *identity_of_file(const char *path)
{
    const struct db db = {.driver = &embedded, .options = {.host = "ignored", .path = path}};
    return db_identity(&arena, &db);
}

static void make_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void test_db_identity__is_one_for_all_names_of_the_machine_itself(void **state)
{
    (void)state;
    const char *identity = identity_of_server("localhost", 3309, "fastapi");
    assert_string_equal(identity_of_server("127.0.0.1", 3309, "fastapi"), identity);
    assert_string_equal(identity_of_server("::1", 3309, "fastapi"), identity);
}

static void test_db_identity__tells_servers_and_their_databases_apart(void **state)
{
    static const struct {
        const char *host;
        int port;
        const char *name;
    } rows[] = {
        {"localhost", 3309, "fastapi"},  {"localhost", 3310, "fastapi"},   {"localhost", 3309, "other"},
        {"db.example", 3309, "fastapi"}, {"/run/a.sock", 3309, "fastapi"}, {"/run/b.sock", 3309, "fastapi"},
    };
    const size_t n = sizeof(rows) / sizeof(*rows);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(identity_of_server(rows[i].host, rows[i].port, rows[i].name),
                                    identity_of_server(rows[j].host, rows[j].port, rows[j].name));
    }
}

static void test_db_identity__has_the_machine_in_the_name_of_a_socket(void **state)
{
    char machine[256] = "";

    (void)state;
    gethostname(machine, sizeof machine - 1);
    assert_non_null(strstr(identity_of_server("/run/a.sock", 3309, "fastapi"), machine));
    assert_null(strstr(identity_of_server("db.example", 3309, "fastapi"), machine));
}

static void test_db_identity__follows_links_and_relative_paths_to_the_file(void **state)
{
    (void)state;
    make_file("a.db");
    assert_int_equal(symlink("a.db", "link.db"), 0);
    char *whole = arena_printf(&arena, "%s/a.db", folder);
    assert_string_equal(identity_of_file("a.db"), identity_of_file(whole));
    assert_string_equal(identity_of_file("link.db"), identity_of_file(whole));
    unlink("link.db");
    unlink("a.db");
}

/* While the first one is there, a second one cannot have its number. */
static void test_db_identity__tells_a_new_file_of_the_same_name(void **state)
{
    (void)state;
    make_file("a.db");
    const char *before = identity_of_file("a.db");
    assert_int_equal(rename("a.db", "old.db"), 0);
    const char *meanwhile = identity_of_file("a.db");
    make_file("a.db");
    assert_string_not_equal(identity_of_file("a.db"), before);
    assert_string_not_equal(meanwhile, before);
    unlink("a.db");
    unlink("old.db");
}

static void test_db_identity__without_memory_is_none(void **state)
{
    struct arena small;
    const struct db db = {.driver = &embedded, .options = {.path = "a.db"}};
    const struct db other = {.driver = &server, .options = {.host = "/run/a.sock", .name = "fastapi"}};

    (void)state;
    arena_init(&small, 0);
    assert_null(db_identity(&small, &db));
    assert_null(db_identity(&small, &other));
    arena_release(&small);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_db_identity__is_one_for_all_names_of_the_machine_itself),
        CASE(test_db_identity__tells_servers_and_their_databases_apart),
        CASE(test_db_identity__has_the_machine_in_the_name_of_a_socket),
        CASE(test_db_identity__follows_links_and_relative_paths_to_the_file),
        CASE(test_db_identity__tells_a_new_file_of_the_same_name),
        CASE(test_db_identity__without_memory_is_none),
    };

    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (chdir("/") != 0 || rmdir(folder) != 0)
        return 1;
    return failed;
}
