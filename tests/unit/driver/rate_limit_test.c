/* rate_limit_test.c: who may ask, at times that the tests give. Two limiters of one page stand for two processes; some
 * tests fork. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config.h"
#include "driver/rate_limit.h"
#include "page_case.h"

#define PER_S 10
#define BURST 5
#define INTERVAL ((int64_t)100000) /* in microseconds, as all times here */
#define NOW ((int64_t)1000 * 1000000)
#define CHILDREN 4

static struct rate_limiter *open_limiter(int64_t per_s, int64_t burst)
{
    bool shared = false;
    struct rate_limiter *limiter = rate_limiter_open(&arena, name, per_s, burst, &shared);
    assert_non_null(limiter);
    assert_true(shared);
    return limiter;
}

/* How many of n requests of a client are admitted at this time. */
static unsigned ask(struct rate_limiter *limiter, const char *client, unsigned n, int64_t now_us)
{
    unsigned admitted = 0;
    while (n-- > 0)
        admitted += rate_limiter_admit(limiter, client, now_us);
    return admitted;
}

/* The one of many clients that has this number asks once. */
static bool ask_one(struct rate_limiter *limiter, unsigned number, int64_t now_us)
{
    char client[32];
    snprintf(client, sizeof client, "10.%u.%u.%u", number >> 16, number >> 8 & 255, number & 255);
    return rate_limiter_admit(limiter, client, now_us);
}

/* How many of the clients from..to - 1 are admitted, asking once each. */
static unsigned ask_many(struct rate_limiter *limiter, unsigned from, unsigned to, int64_t now_us)
{
    unsigned admitted = 0;
    for (unsigned i = from; i < to; i++)
        admitted += ask_one(limiter, i, now_us);
    return admitted;
}

static void test_rate_limiter_admit__lets_a_burst_through_and_no_more(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, BURST);
    assert_int_equal(ask(limiter, "192.0.2.1", BURST, NOW), BURST);
    assert_int_equal(ask(limiter, "192.0.2.1", 100, NOW), 0);
}

static void test_rate_limiter_admit__lets_the_rate_through_after_the_burst(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, BURST);
    unsigned admitted = ask(limiter, "192.0.2.1", BURST, NOW);
    for (int64_t ms = 1; ms <= 10000; ms++)
        admitted += ask(limiter, "192.0.2.1", 1, NOW + ms * 1000);
    assert_int_equal(admitted, BURST + 10 * PER_S);
}

static void test_rate_limiter_admit__admits_again_after_an_interval_however_much_was_refused(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, BURST);
    ask(limiter, "192.0.2.1", 10000, NOW);
    assert_int_equal(ask(limiter, "192.0.2.1", 9, NOW + INTERVAL - 1), 0);
    assert_int_equal(ask(limiter, "192.0.2.1", 9, NOW + INTERVAL), 1);
}

static void test_rate_limiter_admit__never_refuses_who_keeps_to_the_rate(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, 1);
    for (int64_t i = 0; i < 1000; i++)
        assert_true(rate_limiter_admit(limiter, "192.0.2.1", NOW + i * INTERVAL));
    assert_false(rate_limiter_admit(limiter, "192.0.2.1", NOW + 1000 * INTERVAL - 1));
}

static void test_rate_limiter_admit__gives_no_more_than_a_burst_for_a_long_silence(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, BURST);
    ask(limiter, "192.0.2.1", BURST, NOW);
    assert_int_equal(ask(limiter, "192.0.2.1", 100, NOW + 2 * INTERVAL), 2);
    assert_int_equal(ask(limiter, "192.0.2.1", 100, NOW + 1000 * INTERVAL), BURST);
}

static void test_rate_limiter_admit__takes_the_highest_rate_and_burst(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(RATE_LIMIT_MAX, 100000);
    assert_int_equal(ask(limiter, "192.0.2.1", 100001, NOW), 100000);
    assert_int_equal(ask(limiter, "192.0.2.1", 9, NOW + 1000000 / RATE_LIMIT_MAX), 1);
}

