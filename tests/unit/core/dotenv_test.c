/* dotenv_test.c: the ways a line may be written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dotenv.h"

#define LITERAL(text) (text), sizeof(text) - 1

static char found[200];

/* Adds "name=value;" to what was found. */
static void note(void *argument, const char *name, const char *value)
{
    assert_ptr_equal(argument, found);
    size_t size = strlen(found);
    snprintf(found + size, sizeof found - size, "%s=%s;", name, value);
}

/* Parses a copy that has no byte to spare, so that a sanitizer sees each step beyond it. */
static const char *parse(const char *text, size_t size, int *ret_line)
{
    char *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    copy[size] = '\0';
    found[0] = '\0';
    const char *why = dotenv_parse(copy, size, note, found, ret_line);
    free(copy);
    return why;
}

static void test_dotenv_parse__reads_the_ways_a_line_may_be_written(void **state)
{
    (void)state;
    static const struct {
        const char *text, *found;
    } cases[] = {
        {"", ""},
        {"\n\r\n \t\n# A=no", ""},
        {"A=plain", "A=plain;"},
        {"A=plain\r\n", "A=plain;"},
        {"A=plain\r", "A=plain;"},
        {"\xEF\xBB\xBF"
         "A=plain\n",
         "A=plain;"},
        {"  export\tA = plain \n", "A=plain;"},
        {"export=1\nexported=2\n", "export=1;exported=2;"},
        {"A=1\nB=2\n\nA=3", "A=1;B=2;A=3;"},
        {"A=\nB= \n", "A=;B=;"},
        {"A=#kept # dropped\n", "A=#kept;"},
        {"A= # dropped\n", "A=;"},
        {"A=a#b=c d\n", "A=a#b=c d;"},
        {"A=it's\n", "A=it's;"},
        {"A='a # b\\n' # dropped\n", "A=a # b\\n;"},
        {"A='say \"x\"'", "A=say \"x\";"},
        {"A=\"a \\\"b\\\"\\t\\\\ \\x # c\"\n", "A=a \"b\"\t\\ \\x # c;"},
        {"A=\"\\n\\r\"", "A=\n\r;"},
        {"A=\"\"\nB=''#x", "A=;B=;"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int line = 0;
        assert_null(parse(cases[i].text, strlen(cases[i].text), &line));
        assert_string_equal(found, cases[i].found);
        assert_int_equal(line, 0);
    }
}

static void test_dotenv_parse__names_the_line_that_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        int line;
        const char *why;
    } cases[] = {
        {LITERAL("A"), 1, "is not NAME=VALUE"},
        {LITERAL("# x\n\n=1\n"), 3, "is not NAME=VALUE"},
        {LITERAL("A=1\nexport \n"), 2, "is not NAME=VALUE"},
        {LITERAL("A='x\n'\n"), 1, "has a quote that does not end"},
        {LITERAL("A=\""), 1, "has a quote that does not end"},
        {LITERAL("A=\"x\\\"\n"), 1, "has a quote that does not end"},
        {LITERAL("A=\"x\\"), 1, "has a quote that does not end"},
        {LITERAL("A='x' y\n"), 1, "has text after the closing quote"},
        {LITERAL("A=1\nB=a\0b\n"), 2, "has a NUL byte"},
        {LITERAL("\0"), 1, "has a NUL byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int line = 0;
        const char *why = parse(cases[i].text, cases[i].size, &line);
        assert_non_null(why);
        assert_string_equal(why, cases[i].why);
        assert_int_equal(line, cases[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dotenv_parse__reads_the_ways_a_line_may_be_written),
        cmocka_unit_test(test_dotenv_parse__names_the_line_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
