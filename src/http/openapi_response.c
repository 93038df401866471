/*
 * http/openapi_response.c: what a route can answer: success, 304, and the failures that its traits allow.
 *
 * Failures that read the same everywhere stand once, in components/responses; the others name the record or the input.
 * Their examples are real: the failure is brought about here and written by problem_answer().
 */

#include "http/openapi_part.h"

#include <ctype.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "http/json_writer.h"
#include "http/parameter.h"
#include "http/problem.h"
#include "http/response.h"
#include "http/router.h"
#include "schema/json_decode.h"
#include "schema/schema.h"

/* Kinds of answer, for the headers they have. */
enum answer {
    SUCCESS = 1 << 0,
    UNCHANGED = 1 << 1, /* 304 */
    FAILURE = 1 << 2,
    FOR_NOW = 1 << 3, /* a failure that may be gone soon */
};

static const struct {
    const char *name;
    unsigned traits, answers; /* the routes and the answers that have it */
    bool is_required;         /* those always have it */
    const char *description;
    const char *schema, *example; /* with ' for "; an example may be NULL */
} headers[] = {
    {"ETag", TAGGED, SUCCESS | UNCHANGED, true, "A strong tag of exactly this answer (RFC 9110 section 8.8.3).",
     "{'type':'string'}", "'\\'2c1a8dd8b1e0b3a5c5d2f0f6f7d9c3b4\\''"},
    {"Link", LISTS, SUCCESS | UNCHANGED, false,
     "The pages next to this one, where there are any, as rel=\"next\" and rel=\"prev\" (RFC 8288).",
     "{'type':'string'}", NULL},
    {"Location", CREATES, SUCCESS, true, "The path of the new record.", "{'type':'string','format':'uri-reference'}",
     NULL},
    {"Retry-After", ANY, FOR_NOW, true, "After how many seconds to try again.", "{'type':'integer','minimum':0}", "1"},
    {"X-Authorization", LIVES, SUCCESS, false,
     "There when the request came with an `Authorization` header, which web servers tend to keep to themselves.",
     "{'type':'string','const':'received'}", "'received'"},
    {"X-Request-ID", ANY, SUCCESS | UNCHANGED | FAILURE | FOR_NOW, true,
     "The name of the request, as it stands in the logs.", "{'type':'string'}", "'f81d4fae7dec11d0a76500a0c91e6bf6'"},
};

/* By status: what can go wrong on a route with this trait. */
static const struct {
    enum code code;
    enum trait trait;
    bool is_own; /* it reads differently from route to route */
} failures[] = {
    {MALFORMED, .trait = ANY},
    {NOT_FOUND, .trait = FINDS, .is_own = true},
    {NOT_ACCEPTABLE, .trait = ANY},
    {CONFLICT, .trait = WRITES},
    {CHANGED, .trait = GUARDED, .is_own = true},
    {BODY_TOO_LARGE, .trait = HAS_BODY},
    {URI_TOO_LONG, .trait = ANY},
    {UNSUPPORTED_TYPE, .trait = HAS_BODY},
    {INVALID, .trait = HAS_INPUT, .is_own = true},
    {RATE_LIMITED, .trait = LIMITED},
    {INTERNAL, .trait = ANY},
    {UNAVAILABLE, .trait = STORED},
    {TIMED_OUT, .trait = STORED},
};
#define N_FAILURES (sizeof(failures) / sizeof(*failures))

static void headers_write(struct openapi_job *job, unsigned traits, enum answer answer)
{
    json_open(job->buffer, "headers", '{');
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        if (headers[i].traits & traits && headers[i].answers & answer)
            openapi_ref(job, headers[i].name, "headers", headers[i].name);
    }
    json_close(job->buffer, '}');
}

void openapi_header_components(struct openapi_job *job)
{
    struct buffer *buffer = job->buffer;

    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        json_open(buffer, headers[i].name, '{');
        json_put_text(buffer, "description", headers[i].description);
        if (headers[i].is_required)
            json_put_true(buffer, "required");
        json_put_fixed(buffer, "schema", headers[i].schema);
        if (headers[i].example)
            json_put_fixed(buffer, "example", headers[i].example);
        json_close(buffer, '}');
    }
}

/* --- success --- */

/* The body of a good answer: its schema and an example. */
static void reply_write(struct openapi_job *job, const struct route *route)
{
    static const enum shape shapes[] = {[REPLY_RECORD] = SHAPE_RECORD, [REPLY_LIST] = SHAPE_LIST};
    struct buffer *buffer = job->buffer;

    switch (route->reply) {
    case REPLY_TEXT:
        json_put_fixed(buffer, "schema", "{'type':'string'}");
        json_put_text(buffer, "example", route->text);
        break;
    case REPLY_RECORD:
    case REPLY_LIST:
        openapi_shape_ref(job, "schema", shapes[route->reply], route->record);
        openapi_shape_example(job, "example", shapes[route->reply], route);
        break;
    case REPLY_STATUS:
    case REPLY_LIFE:
        openapi_ref(job, "schema", "schemas", "Status");
        json_put_fixed(buffer, "example", "{'status':'ok'}");
        break;
    case REPLY_READINESS:
        openapi_ref(job, "schema", "schemas", "Readiness");
        json_put_fixed(buffer, "example", "{'status':'ok','database':'ok','migrations':'ok','cache':'ok'}");
        break;
    case REPLY_METRICS:
        json_put_fixed(buffer, "schema", "{'type':'string'}");
        json_put_text(buffer, "example",
                      "# HELP quire_workers Worker processes alive.\n# TYPE quire_workers gauge\nquire_workers 4\n");
        break;
    case REPLY_DOCUMENT:
        break;
    }
}

