#ifndef USECASE_QUERY_H
#define USECASE_QUERY_H

/* usecase/query.h: which records of a list, in which order, and the answer to that. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/schema.h"

/* A field that must equal a value: the same bytes, the same number, the same day. */
struct filter {
    const struct field *field;
    struct value value;
};

#define FILTERS_MAX 8

struct query {
    struct filter filters[FILTERS_MAX]; /* all must hold */
    size_t n_filters;
    const struct field *sort; /* never NULL; ties are broken by id, in the same direction */
    bool descending;
    bool by_key;    /* true: the records next to the anchor; false: page number `page` */
    bool backwards; /* by key: the last ones before the anchor, not the first after it; in the list's order too */
    int64_t anchor; /* an id; when that record is gone and the order is not by id, there is nothing next to it */
    int64_t page;   /* from 1 */
    int size;       /* records wanted, from 1 */
};

struct page {
    void *records; /* an array of schema->size bytes each, in the context's arena */
    size_t n;      /* 0 to query.size */
    int64_t total; /* records that match the filters, on all pages */
    bool more;     /* there are records after these; backwards: before these */
};

/* The record at `index` of the page. */
void *page_record(const struct schema *schema, const struct page *page, size_t index);

#endif
