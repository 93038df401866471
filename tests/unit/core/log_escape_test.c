/* log_escape_test.c: what a client sent, made harmless. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/log_escape.h"

static const struct {
    const char *text, *json, *apache;
} cases[] = {
    {"", "", ""},
    {"Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"},
    {"a\"b\\c", "a\\\"b\\\\c", "a\\\"b\\\\c"},
    {"x\ny\rz", "x\\u000ay\\u000dz", "x\\ny\\rz"},
    {"\b\t\v\f", "\\u0008\\u0009\\u000b\\u000c", "\\b\\t\\v\\x0c"},
    {"\x1B[31m\x7F", "\\u001b[31m\\u007f", "\\x1b[31m\\x7f"},
    {"\xC2\x9B", "\\u009b", "\\xc2\\x9b"},
    {"\xC3\xA4\xE2\x82\xAC", "\xC3\xA4\xE2\x82\xAC", "\\xc3\\xa4\\xe2\\x82\\xac"},
    {"\xFF-\xC3", "\\ufffd-\\ufffd", "\\xff-\\xc3"},
    {"\" 200 1 \"-\"\n127.0.0.1 - -", "\\\" 200 1 \\\"-\\\"\\u000a127.0.0.1 - -",
     "\\\" 200 1 \\\"-\\\"\\n127.0.0.1 - -"},
};

static void test_log_escape__leaves_nothing_that_ends_a_field_or_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char to[256] = "";
        to[log_escape_json(to, sizeof to - 1, cases[i].text, strlen(cases[i].text))] = '\0';
        assert_string_equal(to, cases[i].json);
        to[log_escape_apache(to, sizeof to - 1, cases[i].text, strlen(cases[i].text))] = '\0';
        assert_string_equal(to, cases[i].apache);
    }
}

static void test_log_escape__never_cuts_an_escape_or_a_character(void **state)
{
    (void)state;
    char to[64];
    assert_int_equal(log_escape_json(to, 7, "a\n\n", 3), 7);
    assert_int_equal(log_escape_json(to, 6, "a\n\n", 3), 1);
    assert_int_equal(log_escape_json(to, 2, "\xE2\x82\xAC", 3), 0);
    assert_int_equal(log_escape_json(to, 0, "a", 1), 0);
    assert_int_equal(log_escape_apache(to, 4, "a\xFF", 2), 1);
    assert_int_equal(log_escape_apache(to, 5, "a\xFF", 2), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_escape__leaves_nothing_that_ends_a_field_or_a_line),
        cmocka_unit_test(test_log_escape__never_cuts_an_escape_or_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
