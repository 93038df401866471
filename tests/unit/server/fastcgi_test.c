/* A worker runs in a process of its own; the test is its web server. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/context.h"
#include "core/log.h"
#include "fake_web_server.h"
#include "http/request.h"
#include "http/response.h"
#include "server/board.h"
#include "server/fastcgi.h"
#include "server/handler.h"
#include "server/listener.h"

#define MAX_BODY 100000
#define TIMEOUT_MS 2000

static char folder[64];
static char address[96];
static int listener;
static pid_t workers[4];
static size_t n_workers;

static const char *path(void)
{
    return address + strlen("unix:");
}

/* Answers with method, URI, and state, size and start of the body. */
static void echo(struct request_handler *self, struct context *context, struct request *request,
                 struct response *response)
{
    (void)self;
    (void)context;
    response->content_type = "text/plain";
    buffer_printf(&response->body, "%s %s %d %zu [%.10s]", request->method_text, request->uri, (int)request->body_state,
                  request->body_size, request->body);
}

static void start_service(size_t n, struct request_handler handler, struct fastcgi_service service)
{
    service.handler = &handler;
    service.fd = listener;
    fflush(NULL);
    for (n_workers = 0; n_workers < n; n_workers++) {
        workers[n_workers] = fork();
        if (workers[n_workers] == 0)
            _exit(fastcgi_serve(&service));
    }
}

static void start_workers(size_t n, int64_t max_requests)
{
    start_service(n, (struct request_handler){.answer = echo, .max_body = MAX_BODY, .request_timeout_ms = TIMEOUT_MS},
                  (struct fastcgi_service){.max_requests = max_requests});
}

