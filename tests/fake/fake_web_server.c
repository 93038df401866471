/* fake_web_server.c: records are small and written one by one, so that a reader meets them in pieces. */

#include "fake_web_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum record { BEGIN_REQUEST = 1, ABORT_REQUEST = 2, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

#define HEADER_SIZE 8
#define REQUEST_ID 1
#define RESPONDER 1
#define KEEP_CONN 1

static void give_up(const char *what)
{
    perror(what);
    abort();
}

/* A peer that has gone is not this side's concern. */
static void send_all(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        size -= (size_t)sent;
    }
}

static void send_record(int fd, enum record type, const void *data, size_t size)
{
    const unsigned char header[HEADER_SIZE] = {
        1, (unsigned char)type, 0, REQUEST_ID, (unsigned char)(size >> 8), (unsigned char)(size & 0xFF), 0, 0};

    send_all(fd, header, sizeof header);
    send_all(fd, data, size);
}

int web_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        give_up(path);
    return fd;
}

void web_begin(int fd, bool keep, const char *const *parameters)
{
    const unsigned char begin[8] = {0, RESPONDER, keep ? KEEP_CONN : 0};
    char pairs[4096];
    size_t size = 0;

    send_record(fd, BEGIN_REQUEST, begin, sizeof begin);
    for (; parameters[0]; parameters += 2) {
        int more = snprintf(pairs + size, sizeof pairs - size, "%c%c%s%s", (int)strlen(parameters[0]),
                            (int)strlen(parameters[1]), parameters[0], parameters[1]);
        size += (size_t)more;
    }
    send_record(fd, PARAMS, pairs, size);
    send_record(fd, PARAMS, "", 0);
}

void web_body(int fd, const char *data, size_t size)
{
    send_record(fd, STDIN, data, size);
}

void web_abort(int fd)
{
    send_record(fd, ABORT_REQUEST, "", 0);
}

static bool receive(int fd, void *to, size_t size)
{
    return size == 0 || recv(fd, to, size, MSG_WAITALL) == (ssize_t)size;
}

bool web_answer(int fd, char *ret_text, size_t size)
{
    static char content[65536 + 256];
    unsigned char header[HEADER_SIZE];
    size_t used = 0;

    ret_text[0] = '\0';
    while (receive(fd, header, sizeof header)) {
        size_t length = (size_t)header[4] << 8 | header[5];
        if (!receive(fd, content, length + header[6]))
            return false;
        if (header[1] == END_REQUEST)
            return true;
        if (header[1] == STDOUT && used + length < size) {
            memcpy(ret_text + used, content, length);
            used += length;
            ret_text[used] = '\0';
        }
    }
    return false;
}
