/* config_test.c: where a setting comes from, and what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/config.h"

static char folder[] = "/tmp/quire-config-XXXXXX";
static char dotenv[64];
static struct arena arena;
static struct config config;
static char error[512];

static int group_setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(dotenv, sizeof dotenv, "%s/.env", folder);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    memset(&config, 0, sizeof config);
    error[0] = '\0';
    for (const struct setting *setting = settings; setting->name; setting++)
        unsetenv(setting->name);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return unlink(dotenv) < 0 && errno != ENOENT ? -1 : 0;
}

static int load(void)
{
    return config_load(&arena, dotenv, &config, error, sizeof error);
}

static int load_text(const char *text)
{
    FILE *file = fopen(dotenv, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return load();
}

/* The index of a setting, in settings[] and in sources[]. */
static size_t index_of(const char *name)
{
    size_t at = 0;
    while (settings[at].name && strcmp(settings[at].name, name) != 0)
        at++;
    assert_non_null(settings[at].name);
    return at;
}

static const char *value_of(const char *name)
{
    static char scratch[24];
    return config_value(&config, &settings[index_of(name)], scratch, sizeof scratch);
}

static void test_settings__are_complete_and_have_a_place_of_their_own(void **state)
{
    (void)state;
    for (size_t a = 0; settings[a].name; a++) {
        assert_non_null(settings[a].standard);
        assert_true(strlen(settings[a].help) > 0);
        assert_int_equal(settings[a].type == SETTING_CHOICE, settings[a].choices != NULL);
        for (size_t b = 0; b < a; b++) {
            assert_string_not_equal(settings[a].name, settings[b].name);
            assert_int_not_equal(settings[a].offset, settings[b].offset);
        }
    }
}

static void test_config_load__gives_the_defaults_without_a_file(void **state)
{
    (void)state;
    assert_int_equal(load(), 0);
    for (size_t i = 0; settings[i].name; i++) {
        assert_string_equal(value_of(settings[i].name), settings[i].standard);
        assert_int_equal(config.sources[i], FROM_DEFAULT);
    }
    assert_string_equal(config.env, "development");
    assert_string_equal(config.db, "sqlite");
    assert_int_equal(config.db_port, 3309);
    assert_int_equal(config.max_body, 1048576);
    assert_string_equal(config.log_file, "");
}

static void test_config_load__gives_the_port_that_the_database_has(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t port;
    } cases[] = {
        {"DB=sqlite", 3309},
        {"DB=mysql", 3309},
        {"DB=postgresql", 5432},
        {"DB_PORT=6432\nDB=postgresql", 6432},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(load_text(cases[i].text), 0);
        assert_int_equal(config.db_port, cases[i].port);
    }
}

static void test_config_load__takes_the_environment_before_the_file(void **state)
{
    (void)state;
    setenv("DB_PORT", "3306", 1);
    setenv("LOG_FILE", "", 1);
    assert_int_equal(load_text("DB_PORT=1\nLOG_FILE=x\nDB_HOST=db.example\n"), 0);
    assert_int_equal(config.db_port, 3306);
    assert_string_equal(config.log_file, "");
    assert_string_equal(config.db_host, "db.example");
    assert_int_equal(config.sources[index_of("DB_PORT")], FROM_ENVIRONMENT);
    assert_int_equal(config.sources[index_of("DB_HOST")], FROM_DOTENV);
    assert_int_equal(config.sources[index_of("DB_NAME")], FROM_DEFAULT);
}

static void test_config_load__owns_its_texts(void **state)
{
    (void)state;
    setenv("DB_HOST", "one", 1);
    assert_int_equal(load(), 0);
    setenv("DB_HOST", "two", 1);
    assert_string_equal(config.db_host, "one");
}

static void test_config_load__takes_the_last_of_a_name_and_ignores_strangers(void **state)
{
    (void)state;
    assert_int_equal(load_text("DB_NAME=first\nUNKNOWN=1\nDB_NAME='last one'\n"), 0);
    assert_string_equal(config.db_name, "last one");
}

static void test_config_load__names_the_line_that_cannot_be_read(void **state)
{
    (void)state;
    char expected[200];
    snprintf(expected, sizeof expected, "quire: %s line 2 is not NAME=VALUE", dotenv);
    assert_int_equal(load_text("DB_NAME=x\nDB_NAME\n"), -1);
    assert_string_equal(error, expected);
    assert_null(config.env);
}

