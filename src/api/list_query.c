/*
 * api/list_query.c: query strings of lists.
 *
 * `after=0` is the start of paging by key: it is read as page 1, and its links go on by key.
 */

#include "api/list_query.h"

#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "http/request.h"
#include "schema/json_decode.h"
#include "schema/json_encode.h"
#include "usecase/query.h"

#define PAGE_SIZE_DEFAULT 10
#define PAGE_MAX (INT64_MAX / 1000) /* times any page size it is still a 64-bit number */
#define LINKS_MAX ((size_t)64 * 1024)

/* Remembers the worst of several outcomes: anything before INVALID, INVALID before OK. */
static void note(enum code *worst, enum code code)
{
    if (*worst == OK || (*worst == INVALID && code != OK))
        *worst = code;
}

/* A whole-number parameter; ret_number stays as it is when it was not sent. */
static enum code number_read(struct context *context, const struct request *request, const char *name, int64_t min,
                             int64_t max, int64_t *ret_number)
{
    const char *text = request_parameter(request, name);

    return text ? integer_parse(context, "query", name, text, min, max, ret_number) : OK;
}

/* 'id', 'name', '-id' or '-name' */
static const char *sorts_text(const struct schema *schema, struct context *context)
{
    struct buffer text;
    size_t left = 0;

    for (size_t i = 0; i < schema->n_fields; i++)
        left += schema->fields[i].flags & SORT ? 2 : 0;
    buffer_init(&text, context->arena, LINKS_MAX);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < schema->n_fields; i++) {
            if (!(schema->fields[i].flags & SORT))
                continue;
            buffer_printf(&text, "'%s%s'", pass == 0 ? "" : "-", schema->fields[i].name);
            left--;
            buffer_add_text(&text, left > 1 ? ", " : left == 1 ? " or " : "");
        }
    }
    return text.failed ? NULL : text.data;
}

static enum code sort_read(const struct schema *schema, struct context *context, const struct request *request,
                           struct query *query)
{
    const char *sent = request_parameter(request, "sort");
    const char *text = sent ? sent : schema->fields[0].name;
    bool descending = *text == '-';
    const struct field *field = schema_find(schema, text + descending);

    if (!field || !(field->flags & SORT)) {
        const char *sorts = sorts_text(schema, context);
        const char *input = json_excerpt(context->arena, text, strlen(text));
        if (!sorts || !input)
            return fail_memory(context);
        return violate(context,
                       &(struct violation){
                           .kind = UNKNOWN_SORT, .where = "query", .field = "sort", .reason = sorts, .input = input});
    }
    query->sort = field;
    query->descending = descending;
    return OK;
}

/* Adds the filter that `text` means for this field, if it means any. */
static enum code filter_read(const struct field *field, struct context *context, const char *text, struct query *query)
{
    struct value value = {.type = field->type};
    enum code code;

    if (field->type == FIELD_ID)
        code = integer_parse(context, "query", field->name, text, 0, INT64_MAX, &value.integer);
    else
        code = field_parse(field, context, "query", text, strlen(text), &value);
    if (code == OK && !(field->type == FIELD_ID && value.integer == 0))
        query->filters[query->n_filters++] = (struct filter){field, value};
    return code;
}

static enum code filters_read(const struct schema *schema, struct context *context, const struct request *request,
                              struct query *query)
{
    enum code worst = OK;

    for (size_t i = 0; i < schema->n_fields && query->n_filters < FILTERS_MAX; i++) {
        const struct field *field = &schema->fields[i];
        const char *text = field->flags & FILTER ? request_parameter(request, field->name) : NULL;
        if (text && *text)
            note(&worst, filter_read(field, context, text, query));
    }
    return worst;
}

enum code list_query_read(const struct schema *schema, struct context *context, const struct request *request,
                          int page_size_max, struct query *ret_query)
{
    struct query query = {.page = 1};
    int64_t size = page_size_max < PAGE_SIZE_DEFAULT ? page_size_max : PAGE_SIZE_DEFAULT;
    enum code worst = OK;

    note(&worst, filters_read(schema, context, request, &query));
    note(&worst, sort_read(schema, context, request, &query));
    if (request_parameter(request, "after"))
        note(&worst, number_read(context, request, "after", 0, INT64_MAX, &query.after));
    else
        note(&worst, number_read(context, request, "page", 1, PAGE_MAX, &query.page));
    note(&worst, number_read(context, request, "pageSize", 1, page_size_max, &size));
    if (worst != OK)
        return worst;
    query.by_key = query.after > 0;
    query.size = (int)size;
    *ret_query = query;
    return OK;
}

/* Adds text with everything but RFC 3986's unreserved characters percent-encoded. */
static void encoded_write(struct buffer *buffer, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    while (*text) {
        size_t plain = strspn(text, unreserved);
        buffer_add(buffer, text, plain);
        text += plain;
        if (*text) {
            unsigned char byte = (unsigned char)*text++;
            buffer_add(buffer, (char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
        }
    }
}

/* Adds &name=value for a filter. */
static void filter_write(struct buffer *buffer, const struct filter *filter)
{
    char date[DATE_SIZE];

    buffer_add_char(buffer, '&');
    encoded_write(buffer, filter->field->name);
    buffer_add_char(buffer, '=');
    switch (filter->field->type) {
    case FIELD_TEXT:
        encoded_write(buffer, filter->value.text);
        break;
    case FIELD_DATE:
        date_format(filter->value.date, date);
        buffer_add_text(buffer, date);
        break;
    default:
        buffer_add_int(buffer, filter->value.integer);
        break;
    }
}

/* Adds one link to the list: the same request with `name` set to `number`. */
static void link_write(struct buffer *buffer, const struct request *request, const struct query *query,
                       const char *name, int64_t number, const char *relation)
{
    buffer_add_text(buffer, buffer->size ? ", <" : "<");
    buffer_add_text(buffer, request->path);
    buffer_add_char(buffer, '?');
    buffer_add_text(buffer, name);
    buffer_add_char(buffer, '=');
    buffer_add_int(buffer, number);
    buffer_add_text(buffer, "&pageSize=");
    buffer_add_int(buffer, query->size);
    if (request_parameter(request, "sort")) {
        buffer_add_text(buffer, query->descending ? "&sort=-" : "&sort=");
        encoded_write(buffer, query->sort->name);
    }
    for (size_t i = 0; i < query->n_filters; i++)
        filter_write(buffer, &query->filters[i]);
    buffer_add_text(buffer, ">; rel=\"");
    buffer_add_text(buffer, relation);
    buffer_add_char(buffer, '"');
}

/* The page before this one; the last page there is when this one lies beyond it. */
static int64_t page_before(const struct query *query, const struct page *page)
{
    int64_t last = page->total > 0 ? (page->total - 1) / query->size + 1 : 1;

    return query->page - 1 < last ? query->page - 1 : last;
}

const char *list_query_links(const struct schema *schema, struct context *context, const struct request *request,
                             const struct query *query, const struct page *page)
{
    bool by_key = request_parameter(request, "after") != NULL;
    struct buffer links;

    buffer_init(&links, context->arena, LINKS_MAX);
    if (page->more && by_key && page->n > 0)
        link_write(&links, request, query, "after", record_id(schema, page_record(schema, page, page->n - 1)), "next");
    else if (page->more && !by_key && query->page < PAGE_MAX)
        link_write(&links, request, query, "page", query->page + 1, "next");
    if (!by_key && query->page > 1)
        link_write(&links, request, query, "page", page_before(query, page), "prev");
    return links.size && !links.failed ? links.data : NULL;
}
