/* board_test.c: a board is handed over without an exec here: the environment and the descriptors are all that one sees
 * of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/board.h"

#define VARIABLE "QUIRE_BOARD"

static struct board *board;
static int board_fd, listener;
static struct sockaddr_un address;

/* Listens on a unix socket without a file. */
static int start(void **state)
{
    (void)state;
    unsetenv(VARIABLE);
    address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "board_test-%ld", (long)getpid());
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0)
        return -1;
    board = board_open(listener, &board_fd);
    return board ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    unsetenv(VARIABLE);
    board_close(board, board_fd);
    return close(listener);
}

static bool is_closed_on_exec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    assert_true(flags >= 0);
    return (flags & FD_CLOEXEC) != 0;
}

/* True when somebody listens. The connection stays in the queue. */
static bool can_connect(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;

    close(fd);
    return connected;
}

/* The exit status of a child. */
static int wait_for(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_board_open__makes_one_with_nobody_at_it(void **state)
{
    (void)state;
    assert_int_equal(board->supervisor, getpid());
    assert_int_equal(board->listener, listener);
    assert_int_equal(board->leaving, 0);
    assert_false(board->closed);
    for (size_t i = 0; i < BOARD_DESKS; i++) {
        assert_int_equal(board->desks[i].pid, 0);
        assert_false(board->desks[i].ready);
        assert_int_equal(board->desks[i].busy_since_ms, 0);
    }
    assert_true(is_closed_on_exec(board_fd));
}

static void test_board_open__is_shared_with_children(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        desk_begin(&board->desks[7], 1234);
        _exit(0);
    }
    assert_int_equal(wait_for(pid), 0);
    assert_int_equal(board->desks[7].busy_since_ms, 1234);
}

static void test_desk__is_busy_from_begin_to_end(void **state)
{
    struct desk *desk = &board->desks[0];

    (void)state;
    desk_begin(desk, 99);
    assert_int_equal(desk->busy_since_ms, 99);
    assert_false(desk->ready);
    desk_end(desk);
    assert_int_equal(desk->busy_since_ms, 0);
    assert_false(desk->ready);
}

/* The start of a worker is a piece of work, too. */
static void test_desk_ready__ends_the_start(void **state)
{
    struct desk *desk = &board->desks[0];

    (void)state;
    desk_begin(desk, 99);
    desk_ready(desk);
    assert_int_equal(desk->busy_since_ms, 0);
    assert_true(desk->ready);
}

static void test_board_hand_over__lets_both_descriptors_survive(void **state)
{
    char text[32];

    (void)state;
    assert_true(board_hand_over(board, board_fd));
    assert_false(is_closed_on_exec(board_fd));
    assert_false(is_closed_on_exec(listener));
    snprintf(text, sizeof text, "1:%d", board_fd);
    assert_string_equal(getenv(VARIABLE), text);
    assert_true(board_is_known());
}

static void test_board_keep__takes_that_back(void **state)
{
    (void)state;
    assert_true(board_hand_over(board, board_fd));
    board_keep(board, board_fd);
    assert_true(is_closed_on_exec(board_fd));
    assert_true(is_closed_on_exec(listener));
    assert_null(getenv(VARIABLE));
}

/* Whoever started us put standard input there, and the next program finds it there. */
static void test_board_keep__leaves_standard_input_open(void **state)
{
    (void)state;
    bool before = is_closed_on_exec(STDIN_FILENO);
    board->listener = STDIN_FILENO;
    board_keep(board, board_fd);
    assert_int_equal(is_closed_on_exec(STDIN_FILENO), before);
}

static void test_board_adopt__finds_what_was_handed_over(void **state)
{
    int fd = -1;

    (void)state;
    board->desks[3].pid = 4711;
    assert_true(board_hand_over(board, board_fd));
    struct board *same = board_adopt(&fd);
    assert_non_null(same);
    assert_int_equal(fd, board_fd);
    assert_int_equal(same->desks[3].pid, 4711);
    assert_int_equal(same->listener, listener);
    assert_true(is_closed_on_exec(board_fd));
    assert_true(is_closed_on_exec(listener));
    assert_null(getenv(VARIABLE));
    munmap(same, sizeof *same);
}

/* Workers, and what is started from them, have the variable of a supervisor that is not them. */
static void test_board_adopt__leaves_the_board_of_another_process_alone(void **state)
{
    (void)state;
    assert_true(board_hand_over(board, board_fd));
    pid_t pid = fork();
    if (pid == 0) {
        int fd = -1;
        _exit(board_adopt(&fd) || fd != -1 || getenv(VARIABLE) ? 1 : 0);
    }
    assert_int_equal(wait_for(pid), 0);
}

