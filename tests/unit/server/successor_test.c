/* successor_test.c: the shell plays the program. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "server/board.h"
#include "server/successor.h"

static struct board *board;
static int board_fd;
static char why[256];

static int start(void **state)
{
    (void)state;
    board = board_open(STDIN_FILENO, &board_fd);
    return board ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    board_close(board, board_fd);
    return 0;
}

/* Tries a program that does this; true when it passed. */
static bool try(const char *program, const char *script, size_t size)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    const struct successor successor = {.program = program, .trial_arguments = arguments};
    struct trial trial;
    int status = 0;

    strcpy(why, "kept");
    assert_true(trial_start(&successor, board, board_fd, &trial));
    assert_in_range(trial.kill_ms, clock_ms() + TRIAL_MS - 5000, clock_ms() + TRIAL_MS);
    assert_int_equal(waitpid(trial.pid, &status, 0), trial.pid);
    int output = trial.output;
    bool passed = trial_end(&trial, status, why, size);
    assert_int_equal(trial.pid, 0);
    assert_int_equal(fcntl(output, F_GETFD), -1);
    return passed;
}

static void test_trial__passes_when_it_ends_with_0(void **state)
{
    (void)state;
    assert_true(try("/bin/sh", "echo a warning; exit 0", sizeof why));
    assert_string_equal(why, "kept");
}

static void test_trial__tells_the_last_line_or_how_it_ended(void **state)
{
    static const struct {
        const char *script, *why;
    } rows[] = {
        {"echo a warning; echo 'WORKERS is none' >&2; exit 2", "WORKERS is none"},
        {"printf 'no end of line'; exit 2", "no end of line"},
        {"echo said; echo; exit 2", "said"},
        {"echo said; kill -KILL $$", "said"},
        {"exit 3", "it ended with status 3"},
        {"kill -KILL $$", "it died of signal 9 (Killed)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(try("/bin/sh", rows[i].script, sizeof why));
        assert_string_equal(why, rows[i].why);
    }
}

static void test_trial__cuts_a_long_line_off(void **state)
{
    (void)state;
    assert_false(try("/bin/sh", "echo 0123456789; exit 1", 5));
    assert_string_equal(why, "0123");
}

/* Nobody reads before the end: more than fits into the pipe is lost, and nobody waits. */
static void test_trial__does_not_wait_for_a_reader(void **state)
{
    (void)state;
    assert_false(try("/bin/sh", "head -c 200000 /dev/zero | tr '\\0' x; exit 4", sizeof why));
    assert_int_equal(strspn(why, "x"), sizeof why - 1);
}

static void test_trial__says_when_there_is_no_such_program(void **state)
{
    (void)state;
    assert_false(try("/nowhere/quire", "", sizeof why));
    assert_string_equal(why, "cannot run /nowhere/quire: No such file or directory");
}

/* It hears signals that the supervisor has blocked, and is told of the board. */
static void test_trial__has_what_the_successor_will_have(void **state)
{
    char script[128];
    sigset_t blocked, before;

    (void)state;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    assert_false(try("/bin/sh", "kill -TERM $$; exit 0", sizeof why));
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_string_equal(why, "it died of signal 15 (Terminated)");
    snprintf(script, sizeof script, "test \"$QUIRE_BOARD\" = 1:%d && test -e /proc/self/fd/%d", board_fd, board_fd);
    assert_true(try("/bin/sh", script, sizeof why));
    assert_null(getenv("QUIRE_BOARD"));
}

static void test_trial_stop__ends_one_that_is_deaf(void **state)
{
    const char *const arguments[] = {"sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done", NULL};
    const struct successor successor = {.program = "/bin/sh", .trial_arguments = arguments};
    struct trial trial;

    (void)state;
    assert_true(trial_start(&successor, board, board_fd, &trial));
    struct pollfd deaf = {.fd = trial.output, .events = POLLIN};
    assert_int_equal(poll(&deaf, 1, TRIAL_MS), 1);
    pid_t pid = trial.pid;
    trial_stop(&trial);
    assert_int_equal(trial.pid, 0);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    trial_stop(&trial);
}

/* In a child: the status of what it becomes; 99 when it became nothing and all is as before. */
static int become(const char *program, const char *script)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    const struct successor successor = {.program = program, .arguments = arguments};
    int status = 0;

    pid_t pid = fork();
    if (pid == 0) {
        successor_become(&successor, board, board_fd);
        bool kept = errno == ENOENT && !getenv("QUIRE_BOARD") && fcntl(board_fd, F_GETFD) == FD_CLOEXEC;
        _exit(kept ? 99 : 98);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_successor_become__hands_the_board_over(void **state)
{
    char script[128];

    (void)state;
    snprintf(script, sizeof script, "test \"$QUIRE_BOARD\" = 1:%d && test -e /proc/self/fd/%d && exit 7", board_fd,
             board_fd);
    assert_int_equal(become("/bin/sh", script), 7);
}

static void test_successor_become__changes_nothing_when_it_fails(void **state)
{
    (void)state;
    assert_int_equal(become("/nowhere/quire", ""), 99);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trial__passes_when_it_ends_with_0),
        TEST(trial__tells_the_last_line_or_how_it_ended),
        TEST(trial__cuts_a_long_line_off),
        TEST(trial__does_not_wait_for_a_reader),
        TEST(trial__says_when_there_is_no_such_program),
        TEST(trial__has_what_the_successor_will_have),
        TEST(trial_stop__ends_one_that_is_deaf),
        TEST(successor_become__hands_the_board_over),
        TEST(successor_become__changes_nothing_when_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
