/* A queue of connections that nobody accepts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "server/listener.h"
#include "server/overload.h"

#define LIMIT_MS 100
#define CONNECTIONS 40

static int listener;
static int fds[CONNECTIONS];
static struct overload overload;
static struct sockaddr_storage address;
static socklen_t address_size = sizeof address;
static char folder[64], text[96];

static int open_and_watch(const char *where)
{
    char error[256];

    listener = listener_open(where, error, sizeof error);
    address_size = sizeof address;
    if (listener < 0 || getsockname(listener, (struct sockaddr *)&address, &address_size) != 0)
        return -1;
    for (size_t i = 0; i < CONNECTIONS; i++)
        fds[i] = -1;
    overload_init(&overload, listener, LIMIT_MS);
    return 0;
}

static int setup_unix(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/overload_test.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(text, sizeof text, "unix:%s/s", folder);
    return open_and_watch(text);
}

/* Another may have the port: then the next one. */
static int setup_tcp(void **state)
{
    (void)state;
    *folder = '\0';
    for (int port = 23000; port < 23100; port++) {
        snprintf(text, sizeof text, "127.0.0.1:%d", port);
        if (open_and_watch(text) == 0)
            return 0;
    }
    return -1;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    overload_release(&overload);
    close(listener);
    listener_remove(text);
    return *folder ? rmdir(folder) : 0;
}

static void connect_many(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fds[i] = socket(address.ss_family, SOCK_STREAM, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&address, address_size), 0);
    }
}

/* One request that takes `ms`; true when it was turned away, and then it takes nothing. */
static bool serve(int ms, int64_t workers)
{
    if (overload_begin(&overload, workers))
        return true;
    poll(NULL, 0, ms);
    overload_end(&overload);
    return false;
}

/* So many requests that it knows how long one takes, and looks at the next one. */
static void warm_up(int64_t workers)
{
    for (int i = 0; i < MEAN_OVER; i++)
        assert_false(serve(20, workers));
    overload.looked_us = 0;
}

static void skip_without_netlink(void)
{
    if (overload.inode != 0 && overload.netlink < 0)
        skip();
}

static void test_overload_waiting__counts_connections_that_wait(void **state)
{
    (void)state;
    skip_without_netlink();
    assert_int_equal(overload_waiting(&overload), 0);
    connect_many(7);
    assert_int_equal(overload_waiting(&overload), 7);
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(overload_waiting(&overload), 6);
    close(fd);
}

static void test_overload_is_known__of_a_socket_that_listens(void **state)
{
    (void)state;
    skip_without_netlink();
    assert_true(overload_is_known(listener));
    assert_false(overload_is_known(STDOUT_FILENO));
}

static void test_overload_begin__turns_nobody_away_who_can_be_served_in_time(void **state)
{
    (void)state;
    connect_many(3);
    warm_up(1);
    for (int i = 0; i < 3; i++)
        assert_false(serve(20, 1));
}

/* 40 wait, of 20 ms each: 800 ms; in 50 ms two can be served. */
static void test_overload_begin__turns_away_what_is_too_much(void **state)
{
    (void)state;
    int away = 0;

    skip_without_netlink();
    connect_many(CONNECTIONS);
    warm_up(1);
    assert_false(serve(20, 1));
    while (serve(20, 1))
        away++;
    assert_in_range(away, CONNECTIONS - 4, CONNECTIONS - 1);
}

static void test_overload_begin__shares_the_queue_among_the_workers(void **state)
{
    (void)state;
    int away = 0;

    skip_without_netlink();
    connect_many(CONNECTIONS);
    warm_up(4);
    assert_false(serve(20, 4));
    while (serve(20, 4))
        away++;
    assert_in_range(away, CONNECTIONS / 4 - 4, CONNECTIONS / 4 - 1);
}

static void close_all(void)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        int fd = accept(listener, NULL, NULL);
        assert_true(fd >= 0);
        close(fd);
    }
}

static void test_overload_begin__turns_nobody_away_when_it_is_over(void **state)
{
    (void)state;
    skip_without_netlink();
    connect_many(CONNECTIONS);
    warm_up(1);
    assert_false(serve(20, 1));
    assert_true(serve(20, 1));
    assert_true(overload.warned);
    close_all();
    overload.looked_us -= 1000000;
    assert_false(serve(20, 1));
    assert_false(overload.warned);
    assert_int_equal(overload.surplus, 0);
}

/* One request takes longer than a look is good for. */
static void test_overload_begin__turns_away_from_slow_workers_too(void **state)
{
    (void)state;
    int away = 0;

    skip_without_netlink();
    connect_many(CONNECTIONS);
    warm_up(1);
    assert_false(serve(150, 1));
    while (serve(20, 1))
        away++;
    assert_in_range(away, CONNECTIONS - 4, CONNECTIONS);
}

static void test_overload_waiting__asks_no_more_after_a_failure(void **state)
{
    (void)state;
    skip_without_netlink();
    overload.inode++;
    assert_int_equal(overload_waiting(&overload), -1);
    assert_int_equal(overload.netlink, -1);
}

static void test_overload_begin__turns_nobody_away_when_the_kernel_does_not_tell(void **state)
{
    (void)state;
    connect_many(CONNECTIONS);
    overload_release(&overload);
    warm_up(1);
    for (int i = 0; i < 3; i++)
        assert_false(serve(20, 1));
}

#define UNIX(name) cmocka_unit_test_setup_teardown(test_overload_##name, setup_unix, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIX(waiting__counts_connections_that_wait),
        cmocka_unit_test_setup_teardown(test_overload_waiting__counts_connections_that_wait, setup_tcp, teardown),
        UNIX(is_known__of_a_socket_that_listens),
        cmocka_unit_test_setup_teardown(test_overload_is_known__of_a_socket_that_listens, setup_tcp, teardown),
        UNIX(begin__turns_nobody_away_who_can_be_served_in_time),
        UNIX(begin__turns_away_what_is_too_much),
        UNIX(begin__shares_the_queue_among_the_workers),
        UNIX(begin__turns_nobody_away_when_it_is_over),
        UNIX(begin__turns_away_from_slow_workers_too),
        UNIX(waiting__asks_no_more_after_a_failure),
        UNIX(begin__turns_nobody_away_when_the_kernel_does_not_tell),
    };
    log_open("/dev/null", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