static void test_board_adopt__finds_none_where_there_is_none(void **state)
{
    static const char *const texts[] = {NULL, "", "1:", "1:-1", "1:0", "1:999999", "0:3", "2:3", "nonsense"};
    int fd = -1;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i])
            setenv(VARIABLE, texts[i], 1);
        assert_null(board_adopt(&fd));
        assert_int_equal(fd, -1);
        assert_null(getenv(VARIABLE));
    }
}

/* One that another version made, whatever the variable says. */
static void test_board_adopt__refuses_a_board_of_another_size(void **state)
{
    int fd = -1;

    (void)state;
    assert_true(board_hand_over(board, board_fd));
    assert_int_equal(ftruncate(board_fd, (off_t)sizeof *board + 1), 0);
    assert_null(board_adopt(&fd));
    assert_int_equal(fd, -1);
}

static void test_board_is_known__knows_its_own_kind_and_none_at_all(void **state)
{
    static const struct {
        const char *text;
        bool known;
    } rows[] = {{NULL, true}, {"1:5", true}, {"2:5", false}, {"12:5", false}, {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].text)
            setenv(VARIABLE, rows[i].text, 1);
        assert_int_equal(board_is_known(), rows[i].known);
    }
}

static void test_board_stop_listening__keeps_who_has_connected(void **state)
{
    (void)state;
    board->closable = true;
    assert_true(can_connect());
    board_stop_listening(board);
    assert_true(board->closed);
    assert_false(can_connect());
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    close(fd);
    assert_true(accept(listener, NULL, NULL) < 0);
}

/* Others may have the socket, too. */
static void test_board_stop_listening__leaves_a_socket_alone_that_is_not_ours(void **state)
{
    (void)state;
    board_stop_listening(board);
    assert_false(board->closed);
    assert_true(can_connect());
}

/* What a worker, a child of ours, hears. */
static int ask_for_last_call(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(board_is_last_call(board) ? 1 : 0);
    return wait_for(pid);
}

static void test_board_is_last_call__is_not_for_a_worker_that_is_replaced(void **state)
{
    (void)state;
    board->closable = true;
    assert_int_equal(ask_for_last_call(), 0);
    assert_true(can_connect());
}

static void test_board_is_last_call__is_when_the_socket_is_closed(void **state)
{
    (void)state;
    board->closable = true;
    board_stop_listening(board);
    assert_int_equal(ask_for_last_call(), 1);
}

/* This process is the worker's parent, and not the supervisor. */
static void test_board_is_last_call__closes_the_socket_of_a_dead_supervisor(void **state)
{
    (void)state;
    board->closable = true;
    board->supervisor = getppid();
    assert_int_equal(ask_for_last_call(), 1);
    assert_true(board->closed);
    assert_false(can_connect());
}

static void test_board_may_leave__lets_one_go_at_a_time(void **state)
{
    (void)state;
    board->leaving = getppid();
    assert_false(board_may_leave(board));
    assert_int_equal(board->leaving, getppid());
    board->leaving = 0;
    assert_true(board_may_leave(board));
    assert_int_equal(board->leaving, getpid());
    assert_true(board_may_leave(board));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(board_open__makes_one_with_nobody_at_it),
        TEST(board_open__is_shared_with_children),
        TEST(desk__is_busy_from_begin_to_end),
        TEST(desk_ready__ends_the_start),
        TEST(board_hand_over__lets_both_descriptors_survive),
        TEST(board_keep__takes_that_back),
        TEST(board_keep__leaves_standard_input_open),
        TEST(board_adopt__finds_what_was_handed_over),
        TEST(board_adopt__leaves_the_board_of_another_process_alone),
        TEST(board_adopt__finds_none_where_there_is_none),
        TEST(board_adopt__refuses_a_board_of_another_size),
        TEST(board_is_known__knows_its_own_kind_and_none_at_all),
        TEST(board_stop_listening__keeps_who_has_connected),
        TEST(board_stop_listening__leaves_a_socket_alone_that_is_not_ours),
        TEST(board_is_last_call__is_not_for_a_worker_that_is_replaced),
        TEST(board_is_last_call__is_when_the_socket_is_closed),
        TEST(board_is_last_call__closes_the_socket_of_a_dead_supervisor),
        TEST(board_may_leave__lets_one_go_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