static void test_rate_limiter_admit__makes_nobody_wait_long_when_the_clock_goes_back(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, BURST);
    ask(limiter, "192.0.2.1", BURST, NOW);
    assert_int_equal(ask(limiter, "192.0.2.1", 1, NOW / 2), 0);
    assert_int_equal(ask(limiter, "192.0.2.1", 9, NOW / 2 + INTERVAL), 1);
    assert_int_equal(ask(limiter, "192.0.2.1", 9, 0), 0);
    assert_int_equal(ask(limiter, "192.0.2.1", 9, INTERVAL), 1);
}

static void test_rate_limiter_admit__goes_by_the_settings_of_whoever_asks(void **state)
{
    (void)state;
    struct rate_limiter *old = open_limiter(1, 1000);
    struct rate_limiter *now = open_limiter(PER_S, BURST);
    assert_int_equal(ask(old, "192.0.2.1", 2000, NOW), 1000);
    assert_int_equal(ask(now, "192.0.2.1", 1, NOW), 0);
    assert_int_equal(ask(now, "192.0.2.1", 1, NOW + INTERVAL), 1);
}

static void test_rate_limiter_admit__tells_clients_apart(void **state)
{
    static const struct {
        const char *first, *second;
        bool same;
    } rows[] = {
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"192.0.2.1", "::ffff:192.0.2.2", false},
        {"192.0.2.1", "::192.0.2.1", false},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
        {"2001:db8:1:2::1", "2001:DB8:1:2::1", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"fe80::1%eth0", "fe80::1", true},
        {"::1", "127.0.0.1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rate_limiter *limiter = open_limiter(PER_S, 1);
        assert_true(rate_limiter_admit(limiter, rows[i].first, NOW));
        assert_int_equal(rate_limiter_admit(limiter, rows[i].second, NOW), !rows[i].same);
        shm_unlink(name);
    }
}

static void test_rate_limiter_admit__does_not_limit_what_is_no_address(void **state)
{
    static const char *const texts[] = {
        "",
        "unix:",
        "/run/web.sock",
        "localhost",
        "192.0.2",
        "192.0.2.1:80",
        "2001:db8:1:2:3:4:5:6:7:8",
        "%192.0.2.1",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };

    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(ask(limiter, texts[i], 9, NOW), 9);
}

/* Runs `work` in children at once, and gives the sum of what they return; -1 when one ended otherwise. */
static long run_children(unsigned (*work)(struct rate_limiter *limiter, unsigned child), struct rate_limiter *limiter)
{
    int gate[2], results[2];
    long sum = 0;
    assert_int_equal(pipe(gate) | pipe(results), 0);
    for (unsigned i = 0; i < CHILDREN; i++) {
        if (fork() == 0) {
            char byte;
            close(gate[1]);
            if (read(gate[0], &byte, 1) != 0)
                _exit(1);
            unsigned result = work(limiter, i);
            _exit(write(results[1], &result, sizeof result) == sizeof result ? 0 : 1);
        }
    }
    close(gate[1]);
    for (unsigned i = 0; i < CHILDREN; i++) {
        unsigned result = 0;
        int status = 0;
        wait(&status);
        assert_int_equal(status, 0);
        assert_int_equal(read(results[0], &result, sizeof result), sizeof result);
        sum += result;
    }
    close(gate[0]);
    close(results[0]);
    close(results[1]);
    return sum;
}

static unsigned ask_for_one_client(struct rate_limiter *limiter, unsigned child)
{
    unsigned admitted = 0;
    (void)child;
    for (unsigned i = 0; i < 20000; i++)
        admitted += rate_limiter_admit(limiter, "192.0.2.1", NOW);
    return admitted;
}

static void test_rate_limiter_admit__counts_exactly_over_all_processes(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, 50000);
    assert_int_equal(run_children(ask_for_one_client, limiter), 50000);
}

static void test_rate_limiter_admit__sees_what_another_process_counted(void **state)
{
    (void)state;
    struct rate_limiter *mine = open_limiter(PER_S, BURST);
    struct rate_limiter *other = open_limiter(PER_S, BURST);
    assert_int_equal(ask(mine, "192.0.2.1", 3, NOW), 3);
    assert_int_equal(ask(other, "192.0.2.1", 9, NOW), BURST - 3);
}

