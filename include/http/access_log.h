#ifndef HTTP_ACCESS_LOG_H
#define HTTP_ACCESS_LOG_H

/*
 * http/access_log.h: a line for each request, in one of three formats.
 *
 *   text      time [pid] info: request-id METHOD /path status bytes ms sql=statements cache=hits/misses, and trace=id
 * when the request has a traceparent json      an object: time, request_id, method, route, path, status, bytes, ms,
 * sql, sql_ms, cache (hit, miss, part, none), remote, pid, and trace_id and parent_id when the request has a
 * traceparent combined  as Apache's LogFormat "combined", in UTC; the time is that of the request
 *
 * What a client sent is escaped, and cut so that no line is longer than LOG_LINE_MAX.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/log.h"

struct context;
struct request;
struct response;

/* A request that was answered. */
struct access {
    const struct context *context;
    const struct request *request;
    const struct response *response;
    const char *route; /* the pattern of its path; NULL: no route has it */
    int64_t us;        /* what it took */
};

/* Writes the line of LOG_FORMAT_JSON or LOG_FORMAT_COMBINED, without a line break, into `line`; gives its size, less
 * than LOG_LINE_MAX. */
size_t access_format(enum log_format format, const struct access *access, char line[LOG_LINE_MAX]);

/* Logs the line at LOG_LEVEL_INFO, in the log's format. */
void access_log(const struct access *access);

#endif
