/* Standard input and environment say how we were started. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/launch.h"

enum input { NOTHING, A_FILE, A_PIPE, A_CONNECTED_SOCKET, A_LISTENING_SOCKET };

static int open_input(enum input input)
{
    int fds[2] = {-1, -1};

    switch (input) {
    case NOTHING:
        return -1;
    case A_FILE:
        return open("/dev/null", O_RDONLY);
    case A_PIPE:
        assert_int_equal(pipe(fds), 0);
        break;
    case A_CONNECTED_SOCKET:
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        break;
    case A_LISTENING_SOCKET:
        fds[0] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(listen(fds[0], 1), 0);
        break;
    }
    if (fds[1] >= 0)
        close(fds[1]);
    return fds[0];
}

/* The kind of launch with this on standard input. */
static enum launch kind_with(enum input input)
{
    int kept = dup(STDIN_FILENO);
    int fd = open_input(input);

    close(STDIN_FILENO);
    if (fd >= 0)
        dup2(fd, STDIN_FILENO);
    enum launch launch = launch_kind();
    if (kept >= 0)
        dup2(kept, STDIN_FILENO);
    close(kept);
    if (fd >= 0)
        close(fd);
    return launch;
}

static void test_launch_kind__table(void **state)
{
    (void)state;
    static const struct {
        const char *gateway_interface;
        enum input input;
        enum launch launch;
    } rows[] = {
        {NULL, A_LISTENING_SOCKET, LAUNCH_FASTCGI},
        {NULL, A_FILE, LAUNCH_TERMINAL},
        {NULL, A_PIPE, LAUNCH_TERMINAL},
        {NULL, A_CONNECTED_SOCKET, LAUNCH_TERMINAL},
        {NULL, NOTHING, LAUNCH_TERMINAL},
        {"CGI/1.1", A_LISTENING_SOCKET, LAUNCH_FASTCGI},
        {"CGI/1.1", A_FILE, LAUNCH_CGI},
        {"CGI/1.1", A_PIPE, LAUNCH_CGI},
        {"CGI/1.1", A_CONNECTED_SOCKET, LAUNCH_CGI},
        {"CGI/1.1", NOTHING, LAUNCH_CGI},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsetenv("GATEWAY_INTERFACE");
        if (rows[i].gateway_interface)
            setenv("GATEWAY_INTERFACE", rows[i].gateway_interface, 1);
        assert_int_equal(kind_with(rows[i].input), rows[i].launch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_launch_kind__table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
