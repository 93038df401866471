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
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "server/board.h"
#include "server/supervisor.h"

#define PATIENCE_MS 10000

static int told[2]; /* the pipe */
static char log_path[] = "/tmp/supervisor_test.XXXXXX";
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
static int work_until_told(void *argument, struct board *board, struct desk *desk)
{
    (void)argument;
    (void)board;
    desk_ready(desk);
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

static int work_until_told_aloud(void *argument, struct board *board, struct desk *desk)
{
    (void)argument;
    (void)board;
    desk_ready(desk);
    signal(SIGTERM, leave_aloud);
    tell_pid();
    while (pause() < 0)
        continue;
    return 0;
}

static int work_deaf(void *argument, struct board *board, struct desk *desk)
{
    (void)argument;
    (void)board;
    desk_ready(desk);
    signal(SIGTERM, SIG_IGN);
    tell_pid();
    while (pause() < 0)
        continue;
    return 0;
}

static int work_once(void *argument, struct board *board, struct desk *desk)
{
    (void)argument;
    (void)board;
    desk_ready(desk);
    tell_pid();
    return 0;
}

static int work_badly(void *argument, struct board *board, struct desk *desk)
{
    (void)argument;
    (void)board;
    (void)desk;
    tell_pid();
    return 3;
}

static void start(struct crew crew)
{
    crew.drain_ms = crew.drain_ms ? crew.drain_ms : PATIENCE_MS;
    crew.stuck_ms = crew.stuck_ms ? crew.stuck_ms : PATIENCE_MS;

    assert_int_equal(pipe(told), 0);
    assert_int_equal(truncate(log_path, 0), 0);
    fflush(NULL);
    supervisor = fork();
    if (supervisor == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves nobody behind */
        close(told[0]);
        log_open(log_path, LOG_LEVEL_WARNING);
        crew.board = board_open(STDIN_FILENO, &crew.board_fd);
        _exit(crew.board ? supervise(&crew) : 9);
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
    static const int signals[] = {SIGTERM, SIGINT};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        start((struct crew){.size = 3, .work = work_until_told});
        pid_t pids[] = {next_pid(), next_pid(), next_pid()};
        end(signals[i]);
        for (size_t j = 0; j < 3; j++)
            assert_true(is_gone(pids[j]));
    }
}

static void test_supervise__replaces_a_killed_worker(void **state)
{
    (void)state;
    start((struct crew){.size = 2, .work = work_until_told});
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

    start((struct crew){.size = 1, .work = work_once});
    for (int i = 0; i < 20; i++)
        assert_true(next_pid() > 0);
    assert_true(clock_ms() - start_ms < 2000);
    end(SIGTERM);
}

static void test_supervise__pauses_longer_and_longer_when_workers_die_young(void **state)
{
    (void)state;
    start((struct crew){.size = 1, .work = work_badly});
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
    start((struct crew){.size = 2, .work = work_deaf, .drain_ms = 100});
    next_pid();
    next_pid();
    end(SIGTERM);
}

static void test_supervise__kills_at_once_when_told_twice(void **state)
{
    (void)state;
    int64_t start_ms = clock_ms();

    start((struct crew){.size = 2, .work = work_deaf, .drain_ms = 10 * PATIENCE_MS});
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
    start((struct crew){.size = 2, .work = work_until_told_aloud});
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

/* What a supervisor says in its log. */
static bool log_has(const char *text)
{
    char said[8192];
    FILE *file = fopen(log_path, "re");
    size_t size = file ? fread(said, 1, sizeof said - 1, file) : 0;

    if (file)
        fclose(file);
    said[size] = '\0';
    return strstr(said, text) != NULL;
}

static void assert_logs(const char *text)
{
    for (int64_t start_ms = clock_ms(); !log_has(text); poll(NULL, 0, 5))
        assert_true(clock_ms() - start_ms < PATIENCE_MS);
}

static int work_unready(void *argument, struct board *board, struct desk *desk)
{
    (void)argument;
    (void)board;
    (void)desk;
    tell_pid();
    while (pause() < 0)
        continue;
    return 0;
}

/* The first worker serves; those that come after it die at their start. */
static int work_first_only(void *argument, struct board *board, struct desk *desk)
{
    return desk == board->desks ? work_until_told(argument, board, desk) : work_badly(argument, board, desk);
}

static void test_supervise__keeps_the_old_workers_until_new_ones_are_ready(void **state)
{
    (void)state;
    start((struct crew){.size = 1, .work = work_first_only});
    pid_t first = next_pid();
    kill(supervisor, SIGHUP);
    for (int i = 0; i < 3; i++)
        assert_true(next_pid() > 0);
    assert_false(is_gone(first));
    end(SIGTERM);
}

static int work_too_long(void *argument, struct board *board, struct desk *desk)
{
    (void)argument;
    (void)board;
    desk_ready(desk);
    desk_begin(desk, clock_ms());
    tell_pid();
    while (pause() < 0)
        continue;
    return 0;
}

static void test_supervise__replaces_a_worker_that_is_stuck(void **state)
{
    (void)state;
    static int (*const ways[])(void *argument, struct board *board, struct desk *desk) = {work_too_long, work_unready};

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        int64_t start_ms = clock_ms();
        start((struct crew){.size = 1, .work = ways[i], .stuck_ms = 200});
        next_pid();
        next_pid();
        assert_in_range(clock_ms() - start_ms, 200, 2000);
        assert_logs("is stuck in its work; killed");
        end(SIGTERM);
    }
}

static void test_supervise__replaces_an_idle_worker_that_stands_still(void **state)
{
    (void)state;
    start((struct crew){.size = 2, .work = work_until_told, .stuck_ms = 200});
    pid_t stopped = next_pid();
    pid_t other = next_pid();
    kill(stopped, SIGSTOP);
    pid_t third = next_pid();
    assert_true(third != stopped && third != other);
    assert_logs("stands still; killed");
    assert_false(is_gone(other));
    end(SIGTERM);
}

static void test_supervise__leaves_a_worker_alone_that_goes_on_in_time(void **state)
{
    (void)state;
    start((struct crew){.size = 1, .work = work_until_told, .stuck_ms = 300});
    pid_t worker = next_pid();
    kill(worker, SIGSTOP);
    poll(NULL, 0, 50);
    kill(worker, SIGCONT);
    poll(NULL, 0, 600);
    assert_false(is_gone(worker));
    assert_false(log_has("killed"));
    end(SIGTERM);
}

/* Says its pid when it comes, slowly, and once more, negative, when it leaves. */
static int work_until_it_may_leave(void *argument, struct board *board, struct desk *desk)
{
    pid_t self = -getpid();

    (void)argument;
    poll(NULL, 0, 30);
    tell_pid();
    desk_ready(desk);
    while (!board_may_leave(board))
        poll(NULL, 0, 1);
    return write(told[1], &self, sizeof self) == sizeof self ? 0 : 9;
}

static void test_supervise__lets_one_worker_leave_at_a_time(void **state)
{
    (void)state;
    int present = 0;
    bool complete = false;

    start((struct crew){.size = 4, .work = work_until_it_may_leave});
    for (int left = 0; left < 8;) {
        bool comes = next_pid() > 0;
        present += comes ? 1 : -1;
        left += !comes;
        complete = complete || present == 4;
        assert_in_range(present, complete ? 3 : 0, 4);
    }
    assert_true(complete);
    end(SIGTERM);
}

static void tell_reopen(void *argument)
{
    pid_t mark = 1;

    (void)argument;
    assert_int_equal(write(told[1], &mark, sizeof mark), sizeof mark);
}

static void tell_signal(int signal_number)
{
    pid_t mark = 2;

    (void)signal_number;
    if (write(told[1], &mark, sizeof mark) != sizeof mark)
        _exit(9);
}

static int work_and_reopen(void *argument, struct board *board, struct desk *desk)
{
    sigset_t set;

    signal(SIGUSR1, tell_signal);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return work_until_told(argument, board, desk);
}

static void test_supervise__opens_the_log_again_and_passes_that_on(void **state)
{
    (void)state;
    int marks[3] = {0, 0, 0};

    start((struct crew){.size = 2, .work = work_and_reopen, .reopen = tell_reopen});
    next_pid();
    next_pid();
    kill(supervisor, SIGUSR1);
    for (int i = 0; i < 3; i++) {
        pid_t mark = next_pid();
        assert_in_range(mark, 1, 2);
        marks[mark]++;
    }
    assert_int_equal(marks[1], 1);
    assert_int_equal(marks[2], 2);
    end(SIGTERM);
}

/* Renews a supervisor of two workers whose trial is this command of the shell. */
static void renew(const char *trial_command)
{
    static const char *trial[] = {"sh", "-c", NULL, NULL};
    static const char *const again[] = {"sh", "-c", "exit 7", NULL};

    trial[2] = trial_command;
    start((struct crew){.size = 2,
                        .work = work_until_told,
                        .successor = {.program = "/bin/sh", .arguments = again, .trial_arguments = trial}});
    next_pid();
    next_pid();
    kill(supervisor, SIGHUP);
}

static void test_supervise__goes_on_when_the_successor_cannot_start(void **state)
{
    (void)state;
    static const struct {
        const char *trial;
        const char *why;
    } rows[] = {
        {"echo WORKERS is no number >&2; exit 2", "all goes on as it was: WORKERS is no number"},
        {"echo A warning; echo It is full >&2; echo >&2; exit 1", "all goes on as it was: It is full"},
        {"exit 5", "it ended with status 5"},
        {"kill -SEGV $$", "it died of signal 11"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        renew(rows[i].trial);
        assert_logs(rows[i].why);
        end(SIGTERM);
    }
}

static void test_supervise__becomes_the_successor(void **state)
{
    (void)state;
    int status = 0;

    renew("test -n \"$QUIRE_BOARD\"");
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
    assert_int_equal(WEXITSTATUS(status), 7);
    close(told[0]);
}

static void test_supervise__takes_its_workers_along_when_it_is_killed(void **state)
{
    (void)state;
    start((struct crew){.size = 2, .work = work_until_told});
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
        cmocka_unit_test(test_supervise__keeps_the_old_workers_until_new_ones_are_ready),
        cmocka_unit_test(test_supervise__replaces_a_worker_that_is_stuck),
        cmocka_unit_test(test_supervise__replaces_an_idle_worker_that_stands_still),
        cmocka_unit_test(test_supervise__leaves_a_worker_alone_that_goes_on_in_time),
        cmocka_unit_test(test_supervise__lets_one_worker_leave_at_a_time),
        cmocka_unit_test(test_supervise__opens_the_log_again_and_passes_that_on),
        cmocka_unit_test(test_supervise__goes_on_when_the_successor_cannot_start),
        cmocka_unit_test(test_supervise__becomes_the_successor),
        cmocka_unit_test(test_supervise__takes_its_workers_along_when_it_is_killed),
    };
    int fd = mkstemp(log_path);
    if (fd < 0)
        return 1;
    close(fd);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(log_path);
    return status;
}
