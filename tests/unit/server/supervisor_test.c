/* A supervisor runs in a process of its own; its workers tell their pids through a pipe. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "server/supervisor.h"

#define PATIENCE_MS 10000

static int told[2]; /* the pipe */
static pid_t supervisor;

static void tell_pid(void)
{
    pid_t self = getpid();

    if (write(told[1], &self, sizeof self) != sizeof self)
        _exit(9);
}

static void leave(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

/* Lives until SIGTERM. */
static int work_until_told(void *argument)
{
    (void)argument;
    signal(SIGTERM, leave);
    tell_pid();
    while (pause() < 0)
        continue;
    return 0;
}

/* Says its pid once more, negative, when it ends. */
static void leave_aloud(int signal_number)
{
    pid_t self = -getpid();

    (void)signal_number;
    _exit(write(told[1], &self, sizeof self) == sizeof self ? 0 : 9);
}

static int work_until_told_aloud(void *argument)
{
    (void)argument;
    signal(SIGTERM, leave_aloud);
    tell_pid();
    while (pause() < 0)
        continue;
    return 0;
}

static int work_deaf(void *argument)
{
    (void)argument;
    signal(SIGTERM, SIG_IGN);
    tell_pid();
    while (pause() < 0)
        continue;
    return 0;
}

static int work_once(void *argument)
{
    (void)argument;
    tell_pid();
    return 0;
}

static int work_badly(void *argument)
{
    (void)argument;
    tell_pid();
    return 3;
}

static void start(int64_t size, int (*work)(void *argument), int drain_ms)
{
    const struct crew crew = {.size = size, .work = work, .drain_ms = drain_ms};

    assert_int_equal(pipe(told), 0);
    fflush(NULL);
    supervisor = fork();
    if (supervisor == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves nobody behind */
        close(told[0]);
        _exit(supervise(&crew));
    }
    close(told[1]);
}

/* The pid of the next worker that starts; 0 when all processes have ended. */
static pid_t next_pid(void)
{
    struct pollfd ready = {.fd = told[0], .events = POLLIN};
    pid_t pid = 0;

    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
    return read(told[0], &pid, sizeof pid) == sizeof pid ? pid : 0;
}

static bool is_gone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

/* Waits for the supervisor's end, which must be a good one, and for that of all workers. */
static void assert_ends(void)
{
    int status = -1;

    while (next_pid() != 0)
        continue;
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(told[0]);
}

static void end(int signal_number)
{
    kill(supervisor, signal_number);
    assert_ends();
}

static void test_supervise__drains_on_each_signal_that_ends_it(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        start(3, work_until_told, PATIENCE_MS);
        pid_t pids[] = {next_pid(), next_pid(), next_pid()};
        end(signals[i]);
        for (size_t j = 0; j < 3; j++)
            assert_true(is_gone(pids[j]));
    }
}

static void test_supervise__replaces_a_killed_worker(void **state)
{
    (void)state;
    start(2, work_until_told, PATIENCE_MS);
    pid_t first = next_pid();
    pid_t second = next_pid();
    kill(first, SIGKILL);
    pid_t third = next_pid();
    assert_true(third != first && third != second);
    assert_false(is_gone(second));
    end(SIGTERM);
}

static void test_supervise__replaces_a_recycled_worker_without_a_pause(void **state)
{
    (void)state;
    int64_t start_ms = clock_ms();

    start(1, work_once, PATIENCE_MS);
    for (int i = 0; i < 20; i++)
        assert_true(next_pid() > 0);
    assert_true(clock_ms() - start_ms < 2000);
    end(SIGTERM);
}

static void test_supervise__pauses_longer_and_longer_when_workers_die_young(void **state)
{
    (void)state;
    start(1, work_badly, PATIENCE_MS);
    next_pid();
    int64_t start_ms = clock_ms();
    for (int i = 0; i < 3; i++)
        next_pid();
    assert_in_range(clock_ms() - start_ms, 100 + 200 + 400 - 50, PATIENCE_MS);
    end(SIGTERM);
}

static void test_supervise__kills_a_worker_that_does_not_end(void **state)
{
    (void)state;
    start(2, work_deaf, 100);
    next_pid();
    next_pid();
    end(SIGTERM);
}

static void test_supervise__kills_at_once_when_told_twice(void **state)
{
    (void)state;
    int64_t start_ms = clock_ms();

    start(2, work_deaf, 10 * PATIENCE_MS);
    pid_t first = next_pid();
    next_pid();
    kill(supervisor, SIGTERM);
    while (!is_gone(first) && clock_ms() - start_ms < PATIENCE_MS) {
        kill(supervisor, SIGINT);
        poll(NULL, 0, 10);
    }
    assert_ends();
    assert_true(clock_ms() - start_ms < PATIENCE_MS);
}

static void test_supervise__replaces_all_on_sighup(void **state)
{
    (void)state;
    start(2, work_until_told_aloud, PATIENCE_MS);
    pid_t old[] = {next_pid(), next_pid()};
    int come = 0;
    bool gone[] = {false, false};
    kill(supervisor, SIGHUP);
    for (int i = 0; i < 4; i++) {
        pid_t event = next_pid();
        come += event > 0 && event != old[0] && event != old[1];
        gone[0] = gone[0] || event == -old[0];
        gone[1] = gone[1] || event == -old[1];
    }
    assert_int_equal(come, 2);
    assert_true(gone[0] && gone[1]);
    end(SIGTERM);
}

static void test_supervise__takes_its_workers_along_when_it_is_killed(void **state)
{
    (void)state;
    start(2, work_until_told, PATIENCE_MS);
    next_pid();
    next_pid();
    kill(supervisor, SIGKILL);
    assert_int_equal(next_pid(), 0);
    waitpid(supervisor, NULL, 0);
    close(told[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supervise__drains_on_each_signal_that_ends_it),
        cmocka_unit_test(test_supervise__replaces_a_killed_worker),
        cmocka_unit_test(test_supervise__replaces_a_recycled_worker_without_a_pause),
        cmocka_unit_test(test_supervise__pauses_longer_and_longer_when_workers_die_young),
        cmocka_unit_test(test_supervise__kills_a_worker_that_does_not_end),
        cmocka_unit_test(test_supervise__kills_at_once_when_told_twice),
        cmocka_unit_test(test_supervise__replaces_all_on_sighup),
        cmocka_unit_test(test_supervise__takes_its_workers_along_when_it_is_killed),
    };
    log_open("/dev/null", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