static int setup(void **state)
{
    char error[256];

    (void)state;
    snprintf(folder, sizeof folder, "/tmp/fastcgi_test.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(address, sizeof address, "unix:%s/s", folder);
    listener = listener_open(address, error, sizeof error);
    n_workers = 0;
    return listener < 0 ? -1 : 0;
}

/* Waits for the end of a worker; -1 when it does not come in time. */
static int wait_for_end(pid_t pid)
{
    int status = -1;

    for (int64_t start_ms = clock_ms(); clock_ms() - start_ms < 3 * TIMEOUT_MS; poll(NULL, 0, 2)) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

static int teardown(void **state)
{
    int failures = 0;

    (void)state;
    for (size_t i = 0; i < n_workers; i++) {
        kill(workers[i], SIGTERM);
        failures += wait_for_end(workers[i]) != 0;
    }
    close(listener);
    listener_remove(address);
    return rmdir(folder) != 0 || failures ? -1 : 0;
}

/* Starts a request on a new connection. */
static int begin(const char *content_length)
{
    const char *const parameters[] = {
        "REQUEST_METHOD", "POST", "REQUEST_URI", "/x", content_length ? "CONTENT_LENGTH" : NULL, content_length, NULL};
    int fd = web_connect(path());

    web_begin(fd, false, parameters);
    return fd;
}

/* Sends `size` times 'x' in records of 1000 bytes. */
static void send_body(int fd, size_t size)
{
    char piece[1000];

    memset(piece, 'x', sizeof piece);
    for (; size > 0; size -= size < sizeof piece ? size : sizeof piece)
        web_body(fd, piece, size < sizeof piece ? size : sizeof piece);
}

static void assert_answer(int fd, const char *expected)
{
    char answer[1024];

    assert_true(web_answer(fd, answer, sizeof answer));
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_string_equal(body + 4, expected);
}

static void assert_still_serves(void)
{
    int fd = begin("0");

    web_body(fd, "", 0);
    assert_answer(fd, "POST /x 0 0 []");
    close(fd);
}

static void test_fastcgi_serve__body_table(void **state)
{
    (void)state;
    static const struct {
        const char *content_length;
        size_t sent;
        const char *answer;
    } rows[] = {
        {"0", 0, "POST /x 0 0 []"},
        {NULL, 0, "POST /x 0 0 []"},
        {"5", 5, "POST /x 0 5 [xxxxx]"},
        {NULL, 5, "POST /x 0 5 [xxxxx]"},
        {"100000", 100000, "POST /x 0 100000 [xxxxxxxxxx]"},
        {"5", 3, "POST /x 1 0 []"},
        {"5", 0, "POST /x 1 0 []"},
        {"3", 5, "POST /x 1 0 []"},
        {"-5", 5, "POST /x 1 0 []"},
        {"many", 5, "POST /x 1 0 []"},
        {"100001", 100001, "POST /x 2 0 []"},
        {NULL, 300000, "POST /x 2 0 []"},
    };

    start_workers(1, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fd = begin(rows[i].content_length);
        send_body(fd, rows[i].sent);
        web_body(fd, "", 0);
        assert_answer(fd, rows[i].answer);
        close(fd);
    }
}

static void test_fastcgi_serve__calls_an_aborted_body_cut(void **state)
{
    (void)state;
    start_workers(1, 0);
    int fd = begin("5");
    send_body(fd, 3);
    web_abort(fd);
    assert_answer(fd, "POST /x 1 0 []");
    close(fd);
}

static void test_fastcgi_serve__calls_a_body_that_stalls_cut(void **state)
{
    (void)state;
    start_workers(1, 0);
    int fd = begin("5");
    send_body(fd, 3);
    assert_answer(fd, "POST /x 1 0 []");
    close(fd);
}

/* A byte now and then: the deadline is that of the request, not of each byte. */
static void test_fastcgi_serve__calls_a_body_that_drips_cut(void **state)
{
    (void)state;
    struct pollfd answered = {.events = POLLIN};

    start_workers(1, 0);
    int64_t start_ms = clock_ms();
    answered.fd = begin("50000");
    do
        send_body(answered.fd, 1);
    while (poll(&answered, 1, 30) == 0 && clock_ms() - start_ms < 3 * TIMEOUT_MS);
    assert_in_range(clock_ms() - start_ms, TIMEOUT_MS / 2, TIMEOUT_MS * 5 / 4);
    assert_answer(answered.fd, "POST /x 1 0 []");
    close(answered.fd);
}

/* What came before the silence counts towards the time it has. */
static void test_fastcgi_serve__calls_a_body_that_stalls_late_cut_in_time(void **state)
{
    (void)state;
    start_workers(1, 0);
    int64_t start_ms = clock_ms();
    int fd = begin("5");
    poll(NULL, 0, TIMEOUT_MS * 3 / 4);
    send_body(fd, 3);
    assert_answer(fd, "POST /x 1 0 []");
    assert_in_range(clock_ms() - start_ms, TIMEOUT_MS / 2, TIMEOUT_MS * 5 / 4);
    close(fd);
}

static void test_fastcgi_serve__outlives_peers_that_leave(void **state)
{
    (void)state;
    start_workers(1, 0);
    close(web_connect(path()));
    close(begin(NULL));
    int fd = begin("5000");
    send_body(fd, 3000);
    close(fd);
    fd = begin("0");
    web_body(fd, "", 0);
    close(fd);
    assert_still_serves();
}

static void test_fastcgi_serve__is_not_held_by_a_silent_connection(void **state)
{
    (void)state;
    start_workers(1, 0);
    int64_t start_ms = clock_ms();
    int silent = web_connect(path());
    assert_still_serves();
    assert_true(clock_ms() - start_ms < TIMEOUT_MS);
    close(silent);
}

static void test_fastcgi_serve__keeps_a_connection_until_another_one_waits(void **state)
{
    (void)state;
    static const char *const parameters[] = {"REQUEST_METHOD", "GET", "REQUEST_URI", "/k", NULL};
    int fd = web_connect(path());
    char answer[64];

    start_workers(1, 0);
    for (int i = 0; i < 3; i++) {
        web_begin(fd, true, parameters);
        web_body(fd, "", 0);
        assert_answer(fd, "GET /k 0 0 []");
    }
    assert_still_serves();
    assert_false(web_answer(fd, answer, sizeof answer));
    close(fd);
}

static void test_fastcgi_serve__shares_a_socket_with_others(void **state)
{
    (void)state;
    start_workers(4, 0);
    for (int i = 0; i < 50; i++) {
        int fds[] = {begin("3"), begin("3"), begin("3")};
        for (size_t j = 0; j < 3; j++) {
            send_body(fds[j], 3);
            web_body(fds[j], "", 0);
        }
        for (size_t j = 0; j < 3; j++) {
            assert_answer(fds[j], "POST /x 0 3 [xxx]");
            close(fds[j]);
        }
    }
}

static void test_fastcgi_serve__ends_after_so_many_requests(void **state)
{
    (void)state;
    start_workers(1, 4);
    for (int i = 0; i < 4; i++)
        assert_still_serves();
    assert_int_equal(wait_for_end(workers[0]), 0);
    n_workers = 0;
}

static void test_fastcgi_serve__ends_at_once_when_idle(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGUSR1, SIGINT, SIGHUP};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        start_workers(1, 0);
        assert_still_serves();
        int64_t start_ms = clock_ms();
        kill(workers[0], signals[i]);
        assert_int_equal(wait_for_end(workers[0]), 0);
        assert_true(clock_ms() - start_ms < TIMEOUT_MS / 2);
    }
    n_workers = 0;
}

