/* What is JSON, what is not, and where and why it is not: as Python's json module says it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/json_scan.h"

#define NAME "Expecting property name enclosed in double quotes"
#define VALUE "Expecting value"
#define COLON "Expecting ':' delimiter"
#define COMMA "Expecting ',' delimiter"
#define EXTRA "Extra data"
#define CONTROL "Invalid control character at"
#define ESCAPE "Invalid \\escape"
#define UNICODE "Invalid \\uXXXX escape"
#define UNTERMINATED "Unterminated string starting at"
#define SURROGATE "Unpaired surrogate in \\uXXXX escape"

/* A text with its length: it may hold NUL. */
#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *text;
    size_t size;
} good[] = {
    {TEXT("{}")},
    {TEXT("[]")},
    {TEXT(" \t\r\n[ ] \n")},
    {TEXT("null")},
    {TEXT("true")},
    {TEXT("false")},
    {TEXT("0")},
    {TEXT("-0")},
    {TEXT("10")},
    {TEXT("-1.5e+10")},
    {TEXT("0.0E-0")},
    {TEXT("1e400")},
    {TEXT("123456789012345678901234567890")},
    {TEXT("\"\"")},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uFFff\"")},
    {TEXT("\"\\ud83d\\ude00\"")},
    {TEXT("\"\xf0\x9f\x98\x80 \xc3\xa9 \x7f\"")},
    {TEXT("[1,[2,[]],{\"a\":{}}]")},
    {TEXT("{\"a\" : [ null , true ] , \"a\" : {\"\" : -1} }")},
    {TEXT("{\"\\u0000\":1}")},
};

