/*
 * server/request_body.c: the one loop that reads bodies.
 *
 * A body is read to its end even when nobody wants it: a web server that is still writing sees a reset otherwise, and
 * its client an error instead of our answer.
 */

#include "server/request_body.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "core/buffer.h"
#include "core/context.h"

#define PIECE ((size_t)16 * 1024)

bool content_length_parse(const char *text, long long *ret_length)
{
    if (!text || !*text) {
        *ret_length = -1;
        return true;
    }
    char *end = NULL;
    errno = 0;
    long long length = strtoll(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno)
        return false;
    *ret_length = length;
    return true;
}

/* Reads to the end; keeps what fits into `body`. Gives the number of bytes read; *ret_all is false when it gave up. */
static size_t read_all(struct context *context, struct body_source *source, struct buffer *body, bool *ret_all)
{
    char piece[PIECE];
    size_t total = 0;
    size_t size = 0;

    while ((size = source->read(source, piece, sizeof piece)) > 0) {
        buffer_add(body, piece, size);
        total += size;
        if (total > DRAIN_MAX || context_left_ms(context, 1) == 0) {
            *ret_all = false;
            return total;
        }
    }
    *ret_all = true;
    return total;
}

void request_body_read(struct context *context, struct body_source *source, const char *text, size_t max_body,
                       struct request *request)
{
    struct buffer body;
    long long length = -1;
    bool all = false;
    bool readable = content_length_parse(text, &length);

    bool over = readable && length > 0 && (size_t)length > max_body;
    buffer_init(&body, context->arena, over ? 0 : max_body);
    size_t total = read_all(context, source, &body, &all);
    bool whole = source->ended_well(source) && all && readable && (length < 0 || (size_t)length == total);

    request->body = "";
    request->body_size = 0;
    if (over || body.failed) {
        request->body_state = BODY_OVER;
    } else if (!whole) {
        request->body_state = BODY_CUT;
    } else {
        request->body_state = BODY_COMPLETE;
        request->body = body.data;
        request->body_size = total;
    }
}
