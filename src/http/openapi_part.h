#ifndef HTTP_OPENAPI_PART_H
#define HTTP_OPENAPI_PART_H

/*
 * http/openapi_part.h: what the parts of the document's writer share. openapi.c writes the frame and the operations,
 * openapi_response.c what they answer, openapi_schema.c the shapes of bodies.
 */

#include <stdbool.h>

#include "http/openapi.h"

struct field;
struct schema;
struct shape_written;

/* A document on its way. */
struct openapi_job {
    struct context *context;
    const struct openapi *openapi;
    struct buffer *buffer;         /* failure of any kind is kept here */
    struct shape_written *written; /* shapes that are in the document already */
};

/* What follows from a row of the dispatch table. */
enum trait {
    ANY = 1 << 0,        /* every route */
    APART = 1 << 1,      /* it is about no record */
    STORED = 1 << 2,     /* it asks the database */
    LISTS = 1 << 3,      /* it answers a list */
    READS = 1 << 4,      /* it only looks: If-None-Match, 304 */
    CREATES = 1 << 5,    /* it makes a record: Location */
    REPLACES = 1 << 6,   /* it sets all fields of a record */
    CHANGES = 1 << 7,    /* it sets some */
    REMOVES = 1 << 8,    /* it removes a record */
    WRITES = 1 << 9,     /* one of these four */
    GUARDED = 1 << 10,   /* it writes to a record that is there: If-Match, 412 */
    NAMES_ONE = 1 << 11, /* {id} is in its path */
    FINDS = 1 << 12,     /* it needs the record to be there: 404 */
    TAGGED = 1 << 13,    /* it answers with an ETag */
    HAS_BODY = 1 << 14,  /* it reads a body */
    HAS_INPUT = 1 << 15, /* there is something in the request that can be wrong: 422 */
    LIMITED = 1 << 16,   /* a client may ask it too often: 429 */
    LIVES = 1 << 17,     /* it says that the process is alive: X-Authorization */
};
unsigned route_traits(const struct route *route);

/* Formatted text in the context's arena; "" when memory ended, which the buffer remembers. */
const char *openapi_text(struct openapi_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* {"$ref":"#/components/<section>/<name>"} */
void openapi_ref(struct openapi_job *job, const char *key, const char *section, const char *name);

/* --- openapi_schema.c --- */

/* The shapes that a kind of record takes on its way in and out. */
enum shape {
    SHAPE_RECORD,  /* "Author" */
    SHAPE_ITEM,    /* "BookWithAuthor": as it stands in a list; the same as SHAPE_RECORD when nothing is embedded */
    SHAPE_LIST,    /* "BookList" */
    SHAPE_CREATE,  /* "CreateAuthor" */
    SHAPE_REPLACE, /* "UpdateAuthor" */
    SHAPE_CHANGE,  /* "ChangeAuthor" */
    SHAPE__MAX
};

/* The shape of what a route reads; only for one that reads a body. */
enum shape route_body_shape(const struct route *route);

void openapi_shape_ref(struct openapi_job *job, const char *key, enum shape shape, const struct schema *schema);

/* An example of what a route reads or answers in this shape. */
void openapi_shape_example(struct openapi_job *job, const char *key, enum shape shape, const struct route *route);

/* The type and format of a field's values, as members of a schema. */
void openapi_field_type(struct openapi_job *job, const struct field *field, bool may_be_null);

/* The members of components/schemas. */
void openapi_schemas(struct openapi_job *job);

/* --- openapi_response.c --- */

/* The answers of a route, as members of its `responses`. */
void openapi_responses(struct openapi_job *job, const struct route *route);

/* The members of components/headers and components/responses. */
void openapi_header_components(struct openapi_job *job);
void openapi_response_components(struct openapi_job *job);

#endif
