/* private_memcached.c: memcached as a child that dies with the test. A failure here is an assertion. */

#include "private_memcached.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* The test cannot go on. */
static void need(bool condition, const char *what)
{
    if (condition)
        return;
    perror(what);
    abort();
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(fd >= 0 && !bind(fd, (struct sockaddr *)&address, size) &&
             !getsockname(fd, (struct sockaddr *)&address, &size),
         "a free port");
    close(fd);
    return ntohs(address.sin_port);
}

void private_memcached_init(struct private_memcached *memcached, bool tcp)
{
    *memcached = (struct private_memcached){0};
    if (tcp) {
        memcached->port = free_port();
        snprintf(memcached->address, sizeof memcached->address, "localhost:%d", memcached->port);
        return;
    }
    char folder[] = "/tmp/quire-memcached-XXXXXX";
    need(mkdtemp(folder), "mkdtemp");
    snprintf(memcached->address, sizeof memcached->address, "%s/socket", folder);
}

static int connect_to(const char *address)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *colon = strrchr(address, ':');
    int fd = socket(colon ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(fd >= 0, "socket");
    int failed;
    if (colon) {
        remote.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
        failed = connect(fd, (struct sockaddr *)&remote, sizeof remote);
    } else {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", address);
        failed = connect(fd, (struct sockaddr *)&local, sizeof local);
    }
    if (!failed)
        return fd;
    close(fd);
    return -1;
}

/* Becomes memcached. */
static _Noreturn void execute(const struct private_memcached *memcached)
{
    char port[16];
    snprintf(port, sizeof port, "%d", memcached->port);
    const char *user = geteuid() == 0 ? "root" : "nobody"; /* read only when started by root */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (memcached->port)
        execlp("memcached", "memcached", "-l", "127.0.0.1", "-p", port, "-U", "0", "-m", "16", "-t", "1", "-u", user,
               (char *)NULL);
    else
        execlp("memcached", "memcached", "-s", memcached->address, "-m", "16", "-t", "1", "-u", user, (char *)NULL);
    perror("memcached");
    _exit(127);
}

void private_memcached_start(struct private_memcached *memcached)
{
    memcached->pid = fork();
    need(memcached->pid >= 0, "fork");
    if (memcached->pid == 0)
        execute(memcached);
    for (int i = 0; i < 500; i++) {
        int fd = connect_to(memcached->address);
        if (fd >= 0) {
            close(fd);
            return;
        }
        poll(NULL, 0, 10);
    }
    need(false, "memcached does not start");
}

void private_memcached_kill(struct private_memcached *memcached)
{
    if (memcached->pid > 0) {
        kill(memcached->pid, SIGKILL);
        waitpid(memcached->pid, NULL, 0);
    }
    memcached->pid = 0;
}

void private_memcached_release(struct private_memcached *memcached)
{
    private_memcached_kill(memcached);
    char *slash = memcached->port ? NULL : strrchr(memcached->address, '/');
    if (!slash)
        return;
    unlink(memcached->address);
    *slash = '\0';
    rmdir(memcached->address);
}

const char *memcached_command(const char *address, const char *command)
{
    static char answer[256];
    int fd = connect_to(address);
    need(fd >= 0, address);
    size_t size = strlen(command);
    need(write(fd, command, size) == (ssize_t)size, "write");
    ssize_t n = read(fd, answer, sizeof answer - 1);
    need(n > 0, "read");
    answer[n] = '\0';
    answer[strcspn(answer, "\r\n")] = '\0';
    close(fd);
    return answer;
}