static void test_config_load__names_a_bad_value_its_source_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"DB_PORT=abc", "quire: DB_PORT from .env is \"abc\"; it must be a number from 1 to 65535"},
        {"DB_PORT=", "quire: DB_PORT from .env is \"\"; it must be a number from 1 to 65535"},
        {"DB_PORT=-", "quire: DB_PORT from .env is \"-\"; it must be a number from 1 to 65535"},
        {"DB_PORT=0", "quire: DB_PORT from .env is \"0\"; it must be a number from 1 to 65535"},
        {"DB_PORT=65536", "quire: DB_PORT from .env is \"65536\"; it must be a number from 1 to 65535"},
        {"DB_PORT=80x", "quire: DB_PORT from .env is \"80x\"; it must be a number from 1 to 65535"},
        {"DB_PORT=' 80'", "quire: DB_PORT from .env is \" 80\"; it must be a number from 1 to 65535"},
        {"DB_PORT=99999999999999999999",
         "quire: DB_PORT from .env is \"99999999999999999999\"; it must be a number from 1 to 65535"},
        {"MAX_REQUESTS=-1", "quire: MAX_REQUESTS from .env is \"-1\"; it must be a number from 0 to 1000000000"},
        {"DB=oracle", "quire: DB from .env is \"oracle\"; it must be one of sqlite, mysql, postgresql"},
        {"CACHE=", "quire: CACHE from .env is \"\"; it must be one of memcached, memory, none"},
        {"LOG_LEVEL=\"a\\nb\"", "quire: LOG_LEVEL from .env is \"a?b\"; it must be one of error, warning, info, debug"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(load_text(cases[i].text), -1);
        assert_string_equal(error, cases[i].error);
        assert_null(config.env);
    }
    setenv("WORKERS", "257", 1);
    assert_int_equal(load_text(""), -1);
    assert_string_equal(error, "quire: WORKERS from the environment is \"257\"; it must be a number from 1 to 256");
}

static void test_config_load__takes_a_base_path_that_needs_no_escape(void **state)
{
    (void)state;
    static const char *const good[] = {"", "/shop", "/a/b", "/~user/v1.0", "/a/b/c/d/e/f/g/h", "/.well-known"};
    static const char *const bad[] = {
        "/",      "shop",   "/shop/", "//shop", "/a//b", "/..",       "/a/../b", "/.",
        "/a/.",   "/sh op", "/a%62",  "/a?b",   "/a#b",  "/\xC3\xA9", "/a\\b",   "/a/b/c/d/e/f/g/h/i",
        "/\"x\"", "/a;b"};
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        setenv("BASE_PATH", good[i], 1);
        assert_int_equal(load(), 0);
        assert_string_equal(config.base_path, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("BASE_PATH", bad[i], 1);
        assert_int_equal(load(), -1);
        snprintf(text, sizeof text, "quire: BASE_PATH from the environment is \"%s\"; it must", bad[i]);
        assert_memory_equal(error, text, strlen(text));
    }
}

static void test_config_load__accepts_both_ends_of_a_range(void **state)
{
    (void)state;
    for (const struct setting *setting = settings; setting->name; setting++) {
        if (setting->type != SETTING_INTEGER)
            continue;
        char text[200];
        snprintf(text, sizeof text, "%s=%lld", setting->name, (long long)setting->min);
        assert_int_equal(load_text(text), 0);
        snprintf(text, sizeof text, "%s=%lld", setting->name, (long long)setting->max);
        assert_int_equal(load_text(text), 0);
    }
}

static void test_config_load__says_when_the_file_cannot_be_read(void **state)
{
    (void)state;
    assert_int_equal(mkdir(dotenv, 0700), 0);
    int result = load();
    assert_int_equal(rmdir(dotenv), 0);
    assert_int_equal(result, -1);
    assert_non_null(strstr(error, "cannot be read: Is a directory"));
}

static void test_config_load__refuses_a_huge_file(void **state)
{
    (void)state;
    static char text[70000];
    memset(text, '\n', sizeof text - 1);
    assert_int_equal(load_text(text), -1);
    assert_non_null(strstr(error, "is larger than 65536 bytes"));
}

static void test_config_load__says_when_memory_ends(void **state)
{
    (void)state;
    int result = -1;
    size_t failures = 0;
    for (size_t allowed = 1; result < 0; allowed++, failures++) {
        arena.fail_after = allowed;
        result = load_text("DB_NAME=x\n");
        assert_true(result == 0 || strcmp(error, "quire: out of memory while reading the settings") == 0);
    }
    assert_true(failures > 10);
}

static void test_config_load__keeps_the_line_within_its_room(void **state)
{
    (void)state;
    char small[16];
    assert_int_equal(load_text("DB_PORT=x"), -1);
    assert_int_equal(config_load(&arena, dotenv, &config, small, sizeof small), -1);
    assert_string_equal(small, "quire: DB_PORT ");
}

static void test_setting_source_name__names_all_three(void **state)
{
    (void)state;
    assert_string_equal(setting_source_name(FROM_DEFAULT), "default");
    assert_string_equal(setting_source_name(FROM_DOTENV), ".env");
    assert_string_equal(setting_source_name(FROM_ENVIRONMENT), "environment");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settings__are_complete_and_have_a_place_of_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__gives_the_defaults_without_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__gives_the_port_that_the_database_has, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__takes_the_environment_before_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__owns_its_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__takes_the_last_of_a_name_and_ignores_strangers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_config_load__names_the_line_that_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__names_a_bad_value_its_source_and_what_is_allowed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_config_load__takes_a_base_path_that_needs_no_escape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__accepts_both_ends_of_a_range, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__says_when_the_file_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__refuses_a_huge_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__says_when_memory_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_load__keeps_the_line_within_its_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_setting_source_name__names_all_three, setup, teardown),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
