/* migration_name_test.c: what a new file is called: its version is above all that are there, also in the order of
 * names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "context_case.h"
#include "migrate/directory.h"
#include "migrate/directory_write.h"

#define NOW 1792559045 /* 2026-10-21 05:04:05 UTC */

static enum code name_after(const char *left, const char *right, const char *name, const char **ret_name)
{
    struct migration_file files[] = {{.name = left, .version = left}, {.name = right, .version = right}};
    const struct migration_directory directories[] = {{.files = &files[0], .n_files = left ? 1 : 0},
                                                      {.files = &files[1], .n_files = right ? 1 : 0}};
    return migration_file_name(&context, directories, 2, NOW, name, ret_name);
}

static void test_name__is_the_time_or_the_next_number_above_all_versions(void **state)
{
    (void)state;
    static const struct {
        const char *left;
        const char *right;
        const char *expected;
    } cases[] = {
        {NULL, NULL, "20261021050405"},
        {"20240620051907", NULL, "20261021050405"},
        {"1", "0002", "20261021050405"},
        {"20261021050405", NULL, "20261021050406"},
        {"20261021050405", "20261021050409", "20261021050410"},
        {NULL, "20261231235999", "20261231236000"},
        {"20991231235959", "20261021050405", "20991231235960"},
        {"3", NULL, "40000000000000"},
        {"3", "39", "40000000000000"},
        {"3", "5", "60000000000000"},
        {"2026", NULL, "20270000000000"}, /* 2026_a.sql would come after 20261021050405.sql */
        {"2026102105040500", NULL, "20261021050406"},
        {"2026-x", NULL, "20261021050405"},
        {"20199", "29", "30000000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[64];
        const char *name = NULL;
        snprintf(expected, sizeof expected, "%s_x.sql", cases[i].expected);
        assert_int_equal(name_after(cases[i].left, cases[i].right, "x", &name), OK);
        assert_string_equal(name, expected);
    }
}

static void test_name__may_be_left_out(void **state)
{
    (void)state;
    const char *name = NULL;

    assert_int_equal(name_after(NULL, NULL, NULL, &name), OK);
    assert_string_equal(name, "20261021050405.sql");
    assert_int_equal(name_after(NULL, NULL, "", &name), OK);
    assert_string_equal(name, "20261021050405.sql");
}

static void test_name__says_when_no_number_is_above(void **state)
{
    (void)state;
    static const char *const versions[] = {"v1", "99999999999999", "999", "3x"};
    const char *name = NULL;

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "no version of 14 digits is above that of %s", versions[i]);
        assert_int_equal(name_after(versions[i], NULL, "x", &name), MALFORMED);
        assert_string_equal(context.error.detail, expected);
        assert_null(name);
    }
}

static void test_name__of_a_user_has_few_characters(void **state)
{
    (void)state;
    static const char sixty[] = "123456789_123456789_123456789_123456789_123456789_123456789_";
    static const char *const good[] = {"a", "add_pseudonym", "Add-2", "_", sixty};
    static const char *const bad[] = {
        "", "a b", "a/b", "..", "a.sql", "é", "a\n", "123456789_123456789_123456789_123456789_123456789_123456789_1"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(migration_name_is_good(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(migration_name_is_good(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name__is_the_time_or_the_next_number_above_all_versions),
        cmocka_unit_test(test_name__may_be_left_out),
        cmocka_unit_test(test_name__says_when_no_number_is_above),
        cmocka_unit_test(test_name__of_a_user_has_few_characters),
    };
    return cmocka_run_group_tests(tests, context_setup, context_teardown);
}
