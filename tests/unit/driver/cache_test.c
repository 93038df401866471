/* cache_test.c: the table of cache drivers, keys, jitter. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "driver/cache.h"

static void test_cache_driver_find__finds_by_the_name_of_the_setting(void **state)
{
    (void)state;
    assert_ptr_equal(cache_driver_find("none"), &cache_none);
    assert_ptr_equal(cache_driver_find("memory"), &cache_memory);
    assert_null(cache_driver_find("Memory"));
    assert_null(cache_driver_find(""));
}

static void test_cache_drivers__are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; cache_drivers[i]; i++) {
        assert_non_null(cache_drivers[i]->open);
        assert_ptr_equal(cache_driver_find(cache_drivers[i]->name), cache_drivers[i]);
    }
}

static void test_cache_key_size__is_0_for_what_is_no_key(void **state)
{
    (void)state;
    char text[CACHE_KEY_MAX + 2];
    memset(text, '~', sizeof text);
    text[CACHE_KEY_MAX + 1] = '\0';
    assert_int_equal(cache_key_size(text), 0);
    text[CACHE_KEY_MAX] = '\0';
    assert_int_equal(cache_key_size(text), CACHE_KEY_MAX);
    assert_int_equal(cache_key_size("a:1!"), 4);
    assert_int_equal(cache_key_size(""), 0);
    for (int c = 1; c < 256; c++) {
        char one[] = {'a', (char)c, '\0'};
        assert_int_equal(cache_key_size(one), c > ' ' && c <= '~' ? 2 : 0);
    }
}

static void test_cache_jitter__takes_up_to_a_tenth_off(void **state)
{
    (void)state;
    unsigned least = UINT32_MAX, most = 0;
    for (int i = 0; i < 2000; i++) {
        unsigned ttl_s = cache_jitter(60);
        least = ttl_s < least ? ttl_s : least;
        most = ttl_s > most ? ttl_s : most;
    }
    assert_int_equal(least, 54);
    assert_int_equal(most, 60);
    assert_int_equal(cache_jitter(9), 9);
    assert_int_equal(cache_jitter(1), 1);
    assert_int_equal(cache_jitter(0), 1);
    assert_in_range(cache_jitter(UINT32_MAX), UINT32_MAX - UINT32_MAX / 10, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_driver_find__finds_by_the_name_of_the_setting),
        cmocka_unit_test(test_cache_drivers__are_complete),
        cmocka_unit_test(test_cache_key_size__is_0_for_what_is_no_key),
        cmocka_unit_test(test_cache_jitter__takes_up_to_a_tenth_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
