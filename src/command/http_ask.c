/* command/http_ask.c: HTTP/1.0, so that the answer ends with the connection and nothing is chunked. */

#include "command/http_ask.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/arena.h"

#define WAIT_S 10
#define ANSWER_MAX ((size_t)256 * 1024) /* bytes that are looked at */
#define SCHEME "http://"

/* HOST or HOST:PORT, with brackets around an IPv6 address. */
static bool split_host(char *text, struct http_place *place)
{
    char *colon = strrchr(text, ':');
    char *bracket = strchr(text, ']');

    place->host = text;
    place->port = "80";
    if (colon && (!bracket || colon > bracket)) {
        *colon = '\0';
        place->port = colon + 1;
    }
    if (*text == '[' && bracket) {
        *bracket = '\0';
        place->host = text + 1;
    }
    return *place->host && *place->port && place->port[strspn(place->port, "0123456789")] == '\0';
}

bool http_place_parse(struct arena *arena, const char *url, struct http_place *ret_place)
{
    if (strncasecmp(url, SCHEME, strlen(SCHEME)) != 0 || strpbrk(url, "?#@ \r\n"))
        return false;
    url += strlen(SCHEME);
    size_t size = strcspn(url, "/");
    char *host = arena_copy(arena, url, size);
    char *base = arena_text(arena, url + size);
    struct http_place place = {.base = base, .authority = arena_copy(arena, url, size)};

    if (!host || !base || !place.authority || !split_host(host, &place))
        return false;
    for (size_t n = strlen(base); n > 0 && base[n - 1] == '/'; n--)
        base[n - 1] = '\0';
    *ret_place = place;
    return true;
}

/* Connected, with time limits; -1 with errno. */
static int try_address(const struct addrinfo *address)
{
    const struct timeval limit = {.tv_sec = WAIT_S};
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* The fd, or -1 with why. */
static int connect_to(const struct http_place *place, const char **ret_why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(place->host, place->port, &hints, &found);
    int fd = -1;

    if (error != 0) {
        *ret_why = gai_strerror(error);
        return -1;
    }
    for (const struct addrinfo *address = found; address && fd < 0; address = address->ai_next)
        fd = try_address(address);
    *ret_why = strerror(errno);
    freeaddrinfo(found);
    return fd;
}

/* Reads to the end, or as much as is looked at. False with errno. */
static bool read_all(int fd, char *text)
{
    size_t size = 0;
    ssize_t got = 1;

    while (got > 0 && size < ANSWER_MAX) {
        got = recv(fd, text + size, ANSWER_MAX - size, 0);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            size += (size_t)got;
    }
    text[size] = '\0';
    return got >= 0;
}

/* Cuts the text up in place. */
static const char *read_answer(char *text, struct http_answer *ret_answer)
{
    char *end = strstr(text, "\r\n\r\n");
    static const char start[] = "HTTP/1.x ";

    if (!end || strncmp(text, start, strlen("HTTP/1.")) != 0 || (size_t)(end - text) < sizeof start)
        return "what came is no HTTP answer";
    *end = '\0';
    char *headers = strstr(text, "\r\n");
    int status = (int)strtol(text + sizeof start - 1, NULL, 10);
    *ret_answer = (struct http_answer){.status = status, .headers = headers ? headers : "", .body = end + 4};
    return NULL;
}

const char *http_ask(struct arena *arena, const struct http_place *place, const char *method, const char *path,
                     const char *headers, struct http_answer *ret_answer)
{
    char *text = arena_alloc(arena, ANSWER_MAX + 1);
    const char *request = arena_printf(arena, "%s %s%s HTTP/1.0\r\nHost: %s\r\nUser-Agent: quire doctor\r\n%s\r\n",
                                       method, place->base, path, place->authority, headers);
    const char *why = NULL;

    if (!text || !request)
        return "out of memory";
    int fd = connect_to(place, &why);
    if (fd < 0)
        return why;
    size_t size = strlen(request);
    bool good = send(fd, request, size, MSG_NOSIGNAL) == (ssize_t)size && read_all(fd, text);
    why = good ? read_answer(text, ret_answer) : strerror(errno);
    close(fd);
    return why;
}

bool http_answer_has(const struct http_answer *answer, const char *name, const char *value)
{
    size_t name_size = strlen(name);
    size_t value_size = strlen(value);

    for (const char *line = answer->headers; (line = strstr(line, "\r\n"));) {
        line += 2;
        if (strncasecmp(line, name, name_size) != 0 || line[name_size] != ':')
            continue;
        const char *at = line + name_size + 1;
        at += strspn(at, " \t");
        if (strncmp(at, value, value_size) == 0 && strchr("\r\n \t", at[value_size]))
            return true;
    }
    return false;
}