static void success_write(struct openapi_job *job, const struct route *route)
{
    struct buffer *buffer = job->buffer;

    json_open(buffer, "200", '{');
    json_put_text(buffer, "description", "Successful Response");
    headers_write(job, route_traits(route), SUCCESS);
    json_open(buffer, "content", '{');
    json_open(buffer, route->media ? route->media : "application/json", '{');
    reply_write(job, route);
    json_close(buffer, '}');
    json_close(buffer, '}');
    json_close(buffer, '}');
}

static void unchanged_write(struct openapi_job *job, const struct route *route)
{
    json_open(job->buffer, "304", '{');
    json_put_text(job->buffer, "description", status_text(304));
    headers_write(job, route_traits(route), UNCHANGED);
    json_close(job->buffer, '}');
}

/* Not being ready is told in the same words as being ready. */
static void unready_write(struct openapi_job *job, const struct route *route)
{
    struct buffer *buffer = job->buffer;

    json_open(buffer, "503", '{');
    json_put_text(buffer, "description", problem_detail(UNAVAILABLE));
    headers_write(job, route_traits(route), FOR_NOW);
    json_open(buffer, "content", '{');
    json_open(buffer, "application/json", '{');
    openapi_ref(job, "schema", "schemas", "Readiness");
    json_put_fixed(buffer, "example", "{'detail':'not ready','database':'away','migrations':'unknown','cache':'ok'}");
    json_close(buffer, '}');
    json_open(buffer, PROBLEM_TYPE, '{');
    openapi_ref(job, "schema", "schemas", "Problem");
    json_close(buffer, '}');
    json_close(buffer, '}');
    json_close(buffer, '}');
}

/* --- failures --- */

/* Sends what the route must refuse: a body without its fields, or not an object; an id, or the first number of a query,
 * that is none. */
static enum code break_rules(struct context *context, const struct route *route)
{
    const struct parameter *parameter = route->parameters;
    int64_t number = 0;
    uint32_t set = 0;

    if (route->body != NO_BODY) {
        bool whole = route->body == WHOLE_BODY;
        void *record = arena_alloc(context->arena, route->record->size);
        if (!record)
            return NO_MEMORY;
        return json_decode(route->record, context, whole ? "{}" : "[]", 2, whole ? DECODE_WHOLE : DECODE_CHANGES,
                           record, &set);
    }
    if (route_traits(route) & NAMES_ONE)
        return integer_parse(context, "path", "id", "abc", 1, INT64_MAX, &number);
    return integer_parse(context, "query", parameter->name, "abc", parameter->min, INT64_MAX, &number);
}

/* Brings a failure about; for one that reads the same everywhere any route will do. */
static enum code fail_so(struct context *context, const struct route *route, enum code code)
{
    switch (code) {
    case NOT_FOUND:
        return fail(context, code, RECORD_NOT_FOUND, route->record->title);
    case CHANGED:
        return fail(context, code, RECORD_CHANGED, route->record->title);
    case INVALID:
        return break_rules(context, route);
    default:
        return fail(context, code, NULL);
    }
}

/* What a client reads that accepts this type. */
static void failure_content(struct openapi_job *job, const char *type, const char *schema, const struct context *failed,
                            enum code code)
{
    struct buffer *buffer = job->buffer;
    struct response response;

    response_init(&response, job->context);
    problem_answer(failed, type, code, &response);
    buffer->failed |= response.body.failed;
    json_open(buffer, type, '{');
    openapi_ref(job, "schema", "schemas", schema);
    json_put_value(buffer, "example", response.body.data);
    json_close(buffer, '}');
}

static void failure_write(struct openapi_job *job, const char *key, const struct route *route, enum code code)
{
    struct buffer *buffer = job->buffer;
    struct context failed;

    context_init(&failed, job->context->arena, 0);
    buffer->failed |= fail_so(&failed, route, code) != code;
    json_open(buffer, key, '{');
    json_put_text(buffer, "description", failed.error.detail[0] ? failed.error.detail : problem_detail(code));
    headers_write(job, ANY, problem_retry_after(code) ? FOR_NOW : FAILURE);
    json_open(buffer, "content", '{');
    failure_content(job, "application/json", code == INVALID ? "HTTPValidationError" : "Error", &failed, code);
    failure_content(job, PROBLEM_TYPE, "Problem", &failed, code);
    json_close(buffer, '}');
    json_close(buffer, '}');
}

/* "Bad Request" -> "BadRequest" */
static const char *component_name(struct openapi_job *job, enum code code)
{
    struct buffer name;

    buffer_init(&name, job->context->arena, 256);
    for (const char *at = status_text(problem_status(code)); *at; at++) {
        if (isalnum((unsigned char)*at))
            buffer_add_char(&name, *at);
    }
    job->buffer->failed |= name.failed;
    return name.data;
}

void openapi_response_components(struct openapi_job *job)
{
    for (size_t i = 0; i < N_FAILURES; i++) {
        if (!failures[i].is_own)
            failure_write(job, component_name(job, failures[i].code), job->openapi->routes, failures[i].code);
    }
}

void openapi_responses(struct openapi_job *job, const struct route *route)
{
    unsigned traits = route_traits(route);

    success_write(job, route);
    if (traits & READS)
        unchanged_write(job, route);
    for (size_t i = 0; i < N_FAILURES; i++) {
        const char *status = openapi_text(job, "%d", problem_status(failures[i].code));
        if (!(failures[i].trait & traits))
            continue;
        if (failures[i].is_own)
            failure_write(job, status, route, failures[i].code);
        else
            openapi_ref(job, status, "responses", component_name(job, failures[i].code));
    }
    if (route->reply == REPLY_READINESS)
        unready_write(job, route);
}