static void test_fastcgi_serve__finishes_the_request_it_was_told_to_end_in(void **state)
{
    (void)state;
    start_workers(1, 0);
    assert_still_serves();
    int fd = begin("2000");
    send_body(fd, 1000);
    poll(NULL, 0, 50);
    kill(workers[0], SIGTERM);
    poll(NULL, 0, 50);
    send_body(fd, 1000);
    web_body(fd, "", 0);
    assert_answer(fd, "POST /x 0 2000 [xxxxxxxxxx]");
    close(fd);
    assert_int_equal(wait_for_end(workers[0]), 0);
    n_workers = 0;
}

/* Keeps the worker busy until it stops answering: there is always a next request. */
static _Noreturn void press(void)
{
    char answer[1024];

    alarm(3 * TIMEOUT_MS / 1000);
    for (;;) {
        int fds[3] = {begin("0"), begin("0"), begin("0")};
        for (size_t i = 0; i < 3; i++) {
            web_body(fds[i], "", 0);
            if (!web_answer(fds[i], answer, sizeof answer))
                _exit(0);
            close(fds[i]);
        }
    }
}

static void test_fastcgi_serve__ends_under_constant_load(void **state)
{
    (void)state;
    start_workers(1, 0);
    assert_still_serves();
    pid_t load = fork();
    if (load == 0)
        press();
    poll(NULL, 0, 100);
    int64_t start_ms = clock_ms();
    kill(workers[0], SIGTERM);
    assert_int_equal(wait_for_end(workers[0]), 0);
    assert_true(clock_ms() - start_ms < TIMEOUT_MS / 2);
    kill(load, SIGKILL);
    waitpid(load, NULL, 0);
    n_workers = 0;
}

/* A board of this process, as its supervisor, with a socket that can be closed. */
static struct board *open_board(int *ret_fd)
{
    struct board *board = board_open(listener, ret_fd);

    assert_non_null(board);
    board->workers = 1;
    board->closable = true;
    return board;
}

static void test_fastcgi_serve__tells_its_desk_when_it_works(void **state)
{
    (void)state;
    int board_fd = -1;
    struct board *board = open_board(&board_fd);
    struct request_handler handler = {.answer = echo, .max_body = MAX_BODY, .request_timeout_ms = TIMEOUT_MS};

    desk_begin(&board->desks[1], 1);
    start_service(1, handler, (struct fastcgi_service){.board = board, .desk = &board->desks[1]});
    assert_still_serves();
    assert_true(board->desks[1].ready);
    int fd = begin("5");
    while (board->desks[1].busy_since_ms == 0)
        poll(NULL, 0, 1);
    assert_true(clock_ms() - board->desks[1].busy_since_ms < TIMEOUT_MS);
    send_body(fd, 5);
    web_body(fd, "", 0);
    assert_answer(fd, "POST /x 0 5 [xxxxx]");
    close(fd);
    while (board->desks[1].busy_since_ms != 0)
        poll(NULL, 0, 1);
    board_close(board, board_fd);
}

/* 1 MB of 'x'. */
static void answer_much(struct request_handler *self, struct context *context, struct request *request,
                        struct response *response)
{
    (void)self;
    (void)context;
    (void)request;
    response->content_type = "text/plain";
    for (int i = 0; i < 100000; i++)
        buffer_add_text(&response->body, "xxxxxxxxxx");
}

