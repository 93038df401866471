/*
 * server/listener.c: whether a socket file is stale is found out by connecting to it. Two processes that start at the
 * same time must not take each other's fresh file for a stale one, so all of that is done under a lock on the folder.
 */

#include "server/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define UNIX_PREFIX "unix:"
#define UMASK_0660 0117

/* Where the one line for the user goes. */
struct complaint {
    char *text;
    size_t size;
};

static int refuse(const struct complaint *complaint, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(const struct complaint *complaint, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(complaint->text, complaint->size, format, args);
    va_end(args);
    return -1;
}

/* The path in "unix:/path"; NULL for another kind of address. */
static const char *unix_path(const char *address)
{
    size_t size = strlen(UNIX_PREFIX);

    return strncmp(address, UNIX_PREFIX, size) == 0 ? address + size : NULL;
}

/* Binds a new socket and listens. The fd, or -1 with errno. */
static int bind_and_listen(const struct sockaddr *address, socklen_t size)
{
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* 0 when somebody listens there, otherwise why not, as an errno. */
static int connect_to(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    int error = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    return error == EAGAIN ? 0 : error;
}

/* Makes room for a new socket: removes a stale one. 0, or -1 with one line. */
static int clear_path(const struct sockaddr_un *address, const struct complaint *complaint)
{
    const char *path = address->sun_path;
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : refuse(complaint, "cannot listen on %s: %s", path, strerror(errno));
    if (!S_ISSOCK(status.st_mode))
        return refuse(complaint, "cannot listen on %s: it is there and is no socket", path);
    int error = connect_to(address);
    if (error == 0)
        return refuse(complaint, "cannot listen on %s: another process does", path);
    if (error != ECONNREFUSED && error != ENOENT)
        return refuse(complaint, "cannot listen on %s: %s", path, strerror(error));
    if (unlink(path) != 0 && errno != ENOENT)
        return refuse(complaint, "cannot replace %s: %s", path, strerror(errno));
    return 0;
}

/* Locks the folder of `path` until the fd is closed; -1 where that cannot be done, and then it goes without. */
static int lock_folder(const char *path)
{
    char copy[sizeof((struct sockaddr_un *)NULL)->sun_path];

    strncpy(copy, path, sizeof copy - 1);
    copy[sizeof copy - 1] = '\0';
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        flock(fd, LOCK_EX);
    return fd;
}

static int parse_unix(const char *path, const struct complaint *complaint, struct sockaddr_un *ret_address)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (!*path)
        return refuse(complaint, "unix: needs a path");
    if (strlen(path) >= sizeof address.sun_path)
        return refuse(complaint, "cannot listen on %s: a socket's path has at most %zu bytes", path,
                      sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    *ret_address = address;
    return 0;
}

static int open_unix(const char *path, const struct complaint *complaint)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (parse_unix(path, complaint, &address) != 0)
        return -1;
    int lock = lock_folder(path);
    int fd = clear_path(&address, complaint);
    if (fd == 0) {
        mode_t before = umask(UMASK_0660);
        fd = bind_and_listen((const struct sockaddr *)&address, sizeof address);
        umask(before);
        if (fd < 0)
            refuse(complaint, "cannot listen on %s: %s", path, strerror(errno));
    }
    if (lock >= 0)
        close(lock);
    return fd;
}

/* Reads "address:port". False when it is not that, or does not stay on this machine. */
static bool parse_loopback(const char *text, struct sockaddr_in *ret_address)
{
    char name[INET_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    char *end = NULL;

    if (!colon || (size_t)(colon - text) >= sizeof name || colon[1] < '0' || colon[1] > '9')
        return false;
    memcpy(name, text, (size_t)(colon - text));
    name[colon - text] = '\0';
    long port = strtol(colon + 1, &end, 10);
    *ret_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return !*end && port >= 1 && port <= 65535 && inet_pton(AF_INET, name, &ret_address->sin_addr) == 1 &&
           ntohl(ret_address->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static int parse_tcp(const char *text, const struct complaint *complaint, struct sockaddr_in *ret_address)
{
    if (parse_loopback(text, ret_address))
        return 0;
    return refuse(complaint,
                  "cannot listen on %s: give unix:/path or 127.0.0.1:port; TCP is for loopback: FastCGI knows no "
                  "passwords",
                  text);
}

static int open_tcp(const char *text, const struct complaint *complaint)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    if (parse_tcp(text, complaint, &address) != 0)
        return -1;
    int fd = bind_and_listen((const struct sockaddr *)&address, sizeof address);
    return fd >= 0 ? fd : refuse(complaint, "cannot listen on %s: %s", text, strerror(errno));
}

int listener_open(const char *address, char *ret_error, size_t size)
{
    const struct complaint complaint = {.text = ret_error, .size = size};
    const char *path = unix_path(address);

    return path ? open_unix(path, &complaint) : open_tcp(address, &complaint);
}

int listener_check(const char *address, char *ret_error, size_t size)
{
    const struct complaint complaint = {.text = ret_error, .size = size};
    const char *path = unix_path(address);
    struct sockaddr_un un;
    struct sockaddr_in in;

    return path ? parse_unix(path, &complaint, &un) : parse_tcp(address, &complaint, &in);
}

bool listener_is_unix(const char *address)
{
    return unix_path(address) != NULL;
}

void listener_remove(const char *address)
{
    const char *path = unix_path(address);

    if (path)
        unlink(path);
}
