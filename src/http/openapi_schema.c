/*
 * http/openapi_schema.c: components/schemas: a few that are always the same, and the shapes of every kind of record.
 *
 * Rules (length, pattern) stand where they are enforced: in what is sent. What comes back may be older than they are.
 */

#include "http/openapi_part.h"

#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "http/json_writer.h"
#include "http/parameter.h"
#include "http/router.h"
#include "schema/schema.h"

/* HTTPValidationError and ValidationError are as FastAPI has them, with input and ctx, which are sent too. */
static const struct {
    const char *name, *json;
} fixed_schemas[] = {
    {"Error", "{'type':'object','title':'Error','required':['detail'],"
              "'properties':{'detail':{'type':'string','title':'Detail'}}}"},
    {"HTTPValidationError", "{'type':'object','title':'HTTPValidationError',"
                            "'properties':{'detail':{'type':'array','title':'Detail',"
                            "'items':{'$ref':'#/components/schemas/ValidationError'}}}}"},
    {"ValidationError", "{'type':'object','title':'ValidationError','required':['loc','msg','type'],'properties':{"
                        "'loc':{'type':'array','title':'Location',"
                        "'items':{'anyOf':[{'type':'string'},{'type':'integer'}]}},"
                        "'msg':{'type':'string','title':'Message'},"
                        "'type':{'type':'string','title':'Error Type'},"
                        "'input':{'title':'Input'},"
                        "'ctx':{'type':'object','title':'Context'}}}"},
    {"Problem", "{'type':'object','title':'Problem','description':'RFC 9457',"
                "'required':['type','title','status','detail'],'properties':{"
                "'type':{'type':'string','format':'uri-reference'},"
                "'title':{'type':'string'},"
                "'status':{'type':'integer'},"
                "'detail':{'type':'string'},"
                "'errors':{'type':'array','items':{'type':'object','required':['detail'],'properties':{"
                "'detail':{'type':'string'},"
                "'pointer':{'type':'string','description':'A JSON pointer into the body (RFC 6901), as a fragment.'},"
                "'parameter':{'type':'string','description':'The name of the parameter that is wrong.'}}}}}}"},
    {"Status", "{'type':'object','title':'Status','required':['status'],"
               "'properties':{'status':{'type':'string','const':'ok'}}}"},
    {"Readiness",
     "{'type':'object','title':'Readiness','required':['database','migrations','cache'],'properties':{"
     "'status':{'type':'string','const':'ok'},"
     "'detail':{'type':'string','description':'Instead of status, when the service is not ready.'},"
     "'database':{'type':'string'},"
     "'migrations':{'type':'string'},"
     "'cache':{'type':'string','description':'A cache that is down does not make the service unready.'}}}"},
};

static const struct {
    const char *before, *after; /* the title, in its name */
    bool is_sent;               /* it is a body that clients send */
    bool is_whole;              /* its fields are required */
} shapes[SHAPE__MAX] = {
    [SHAPE_RECORD] = {"", "", .is_whole = true},
    [SHAPE_ITEM] = {"", "With", .is_whole = true},
    [SHAPE_LIST] = {"", "List", .is_whole = true},
    [SHAPE_CREATE] = {"Create", "", .is_sent = true, .is_whole = true},
    [SHAPE_REPLACE] = {"Update", "", .is_sent = true, .is_whole = true},
    [SHAPE_CHANGE] = {"Change", "", .is_sent = true},
};

struct shape_written {
    enum shape shape;
    const struct schema *schema;
    struct shape_written *next;
};

enum shape route_body_shape(const struct route *route)
{
    if (route->body == CHANGES_BODY)
        return SHAPE_CHANGE;
    return route->method == METHOD_POST ? SHAPE_CREATE : SHAPE_REPLACE;
}

/* An item that embeds nothing is a record. */
static enum shape real_shape(enum shape shape, const struct schema *schema)
{
    for (size_t i = 0; shape == SHAPE_ITEM && i < schema->n_fields; i++) {
        if (schema->fields[i].embed)
            return SHAPE_ITEM;
    }
    return shape == SHAPE_ITEM ? SHAPE_RECORD : shape;
}

/* "Author", "CreateAuthor", "BookWithAuthor" */
static const char *shape_name(struct openapi_job *job, enum shape shape, const struct schema *schema)
{
    const char *name = openapi_text(job, "%s%s%s", shapes[shape].before, schema->title, shapes[shape].after);

    for (size_t i = 0; shape == SHAPE_ITEM && i < schema->n_fields; i++) {
        if (schema->fields[i].embed)
            name = openapi_text(job, "%s%s", name, schema->fields[i].references->title);
    }
    return name;
}

void openapi_shape_ref(struct openapi_job *job, const char *key, enum shape shape, const struct schema *schema)
{
    openapi_ref(job, key, "schemas", shape_name(job, real_shape(shape, schema), schema));
}

