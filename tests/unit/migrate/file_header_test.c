/* file_header_test.c: what counts as a header, and what its directives say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "context_case.h"
#include "migrate/directory.h"
#include "migrate/file_header.h"

static enum code read(const char *text, struct migration_file *ret_file)
{
    *ret_file = (struct migration_file){.name = "1.sql", .text = text, .size = strlen(text)};
    return file_header_read(&context, ret_file);
}

static struct migration_file read_good(const char *text)
{
    struct migration_file file;

    print_message("%s", text);
    assert_int_equal(read(text, &file), OK);
    return file;
}

static void test_header__counts_only_with_a_blank_line_or_nothing_after_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool counts;
    } cases[] = {
        {"-- atlas:txmode none\n\nSELECT 1;\n", true},
        {"-- atlas:txmode none\n \t\nSELECT 1;\n", true},
        {"-- atlas:txmode none\r\n\r\nSELECT 1;\r\n", true},
        {"# about\n--atlas:txmode none\n-- more\n\nSELECT 1;\n", true},
        {"-- atlas:txmode none\n", true},
        {"-- atlas:txmode none", true},
        {"-- atlas:txmode none\nSELECT 1;\n", false},
        {"-- about\n\n-- atlas:txmode none\n\nSELECT 1;\n", false},
        {"\n-- atlas:txmode none\n\nSELECT 1;\n", false},
        {"/* atlas:txmode none */\n\nSELECT 1;\n", false},
        {"SELECT 1; -- atlas:txmode none\n\n", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(read_good(cases[i].text).without_transaction, cases[i].counts);
}

static void test_header__reads_the_directives_of_atlas_wherever_they_stand_in_a_line(void **state)
{
    (void)state;
    struct migration_file file = read_good("-- runs alone: atlas:txmode none\n-- atlas:checkpoint v1.2\n\nSELECT 1;");

    assert_true(file.without_transaction);
    assert_true(file.checkpoint);
    assert_null(file.nolint);
    assert_false(read_good("-- atlas:txmode file\n-- atlas:checkpoints\n\n").checkpoint);
    assert_true(read_good("-- atlas:checkpoint\n\n").checkpoint);
    assert_false(read_good("-- caf\xc3\xa9 atlas:checkpoint\n\n").checkpoint);
    assert_true(read_good("-- see atlas:other atlas:checkpoint caf\xc3\xa9\n\n").checkpoint);
}

static void test_header__gathers_the_names_of_nolint(void **state)
{
    (void)state;
    assert_string_equal(read_good("-- atlas:nolint\n\n").nolint, "");
    assert_string_equal(read_good("-- atlas:nolint DS103 destructive \n\n").nolint, "DS103 destructive");
    assert_string_equal(read_good("-- atlas:nolint DS103\n-- atlas:nolint DS102\n\n").nolint, "DS103 DS102");
    assert_string_equal(read_good("-- atlas:nolint DS103\n-- atlas:nolint\n\n").nolint, "");
    assert_string_equal(read_good("-- atlas:nolint\n-- atlas:nolint DS103\n\n").nolint, "");
}

static void test_header__reads_texts_that_go_on(void **state)
{
    (void)state;
    struct migration_file file = read_good("-- About this file:\n"
                                           "--    not part of anything\n"
                                           "-- quire:check SELECT id\n"
                                           "--     FROM book -- all\n"
                                           "--   WHERE a = 'b'\n"
                                           "-- quire:resolve UPDATE book SET a = NULL;\n"
                                           "--   DELETE FROM book\n"
                                           "--  this is a comment\n"
                                           "--   and so is this\n"
                                           "-- quire:refusal\tis no date;\n"
                                           "--   see the list\n"
                                           "-- quire:replaces h1:abc=\n"
                                           "\n"
                                           "SELECT 1;\n");

    assert_string_equal(file.check, "SELECT id\nFROM book -- all\nWHERE a = 'b'");
    assert_string_equal(file.resolve, "UPDATE book SET a = NULL;\nDELETE FROM book");
    assert_string_equal(file.refusal, "is no date; see the list");
    assert_string_equal(file.replaces, "abc=");
    file = read_good("-- quire:check\n--   SELECT 1\n\n");
    assert_string_equal(file.check, "SELECT 1");
    assert_null(file.resolve);
    assert_null(file.refusal);
    assert_null(read_good("-- see quire:check SELECT 1\n-- quire:checks SELECT 1\n\n").check);
    assert_null(read_good("-- quire:check SELECT 1\nSELECT 1;\n").check);
}

static void test_header__refuses_what_it_cannot_mean(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *detail;
    } cases[] = {
        {"-- atlas:txmode all\n\n", "1.sql: atlas:txmode is \"none\" or \"file\", not \"all\""},
        {"-- atlas:txmode\n\n", "1.sql: atlas:txmode is \"none\" or \"file\", not \"\""},
        {"-- atlas:txmode none\n-- atlas:txmode none\n\n", "1.sql: atlas:txmode is there twice"},
        {"-- quire:replaces abc=\n\n", "1.sql: quire:replaces takes a hash that starts with \"h1:\""},
        {"-- quire:check\n\n", "1.sql: quire:check says nothing"},
        {"-- quire:check a\n-- quire:check b\n\n", "1.sql: quire:check is there twice"},
        {"-- quire:resolve a\n\n", "1.sql: quire:resolve without quire:check"},
        {"-- quire:refusal a\n\n", "1.sql: quire:refusal without quire:check"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct migration_file file;
        assert_int_equal(read(cases[i].text, &file), MALFORMED);
        assert_string_equal(context.error.detail, cases[i].detail);
    }
}

static void test_is_ignored__looks_at_the_first_line_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ignored;
    } cases[] = {
        {"-- atlas:sum ignore\nSELECT 1;\n", true},
        {"-- atlas:sum ignore\r\nSELECT 1;\n", true},
        {"atlas:sum ignore", true},
        {"// any text atlas:sum  ignore\n", true},
        {"-- atlas:sum ignore \n", false},
        {"-- atlas:sum ignored\n", false},
        {"-- atlas:sum\n", false},
        {"-- atlas:summary ignore\n", false},
        {"-- atlas:sum:ignore\n", false},
        {"\n-- atlas:sum ignore\n", false},
        {"caf\xc3\xa9 atlas:sum ignore\n", false},
        {"-- atlas:sum ignore atlas:other\n", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct migration_file file = {.text = cases[i].text, .size = strlen(cases[i].text)};
        print_message("%s\n", cases[i].text);
        assert_int_equal(file_header_is_ignored(&file), cases[i].ignored);
    }
}

static void test_header__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct migration_file file;
    enum code code = NO_MEMORY;

    for (size_t after = 1; code != OK; after++) {
        arena_reset(&arena);
        arena.fail_after = after;
        code = read("-- atlas:nolint a\n-- atlas:nolint b\n-- quire:check a\n--   b\n\n", &file);
        assert_true(code == OK || code == NO_MEMORY);
        assert_true(after < 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header__counts_only_with_a_blank_line_or_nothing_after_it),
        cmocka_unit_test(test_header__reads_the_directives_of_atlas_wherever_they_stand_in_a_line),
        cmocka_unit_test(test_header__gathers_the_names_of_nolint),
        cmocka_unit_test(test_header__reads_texts_that_go_on),
        cmocka_unit_test(test_header__refuses_what_it_cannot_mean),
        cmocka_unit_test(test_is_ignored__looks_at_the_first_line_only),
        cmocka_unit_test(test_header__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, context_setup, context_teardown);
}