#define CROWD ((unsigned)(4 * RATE_LIMIT_CLIENTS))

static unsigned ask_for_a_crowd(struct rate_limiter *limiter, unsigned child)
{
    return ask_many(limiter, child * CROWD, (child + 1) * CROWD, NOW);
}

static void test_rate_limiter_admit__refuses_nobody_because_of_others(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, 1);
    assert_int_equal(run_children(ask_for_a_crowd, limiter), CHILDREN * CROWD);
}

static void test_rate_limiter_admit__limits_as_many_clients_as_are_promised(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, 1);
    unsigned half = RATE_LIMIT_CLIENTS / 2;
    ask_many(limiter, 0, half, NOW);
    assert_in_range(ask_many(limiter, 0, half, NOW), 0, half / 10); /* where chance put too many into one set */
}

static void test_rate_limiter_admit__forgets_first_who_asked_least(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, BURST);
    assert_int_equal(ask(limiter, "192.0.2.1", 2 * BURST, NOW), BURST);
    ask_many(limiter, 0, CROWD, NOW);
    assert_int_equal(ask(limiter, "192.0.2.1", 9, NOW), 0);
    assert_in_range(ask_many(limiter, 0, 1000, NOW), 900, 1000);
}

static void test_rate_limiter_admit__has_room_again_when_the_crowd_is_gone(void **state)
{
    (void)state;
    struct rate_limiter *limiter = open_limiter(PER_S, 1);
    ask_many(limiter, 0, CROWD, NOW);
    for (unsigned i = CROWD; i < CROWD + 100; i++) {
        assert_true(ask_one(limiter, i, NOW + INTERVAL));
        assert_false(ask_one(limiter, i, NOW + INTERVAL));
    }
}

static void test_rate_limiter_open__limits_children_when_memory_has_no_name(void **state)
{
    (void)state;
    bool shared = true;
    struct rate_limiter *limiter = rate_limiter_open(&arena, "/no/such/name", PER_S, 50000, &shared);
    assert_non_null(limiter);
    assert_false(shared);
    assert_int_equal(run_children(ask_for_one_client, limiter), 50000);
}

static void test_rate_limiter_open__gives_up_without_memory(void **state)
{
    (void)state;
    bool shared = false;
    for (size_t i = 1; i <= 3; i++) {
        arena_reset(&arena);
        arena.fail_after = i;
        assert_null(rate_limiter_open(&arena, name, PER_S, BURST, &shared));
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, page_setup, page_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rate_limiter_admit__lets_a_burst_through_and_no_more),
        CASE(test_rate_limiter_admit__lets_the_rate_through_after_the_burst),
        CASE(test_rate_limiter_admit__admits_again_after_an_interval_however_much_was_refused),
        CASE(test_rate_limiter_admit__never_refuses_who_keeps_to_the_rate),
        CASE(test_rate_limiter_admit__gives_no_more_than_a_burst_for_a_long_silence),
        CASE(test_rate_limiter_admit__takes_the_highest_rate_and_burst),
        CASE(test_rate_limiter_admit__makes_nobody_wait_long_when_the_clock_goes_back),
        CASE(test_rate_limiter_admit__goes_by_the_settings_of_whoever_asks),
        CASE(test_rate_limiter_admit__tells_clients_apart),
        CASE(test_rate_limiter_admit__does_not_limit_what_is_no_address),
        CASE(test_rate_limiter_admit__counts_exactly_over_all_processes),
        CASE(test_rate_limiter_admit__sees_what_another_process_counted),
        CASE(test_rate_limiter_admit__refuses_nobody_because_of_others),
        CASE(test_rate_limiter_admit__limits_as_many_clients_as_are_promised),
        CASE(test_rate_limiter_admit__forgets_first_who_asked_least),
        CASE(test_rate_limiter_admit__has_room_again_when_the_crowd_is_gone),
        CASE(test_rate_limiter_open__limits_children_when_memory_has_no_name),
        CASE(test_rate_limiter_open__gives_up_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
