/*
 * api/records.c: from a request to a use case and back, for every kind of record. The tag of a representation is made
 * from its bytes, so a list and the records in it have tags of their own.
 */

#include "api/records.h"

#include "api/list_query.h"
#include "api/routes.h"
#include "core/arena.h"
#include "core/config.h"
#include "core/context.h"
#include "http/etag.h"
#include "http/parameter.h"
#include "http/response.h"
#include "http/router.h"
#include "schema/json_decode.h"
#include "schema/json_encode.h"
#include "schema/schema.h"
#include "usecase/catalogue.h"

#define REPRESENTATION_MAX ((size_t)4 * 1024 * 1024) /* bytes of one record as JSON */

static struct collection *collection_of(const struct exchange *exchange)
{
    struct api *api = exchange->application;

    return catalogue_find(api->catalogue, exchange->route->record);
}

/* The id in the path. INVALID. */
static enum code id_read(const struct exchange *exchange, int64_t *ret_id)
{
    return integer_parse(exchange->context, "path", "id", exchange->id_text, 1, INT64_MAX, ret_id);
}

/* The record in the body, and which of its fields were sent. MALFORMED, INVALID. */
static enum code body_read(const struct exchange *exchange, void **ret_record, uint32_t *ret_set)
{
    const struct schema *schema = exchange->route->record;
    const struct request *request = exchange->request;
    enum decode_mode mode = exchange->route->body == CHANGES_BODY ? DECODE_CHANGES : DECODE_WHOLE;
    void *record = arena_alloc(exchange->context->arena, schema->size);
    enum code code;

    if (!record)
        return fail_memory(exchange->context);
    code = json_decode(schema, exchange->context, request->body, request->body_size, mode, record, ret_set);
    if (code == OK)
        *ret_record = record;
    return code;
}

/* Adds the tag of the body, as far as there is memory: a write that is done is not answered with a failure. */
static void tag_add(const struct exchange *exchange)
{
    response_header(exchange->response, "ETag", etag_of(exchange->context, exchange->response));
}

/* Finishes the answer to a GET. */
static enum code answer_read(const struct exchange *exchange)
{
    const char *tag = etag_of(exchange->context, exchange->response);

    if (!tag)
        return fail_memory(exchange->context);
    etag_answer(exchange->request, exchange->response, tag);
    return OK;
}

/* Makes a record the answer's body. */
static void record_write(const struct exchange *exchange, const void *record)
{
    exchange->response->content_type = "application/json";
    json_add_record(&exchange->response->body, exchange->route->record, record, NULL);
}

/* Adds ,"name":number. */
static void number_write(struct buffer *body, const char *name, int64_t number)
{
    buffer_add_char(body, ',');
    json_add_text(body, name);
    buffer_add_char(body, ':');
    buffer_add_int(body, number);
}

/* {"authors":[...],"page":1,"pageSize":10,"total":2} */
static void listing_write(struct response *response, const struct schema *schema, const struct query *query,
                          const struct listing *listing)
{
    struct buffer *body = &response->body;

    response->content_type = "application/json";
    buffer_add_char(body, '{');
    json_add_text(body, schema->plural);
    buffer_add_text(body, ":[");
    for (size_t i = 0; i < listing->page.n; i++) {
        if (i > 0)
            buffer_add_char(body, ',');
        json_add_record(body, schema, page_record(schema, &listing->page, i),
                        listing->embedded ? listing->embedded[i] : NULL);
    }
    buffer_add_char(body, ']');
    number_write(body, list_parameters[LIST_PAGE].name, query->page);
    number_write(body, list_parameters[LIST_PAGE_SIZE].name, query->size);
    number_write(body, LIST_TOTAL, listing->page.total);
    buffer_add_char(body, '}');
}

enum code records_list(struct exchange *exchange)
{
    const struct api *api = exchange->application;
    const struct schema *schema = exchange->route->record;
    struct context *context = exchange->context;
    struct query query = {0};
    struct listing listing = {0};
    enum code code = list_query_read(schema, context, exchange->request, (int)api->config->page_size_max, &query);

