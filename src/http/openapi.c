/* http/openapi.c: the frame of the document, and its operations with what they take. Facts about a route are read from
 * its row as a set of traits; every table here says for which traits its rows hold. */

#include "http/openapi.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "http/json_writer.h"
#include "http/openapi_part.h"
#include "http/parameter.h"
#include "http/router.h"
#include "schema/schema.h"

#define VERSION_OF_OPENAPI "3.1.0"
#define APART_TAG "default" /* where code generators and pages put what has no tag */

/* Headers that a request may have. */
static const struct {
    const char *component, *name;
    unsigned traits;
    const char *description;
} headers[] = {
    {"IfNoneMatch", "If-None-Match", READS, "Tags of answers that the client has: one of them gives 304."},
    {"IfMatch", "If-Match", GUARDED,
     "Tags of the record as the client knows it: when it has none of them, it stays as it is."},
    {"RequestID", "X-Request-ID", ANY,
     "A name for the request, for the logs. Without a sane one the service makes its own."},
};
#define N_HEADERS (sizeof(headers) / sizeof(*headers))

/* What there is to know about an operation. */
static const struct {
    unsigned traits;
    const char *text;
} notes[] = {
    {APART, "The answer is never stored by a cache."},
    {LISTS, "Ordered by id, unless `sort` says otherwise."},
    {READS, "With `If-None-Match`, 304 when nothing has changed."},
    {CREATES, "`Location` names the new record."},
    {REPLACES, "All fields are set; an id in the body is ignored."},
    {CHANGES, "Only the fields that are sent change."},
    {REMOVES, "The answer is the same when the record is already gone."},
    {GUARDED, "With `If-Match`, nothing happens when the record has changed since."},
};

unsigned route_traits(const struct route *route)
{
    bool names_one = strstr(route->path, "{id}") != NULL;
    bool tagged = route->reply == REPLY_RECORD || route->reply == REPLY_LIST;
    unsigned traits = ANY | (route->record ? STORED : APART);

    static const unsigned writes[METHOD__MAX] = {
        [METHOD_POST] = WRITES | CREATES,
        [METHOD_PUT] = WRITES | REPLACES,
        [METHOD_PATCH] = WRITES | CHANGES,
        [METHOD_DELETE] = WRITES | REMOVES,
    };
    traits |= writes[route->method];
    traits |= route_is_limited(route) ? LIMITED : 0;
    traits |= route->reply == REPLY_LIST ? LISTS : 0;
    traits |= route->reply == REPLY_LIFE ? LIVES : 0;
    traits |= tagged ? TAGGED : 0;
    traits |= tagged && route->method == METHOD_GET ? READS : 0;
    traits |= names_one ? NAMES_ONE : 0;
    traits |= names_one && route->method != METHOD_DELETE ? FINDS : 0;
    traits |= names_one && traits & WRITES ? GUARDED : 0;
    traits |= route->body != NO_BODY ? HAS_BODY : 0;
    traits |= traits & (NAMES_ONE | HAS_BODY) || route->parameters ? HAS_INPUT : 0;
    return traits;
}

const char *openapi_text(struct openapi_job *job, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = arena_vprintf(job->context->arena, format, args);
    va_end(args);
    job->buffer->failed |= !text;
    return text ? text : "";
}

void openapi_ref(struct openapi_job *job, const char *key, const char *section, const char *name)
{
    json_open(job->buffer, key, '{');
    json_put_text(job->buffer, "$ref", openapi_text(job, "#/components/%s/%s", section, name));
    json_close(job->buffer, '}');
}

/* --- parameters --- */

/* Starts a parameter; its schema is still to come. */
static void parameter_open(struct buffer *buffer, const char *name, const char *where, const char *description)
{
    json_open(buffer, NULL, '{');
    json_put_text(buffer, "name", name);
    json_put_text(buffer, "in", where);
    if (strcmp(where, "path") == 0)
        json_put_true(buffer, "required");
    json_put_text(buffer, "description", description);
}

static void id_write(struct openapi_job *job, const struct schema *schema)
{
    const struct field *id = &schema->fields[0];

    parameter_open(job->buffer, "id", "path", id->summary);
    json_open(job->buffer, "schema", '{');
    openapi_field_type(job, id, false);
    json_put_number(job->buffer, "minimum", 1);
    json_close(job->buffer, '}');
    json_put_value(job->buffer, "example", id->example ? id->example : "1");
    json_close(job->buffer, '}');
}

