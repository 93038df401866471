/* http/response.c: an answer, collected and then written the way CGI has it. */

#include "http/response.h"

#include <string.h>

#include "core/context.h"

/* Room for the headers, beside the body. */
#define HEAD_MAX ((size_t)256 * 1024)

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {204, "No Content"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *status_text(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
        if (statuses[i].status == status)
            return statuses[i].text;
    }
    return "";
}

void response_init(struct response *response, struct context *context)
{
    *response = (struct response){.status = 200};
    buffer_init(&response->body, context->arena, RESPONSE_MAX);
}

void response_header(struct response *response, const char *name, const char *value)
{
    if (!value || strpbrk(value, "\r\n") || response->n_headers == RESPONSE_HEADERS_MAX)
        return;
    response->headers[response->n_headers++] = (struct header){name, value};
}

void response_clear(struct response *response)
{
    response->status = 200;
    response->n_headers = 0;
    response->content_type = NULL;
    buffer_clear(&response->body);
}

static void header_write(struct buffer *bytes, const char *name, const char *value)
{
    buffer_add_text(bytes, name);
    buffer_add(bytes, ": ", 2);
    buffer_add_text(bytes, value);
    buffer_add(bytes, "\r\n", 2);
}

static void status_write(struct buffer *bytes, int status)
{
    buffer_add_text(bytes, "Status: ");
    buffer_add_int(bytes, status);
    buffer_add_char(bytes, ' ');
    buffer_add_text(bytes, status_text(status));
    buffer_add(bytes, "\r\n", 2);
}

enum code response_write(const struct response *response, struct context *context, struct buffer *ret_bytes)
{
    bool has_body = response->content_type && response->status != 204 && response->status != 304;
    struct buffer bytes;

    buffer_init(&bytes, context->arena, RESPONSE_MAX + HEAD_MAX);
    status_write(&bytes, response->status);
    if (has_body) {
        header_write(&bytes, "Content-Type", response->content_type);
        buffer_add_text(&bytes, "Content-Length: ");
        buffer_add_int(&bytes, (long long)response->body.size);
        buffer_add(&bytes, "\r\n", 2);
    }
    for (size_t i = 0; i < response->n_headers; i++)
        header_write(&bytes, response->headers[i].name, response->headers[i].value);
    buffer_add(&bytes, "\r\n", 2);
    if (has_body && !response->head_only)
        buffer_add(&bytes, response->body.data, response->body.size);
    if (bytes.failed || response->body.failed)
        return fail_memory(context);
    *ret_bytes = bytes;
    return OK;
}
