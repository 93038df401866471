/* etag_test.c: entity tags and the lists they are looked for in. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/etag.h"

static void test_etag_make__is_the_start_of_sha256(void **state)
{
    char tag[ETAG_SIZE];

    (void)state;
    etag_make("abc", 3, tag);
    assert_string_equal(tag, "\"ba7816bf8f01cfea414140de5dae2223\"");
    etag_make("", 0, tag);
    assert_string_equal(tag, "\"e3b0c44298fc1c149afbf4c8996fb924\"");
}

static void test_etag_matches__compares_strongly_and_weakly(void **state)
{
    static const struct {
        const char *list;
        bool strong, weak;
    } rows[] = {
        {"\"a\"", true, true},
        {"*", true, true},
        {" * ", true, true},
        {"\"x\", \"a\"", true, true},
        {"\"x\",\"a\"", true, true},
        {", ,\"a\"", true, true},
        {"W/\"a\"", false, true},
        {"W/\"a\", \"a\"", true, true},
        {"\"x,y\", \"a\"", true, true},
        {"\"b\"", false, false},
        {"\"aa\"", false, false},
        {"a", false, false},
        {"\"a", false, false},
        {"w/\"a\"", false, false},
        {"\"b\" *", false, false},
        {"*, \"b\"", false, false},
        {"W/", false, false},
        {"\"a\"x", false, false},
        {"\"x\" \"y\" \"a\"", false, false},
        {"\"a\" , \"b\"", true, true},
        {"", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (etag_matches(rows[i].list, "\"a\"", true) != rows[i].strong ||
            etag_matches(rows[i].list, "\"a\"", false) != rows[i].weak)
            fail_msg("%s", rows[i].list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_etag_make__is_the_start_of_sha256),
        cmocka_unit_test(test_etag_matches__compares_strongly_and_weakly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
