/*
 * api/list_query.c: query strings of lists.
 *
 * `after=0` is the start of paging by key: it is read as page 1, and its links go on by key. Where
 * `after` is sent, `before` and `page` are not looked at; where `before` is, `page` is not.
 */

#include "api/list_query.h"

#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "http/parameter.h"
#include "http/request.h"
#include "schema/json_decode.h"
#include "schema/json_encode.h"
#include "usecase/query.h"

#define PAGE_MAX (INT64_MAX / 1000) /* times any page size it is still a 64-bit number */
#define LINKS_MAX ((size_t)64 * 1024)

const struct parameter list_parameters[] = {
    [LIST_PAGE] = {"page", .min = 1, .max = PAGE_MAX, .standard = 1, .shown = true,
                   .summary = "Which page, counted from 1."},
    [LIST_PAGE_SIZE] = {"pageSize", PARAMETER_PAGE_SIZE, .min = 1, .standard = 10, .shown = true,
                        .summary = "How many records a page has at most."},
    [LIST_SORT] = {"sort", PARAMETER_SORT, .summary = "The field to order by; with a `-` before it: descending."},
    [LIST_AFTER] = {"after", .min = 0, .max = INT64_MAX,
                    .summary =
                        "The id of the last record of the page before, instead of `page`; 0 to begin. It costs the "
                        "same at any depth."},
    [LIST_BEFORE] = {"before", .min = 1, .max = INT64_MAX,
                     .summary = "The id of the first record of the page after, instead of `page`: the way back. It is "
                                "not read where `after` is sent."},
    {.name = NULL},
};

/* Remembers the worst of several outcomes: anything before INVALID, INVALID before OK. */
static void note(enum code *worst, enum code code)
{
    if (*worst == OK || (*worst == INVALID && code != OK))
        *worst = code;
}

static const char *sent(const struct request *request, enum list_parameter parameter)
{
    return request_parameter(request, list_parameters[parameter].name);
}

/* A whole number; ret_number is its default when it was not sent. */
static enum code number_read(struct context *context, const struct request *request, enum list_parameter number,
                             int page_size_max, int64_t *ret_number)
{
    const struct parameter *parameter = &list_parameters[number];
    const char *text = sent(request, number);

    *ret_number = parameter_standard(parameter, page_size_max);
    return text ? integer_parse(context, "query", parameter->name, text, parameter->min,
                                parameter_max(parameter, page_size_max), ret_number)
                : OK;
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
    const char *given = sent(request, LIST_SORT);
    const char *text = given ? given : schema->fields[0].name;
    bool descending = *text == '-';
    const struct field *field = schema_find(schema, text + descending);

    if (!field || !(field->flags & SORT)) {
        const char *sorts = sorts_text(schema, context);
        const char *input = json_excerpt(context->arena, text, strlen(text));
        if (!sorts || !input)
            return fail_memory(context);
        return violate(context, &(struct violation){.kind = UNKNOWN_SORT,
                                                    .where = "query",
                                                    .field = list_parameters[LIST_SORT].name,
                                                    .reason = sorts,
                                                    .input = input});
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

/* Where in the list the page is. */
static enum code place_read(struct context *context, const struct request *request, int page_size_max,
                            struct query *query)
{
    enum list_parameter key = sent(request, LIST_AFTER) ? LIST_AFTER : LIST_BEFORE;
    enum code code;

    if (!sent(request, key))
        return number_read(context, request, LIST_PAGE, page_size_max, &query->page);
    code = number_read(context, request, key, page_size_max, &query->anchor);
    query->by_key = query->anchor > 0;
    query->backwards = key == LIST_BEFORE;
    return code;
}

enum code list_query_read(const struct schema *schema, struct context *context, const struct request *request,
                          int page_size_max, struct query *ret_query)
{
    struct query query = {.page = 1};
    int64_t size = 0;
    enum code worst = OK;

    note(&worst, filters_read(schema, context, request, &query));
    note(&worst, sort_read(schema, context, request, &query));
    note(&worst, place_read(context, request, page_size_max, &query));
    note(&worst, number_read(context, request, LIST_PAGE_SIZE, page_size_max, &size));
    if (worst != OK)
        return worst;
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

/* Adds NAME= */
static void name_write(struct buffer *buffer, char before, enum list_parameter parameter)
{
    buffer_add_char(buffer, before);
    buffer_add_text(buffer, list_parameters[parameter].name);
    buffer_add_char(buffer, '=');
}

/* Adds one link to the list: the same request with `parameter` set to `number`. */
static void link_write(struct buffer *buffer, const struct request *request, const struct query *query,
                       enum list_parameter parameter, int64_t number, const char *relation)
{
    buffer_add_text(buffer, buffer->size ? ", <" : "<");
    buffer_add_text(buffer, request->path);
    name_write(buffer, '?', parameter);
    buffer_add_int(buffer, number);
    name_write(buffer, '&', LIST_PAGE_SIZE);
    buffer_add_int(buffer, query->size);
    if (sent(request, LIST_SORT)) {
        name_write(buffer, '&', LIST_SORT);
        buffer_add_text(buffer, query->descending ? "-" : "");
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

/* By key: there are others on the side that was travelled to if the page says so, and on the side where
 * the anchor is. */
static void key_links_write(struct buffer *links, const struct schema *schema, const struct request *request,
                            const struct query *query, const struct page *page)
{
    if (page->n == 0)
        return;
    if (query->backwards || page->more)
        link_write(links, request, query, LIST_AFTER, record_id(schema, page_record(schema, page, page->n - 1)),
                   "next");
    if (query->backwards ? page->more : query->by_key)
        link_write(links, request, query, LIST_BEFORE, record_id(schema, page_record(schema, page, 0)), "prev");
}

static void page_links_write(struct buffer *links, const struct request *request, const struct query *query,
                             const struct page *page)
{
    if (page->more && query->page < PAGE_MAX)
        link_write(links, request, query, LIST_PAGE, query->page + 1, "next");
    if (query->page > 1)
        link_write(links, request, query, LIST_PAGE, page_before(query, page), "prev");
}

const char *list_query_links(const struct schema *schema, struct context *context, const struct request *request,
                             const struct query *query, const struct page *page)
{
    struct buffer links;

    buffer_init(&links, context->arena, LINKS_MAX);
    if (sent(request, LIST_AFTER) || sent(request, LIST_BEFORE))
        key_links_write(&links, schema, request, query, page);
    else
        page_links_write(&links, request, query, page);
    return links.size && !links.failed ? links.data : NULL;
}
