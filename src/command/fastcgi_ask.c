/* command/fastcgi_ask.c: the whole request fits one buffer, and goes out at once. */

#include "command/fastcgi_ask.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum record { BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

#define VERSION 1
#define HEADER_SIZE 8
#define RESPONDER 1
#define REQUEST_ID 1
#define SHORT_MAX 127     /* a length of one byte */
#define REQUEST_MAX 1024  /* bytes of all records */
#define CONTENT_MAX 65535 /* bytes of one record */
#define PADDING_MAX 255

struct message {
    unsigned char bytes[REQUEST_MAX];
    size_t size;
};

static void add(struct message *message, const void *data, size_t size)
{
    if (size <= sizeof message->bytes - message->size) {
        memcpy(message->bytes + message->size, data, size);
        message->size += size;
    }
}

static void add_record(struct message *message, enum record type, const void *data, size_t size)
{
    const unsigned char header[HEADER_SIZE] = {
        VERSION, (unsigned char)type, 0, REQUEST_ID, (unsigned char)(size >> 8), (unsigned char)(size & 0xFF), 0, 0};

    add(message, header, sizeof header);
    add(message, data, size);
}

/* Names and values are short. */
static void add_pair(struct message *message, const char *name, const char *value)
{
    const unsigned char sizes[2] = {(unsigned char)strlen(name), (unsigned char)strlen(value)};

    add(message, sizes, sizeof sizes);
    add(message, name, sizes[0]);
    add(message, value, sizes[1]);
}

static void put_together(struct message *message, const char *path)
{
    static const unsigned char begin[8] = {0, RESPONDER};
    struct message pairs = {.size = 0};
    const char *const values[][2] = {
        {"GATEWAY_INTERFACE", "CGI/1.1"},
        {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"REQUEST_METHOD", "GET"},
        {"REQUEST_URI", path},
        {"SCRIPT_NAME", ""},
        {"PATH_INFO", path},
        {"QUERY_STRING", ""},
        {"REMOTE_ADDR", "127.0.0.1"},
        {"HTTP_USER_AGENT", "quire doctor"},
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        add_pair(&pairs, values[i][0], values[i][1]);
    add_record(message, BEGIN_REQUEST, begin, sizeof begin);
    add_record(message, PARAMS, pairs.bytes, pairs.size);
    add_record(message, PARAMS, "", 0);
    add_record(message, STDIN, "", 0);
}

/* The end of the connection is ECONNRESET. */
static bool receive(int fd, void *to, size_t size)
{
    for (char *at = to; size > 0;) {
        ssize_t got = recv(fd, at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = ECONNRESET;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

bool fastcgi_ask(int fd, const char *path, char *ret_answer, size_t size)
{
    struct message message = {.size = 0};
    unsigned char header[HEADER_SIZE];
    unsigned char content[CONTENT_MAX + PADDING_MAX];
    size_t used = 0;

    if (strlen(path) > SHORT_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    put_together(&message, path);
    if (send(fd, message.bytes, message.size, MSG_NOSIGNAL) != (ssize_t)message.size)
        return false;
    while (receive(fd, header, sizeof header)) {
        size_t length = (size_t)header[4] << 8 | header[5];
        if (!receive(fd, content, length + header[6]))
            return false;
        if (header[1] == STDOUT && used + 1 < size) {
            size_t taken = length < size - used - 1 ? length : size - used - 1;
            memcpy(ret_answer + used, content, taken);
            used += taken;
        }
        ret_answer[used] = '\0';
        if (header[1] == END_REQUEST)
            return true;
    }
    return false;
}
