/* statement_cache_test.c: statements by their text, up to a ceiling. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "driver/statement_cache.h"

static unsigned closed;

static void count_close(void *statement)
{
    (void)statement;
    closed++;
}

static void test_statement_cache__finds_by_text(void **state)
{
    (void)state;
    struct statement_cache cache = {.n = 0};
    char text[] = "SELECT 1";
    int one, two;

    assert_null(statement_cache_find(&cache, text));
    assert_true(statement_cache_keep(&cache, text, &one));
    assert_true(statement_cache_keep(&cache, "SELECT 2", &two));
    text[0] = 'X';
    assert_ptr_equal(statement_cache_find(&cache, "SELECT 1"), &one);
    assert_ptr_equal(statement_cache_find(&cache, "SELECT 2"), &two);
    statement_cache_release(&cache, count_close);
}

static void test_statement_cache_forget__leaves_the_statement_to_the_caller(void **state)
{
    (void)state;
    struct statement_cache cache = {.n = 0};
    int one;

    closed = 0;
    assert_true(statement_cache_keep(&cache, "SELECT 1", &one));
    statement_cache_forget(&cache, "SELECT 2");
    statement_cache_forget(&cache, "SELECT 1");
    assert_null(statement_cache_find(&cache, "SELECT 1"));
    statement_cache_release(&cache, count_close);
    assert_int_equal(closed, 0);
}

static void test_statement_cache_keep__refuses_what_is_too_much(void **state)
{
    (void)state;
    struct statement_cache cache = {.n = 0};
    char text[32];
    int any;

    closed = 0;
    for (int i = 0; i < STATEMENTS_MAX; i++) {
        snprintf(text, sizeof text, "SELECT %d", i);
        assert_true(statement_cache_keep(&cache, text, &any));
    }
    assert_false(statement_cache_keep(&cache, "SELECT 'more'", &any));
    assert_null(statement_cache_find(&cache, "SELECT 'more'"));
    statement_cache_release(&cache, count_close);
    assert_int_equal(closed, STATEMENTS_MAX);
    assert_null(statement_cache_find(&cache, "SELECT 0"));
    assert_true(statement_cache_keep(&cache, "SELECT 0", &any));
    statement_cache_release(&cache, count_close);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement_cache__finds_by_text),
        cmocka_unit_test(test_statement_cache_forget__leaves_the_statement_to_the_caller),
        cmocka_unit_test(test_statement_cache_keep__refuses_what_is_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