static void test_fastcgi_serve__is_not_stuck_while_a_slow_reader_reads(void **state)
{
    (void)state;
    int board_fd = -1;
    struct board *board = open_board(&board_fd);
    struct request_handler handler = {.answer = answer_much, .max_body = MAX_BODY, .request_timeout_ms = 200};
    static char piece[32768];
    size_t total = 0;
    ssize_t got = 0;

    start_service(1, handler, (struct fastcgi_service){.board = board, .desk = &board->desks[0]});
    int fd = begin("0");
    web_body(fd, "", 0);
    while ((got = read(fd, piece, sizeof piece)) > 0) {
        int64_t since_ms = board->desks[0].busy_since_ms;
        assert_true(since_ms == 0 || clock_ms() - since_ms < 200);
        total += (size_t)got;
        poll(NULL, 0, 20);
    }
    assert_true(total > 1000000);
    close(fd);
    board_close(board, board_fd);
}

static void test_fastcgi_serve__gives_up_a_reader_that_stands_still(void **state)
{
    (void)state;
    struct request_handler handler = {.answer = answer_much, .max_body = MAX_BODY, .request_timeout_ms = 200};

    start_service(1, handler, (struct fastcgi_service){.max_requests = 1});
    int fd = begin("0");
    web_body(fd, "", 0);
    int64_t start_ms = clock_ms();
    assert_int_equal(wait_for_end(workers[0]), 0);
    assert_in_range(clock_ms() - start_ms, 150, 1000);
    close(fd);
    n_workers = 0;
}

static void test_fastcgi_serve__is_busy_when_it_leaves(void **state)
{
    (void)state;
    int board_fd = -1;
    struct board *board = open_board(&board_fd);
    struct request_handler handler = {.answer = echo, .max_body = MAX_BODY, .request_timeout_ms = TIMEOUT_MS};

    start_service(1, handler, (struct fastcgi_service){.board = board, .desk = &board->desks[0]});
    assert_still_serves();
    kill(workers[0], SIGTERM);
    assert_int_equal(wait_for_end(workers[0]), 0);
    assert_true(board->desks[0].busy_since_ms != 0);
    n_workers = 0;
    board_close(board, board_fd);
}

static void test_fastcgi_serve__goes_on_while_another_one_leaves(void **state)
{
    (void)state;
    int board_fd = -1;
    struct board *board = open_board(&board_fd);
    struct request_handler handler = {.answer = echo, .max_body = MAX_BODY, .request_timeout_ms = TIMEOUT_MS};

    board->leaving = getpid();
    start_service(1, handler, (struct fastcgi_service){.max_requests = 2, .board = board, .desk = &board->desks[0]});
    for (int i = 0; i < 6; i++)
        assert_still_serves();
    board->leaving = 0;
    int fd = begin("0"); /* to wake it, where it waits already */
    web_body(fd, "", 0);
    assert_int_equal(wait_for_end(workers[0]), 0);
    assert_int_equal(board->leaving, workers[0]);
    close(fd);
    n_workers = 0;
    board_close(board, board_fd);
}

static void mark_reopened(void *argument)
{
    atomic_fetch_add(&((struct board *)argument)->desks[9].pid, 1);
}

static void test_fastcgi_serve__opens_the_log_again_between_requests(void **state)
{
    (void)state;
    int board_fd = -1;
    struct board *board = open_board(&board_fd);
    struct request_handler handler = {.answer = echo, .max_body = MAX_BODY, .request_timeout_ms = TIMEOUT_MS};

    start_service(1, handler, (struct fastcgi_service){.reopen = mark_reopened, .argument = board});
    assert_still_serves();
    int fd = begin("5");
    send_body(fd, 3);
    poll(NULL, 0, 50);
    kill(workers[0], SIGUSR1);
    poll(NULL, 0, 50);
    assert_int_equal(board->desks[9].pid, 0);
    send_body(fd, 2);
    web_body(fd, "", 0);
    assert_answer(fd, "POST /x 0 5 [xxxxx]");
    close(fd);
    assert_still_serves();
    assert_int_equal(board->desks[9].pid, 1);
    board_close(board, board_fd);
}

