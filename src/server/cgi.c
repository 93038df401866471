/*
 * server/cgi.c: a process per request.
 *
 * RFC 3875 section 4.2: a body is there when CONTENT_LENGTH is set, and no more than that may be read: standard input
 * may be the client's connection, which does not end. Apache passes a chunked body without CONTENT_LENGTH; it is read
 * to its end.
 */

#include "server/cgi.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "http/request.h"
#include "server/handler.h"
#include "server/request_body.h"

/* Standard input; `left` bytes of it may be read. */
struct input {
    struct body_source source; /* first */
    size_t left;
    bool failed;
};

static size_t input_read(struct body_source *self, char *to, size_t size)
{
    struct input *input = (struct input *)self;
    ssize_t got = 0;

    if (size > input->left)
        size = input->left;
    do
        got = size > 0 ? read(STDIN_FILENO, to, size) : 0;
    while (got < 0 && errno == EINTR);
    input->failed = got < 0;
    if (got <= 0)
        return 0;
    input->left -= (size_t)got;
    return (size_t)got;
}

static bool input_ended_well(struct body_source *self)
{
    return !((struct input *)self)->failed;
}

/* How much of standard input is ours. */
static size_t input_size(const char *content_length)
{
    long long length = -1;

    if (!content_length_parse(content_length, &length))
        return 0;
    if (length >= 0)
        return (size_t)length;
    return getenv("HTTP_TRANSFER_ENCODING") ? SIZE_MAX : 0;
}

static int write_all(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

static const char *variable(const struct request *self, const char *name)
{
    (void)self;
    return getenv(name);
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

int cgi_serve(struct request_handler *handler)
{
    const char *content_length = getenv("CONTENT_LENGTH");
    struct input input = {{.read = input_read, .ended_well = input_ended_well}, .left = input_size(content_length)};
    struct request request = {
        .method_text = text_or_empty(getenv("REQUEST_METHOD")),
        .uri = text_or_empty(getenv("REQUEST_URI")),
        .variable = variable,
    };
    struct arena arena;
    struct context context;
    const char *bytes = NULL;
    size_t size = 0;

    signal(SIGPIPE, SIG_IGN);
    arena_init(&arena, handler_memory(handler));
    context_init(&context, &arena, clock_ms() + handler->request_timeout_ms);
    request_body_read(&context, &input.source, content_length, handler->max_body, &request);
    handler_run(handler, &context, &request, &bytes, &size);
    int status = write_all(bytes, size) < 0 ? 1 : 0;
    arena_release(&arena);
    return status;
}
