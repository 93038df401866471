/* What a socket of our own may be, and what it replaces. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/listener.h"

static char folder[64];
static char address[96];
static char error[256];

static const char *path(void)
{
    return address + strlen("unix:");
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/listener_test.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(address, sizeof address, "unix:%s/s", folder);
    error[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path());
    return rmdir(folder);
}

/* A socket file that nobody listens on any more. */
static void leave_stale_file(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(name.sun_path, sizeof name.sun_path, "%s", path());
    assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fd, 1), 0);
    close(fd);
}

static void test_listener_open__makes_a_nonblocking_socket_for_owner_and_group(void **state)
{
    (void)state;
    struct stat status;
    mode_t before = umask(0);
    int fd = listener_open(address, error, sizeof error);

    assert_int_equal(umask(before), 0);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(stat(path(), &status), 0);
    assert_int_equal(status.st_mode, S_IFSOCK | 0660);
    close(fd);
}

static void test_listener_open__gives_the_group_its_right_under_any_umask(void **state)
{
    (void)state;
    struct stat status;
    mode_t before = umask(0077);
    int fd = listener_open(address, error, sizeof error);

    umask(before);
    assert_int_equal(stat(path(), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    close(fd);
}

static void test_listener_open__replaces_a_stale_file(void **state)
{
    (void)state;
    leave_stale_file();
    int fd = listener_open(address, error, sizeof error);
    assert_true(fd >= 0);
    close(fd);
}

static void test_listener_open__refuses_a_live_socket_and_leaves_it(void **state)
{
    (void)state;
    int first = listener_open(address, error, sizeof error);
    int second = listener_open(address, error, sizeof error);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int client = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(second, -1);
    assert_non_null(strstr(error, "another process"));
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path());
    assert_int_equal(connect(client, (const struct sockaddr *)&name, sizeof name), 0);
    close(client);
    close(first);
}

static void test_listener_open__refuses_a_file_that_is_no_socket(void **state)
{
    (void)state;
    close(open(path(), O_CREAT | O_WRONLY, 0600));
    assert_int_equal(listener_open(address, error, sizeof error), -1);
    assert_non_null(strstr(error, "no socket"));
    assert_int_equal(access(path(), F_OK), 0);
}

static void test_listener_open__refuses_what_it_cannot_or_must_not_serve(void **state)
{
    (void)state;
    static char too_long[200] = "unix:/";
    static const struct {
        const char *address;
        const char *complaint;
    } rows[] = {
        {too_long, "at most 107 bytes"},
        {"unix:", "needs a path"},
        {"unix:/no/such/folder/s", "No such file"},
        {"0.0.0.0:9000", "TCP is for loopback"},
        {"192.0.2.1:9000", "TCP is for loopback"},
        {"[::1]:9000", "TCP is for loopback"},
        {"127.0.0.1", "TCP is for loopback"},
        {"127.0.0.1:", "TCP is for loopback"},
        {"127.0.0.1:0", "TCP is for loopback"},
        {"127.0.0.1:65536", "TCP is for loopback"},
        {"127.0.0.1:80x", "TCP is for loopback"},
        {"/run/s", "TCP is for loopback"},
        {"", "TCP is for loopback"},
    };

    memset(too_long + 6, 'x', 107);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(listener_open(rows[i].address, error, sizeof error), -1);
        assert_non_null(strstr(error, rows[i].complaint));
        assert_null(strchr(error, '\n'));
    }
}

/* What it refuses is refused by its text, and what may be there or not is not looked at. */
static void test_listener_check__looks_at_the_text_alone(void **state)
{
    (void)state;
    assert_int_equal(listener_check("unix:/no/such/folder/s", error, sizeof error), 0);
    assert_int_equal(listener_check("127.0.0.1:1", error, sizeof error), 0);
    assert_string_equal(error, "");
    assert_int_equal(listener_check("unix:", error, sizeof error), -1);
    assert_non_null(strstr(error, "needs a path"));
    assert_int_equal(listener_check("0.0.0.0:9000", error, sizeof error), -1);
    assert_non_null(strstr(error, "TCP is for loopback"));
    assert_int_equal(listener_check(address, error, sizeof error), 0);
    assert_int_equal(access(path(), F_OK), -1);
}

static void test_listener_open__serves_loopback(void **state)
{
    (void)state;
    char text[32];
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    int probe = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(probe, (const struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&name, &size), 0);
    close(probe);
    snprintf(text, sizeof text, "127.0.0.1:%d", ntohs(name.sin_port));
    int fd = listener_open(text, error, sizeof error);
    assert_true(fd >= 0);
    assert_int_equal(listener_open(text, error, sizeof error), -1);
    assert_non_null(strstr(error, "in use"));
    listener_remove(text);
    close(fd);
}

static void test_listener_remove__removes_the_file(void **state)
{
    (void)state;
    close(listener_open(address, error, sizeof error));
    listener_remove(address);
    assert_int_equal(access(path(), F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_listener_open__makes_a_nonblocking_socket_for_owner_and_group, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_listener_open__gives_the_group_its_right_under_any_umask, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listener_open__replaces_a_stale_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listener_open__refuses_a_live_socket_and_leaves_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listener_open__refuses_a_file_that_is_no_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listener_open__refuses_what_it_cannot_or_must_not_serve, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listener_check__looks_at_the_text_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listener_open__serves_loopback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listener_remove__removes_the_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
