#ifndef HTTP_TRACE_CONTEXT_H
#define HTTP_TRACE_CONTEXT_H

/* http/trace_context.h: which trace a request is a part of (W3C Trace Context, the header traceparent). */

struct arena;
struct request;

/* The characters of a trace's id. */
#define TRACE_ID_SIZE 32

/* The value of the request's traceparent, when it has exactly one that is valid; NULL otherwise. Of a version that is
 * not yet known the part that all versions have counts. It holds nothing but lower-case hexadecimal digits and hyphens,
 * up to there. */
const char *traceparent_find(const struct request *request);

/* The same in the arena, as version 00 writes it: without what a later version may have added, which can be any text.
 * NULL also without memory. */
const char *traceparent_copy(const struct request *request, struct arena *arena);

#endif