/* A filter on a reference takes 0 too, which is none. */
static void filter_write(struct openapi_job *job, const struct field *field)
{
    bool is_id = field->type == FIELD_ID;

    parameter_open(job->buffer, field->name, "query",
                   openapi_text(job, "Only records whose `%s` is this%s.", field->name, is_id ? "; 0: all" : ""));
    json_open(job->buffer, "schema", '{');
    openapi_field_type(job, field, false);
    if (is_id)
        json_put_number(job->buffer, "minimum", 0);
    json_close(job->buffer, '}');
    json_close(job->buffer, '}');
}

/* The members of a schema: every order a list can have. */
static void sorts_write(struct openapi_job *job, const struct schema *schema)
{
    json_put_text(job->buffer, "type", "string");
    json_open(job->buffer, "enum", '[');
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (!(schema->fields[i].flags & SORT))
            continue;
        json_put_text(job->buffer, NULL, schema->fields[i].name);
        json_put_text(job->buffer, NULL, openapi_text(job, "-%s", schema->fields[i].name));
    }
    json_close(job->buffer, ']');
    json_put_text(job->buffer, "default", schema->fields[0].name);
}

/* The members of a schema: a number within its limits. One that the format implies goes without saying. */
static void number_write(struct openapi_job *job, const struct parameter *parameter)
{
    int64_t max = parameter_max(parameter, job->openapi->page_size_max);

    json_put_text(job->buffer, "type", "integer");
    json_put_text(job->buffer, "format", "int64");
    json_put_number(job->buffer, "minimum", parameter->min);
    if (max < INT64_MAX)
        json_put_number(job->buffer, "maximum", max);
    if (parameter->standard > 0)
        json_put_number(job->buffer, "default", parameter_standard(parameter, job->openapi->page_size_max));
}

static void parameter_write(struct openapi_job *job, const struct parameter *parameter, const struct schema *schema)
{
    parameter_open(job->buffer, parameter->name, "query", parameter->summary);
    json_open(job->buffer, "schema", '{');
    if (parameter->kind == PARAMETER_SORT)
        sorts_write(job, schema);
    else
        number_write(job, parameter);
    json_close(job->buffer, '}');
    json_close(job->buffer, '}');
}

static void parameters_write(struct openapi_job *job, const struct route *route)
{
    const struct schema *schema = route->record;
    unsigned traits = route_traits(route);

    json_open(job->buffer, "parameters", '[');
    if (traits & NAMES_ONE)
        id_write(job, schema);
    for (size_t i = 0; traits & LISTS && i < schema->n_fields; i++) {
        if (schema->fields[i].flags & FILTER)
            filter_write(job, &schema->fields[i]);
    }
    for (const struct parameter *parameter = route->parameters; parameter && parameter->name; parameter++)
        parameter_write(job, parameter, schema);
    for (size_t i = 0; i < N_HEADERS; i++) {
        if (headers[i].traits & traits)
            openapi_ref(job, NULL, "parameters", headers[i].component);
    }
    json_close(job->buffer, ']');
}

static void header_parameter_components(struct openapi_job *job)
{
    for (size_t i = 0; i < N_HEADERS; i++) {
        json_open(job->buffer, headers[i].component, '{');
        json_put_text(job->buffer, "name", headers[i].name);
        json_put_text(job->buffer, "in", "header");
        json_put_text(job->buffer, "description", headers[i].description);
        json_put_fixed(job->buffer, "schema", "{'type':'string'}");
        json_close(job->buffer, '}');
    }
}

/* --- operations --- */

/* "get" */
static const char *method_key(struct openapi_job *job, const struct route *route)
{
    struct buffer key;

    buffer_init(&key, job->context->arena, 16);
    for (const char *at = method_name(route->method); *at; at++)
        buffer_add_char(&key, (char)tolower((unsigned char)*at));
    job->buffer->failed |= key.failed;
    return key.data;
}

/* "get_by_id_api_authors__id__get", as FastAPI makes it of name, path and method. */
static void operation_id_write(struct openapi_job *job, const struct route *route)
{
    struct buffer path;

    buffer_init(&path, job->context->arena, 1024);
    for (const char *at = route->path; *at; at++)
        buffer_add_char(&path, isalnum((unsigned char)*at) ? *at : '_');
    job->buffer->failed |= path.failed;
    json_put_text(job->buffer, "operationId",
                  openapi_text(job, "%s%s_%s", route->name, path.data, method_key(job, route)));
}

static void description_write(struct openapi_job *job, const struct route *route)
{
    const char *text = "";

    for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
        if (notes[i].traits & route_traits(route))
            text = openapi_text(job, "%s%s%s", text, *text ? " " : "", notes[i].text);
    }
    json_put_text(job->buffer, "description", text);
}

