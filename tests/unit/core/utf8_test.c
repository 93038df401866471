/* utf8_test.c: what RFC 3629 allows and nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/utf8.h"

#define LITERAL(text) (text), sizeof(text) - 1

static void test_utf8_sequence__knows_every_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, length;
    } cases[] = {
        {LITERAL("a"), 1},
        {LITERAL("\0"), 1},
        {LITERAL("\x7F"), 1},
        {LITERAL("\xC2\x80"), 2},
        {LITERAL("\xDF\xBFz"), 2},
        {LITERAL("\xE0\xA0\x80"), 3},
        {LITERAL("\xED\x9F\xBF"), 3},
        {LITERAL("\xEE\x80\x80"), 3},
        {LITERAL("\xEF\xBF\xBF"), 3},
        {LITERAL("\xF0\x90\x80\x80"), 4},
        {LITERAL("\xF4\x8F\xBF\xBF"), 4},
        {LITERAL("\x80"), 0},             /* a continuation */
        {LITERAL("\xC0\x80"), 0},         /* overlong */
        {LITERAL("\xC1\xBF"), 0},         /* overlong */
        {LITERAL("\xE0\x9F\xBF"), 0},     /* overlong */
        {LITERAL("\xED\xA0\x80"), 0},     /* surrogate */
        {LITERAL("\xF0\x8F\xBF\xBF"), 0}, /* overlong */
        {LITERAL("\xF4\x90\x80\x80"), 0}, /* above U+10FFFF */
        {LITERAL("\xF5\x80\x80\x80"), 0},
        {LITERAL("\xFF"), 0},
        {LITERAL("\xC3"), 0}, /* cut short */
        {LITERAL("\xE2\x82"), 0},
        {LITERAL("\xF0\x9F\x98"), 0},
        {LITERAL("\xC3z"), 0}, /* no continuation */
        {LITERAL("\xE2\x82z"), 0},
        {LITERAL("\xF0\x9F\x98z"), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_sequence(cases[i].text, cases[i].size), cases[i].length);
}

static void test_utf8_is_valid__finds_a_fault_at_any_place(void **state)
{
    (void)state;
    assert_true(utf8_is_valid("", 0));
    for (size_t at = 0; at < 40; at++) {
        char text[40];
        memset(text, 'a', sizeof text);
        assert_true(utf8_is_valid(text, sizeof text));
        text[at] = '\xC3';
        assert_false(utf8_is_valid(text, sizeof text));
        if (at + 1 < sizeof text) {
            text[at + 1] = '\xA4';
            assert_true(utf8_is_valid(text, sizeof text));
        }
    }
}

static void test_utf8_length__counts_characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length(LITERAL("abc")), 3);
    assert_int_equal(utf8_length(LITERAL("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z")), 4);
}

static void test_utf8_is_blank__agrees_with_pythons_isspace(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        bool blank;
    } cases[] = {
        {LITERAL(""), true},
        {LITERAL(" \t\n\v\f\r"), true},
        {LITERAL("\x1C\x1D\x1E\x1F"), true},
        {LITERAL("\xC2\x85\xC2\xA0"), true},
        {LITERAL("\xE1\x9A\x80"), true},
        {LITERAL("\xE2\x80\x80\xE2\x80\x8A"), true},
        {LITERAL("\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAF\xE2\x81\x9F\xE3\x80\x80"), true},
        {LITERAL(" a "), false},
        {LITERAL("\0"), false},
        {LITERAL("\x1B"), false},
        {LITERAL("\xE2\x80\x8B"), false}, /* U+200B, zero width space */
        {LITERAL("\xE1\xA0\x8E"), false}, /* U+180E */
        {LITERAL("\xEF\xBB\xBF"), false}, /* U+FEFF */
        {LITERAL(" \xF0\x9F\x98\x80"), false},
        {LITERAL("\xC2"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_is_blank(cases[i].text, cases[i].size), cases[i].blank);
}

static void test_utf8_trim__drops_only_a_character_cut_short(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, kept;
    } cases[] = {
        {LITERAL(""), 0},
        {LITERAL("abc"), 3},
        {LITERAL("ab\xC3\xA4"), 4},
        {LITERAL("ab\xC3"), 2},
        {LITERAL("ab\xE2\x82\xAC"), 5},
        {LITERAL("ab\xE2\x82"), 2},
        {LITERAL("ab\xE2"), 2},
        {LITERAL("\xF0\x9F\x98\x80"), 4},
        {LITERAL("\xF0\x9F\x98"), 0},
        {LITERAL("\x80\x80"), 2}, /* not valid before either */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_trim(cases[i].text, cases[i].size), cases[i].kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_sequence__knows_every_length),
        cmocka_unit_test(test_utf8_is_valid__finds_a_fault_at_any_place),
        cmocka_unit_test(test_utf8_length__counts_characters),
        cmocka_unit_test(test_utf8_is_blank__agrees_with_pythons_isspace),
        cmocka_unit_test(test_utf8_trim__drops_only_a_character_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