    if (code == OK)
        code = collection_list(collection_of(exchange), context, &query, &listing);
    if (code != OK)
        return code;
    listing_write(exchange->response, schema, &query, &listing);
    response_header(exchange->response, "Link",
                    list_query_links(schema, context, exchange->request, &query, &listing.page));
    return answer_read(exchange);
}

enum code records_get(struct exchange *exchange)
{
    void *record = NULL;
    int64_t id = 0;
    enum code code = id_read(exchange, &id);

    if (code == OK)
        code = collection_get(collection_of(exchange), exchange->context, id, &record);
    if (code != OK)
        return code;
    record_write(exchange, record);
    return answer_read(exchange);
}

enum code records_create(struct exchange *exchange)
{
    struct arena *arena = exchange->context->arena;
    const struct schema *schema = exchange->route->record;
    void *record = NULL;
    uint32_t set = 0;
    enum code code = body_read(exchange, &record, &set);

    if (code == OK)
        code = collection_create(collection_of(exchange), exchange->context, record);
    if (code != OK)
        return code;
    record_write(exchange, record);
    response_header(exchange->response, "Location",
                    arena_printf(arena, "%s/%lld", exchange->request->path, (long long)record_id(schema, record)));
    tag_add(exchange);
    return OK;
}

/* If-Match, as a use case understands it. */
struct tag_precondition {
    struct precondition base; /* first: it is cast back */
    const char *tags;         /* the header's list */
};

static bool tag_holds(const struct precondition *self, struct context *context, const struct schema *schema,
                      const void *record)
{
    const struct tag_precondition *precondition = (const struct tag_precondition *)self;
    struct buffer body;
    char tag[ETAG_SIZE];

    buffer_init(&body, context->arena, REPRESENTATION_MAX);
    json_add_record(&body, schema, record, NULL);
    if (body.failed)
        return false;
    etag_make(body.data, body.size, tag);
    return etag_matches(precondition->tags, tag, true);
}

/* The request's precondition, kept in ret_storage; NULL when it has none. */
static const struct precondition *precondition_read(const struct exchange *exchange,
                                                    struct tag_precondition *ret_storage)
{
    const char *tags = request_header(exchange->request, "HTTP_IF_MATCH");

    *ret_storage = (struct tag_precondition){{tag_holds}, tags};
    return tags ? &ret_storage->base : NULL;
}

/* PUT and PATCH: what is wrong with the path and with the body is said at once. */
static enum code update(struct exchange *exchange, bool whole)
{
    struct tag_precondition storage;
    const struct precondition *precondition = precondition_read(exchange, &storage);
    void *record = NULL;
    int64_t id = 0;
    uint32_t set = 0;
    enum code id_code = id_read(exchange, &id);
    enum code code = body_read(exchange, &record, &set);

    if (code == OK)
        code = id_code;
    if (code == OK)
        code = collection_update(collection_of(exchange), exchange->context, id, record, whole ? ALL_FIELDS : set,
                                 precondition, &record);
    if (code != OK)
        return code;
    record_write(exchange, record);
    tag_add(exchange);
    return OK;
}

enum code records_replace(struct exchange *exchange)
{
    return update(exchange, true);
}

enum code records_change(struct exchange *exchange)
{
    return update(exchange, false);
}

enum code records_remove(struct exchange *exchange)
{
    struct tag_precondition storage;
    const struct precondition *precondition = precondition_read(exchange, &storage);
    int64_t id = 0;
    enum code code = id_read(exchange, &id);

    if (code == OK)
        code = collection_remove(collection_of(exchange), exchange->context, id, precondition);
    if (code != OK)
        return code;
    exchange->response->content_type = "application/json";
    buffer_add_text(&exchange->response->body, "{\"status\":\"ok\"}");
    return OK;
}