static void body_write(struct openapi_job *job, const struct route *route)
{
    enum shape shape = route_body_shape(route);

    json_open(job->buffer, "requestBody", '{');
    json_put_text(job->buffer, "description",
                  openapi_text(job, "At most %lld bytes.", (long long)job->openapi->max_body));
    json_put_true(job->buffer, "required");
    json_open(job->buffer, "content", '{');
    json_open(job->buffer, "application/json", '{');
    openapi_shape_ref(job, "schema", shape, route->record);
    openapi_shape_example(job, "example", shape, route);
    json_close(job->buffer, '}');
    json_close(job->buffer, '}');
    json_close(job->buffer, '}');
}

static void operation_write(struct openapi_job *job, const struct route *route)
{
    struct buffer *buffer = job->buffer;

    json_open(buffer, method_key(job, route), '{');
    json_open(buffer, "tags", '[');
    json_put_text(buffer, NULL, route->record ? route->record->plural : APART_TAG);
    json_close(buffer, ']');
    json_put_text(buffer, "summary", route->summary);
    description_write(job, route);
    operation_id_write(job, route);
    parameters_write(job, route);
    if (route->body != NO_BODY)
        body_write(job, route);
    json_open(buffer, "responses", '{');
    openapi_responses(job, route);
    json_close(buffer, '}');
    json_close(buffer, '}');
}

static bool is_listed(const struct route *route)
{
    return route->reply != REPLY_DOCUMENT;
}

/* Is this the first listed route with its path, or with its record? */
static bool is_first(const struct openapi *openapi, const struct route *route, bool by_path)
{
    for (const struct route *other = openapi->routes; other != route; other++) {
        if (is_listed(other) && (by_path ? strcmp(other->path, route->path) == 0 : other->record == route->record))
            return false;
    }
    return is_listed(route);
}

static void paths_write(struct openapi_job *job)
{
    for (const struct route *route = job->openapi->routes; route->path; route++) {
        if (!is_first(job->openapi, route, true))
            continue;
        json_open(job->buffer, route->path, '{');
        for (const struct route *same = route; same->path; same++) {
            if (is_listed(same) && strcmp(same->path, route->path) == 0)
                operation_write(job, same);
        }
        json_close(job->buffer, '}');
    }
}

/* --- the frame --- */

static void tag_write(struct buffer *buffer, const char *name, const char *description)
{
    json_open(buffer, NULL, '{');
    json_put_text(buffer, "name", name);
    json_put_text(buffer, "description", description);
    json_close(buffer, '}');
}

static void tags_write(struct openapi_job *job)
{
    bool apart = false;

    for (const struct route *route = job->openapi->routes; route->path; route++) {
        apart |= is_listed(route) && !route->record;
        if (route->record && is_first(job->openapi, route, false))
            tag_write(job->buffer, route->record->plural, openapi_text(job, "All about %s.", route->record->plural));
    }
    if (apart)
        tag_write(job->buffer, APART_TAG, "About the service itself.");
}

static void info_write(struct openapi_job *job)
{
    json_put_text(job->buffer, "title", job->openapi->title);
    json_put_text(job->buffer, "summary", job->openapi->summary);
    json_put_text(job->buffer, "description", job->openapi->description);
    json_put_text(job->buffer, "version", job->openapi->version);
}

static void section_write(struct openapi_job *job, const char *name, char bracket, void (*write)(struct openapi_job *))
{
    json_open(job->buffer, name, bracket);
    write(job);
    json_close(job->buffer, bracket == '{' ? '}' : ']');
}

/* The paths of the document are those below the mount prefix. */
static void servers_write(struct openapi_job *job)
{
    const char *base_path = job->openapi->base_path;

    json_open(job->buffer, NULL, '{');
    json_put_text(job->buffer, "url", base_path && *base_path ? base_path : "/");
    json_close(job->buffer, '}');
}

static void components_write(struct openapi_job *job)
{
    section_write(job, "schemas", '{', openapi_schemas);
    section_write(job, "parameters", '{', header_parameter_components);
    section_write(job, "headers", '{', openapi_header_components);
    section_write(job, "responses", '{', openapi_response_components);
}

enum code openapi_write(struct context *context, const struct openapi *openapi, struct buffer *buffer)
{
    struct openapi_job job = {.context = context, .openapi = openapi, .buffer = buffer};

    json_open(buffer, NULL, '{');
    json_put_text(buffer, "openapi", VERSION_OF_OPENAPI);
    section_write(&job, "info", '{', info_write);
    section_write(&job, "servers", '[', servers_write);
    json_put_fixed(buffer, "security", "[]");
    section_write(&job, "tags", '[', tags_write);
    section_write(&job, "paths", '{', paths_write);
    section_write(&job, "components", '{', components_write);
    json_close(buffer, '}');
    return buffer->failed ? fail_memory(context) : OK;
}
