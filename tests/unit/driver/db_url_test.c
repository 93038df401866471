/* db_url_test.c: the URLs of databases, one row each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "driver/db_url.h"

#define ARENA_MAX ((size_t)1 << 20)

/* What the options are before a URL is read. */
static const struct db_options before = {
    .host = "HOST", .user = "USER", .password = "PASSWORD", .name = "NAME", .path = "PATH", .port = 9};

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* A server: what the URL leaves out is in capitals. */
static void test_db_url_parse__reads_servers(void **state)
{
    static const struct {
        const char *url, *driver, *host;
        int port;
        const char *user, *password, *name;
    } rows[] = {
        {"mysql://fastapi:fastapi@localhost:3309/fastapi", "mysql", "localhost", 3309, "fastapi", "fastapi", "fastapi"},
        {"mysql://h/d", "mysql", "h", 3306, "USER", "PASSWORD", "d"},
        {"maria://u:p@h:1/d", "mysql", "h", 1, "u", "p", "d"},
        {"mariadb://u@h/d", "mysql", "h", 3306, "u", "PASSWORD", "d"},
        {"MySQL://u:@h/d", "mysql", "h", 3306, "u", "", "d"},
        {"mysql://u:p@h", "mysql", "h", 3306, "u", "p", "NAME"},
        {"mysql://u:p@h:65535/", "mysql", "h", 65535, "u", "p", "NAME"},
        {"mysql:///d", "mysql", "HOST", 3306, "USER", "PASSWORD", "d"},
        {"mysql://:3307/d", "mysql", "HOST", 3307, "USER", "PASSWORD", "d"},
        {"mysql://u:p@h/d/", "mysql", "h", 3306, "u", "p", "d"},
        {"mysql://u:p@h/d?charset=utf8mb4&parseTime=True&loc=Local&tls=false", "mysql", "h", 3306, "u", "p", "d"},
        {"mysql://u:p@h/d?", "mysql", "h", 3306, "u", "p", "d"},
        {"mysql://u%40x:a%2Fb%3F%23%3a%25@h/d%20e", "mysql", "h", 3306, "u@x", "a/b?#:%", "d e"},
        {"mysql://u:p@q:r@h/d", "mysql", "h", 3306, "u", "p@q:r", "d"},
        {"mysql://u:p%C3%A9@[::1]:3307/d", "mysql", "::1", 3307, "u", "pé", "d"},
        {"mysql://u:p@[fe80::1%25eth0]/d", "mysql", "fe80::1%eth0", 3306, "u", "p", "d"},
        {"postgres://u:p@h/d?sslmode=disable", "postgresql", "h", 5432, "u", "p", "d"},
        {"postgresql://u:p@h:6000/d?sslmode=prefer&application_name=x", "postgresql", "h", 6000, "u", "p", "d"},
        {"postgres:///d?host=/run/postgresql", "postgresql", "/run/postgresql", 5432, "USER", "PASSWORD", "d"},
        {"postgres://u:p@/d?host=%2Frun%2Fpg", "postgresql", "/run/pg", 5432, "u", "p", "d"},
        {"mysql+unix:///run/mysql.sock?database=d", "mysql", "/run/mysql.sock", 9, "USER", "PASSWORD", "d"},
        {"mysql+unix://u:p@/run/my%20sql.sock", "mysql", "/run/my sql.sock", 9, "u", "p", "NAME"},
        {"maria+unix://u:p@/s?database=d&parseTime=true", "mysql", "/s", 9, "u", "p", "d"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct db_options options = before;
        const char *driver = NULL;
        char error[256] = "";
        print_message("# %s\n", rows[i].url);
        assert_int_equal(db_url_parse(&arena, rows[i].url, &driver, &options, error, sizeof error), 0);
        assert_string_equal(driver, rows[i].driver);
        assert_string_equal(options.host, rows[i].host);
        assert_int_equal(options.port, rows[i].port);
        assert_string_equal(options.user, rows[i].user);
        assert_string_equal(options.password, rows[i].password);
        assert_string_equal(options.name, rows[i].name);
        assert_string_equal(options.path, "PATH");
        assert_null(options.schema);
    }
}

static void test_db_url_parse__reads_files(void **state)
{
    static const struct {
        const char *url, *path;
    } rows[] = {
        {"sqlite://var/quire.db", "var/quire.db"},
        {"sqlite:///abs/path", "/abs/path"},
        {"sqlite3://a.db?_fk=1&cache=shared", "a.db"},
        {"sqlite://file?mode=memory", ":memory:"},
        {"sqlite://file?cache=shared&mode=memory&_fk=1", ":memory:"},
        {"sqlite://:memory:", ":memory:"},
        {"sqlite://a@b:c.db?mode=rwc", "a@b:c.db"},
        {"sqlite://a%3Fb%23.db", "a?b#.db"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct db_options options = before;
        const char *driver = NULL;
        char error[256] = "";
        print_message("# %s\n", rows[i].url);
        assert_int_equal(db_url_parse(&arena, rows[i].url, &driver, &options, error, sizeof error), 0);
        assert_string_equal(driver, "sqlite");
        assert_string_equal(options.path, rows[i].path);
        assert_string_equal(options.host, "HOST");
    }
}

static void test_db_url_parse__takes_the_search_path_as_schema(void **state)
{
    struct db_options options = before;
    const char *driver = NULL;
    char error[256] = "";

    (void)state;
    assert_int_equal(db_url_parse(&arena, "postgres://h/d?search_path=public", &driver, &options, error, sizeof error),
                     0);
    assert_string_equal(options.schema, "public");
}

/* One line, without the password (which has the word "secret" in each row that has one), and nothing is changed. */
static void test_db_url_parse__refuses(void **state)
{
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"", "must start with"},
        {"fastapi", "must start with"},
        {"u:secret@h/d", "must start with"},
        {"mysql:/u:secret@h/d", "must start with"},
        {"://h/d", "must start with"},
        {"http://h/d", "not http://"},
        {"mongodb+srv://u:secret@h/d", "not mongodb+srv://"},
        {"mysql://u:secret@h:0/d", "port from 1 to 65535"},
        {"mysql://u:secret@h:65536/d", "port from 1 to 65535"},
        {"mysql://u:secret@h:99999999999999999999/d", "port from 1 to 65535"},
        {"mysql://u:secret@h:/d", "port from 1 to 65535"},
        {"mysql://u:secret@h:33x/d", "number as its port"},
        {"mysql://u:secret/d", "number as its port"},
        {"mysql://u:secret@::1/d", "between brackets"},
        {"mysql://u:secret@[::1/d", "between brackets"},
        {"mysql://u:secret@[]/d", "between brackets"},
        {"mysql://u:secret@[::1]3306/d", "between brackets"},
        {"mysql://:secret@h/d", "without a user"},
        {"mysql://@h/d", "without a user"},
        {"mysql://u:sec/ret@h/d", "write %2F"},
        {"mysql://u:1?secret@h/d", "write %2F"},
        {"mysql://u:1#secret@h/d", "write %2F"},
        {"mysql://u:secret@h/d#x", "write %23"},
        {"mysql://u:secret%@h/d", "%25"},
        {"mysql://u:secret%4@h/d", "%25"},
        {"mysql://u:secret%zz@h/d", "%25"},
        {"mysql://u:secret%00@h/d", "control character"},
        {"mysql://u:secret\t@h/d", "control character"},
        {"mysql://u:secret@h/a/b", "write %2F"},
        {"mysql://u:secret@h/d?tls=true", "parameter tls with a value"},
        {"mysql://u:secret@h/d?password=secret", "not supported: password"},
        {"mysql://u:secret@h/d?=1", "not supported: "},
        {"postgres://u:secret@h/d?sslmode=verify-full", "there is disable, allow, prefer"},
        {"postgres://u:secret@h/d?search_path=a,b", "one schema"},
        {"postgres://u:secret@h/d?search_path=", "without a value"},
        {"postgres://u:secret@h/d?host=", "without a value"},
        {"postgres://u:secret@h/d?charset=utf8", "not supported: charset"},
        {"mysql+unix://u:secret@h/s", "has a host"},
        {"mysql+unix://u:secret@?database=d", "no socket"},
        {"mysql+unix://u:secret@/", "no socket"},
        {"sqlite://", "names no file"},
        {"sqlite://?mode=memory", "names no file"},
        {"sqlite://a.db#b", "write %23"},
        {"sqlite://a.db?mode=ro", "there is memory, rwc"},
        {"sqlite://a.db?_fk=0", "there is 1, true, on"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct db_options options = before;
        const char *driver = "none";
        char error[256] = "";
        print_message("# %s\n", rows[i].url);
        assert_int_equal(db_url_parse(&arena, rows[i].url, &driver, &options, error, sizeof error), -1);
        assert_non_null(strstr(error, rows[i].why));
        assert_null(strstr(error, "ret"));
        assert_null(strstr(error, "sec"));
        assert_null(strchr(error, '\n'));
        assert_memory_equal(&options, &before, sizeof options);
        assert_string_equal(driver, "none");
    }
}

static void test_db_url_parse__keeps_within_the_line_it_is_given(void **state)
{
    struct db_options options = before;
    const char *driver = NULL;
    char error[16];

    (void)state;
    memset(error, 'x', sizeof error);
    assert_int_equal(db_url_parse(&arena, "http://h", &driver, &options, error, 8), -1);
    assert_string_equal(error, "the dat");
    assert_int_equal(error[8], 'x');
}

static void test_db_url_parse__tells_that_memory_ended(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 4; n++) {
        struct db_options options = before;
        const char *driver = NULL;
        char error[64] = "";
        arena.fail_after = n;
        assert_int_equal(db_url_parse(&arena, "mysql://u:p@h/d", &driver, &options, error, sizeof error), -1);
        assert_string_equal(error, "out of memory");
        arena.fail_after = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_db_url_parse__reads_servers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_db_url_parse__reads_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_db_url_parse__takes_the_search_path_as_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(test_db_url_parse__refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_db_url_parse__keeps_within_the_line_it_is_given, setup, teardown),
        cmocka_unit_test_setup_teardown(test_db_url_parse__tells_that_memory_ended, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
