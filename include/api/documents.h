#ifndef API_DOCUMENTS_H
#define API_DOCUMENTS_H

/*
 * api/documents.h: what the service says about itself.
 *
 * Workers share a document that was made before they were. A process for one request makes it if that is what is asked
 * for.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "http/etag.h"

struct arena;
struct config;
struct exchange;

struct document {
    const char *type; /* media type */
    const char *text;
    size_t size;
    char tag[ETAG_SIZE];
};

/* The OpenAPI document of routes[], with these settings in force; its text is in `arena`. NO_MEMORY. */
enum code document_openapi(struct arena *arena, const struct config *config, struct document *ret_document)
    __attribute__((warn_unused_result));

enum code documents_openapi(struct exchange *exchange); /* 200, 304 */

#endif
