/* api/documents.c: a document is made in an arena of its own, which is then let go: only the finished text is kept. */

#include "api/documents.h"

#include "api/routes.h"
#include "core/arena.h"
#include "core/buffer.h"
#include "core/config.h"
#include "core/context.h"
#include "core/version.h"
#include "http/openapi.h"
#include "http/request.h"
#include "http/response.h"

#define DOCUMENT_MAX ((size_t)8 * 1024 * 1024) /* bytes */
#define WORK_MAX (4 * DOCUMENT_MAX)            /* bytes of arena while it is made */

static const char about[] =
    "Authors and their books.\n\n"
    "Text may hold any character but U+0000. Dates are taken as `YYYY-MM-DD`, or as an ISO 8601 date-time whose date "
    "part is kept, and always answered as `YYYY-MM-DD`. Unknown members of a body and unknown parameters are ignored. "
    "A slash at the end of a path changes nothing. HEAD works wherever GET does.\n\n"
    "Every error is JSON with `detail`; whoever accepts `application/problem+json` gets it as RFC 9457 has it.";

enum code document_openapi(struct arena *arena, const struct config *config, struct document *ret_document)
{
    const struct openapi openapi = {
        .title = "quire",
        .version = QUIRE_VERSION,
        .summary = "A book-catalogue REST service.",
        .description = about,
        .routes = routes,
        .base_path = config->base_path,
        .page_size_max = config->page_size_max,
        .max_body = config->max_body,
    };
    struct document document = {.type = "application/json"};
    struct context context;
    struct buffer buffer;
    struct arena work;

    arena_init(&work, WORK_MAX);
    context_init(&context, &work, 0);
    buffer_init(&buffer, &work, DOCUMENT_MAX);
    enum code code = openapi_write(&context, &openapi, &buffer);
    if (code == OK) {
        document.text = arena_copy(arena, buffer.data, buffer.size);
        document.size = buffer.size;
        etag_make(buffer.data, buffer.size, document.tag);
    }
    arena_release(&work);
    if (!document.text)
        return NO_MEMORY;
    *ret_document = document;
    return OK;
}

/* The document that was made before, or one of the request's own: headers borrow its tag. NULL without memory. */
static const struct document *get_openapi(const struct exchange *exchange)
{
    const struct api *api = exchange->application;
    struct arena *arena = exchange->context->arena;

    if (api->openapi)
        return api->openapi;
    struct document *made = arena_alloc(arena, sizeof *made);
    return made && document_openapi(arena, api->config, made) == OK ? made : NULL;
}

enum code documents_openapi(struct exchange *exchange)
{
    const struct document *document = get_openapi(exchange);

    if (!document)
        return fail_memory(exchange->context);
    exchange->response->content_type = document->type;
    if (!etag_answer(exchange->request, exchange->response, document->tag))
        buffer_add(&exchange->response->body, document->text, document->size);
    return OK;
}