static const struct {
    const char *text;
    size_t size;
    enum json_fault fault;
    size_t offset;
    const char *reason;
} bad[] = {
    {TEXT(""), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("  "), JSON_BAD_SYNTAX, 2, VALUE},
    {TEXT("{\"name\":\"a\","), JSON_BAD_SYNTAX, 12, NAME},
    {TEXT("{\"name\":\"a\", "), JSON_BAD_SYNTAX, 13, NAME},
    {TEXT("{"), JSON_BAD_SYNTAX, 1, NAME},
    {TEXT("{1:2}"), JSON_BAD_SYNTAX, 1, NAME},
    {TEXT("{,}"), JSON_BAD_SYNTAX, 1, NAME},
    {TEXT("{\"a\":1,}"), JSON_BAD_SYNTAX, 7, NAME},
    {TEXT("{'a':1}"), JSON_BAD_SYNTAX, 1, NAME},
    {TEXT("{\"a\""), JSON_BAD_SYNTAX, 4, COLON},
    {TEXT("{\"a\" 1}"), JSON_BAD_SYNTAX, 5, COLON},
    {TEXT("{\"a\":"), JSON_BAD_SYNTAX, 5, VALUE},
    {TEXT("{\"a\":}"), JSON_BAD_SYNTAX, 5, VALUE},
    {TEXT("{\"a\":1"), JSON_BAD_SYNTAX, 6, COMMA},
    {TEXT("{\"a\":1]"), JSON_BAD_SYNTAX, 6, COMMA},
    {TEXT("{\"a\":1 \"b\""), JSON_BAD_SYNTAX, 7, COMMA},
    {TEXT("{\"a\":01}"), JSON_BAD_SYNTAX, 6, COMMA},
    {TEXT("["), JSON_BAD_SYNTAX, 1, VALUE},
    {TEXT("[1,]"), JSON_BAD_SYNTAX, 3, VALUE},
    {TEXT("[,1]"), JSON_BAD_SYNTAX, 1, VALUE},
    {TEXT("[1 2]"), JSON_BAD_SYNTAX, 3, COMMA},
    {TEXT("[1}"), JSON_BAD_SYNTAX, 2, COMMA},
    {TEXT("[]]"), JSON_BAD_SYNTAX, 2, EXTRA},
    {TEXT("{} x"), JSON_BAD_SYNTAX, 3, EXTRA},
    {TEXT("1 2"), JSON_BAD_SYNTAX, 2, EXTRA},
    {TEXT("{}\0"), JSON_BAD_SYNTAX, 2, EXTRA},
    {TEXT("\0"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("nul"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("[trux]"), JSON_BAD_SYNTAX, 1, VALUE},
    {TEXT("nulll"), JSON_BAD_SYNTAX, 4, EXTRA},
    {TEXT("NaN"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("[-Infinity]"), JSON_BAD_SYNTAX, 1, VALUE},
    {TEXT("-"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("+1"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT(".5"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("-01"), JSON_BAD_SYNTAX, 2, EXTRA},
    {TEXT("2."), JSON_BAD_SYNTAX, 1, EXTRA},
    {TEXT("1e"), JSON_BAD_SYNTAX, 1, EXTRA},
    {TEXT("1e+"), JSON_BAD_SYNTAX, 1, EXTRA},
    {TEXT("0x10"), JSON_BAD_SYNTAX, 1, EXTRA},
    {TEXT("'a'"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("/**/1"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("\xef\xbb\xbf{}"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("\xc2\xa0{}"), JSON_BAD_SYNTAX, 0, VALUE},
    {TEXT("\"abc"), JSON_BAD_SYNTAX, 0, UNTERMINATED},
    {TEXT("[\"\\"), JSON_BAD_SYNTAX, 1, UNTERMINATED},
    {TEXT("\"a\nb\""), JSON_BAD_SYNTAX, 2, CONTROL},
    {TEXT("\"a\0b\""), JSON_BAD_SYNTAX, 2, CONTROL},
    {TEXT("\"\\x\""), JSON_BAD_SYNTAX, 1, ESCAPE},
    {TEXT("\"\\\0\""), JSON_BAD_SYNTAX, 1, ESCAPE},
    {TEXT("\"\\u12\""), JSON_BAD_SYNTAX, 2, UNICODE},
    {TEXT("\"\\u12g4\""), JSON_BAD_SYNTAX, 2, UNICODE},
    {TEXT("\"\\u"), JSON_BAD_SYNTAX, 2, UNICODE},
    {TEXT("\"\\ud800\""), JSON_BAD_SURROGATE, 1, SURROGATE},
    {TEXT("\"a\\udc00\\ud800\""), JSON_BAD_SURROGATE, 2, SURROGATE},
    {TEXT("\"\\ud800\\ud800\""), JSON_BAD_SURROGATE, 1, SURROGATE},
    {TEXT("\"\\ud800\\u0041\""), JSON_BAD_SURROGATE, 1, SURROGATE},
    {TEXT("\"\\ud800x\\udc00\""), JSON_BAD_SURROGATE, 1, SURROGATE},
    {TEXT("\"\xc0\x80\""), JSON_BAD_UTF8, 1, "Invalid UTF-8"},
    {TEXT("\"\xf8\x88\x80\x80\x80\""), JSON_BAD_UTF8, 1, "Invalid UTF-8"},
    {TEXT("\"\xed\xa0\x80\""), JSON_BAD_UTF8, 1, "Invalid UTF-8"},
    {TEXT("\"\xf4\x90\x80\x80\""), JSON_BAD_UTF8, 1, "Invalid UTF-8"},
    {TEXT("\"\xc3"), JSON_BAD_UTF8, 1, "Invalid UTF-8"},
    {TEXT("{,} and much later \xff"), JSON_BAD_UTF8, 19, "Invalid UTF-8"},
};

/* Scans a copy that ends where its memory ends, so that a sanitizer sees any read beyond it. */
static enum json_fault scan(const char *text, size_t size, size_t *ret_offset, const char **ret_reason)
{
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    enum json_fault fault = json_scan(copy, size, ret_offset, ret_reason);
    free(copy);
    return fault;
}

static void test_json_scan__takes_what_rfc_8259_allows(void **state)
{
    (void)state;
    size_t offset = 0;
    const char *reason = NULL;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (scan(good[i].text, good[i].size, &offset, &reason) != JSON_GOOD)
            fail_msg("%s: %s", good[i].text, reason);
        assert_null(reason);
    }
}

static void test_json_scan__says_where_and_why_it_is_not_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t offset = 0;
        const char *reason = "";
        enum json_fault fault = scan(bad[i].text, bad[i].size, &offset, &reason);
        if (fault != bad[i].fault || offset != bad[i].offset || strcmp(reason, bad[i].reason) != 0)
            fail_msg("%s: fault %d at %zu: %s", bad[i].text, (int)fault, offset, reason);
    }
}

/* No beginning of an object is JSON, and none is read beyond its end. */
static void test_json_scan__refuses_every_beginning(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\\n\\ud83d\\ude00\":[-1.5e+3,true,null,{\"\":\"\xc3\xa9\"}]}";
    size_t offset = 0;
    const char *reason = NULL;
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        assert_int_not_equal(scan(whole, size, &offset, &reason), JSON_GOOD);
        assert_true(offset <= size);
    }
    assert_int_equal(scan(whole, sizeof whole - 1, &offset, &reason), JSON_GOOD);
}

static enum json_fault scan_nested(size_t depth, const char *open, const char *close, size_t *ret_offset)
{
    char *text = malloc(depth * (strlen(open) + strlen(close)) + 2);
    assert_non_null(text);
    char *at = text;
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, open);
    *at++ = '0';
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, close);
    const char *reason = NULL;
    enum json_fault fault = json_scan(text, (size_t)(at - text), ret_offset, &reason);
    free(text);
    return fault;
}

static void test_json_scan__nests_64_deep_and_no_deeper(void **state)
{
    (void)state;
    size_t offset = 0;
    assert_int_equal(scan_nested(64, "[", "]", &offset), JSON_GOOD);
    assert_int_equal(scan_nested(64, "{\"a\":", "}", &offset), JSON_GOOD);
    assert_int_equal(scan_nested(32, "[{\"a\":", "}]", &offset), JSON_GOOD);
    assert_int_equal(scan_nested(65, "[", "]", &offset), JSON_TOO_DEEP);
    assert_int_equal(offset, 64);
    assert_int_equal(scan_nested(65, "{\"a\":", "}", &offset), JSON_TOO_DEEP);
    assert_int_equal(scan_nested(100000, "[", "]", &offset), JSON_TOO_DEEP);
    assert_int_equal(scan_nested(64, "[", "}", &offset), JSON_BAD_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_scan__takes_what_rfc_8259_allows),
        cmocka_unit_test(test_json_scan__says_where_and_why_it_is_not_json),
        cmocka_unit_test(test_json_scan__refuses_every_beginning),
        cmocka_unit_test(test_json_scan__nests_64_deep_and_no_deeper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
