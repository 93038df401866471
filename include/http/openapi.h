#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

/*
 * http/openapi.h: the routes as an OpenAPI 3.1 document.
 *
 * Everything in it is read from what the service itself works with: the dispatch table, the field tables, the list
 * parameters, the table of failures, the settings. Examples of errors are written by the code that writes errors.
 */

#include <stdint.h>

#include "core/error.h"

struct buffer;
struct context;
struct route;

/* What a document is made from. */
struct openapi {
    const char *title;
    const char *version;
    const char *summary;        /* one line */
    const char *description;    /* CommonMark */
    const struct route *routes; /* ends with a path of NULL; documents themselves are not listed */
    const char *base_path;      /* the paths are below it: "" or "/shop"; NULL: "" */
    int64_t page_size_max;      /* settings */
    int64_t max_body;
};

/* Adds the document as compact JSON, the same bytes for the same input. Memory for the work on it comes from the
 * context's arena. NO_MEMORY. */
enum code openapi_write(struct context *context, const struct openapi *openapi, struct buffer *buffer)
    __attribute__((warn_unused_result));

#endif
