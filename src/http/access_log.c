/* http/access_log.c: each part of a line has its own ceiling; together they fit into a line, whatever a client sends.
 */

#include "http/access_log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/context.h"
#include "core/log_escape.h"
#include "http/request.h"
#include "http/response.h"
#include "http/trace_context.h"

/* Ceilings, in bytes as written. */
#define METHOD_MAX 64
#define NAME_MAX_SIZE 256 /* of an id, an address or a user */
#define PATH_MAX_SIZE 2048
#define HEADER_MAX 512
#define PLAIN_MAX 512 /* all that is not a client's, together */

_Static_assert(METHOD_MAX + 3 * NAME_MAX_SIZE + PATH_MAX_SIZE + PLAIN_MAX < LOG_LINE_MAX, "JSON fits");
_Static_assert(2 * METHOD_MAX + 2 * NAME_MAX_SIZE + PATH_MAX_SIZE + 2 * HEADER_MAX < LOG_LINE_MAX - 128,
               "combined fits");

typedef size_t escape_function(char *to, size_t room, const char *text, size_t size);

struct line {
    char *bytes;
    size_t size;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int size = vsnprintf(line->bytes + line->size, LOG_LINE_MAX - line->size, format, args);
    va_end(args);
    if (size > 0)
        line->size += (size_t)size;
}

/* Text of a client, escaped; nothing and NULL are "-". */
static void add_text(struct line *line, escape_function *escape, size_t max, const char *text)
{
    if (!text || !*text)
        text = "-";
    line->size += escape(line->bytes + line->size, max, text, strlen(text));
}

/* ,"name":"text" */
static void add_member(struct line *line, const char *name, size_t max, const char *text)
{
    add(line, ",\"%s\":\"", name);
    add_text(line, log_escape_json, max, text);
    add(line, "\"");
}

static size_t bytes_sent(const struct access *access)
{
    return access->response->head_only ? 0 : access->response->body.size;
}

static const char *cache_result(const struct tally *tally)
{
    if (tally->cache_hits > 0)
        return tally->cache_misses > 0 ? "part" : "hit";
    return tally->cache_misses > 0 ? "miss" : "none";
}

static const char *path_of(const struct request *request)
{
    return request->path ? request->path : request->uri;
}

static void write_json(struct line *line, const struct access *access)
{
    const struct tally *tally = &access->context->tally;
    const struct request *request = access->request;
    const char *trace = traceparent_find(request);
    char time[LOG_TIME_SIZE];

    log_time(time);
    add(line, "{\"time\":\"%s\"", time);
    add_member(line, "request_id", NAME_MAX_SIZE, access->context->request_id);
    add_member(line, "method", METHOD_MAX, request->method_text);
    add_member(line, "route", NAME_MAX_SIZE, access->route);
    add_member(line, "path", PATH_MAX_SIZE, path_of(request));
    add(line, ",\"status\":%d,\"bytes\":%zu,\"ms\":%" PRId64 ".%03d", access->response->status, bytes_sent(access),
        access->us / 1000, (int)(access->us % 1000));
    add(line, ",\"sql\":%u,\"sql_ms\":%" PRId64 ".%03d,\"cache\":\"%s\"", tally->sql_statements, tally->sql_us / 1000,
        (int)(tally->sql_us % 1000), cache_result(tally));
    add_member(line, "remote", NAME_MAX_SIZE, request_header(request, "REMOTE_ADDR"));
    add(line, ",\"pid\":%ld", (long)getpid());
    if (trace)
        add(line, ",\"trace_id\":\"%.32s\",\"parent_id\":\"%.16s\"", trace + 3, trace + 36);
    add(line, "}");
}

static void write_combined(struct line *line, const struct access *access)
{
    const struct request *request = access->request;
    time_t start = time(NULL) - (time_t)(access->us / 1000000);
    struct tm utc = {0};
    char when[64];

    gmtime_r(&start, &utc);
    strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &utc);
    add_text(line, log_escape_apache, NAME_MAX_SIZE, request_header(request, "REMOTE_ADDR"));
    add(line, " - ");
    add_text(line, log_escape_apache, NAME_MAX_SIZE, request_header(request, "REMOTE_USER"));
    add(line, " [%s] \"", when);
    add_text(line, log_escape_apache, METHOD_MAX, request->method_text);
    add(line, " ");
    add_text(line, log_escape_apache, PATH_MAX_SIZE, request->uri);
    add(line, " ");
    add_text(line, log_escape_apache, METHOD_MAX, request_header(request, "SERVER_PROTOCOL"));
    add(line, "\" %d ", access->response->status);
    if (bytes_sent(access) > 0)
        add(line, "%zu", bytes_sent(access));
    else
        add(line, "-");
    add(line, " \"");
    add_text(line, log_escape_apache, HEADER_MAX, request_header(request, "HTTP_REFERER"));
    add(line, "\" \"");
    add_text(line, log_escape_apache, HEADER_MAX, request_header(request, "HTTP_USER_AGENT"));
    add(line, "\"");
}

size_t access_format(enum log_format format, const struct access *access, char line[LOG_LINE_MAX])
{
    struct line to = {.bytes = line};

    if (format == LOG_FORMAT_COMBINED)
        write_combined(&to, access);
    else
        write_json(&to, access);
    return to.size;
}

static void log_text(const struct access *access)
{
    const struct context *context = access->context;
    const struct request *request = access->request;
    const char *trace = traceparent_find(request);

    log_line(LOG_LEVEL_INFO, "%s %.*s %.*s %d %zu %" PRId64 ".%03dms sql=%u cache=%u/%u%s%.*s",
             context->request_id ? context->request_id : "-", METHOD_MAX, request->method_text, PATH_MAX_SIZE,
             path_of(request), access->response->status, access->response->body.size, access->us / 1000,
             (int)(access->us % 1000), context->tally.sql_statements, context->tally.cache_hits,
             context->tally.cache_misses, trace ? " trace=" : "", TRACE_ID_SIZE, trace ? trace + 3 : "");
}

void access_log(const struct access *access)
{
    enum log_format format = log_get_format();
    char line[LOG_LINE_MAX];

    if (format == LOG_FORMAT_TEXT)
        log_text(access);
    else
        log_whole_line(line, access_format(format, access, line));
}
