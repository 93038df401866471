/* random_test.c: numbers that differ. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "core/random.h"

static void test_random_number__is_another_one_each_time(void **state)
{
    uint64_t numbers[64];

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        numbers[i] = random_number();
        for (size_t j = 0; j < i; j++)
            assert_true(numbers[i] != numbers[j]);
    }
}

/* High and low ones: users take a part. */
static void test_random_number__has_every_bit(void **state)
{
    uint64_t ones = 0, zeroes = 0;

    (void)state;
    for (int i = 0; i < 256; i++) {
        uint64_t number = random_number();
        ones |= number;
        zeroes |= ~number;
    }
    assert_true(ones == UINT64_MAX);
    assert_true(zeroes == UINT64_MAX);
}

static void test_random_number__differs_in_a_child(void **state)
{
    uint64_t theirs = 0;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        uint64_t number = random_number();
        _exit(write(ends[1], &number, sizeof number) == sizeof number ? 0 : 1);
    }
    uint64_t ours = random_number();
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
    assert_true(ours != theirs);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_number__is_another_one_each_time),
        cmocka_unit_test(test_random_number__has_every_bit),
        cmocka_unit_test(test_random_number__differs_in_a_child),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
