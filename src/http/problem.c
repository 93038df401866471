/* http/problem.c: the one table from codes to statuses, and failures written as FastAPI and pydantic 2 write them, or
 * as RFC 9457 does. */

#include "http/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/context.h"
#include "http/negotiation.h"
#include "http/response.h"
#include "schema/json_encode.h"

#define MESSAGE_MAX 1024

static const struct {
    const char *detail; /* when whoever failed said nothing better */
    int status;
    bool is_private;           /* the client never sees another detail */
    const char *retry_after_s; /* NULL: no Retry-After */
} problems[CODE__MAX] = {
    [OK] = {.status = 200, .detail = "OK"},
    [MALFORMED] = {.status = 400, .detail = "The request cannot be read"},
    [INVALID] = {.status = 422, .detail = "The request breaks rules"},
    [NO_ROUTE] = {.status = 404, .detail = "Not Found"},
    [NO_METHOD] = {.status = 405, .detail = "Method Not Allowed"},
    [NOT_ACCEPTABLE] = {.status = 406, .detail = "Answers are application/json, which the Accept header excludes"},
    [UNSUPPORTED_TYPE] = {.status = 415, .detail = "The body must be application/json"},
    [BODY_TOO_LARGE] = {.status = 413, .detail = "The body is too large"},
    [URI_TOO_LONG] = {.status = 414, .detail = "The URL is too long"},
    [HEADERS_TOO_LARGE] = {.status = 431, .detail = "The headers are too large"},
    [RATE_LIMITED] = {.status = 429, .detail = "Too many requests; try again", .retry_after_s = "1"},
    [NOT_FOUND] = {.status = 404, .detail = "Not Found"},
    [CHANGED] = {.status = 412, .detail = "The record has changed"},
    [CONFLICT] = {.status = 409, .detail = "The change conflicts with other records"},
    [NO_REFERENCE] = {.status = 409, .detail = "A record that this one refers to does not exist"},
    [CONTENDED] = {.status = 503, .detail = "The service is busy; try again", .retry_after_s = "1"},
    [UNAVAILABLE] = {.status = 503, .detail = "The service is not available; try again", .retry_after_s = "1"},
    [TIMED_OUT] = {.status = 504, .detail = "The request took too long; try again", .retry_after_s = "1"},
    [NO_MEMORY] = {.status = 500, .detail = "Internal Server Error", .is_private = true},
    [INTERNAL] = {.status = 500, .detail = "Internal Server Error", .is_private = true},
};

int problem_status(enum code code)
{
    return problems[code].status;
}

const char *problem_detail(enum code code)
{
    return problems[code].detail;
}

const char *problem_retry_after(enum code code)
{
    return problems[code].retry_after_s;
}

/* ["body","name"], ["body",13] for a fault in the JSON itself, ["body"] for the whole of it. */
static void location_write(struct buffer *body, const struct violation *violation)
{
    buffer_add_char(body, '[');
    json_add_text(body, violation->where);
    if (violation->kind == JSON_INVALID) {
        buffer_add_char(body, ',');
        buffer_add_int(body, violation->offset);
    } else if (violation->field) {
        buffer_add_char(body, ',');
        json_add_text(body, violation->field);
    }
    buffer_add_char(body, ']');
}

/* ,"ctx":{"max_length":255}; nothing for a kind that has neither limit nor reason. */
static void facts_write(struct buffer *body, const struct violation *violation)
{
    const struct violation_text *text = violation_text(violation->kind);

    if (!text->limit_key && !text->reason_key)
        return;
    buffer_add_text(body, ",\"ctx\":{");
    if (text->limit_key) {
        json_add_text(body, text->limit_key);
        buffer_add_char(body, ':');
        buffer_add_int(body, violation->limit);
    }
    if (text->limit_key && text->reason_key)
        buffer_add_char(body, ',');
    if (text->reason_key) {
        json_add_text(body, text->reason_key);
        buffer_add_char(body, ':');
        json_add_text(body, violation->reason);
    }
    buffer_add_char(body, '}');
}