static void test_fastcgi_serve__answers_what_waits_when_it_is_over(void **state)
{
    (void)state;
    int board_fd = -1, fds[20];
    struct board *board = open_board(&board_fd);
    struct request_handler handler = {.answer = echo, .max_body = MAX_BODY, .request_timeout_ms = TIMEOUT_MS};

    start_service(1, handler, (struct fastcgi_service){.board = board, .desk = &board->desks[0]});
    assert_still_serves();
    kill(workers[0], SIGSTOP);
    for (size_t i = 0; i < 20; i++) {
        fds[i] = begin("0");
        web_body(fds[i], "", 0);
    }
    board_stop_listening(board);
    kill(workers[0], SIGTERM);
    kill(workers[0], SIGCONT);
    for (size_t i = 0; i < 20; i++) {
        assert_answer(fds[i], "POST /x 0 0 []");
        close(fds[i]);
    }
    assert_int_equal(wait_for_end(workers[0]), 0);
    n_workers = 0;
    board_close(board, board_fd);
}

/* Takes 30 ms, unless it is turned away. */
static void dawdle(struct request_handler *self, struct context *context, struct request *request,
                   struct response *response)
{
    (void)self;
    (void)request;
    response->content_type = "text/plain";
    poll(NULL, 0, context->overloaded ? 0 : 30);
    buffer_add_text(&response->body, context->overloaded ? "no" : "yes");
}

/* 60 requests of 30 ms, where 200 ms is all that one may wait. */
static void test_fastcgi_serve__turns_away_what_would_wait_too_long(void **state)
{
    (void)state;
    struct request_handler handler = {.answer = dawdle, .max_body = MAX_BODY, .request_timeout_ms = 200};
    int fds[60], away = 0;
    char text[1024];

    start_service(1, handler, (struct fastcgi_service){.max_requests = 0});
    kill(workers[0], SIGSTOP);
    for (size_t i = 0; i < 60; i++) {
        fds[i] = begin("0");
        web_body(fds[i], "", 0);
    }
    int64_t start_ms = clock_ms();
    kill(workers[0], SIGCONT);
    for (size_t i = 0; i < 60; i++) {
        assert_true(web_answer(fds[i], text, sizeof text));
        away += strstr(text, "\r\n\r\nno") != NULL;
        close(fds[i]);
    }
    int64_t took_ms = clock_ms() - start_ms;
    print_message("of 60, %d were turned away; the last answer came after %d ms\n", away, (int)took_ms);
    assert_in_range(away, 30, 55);
    assert_in_range(took_ms, 0, 1200);
}

static void test_fastcgi_serve__fails_on_what_is_no_listening_socket(void **state)
{
    (void)state;
    struct request_handler handler = {.answer = echo, .max_body = MAX_BODY, .request_timeout_ms = TIMEOUT_MS};
    const struct fastcgi_service service = {.handler = &handler, .fd = 99};
    pid_t pid = fork();

    if (pid == 0)
        _exit(fastcgi_serve(&service));
    assert_int_equal(wait_for_end(pid), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_fastcgi_serve__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(body_table),
        TEST(calls_an_aborted_body_cut),
        TEST(calls_a_body_that_stalls_cut),
        TEST(calls_a_body_that_drips_cut),
        TEST(calls_a_body_that_stalls_late_cut_in_time),
        TEST(outlives_peers_that_leave),
        TEST(is_not_held_by_a_silent_connection),
        TEST(keeps_a_connection_until_another_one_waits),
        TEST(shares_a_socket_with_others),
        TEST(ends_after_so_many_requests),
        TEST(ends_at_once_when_idle),
        TEST(finishes_the_request_it_was_told_to_end_in),
        TEST(ends_under_constant_load),
        TEST(tells_its_desk_when_it_works),
        TEST(is_not_stuck_while_a_slow_reader_reads),
        TEST(gives_up_a_reader_that_stands_still),
        TEST(is_busy_when_it_leaves),
        TEST(goes_on_while_another_one_leaves),
        TEST(opens_the_log_again_between_requests),
        TEST(answers_what_waits_when_it_is_over),
        TEST(turns_away_what_would_wait_too_long),
        TEST(fails_on_what_is_no_listening_socket),
    };
    log_open("/dev/null", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
