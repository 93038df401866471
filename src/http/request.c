/*
 * http/request.c: REQUEST_URI taken apart: RFC 3986 for the path, HTML's form encoding for the query.
 *
 * The path is split before it is decoded, so that %2F stays inside its segment.
 */

#include "http/request.h"

#include <ctype.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "core/utf8.h"

static const char *const method_names[METHOD__MAX] = {
    [METHOD_GET] = "GET",     [METHOD_HEAD] = "HEAD",     [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS",
};

const char *method_name(enum method method)
{
    return method < METHOD__MAX ? method_names[method] : NULL;
}

static enum method method_parse(const char *text)
{
    enum method method = 0;

    while (method < METHOD__MAX && (!text || strcmp(text, method_names[method]) != 0))
        method++;
    return method;
}

/* The value of a hexadecimal digit, -1 for anything else. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that the escape at `text` stands for; -1 when it is none. */
static int escape_value(const char *text, size_t size)
{
    int high = size > 2 ? hex_value(text[1]) : -1;
    int low = high >= 0 ? hex_value(text[2]) : -1;

    return low >= 0 ? high * 16 + low : -1;
}

/* Percent-decodes into the arena. In a query `+` is a space. MALFORMED, NO_MEMORY. */
static enum code decode(struct context *context, const char *text, size_t size, bool in_query, const char **ret_text)
{
    char *decoded = arena_alloc(context->arena, size + 1);
    size_t n = 0;

    if (!decoded)
        return fail_memory(context);
    for (size_t i = 0; i < size; i++) {
        int byte = (unsigned char)text[i];
        if (text[i] == '%') {
            if ((byte = escape_value(text + i, size - i)) < 0)
                return fail(context, MALFORMED, "The URL has a bad percent-escape");
            i += 2;
        } else if (in_query && text[i] == '+') {
            byte = ' ';
        }
        if (byte == 0)
            return fail(context, MALFORMED, "The URL contains a NUL");
        decoded[n++] = (char)byte;
    }
    if (!utf8_is_valid(decoded, n))
        return fail(context, MALFORMED, "The URL is not valid UTF-8");
    *ret_text = decoded;
    return OK;
}

static enum code segment_parse(struct request *request, struct context *context, const char *text, size_t size)
{
    const char *segment = "";
    enum code code = decode(context, text, size, false, &segment);

    if (code != OK)
        return code;
    if (!*segment || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
        return fail(context, NO_ROUTE, NULL);
    if (request->n_segments == PATH_SEGMENTS_MAX)
        return fail(context, NO_ROUTE, NULL);
    request->segments[request->n_segments++] = segment;
    return OK;
}

/* `path` starts with a slash; one at its end does not count. The root has no segments, every other path has some. */
static enum code path_parse(struct request *request, struct context *context, const char *path, size_t size)
{
    const char *at = path + 1;
    const char *end = path + size;
    enum code code = OK;

    if (size > 1 && end[-1] == '/')
        end--;
    if (!(request->path = arena_copy(context->arena, path, (size_t)(end - path))))
        return fail_memory(context);
    while (code == OK && size > 1 && at <= end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        code = segment_parse(request, context, at, (size_t)(stop - at));
        at = stop + 1;
    }
    return code;
}

static enum code parameter_parse(struct request *request, struct context *context, const char *text, size_t size)
{
    const char *equals = memchr(text, '=', size);
    size_t name_size = equals ? (size_t)(equals - text) : size;
    size_t value_start = equals ? name_size + 1 : size;
    struct parameter_value parameter = {NULL, NULL};
    enum code code = decode(context, text, name_size, true, &parameter.name);

    if (code == OK)
        code = decode(context, text + value_start, size - value_start, true, &parameter.value);
    if (code != OK)
        return code;
    request->parameters[request->n_parameters++] = parameter;
    return OK;
}

/* A name without `=` has an empty value; nothing between two `&` is nothing. */
static enum code query_parse(struct request *request, struct context *context, const char *query)
{
    enum code code = OK;
    size_t most = 1;

    for (const char *at = strchr(query, '&'); at; at = strchr(at + 1, '&'))
        most++;
    if (!(request->parameters = arena_array(context->arena, most, sizeof(*request->parameters))))
        return fail_memory(context);
    while (code == OK && *query) {
        size_t size = strcspn(query, "&");
        if (size > 0)
            code = parameter_parse(request, context, query, size);
        query += size + (query[size] == '&');
    }
    return code;
}

/* Where path and query begin: after scheme and authority, when the URI has them (RFC 9112 section 3.2.2). */
static const char *uri_origin_form(const char *uri)
{
    size_t scheme = 0;

    while (isalnum((unsigned char)uri[scheme]) || (scheme > 0 && uri[scheme] && strchr("+-.", uri[scheme])))
        scheme++;
    if (scheme == 0 || strncmp(uri + scheme, "://", 3) != 0)
        return uri;
    uri += scheme + 3;
    return uri + strcspn(uri, "/?#");
}

/*
 * A NUL that was sent as such ends the text of REQUEST_URI, and with it all that could be seen of it there. lighttpd
 * tells of it in REDIRECT_URI, which it sets when its own normal form of the URL is another one.
 */
static bool has_raw_nul(const struct request *request)
{
    const char *normal = request_header(request, "REDIRECT_URI");

    return normal && strstr(normal, "%00");
}

enum code request_parse(struct request *request, struct context *context)
{
    const char *uri = request->uri ? request->uri : "";
    size_t size;
    enum code code;

    request->method = method_parse(request->method_text);
    request->path = "/";
    request->n_segments = 0;
    request->parameters = NULL;
    request->n_parameters = 0;
    if (!*uri)
        return fail(context, MALFORMED, "The request has no URL");
    if (strlen(uri) > URI_MAX)
        return fail(context, URI_TOO_LONG, NULL);
    if (has_raw_nul(request))
        return fail(context, MALFORMED, "The URL has a NUL");
    if (strchr(uri, '#'))
        return fail(context, MALFORMED, "The URL has a fragment");
    uri = uri_origin_form(uri);
    size = strcspn(uri, "?");
    if (size > 0 && uri[0] != '/')
        return fail(context, NO_ROUTE, NULL);
    code = size > 0 ? path_parse(request, context, uri, size) : OK;
    return code == OK && uri[size] ? query_parse(request, context, uri + size + 1) : code;
}

enum code request_enter(struct request *request, struct context *context, const char *base_path)
{
    size_t n = 0;

    for (const char *at = base_path; *at; n++) {
        size_t size = strcspn(at + 1, "/");
        const char *segment = n < request->n_segments ? request->segments[n] : "";
        if (strlen(segment) != size || memcmp(segment, at + 1, size) != 0)
            return fail(context, NO_ROUTE, NULL);
        at += 1 + size;
    }
    request->n_segments -= n;
    memmove(request->segments, request->segments + n, request->n_segments * sizeof *request->segments);
    return OK;
}

const char *request_header(const struct request *request, const char *name)
{
    const char *value = request->variable ? request->variable(request, name) : NULL;

    return value && *value ? value : NULL;
}

const char *request_parameter(const struct request *request, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < request->n_parameters; i++) {
        if (strcmp(request->parameters[i].name, name) == 0)
            value = request->parameters[i].value;
    }
    return value;
}
