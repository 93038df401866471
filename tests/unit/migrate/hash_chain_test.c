/* hash_chain_test.c: known sums (FIPS 180-4 examples), and that reading does not disturb the chain. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "migrate/hash_chain.h"

static void assert_sum(const struct hash_chain *chain, const char *expected)
{
    char text[HASH_TEXT_SIZE];
    hash_chain_format(chain, text);
    assert_string_equal(text, expected);
}

static void test_format__gives_the_sum_in_base64(void **state)
{
    (void)state;
    struct hash_chain chain;

    hash_chain_init(&chain);
    assert_sum(&chain, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    hash_chain_add(&chain, "abc", 3);
    assert_sum(&chain, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

static void test_format__can_be_called_on_the_way(void **state)
{
    (void)state;
    struct hash_chain whole;
    struct hash_chain parts;
    char text[HASH_TEXT_SIZE];

    hash_chain_init(&whole);
    hash_chain_init(&parts);
    hash_chain_add(&whole, "abcdef", 6);
    hash_chain_add(&parts, "abc", 3);
    hash_chain_format(&parts, text);
    hash_chain_add(&parts, "def", 3);
    hash_chain_format(&whole, text);
    assert_sum(&parts, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format__gives_the_sum_in_base64),
        cmocka_unit_test(test_format__can_be_called_on_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