/* Is the field part of this shape? */
static bool has_field(enum shape shape, const struct field *field)
{
    return !shapes[shape].is_sent || !(field->flags & READ_ONLY);
}

/* --- fields --- */

static const struct {
    const char *type, *format;
    bool is_quoted; /* its values are texts in JSON */
} types[FIELD__MAX] = {
    [FIELD_ID] = {.type = "integer", .format = "int64"},
    [FIELD_TEXT] = {.type = "string", .is_quoted = true},
    [FIELD_DATE] = {.type = "string", .format = "date", .is_quoted = true},
};

void openapi_field_type(struct openapi_job *job, const struct field *field, bool may_be_null)
{
    struct buffer *buffer = job->buffer;

    if (may_be_null) {
        json_open(buffer, "type", '[');
        json_put_text(buffer, NULL, types[field->type].type);
        json_put_text(buffer, NULL, "null");
        json_close(buffer, ']');
    } else {
        json_put_text(buffer, "type", types[field->type].type);
    }
    json_put_text(buffer, "format", types[field->type].format);
}

static void field_example(struct buffer *buffer, const char *key, const struct field *field)
{
    if (field->example && types[field->type].is_quoted)
        json_put_text(buffer, key, field->example);
    else
        json_put_value(buffer, key, field->example ? field->example : "null");
}

/* The rules that a schema can tell: characters, not bytes. */
static void rules_write(struct buffer *buffer, const struct field *field)
{
    size_t max = field->max > 0 ? field->max : field->max_bytes;

    if (field->min > 0)
        json_put_number(buffer, "minLength", (int64_t)field->min);
    if (max > 0)
        json_put_number(buffer, "maxLength", (int64_t)max);
    if (field->flags & NOT_BLANK)
        json_put_text(buffer, "pattern", "\\S");
}

static void field_write(struct openapi_job *job, const struct field *field, bool is_sent)
{
    struct buffer *buffer = job->buffer;
    const char *summary = field->summary;
    bool may_be_null =
        is_sent ? !(field->flags & REQUIRED) : field->flags & NULLABLE || !(field->flags & (REQUIRED | READ_ONLY));

    json_open(buffer, field->name, '{');
    openapi_field_type(job, field, may_be_null);
    if (field->type == FIELD_ID)
        json_put_number(buffer, "minimum", 1);
    if (is_sent)
        rules_write(buffer, field);
    if (is_sent && field->max_bytes > 0)
        summary = openapi_text(job, "%s%sAt most %zu bytes as UTF-8.", summary ? summary : "", summary ? " " : "",
                               field->max_bytes);
    json_put_text(buffer, "description", summary);
    if (field->flags & READ_ONLY)
        json_put_true(buffer, "readOnly");
    if (field->example) {
        json_open(buffer, "examples", '[');
        field_example(buffer, NULL, field);
        json_close(buffer, ']');
    }
    json_close(buffer, '}');
}

/* --- records --- */

/* The referred record; null when it went away while the list was made. */
static void embedded_write(struct openapi_job *job, const struct field *field)
{
    json_open(job->buffer, field->embed, '{');
    json_open(job->buffer, "anyOf", '[');
    openapi_shape_ref(job, NULL, SHAPE_RECORD, field->references);
    json_put_fixed(job->buffer, NULL, "{'type':'null'}");
    json_close(job->buffer, ']');
    json_close(job->buffer, '}');
}

static void required_write(struct openapi_job *job, enum shape shape, const struct schema *schema)
{
    json_open(job->buffer, "required", '[');
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];
        if (has_field(shape, field) && (!shapes[shape].is_sent || field->flags & REQUIRED))
            json_put_text(job->buffer, NULL, field->name);
        if (shape == SHAPE_ITEM)
            json_put_text(job->buffer, NULL, field->embed);
    }
    json_close(job->buffer, ']');
}

/* The members of a schema for one record. */
static void record_write(struct openapi_job *job, enum shape shape, const struct schema *schema)
{
    if (shapes[shape].is_whole)
        required_write(job, shape, schema);
    json_open(job->buffer, "properties", '{');
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (has_field(shape, &schema->fields[i]))
            field_write(job, &schema->fields[i], shapes[shape].is_sent);
        if (shape == SHAPE_ITEM && schema->fields[i].embed)
            embedded_write(job, &schema->fields[i]);
    }
    json_close(job->buffer, '}');
}

static void number_write(struct buffer *buffer, const char *name, int64_t min, const char *summary)
{
    json_open(buffer, name, '{');
    json_put_text(buffer, "type", "integer");
    json_put_text(buffer, "format", "int64");
    json_put_number(buffer, "minimum", min);
    json_put_text(buffer, "description", summary);
    json_close(buffer, '}');
}