static void violation_write(struct buffer *body, const struct violation *violation)
{
    char message[MESSAGE_MAX];

    violation_message(violation, message, sizeof(message));
    buffer_add_text(body, "{\"type\":");
    json_add_text(body, violation_text(violation->kind)->type);
    buffer_add_text(body, ",\"loc\":");
    location_write(body, violation);
    buffer_add_text(body, ",\"msg\":");
    json_add_text(body, message);
    buffer_add_text(body, ",\"input\":");
    if (violation->kind == JSON_INVALID)
        buffer_add_text(body, "{}");
    else
        buffer_add_text(body, violation->input ? violation->input : "null");
    facts_write(body, violation);
    buffer_add_char(body, '}');
}

/* {"detail":"Field required","pointer":"#/name"}; "parameter":"page" for what is not in the body. Names of fields hold
 * nothing that a pointer would have to escape. */
static void error_write(struct buffer *body, const struct violation *violation)
{
    bool in_body = strcmp(violation->where, "body") == 0;
    char message[MESSAGE_MAX];

    violation_message(violation, message, sizeof(message));
    buffer_add_text(body, "{\"detail\":");
    json_add_text(body, message);
    buffer_add_text(body, in_body ? ",\"pointer\":\"#" : ",\"parameter\":\"");
    if (violation->field) {
        buffer_add_text(body, in_body ? "/" : "");
        buffer_add_text(body, violation->field);
    }
    buffer_add_text(body, "\"}");
}

static void violations_write(struct buffer *body, const struct violation *first,
                             void (*write)(struct buffer *body, const struct violation *violation))
{
    buffer_add_char(body, '[');
    for (const struct violation *violation = first; violation; violation = violation->next) {
        if (violation != first)
            buffer_add_char(body, ',');
        write(body, violation);
    }
    buffer_add_char(body, ']');
}

/* The failure's own detail, when it has one that is about this code and may be shown. */
static const char *detail_of(const struct context *context, enum code code)
{
    bool own = context->error.code == code && context->error.detail[0] && !problems[code].is_private;

    return own ? context->error.detail : problems[code].detail;
}

/* {"type":"about:blank","title":"Not Found","status":404,"detail":"Author not found" */
static void problem_write(struct buffer *body, const struct context *context, enum code code)
{
    buffer_add_text(body, "{\"type\":\"about:blank\",\"title\":");
    json_add_text(body, status_text(problems[code].status));
    buffer_add_text(body, ",\"status\":");
    buffer_add_int(body, problems[code].status);
    buffer_add_text(body, ",\"detail\":");
    json_add_text(body, detail_of(context, code));
    if (code == INVALID) {
        buffer_add_text(body, ",\"errors\":");
        violations_write(body, context->violations, error_write);
    }
}

/* {"detail":"Author not found" */
static void detail_write(struct buffer *body, const struct context *context, enum code code)
{
    buffer_add_text(body, "{\"detail\":");
    if (code == INVALID)
        violations_write(body, context->violations, violation_write);
    else
        json_add_text(body, detail_of(context, code));
}

void problem_start(const struct context *context, const char *accept, enum code code, struct response *response)
{
    bool as_problem = accepts_by_name(accept, PROBLEM_TYPE);

    response_clear(response);
    response->status = problems[code].status;
    response->content_type = as_problem ? PROBLEM_TYPE : "application/json";
    response_header(response, "Retry-After", problems[code].retry_after_s);
    if (as_problem)
        problem_write(&response->body, context, code);
    else
        detail_write(&response->body, context, code);
}

void problem_answer(const struct context *context, const char *accept, enum code code, struct response *response)
{
    problem_start(context, accept, code, response);
    buffer_add_char(&response->body, '}');
}
