#ifndef OPENAPI_FIXTURE_H
#define OPENAPI_FIXTURE_H

/* openapi_fixture.h: the document of a few routes about a small record that refers to another one. */

#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "http/openapi.h"
#include "http/parameter.h"
#include "http/router.h"
#include "json_tree.h"
#include "schema/schema.h"

struct shelf {
    int64_t id;
    const char *room;
};

struct item {
    int64_t id;
    const char *name, *note, *old;
    struct date made;
    int64_t shelf_id;
};

static const struct field shelf_fields[] = {
    FIELD(shelf, id, FIELD_ID, READ_ONLY, .example = "7"),
    FIELD(shelf, room, FIELD_TEXT, REQUIRED, .example = "attic"),
};

static const struct schema shelf_schema = SCHEMA(shelf, shelves, "Shelf", shelf_fields);

static const struct field item_fields[] = {
    FIELD(item, id, FIELD_ID, READ_ONLY | SORT, .example = "1", .summary = "Its number."),
    FIELD(item, name, FIELD_TEXT, REQUIRED | NOT_BLANK | FILTER, .min = 1, .max = 5, .example = "a \"cup\""),
    FIELD(item, note, FIELD_TEXT, 0, .max_bytes = 80, .summary = "Free text."),
    FIELD(item, old, FIELD_TEXT, REQUIRED | NULLABLE, .example = "x"),
    FIELD(item, made, FIELD_DATE, REQUIRED | SORT, .example = "2001-02-03"),
    FIELD(item, shelf_id, FIELD_ID, REQUIRED | FILTER, .example = "7", .references = &shelf_schema, .embed = "shelf"),
};

static const struct schema item_schema = SCHEMA(item, items, "Item", item_fields);

static const struct parameter item_parameters[] = {
    {"page", .min = 1, .max = 70, .standard = 1, .shown = true, .summary = "Which page."},
    {"pageSize", PARAMETER_PAGE_SIZE, .min = 1, .standard = 10, .shown = true},
    {"sort", .kind = PARAMETER_SORT},
    {"after", .min = 0, .max = INT64_MAX},
    {.name = NULL},
};

static const struct route item_routes[] = {
    {METHOD_GET, "/", NULL, "root", .reply = REPLY_TEXT, .text = "it \"works\"", .summary = "Is it there?"},
    {METHOD_GET, "/items/", NULL, "get", &item_schema, item_parameters, .reply = REPLY_LIST, .summary = "List"},
    {METHOD_GET, "/items/{id}", NULL, "get_by_id", &item_schema, .reply = REPLY_RECORD, .summary = "Get"},
    {METHOD_POST, "/items/", NULL, "create", &item_schema, .body = WHOLE_BODY, .reply = REPLY_RECORD,
     .summary = "Create"},
    {METHOD_PUT, "/items/{id}", NULL, "update", &item_schema, .body = WHOLE_BODY, .reply = REPLY_RECORD,
     .summary = "Replace"},
    {METHOD_PATCH, "/items/{id}", NULL, "change", &item_schema, .body = CHANGES_BODY, .reply = REPLY_RECORD,
     .summary = "Change"},
    {METHOD_DELETE, "/items/{id}", NULL, "delete", &item_schema, .reply = REPLY_STATUS, .summary = "Remove"},
    {METHOD_GET, "/life", NULL, "life", .reply = REPLY_LIFE, .summary = "Alive?"},
    {METHOD_GET, "/ready", NULL, "ready", .reply = REPLY_READINESS, .summary = "Ready?"},
    {METHOD_GET, "/document", NULL, "document", .reply = REPLY_DOCUMENT, .summary = "This"},
    {.path = NULL},
};

static const struct openapi item_openapi = {
    .title = "items",
    .version = "1.2.3",
    .summary = "A few things.",
    .description = "For tests.",
    .routes = item_routes,
    .page_size_max = 40,
    .max_body = 12345,
};

static struct arena arena;
static struct context context;
static struct buffer buffer;

/* Writes the document; it is not read yet. */
static enum code write_document(const struct openapi *openapi, size_t fail_after)
{
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    buffer_init(&buffer, &arena, (size_t)1 << 20);
    arena.fail_after = fail_after;
    enum code code = openapi_write(&context, openapi, &buffer);
    arena.fail_after = 0;
    return code;
}

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)8 << 20);
    if (write_document(&item_openapi, 0) != OK)
        return -1;
    json_tree_read(buffer.data, buffer.size);
    return 0;
}

static int end(void **state)
{
    (void)state;
    json_tree_release();
    arena_release(&arena);
    return 0;
}

/* A pointer and what is to be found there, as json_tree_show() shows it. */
struct fact {
    const char *pointer, *shown;
};

#define assert_facts(facts)                                                                                            \
    do {                                                                                                               \
        for (size_t fact = 0; fact < sizeof(facts) / sizeof(*(facts)); fact++)                                         \
            assert_string_equal(json_tree_show("%s", (facts)[fact].pointer), (facts)[fact].shown);                     \
    } while (0)

#endif