/* The members of a schema for a page of a list. */
static void list_write(struct openapi_job *job, const struct route *route)
{
    const struct schema *schema = route->record;
    struct buffer *buffer = job->buffer;

    json_open(buffer, "required", '[');
    json_put_text(buffer, NULL, schema->plural);
    for (const struct parameter *parameter = route->parameters; parameter && parameter->name; parameter++)
        json_put_text(buffer, NULL, parameter->shown ? parameter->name : NULL);
    json_put_text(buffer, NULL, LIST_TOTAL);
    json_close(buffer, ']');
    json_open(buffer, "properties", '{');
    json_open(buffer, schema->plural, '{');
    json_put_text(buffer, "type", "array");
    openapi_shape_ref(job, "items", SHAPE_ITEM, schema);
    json_close(buffer, '}');
    for (const struct parameter *parameter = route->parameters; parameter && parameter->name; parameter++) {
        if (parameter->shown)
            number_write(buffer, parameter->name, parameter->min, parameter->summary);
    }
    number_write(buffer, LIST_TOTAL, 0, "How many records there are on all pages.");
    json_close(buffer, '}');
}

/* True the first time it is asked about a shape. */
static bool is_new(struct openapi_job *job, enum shape shape, const struct schema *schema)
{
    struct shape_written *written = job->written;

    for (; written; written = written->next) {
        if (written->shape == shape && written->schema == schema)
            return false;
    }
    if (!(written = arena_alloc(job->context->arena, sizeof(*written)))) {
        job->buffer->failed = true;
        return false;
    }
    *written = (struct shape_written){shape, schema, job->written};
    job->written = written;
    return true;
}

/* Adds a shape of the route's record, or of one that it refers to, unless it is there. */
static void shape_write(struct openapi_job *job, enum shape wanted, const struct schema *schema,
                        const struct route *route)
{
    enum shape shape = real_shape(wanted, schema);

    if (!is_new(job, shape, schema))
        return;
    const char *name = shape_name(job, shape, schema);
    json_open(job->buffer, name, '{');
    json_put_text(job->buffer, "type", "object");
    json_put_text(job->buffer, "title", name);
    if (shape == SHAPE_LIST)
        list_write(job, route);
    else
        record_write(job, shape, schema);
    json_close(job->buffer, '}');
}

/* All shapes that a route makes use of. */
static void route_shapes_write(struct openapi_job *job, const struct route *route)
{
    const struct schema *schema = route->record;

    if (route->body != NO_BODY)
        shape_write(job, route_body_shape(route), schema, route);
    if (route->reply == REPLY_RECORD)
        shape_write(job, SHAPE_RECORD, schema, route);
    if (route->reply != REPLY_LIST)
        return;
    shape_write(job, SHAPE_LIST, schema, route);
    shape_write(job, SHAPE_ITEM, schema, route);
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (schema->fields[i].embed)
            shape_write(job, SHAPE_RECORD, schema->fields[i].references, route);
    }
}

void openapi_schemas(struct openapi_job *job)
{
    for (const struct route *route = job->openapi->routes; route->path; route++) {
        if (route->record)
            route_shapes_write(job, route);
    }
    for (size_t i = 0; i < sizeof(fixed_schemas) / sizeof(*fixed_schemas); i++)
        json_put_fixed(job->buffer, fixed_schemas[i].name, fixed_schemas[i].json);
}

/* --- examples --- */

/* One record in this shape; of changes, the first field alone. */
static void record_example(struct buffer *buffer, const char *key, enum shape shape, const struct schema *schema)
{
    size_t n = 0;

    json_open(buffer, key, '{');
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];
        if (!has_field(shape, field) || (!shapes[shape].is_whole && n++ > 0))
            continue;
        field_example(buffer, field->name, field);
        if (shape == SHAPE_ITEM && field->embed)
            record_example(buffer, field->embed, SHAPE_RECORD, field->references);
    }
    json_close(buffer, '}');
}

void openapi_shape_example(struct openapi_job *job, const char *key, enum shape shape, const struct route *route)
{
    const struct schema *schema = route->record;
    struct buffer *buffer = job->buffer;

    if (shape != SHAPE_LIST) {
        record_example(buffer, key, shape, schema);
        return;
    }
    json_open(buffer, key, '{');
    json_open(buffer, schema->plural, '[');
    record_example(buffer, NULL, SHAPE_ITEM, schema);
    json_close(buffer, ']');
    for (const struct parameter *parameter = route->parameters; parameter && parameter->name; parameter++) {
        if (parameter->shown)
            json_put_number(buffer, parameter->name, parameter_standard(parameter, job->openapi->page_size_max));
    }
    json_put_number(buffer, LIST_TOTAL, 1);
    json_close(buffer, '}');
}
