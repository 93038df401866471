#ifndef HTTP_PARAMETER_H
#define HTTP_PARAMETER_H

/*
 * http/parameter.h: what a list takes in its query, beside the filters. One table of them (api/list_query.c) serves the
 * reader, the links and the document.
 */

#include <stdbool.h>
#include <stdint.h>

enum parameter_kind {
    PARAMETER_NUMBER,
    PARAMETER_PAGE_SIZE, /* a number, whose max is the setting PAGE_SIZE_MAX */
    PARAMETER_SORT,      /* the name of a field that lists can be sorted by, or a '-' and that name */
};

/* A row of the table. */
struct parameter {
    const char *name;
    enum parameter_kind kind;
    bool shown;          /* the list says which value it was made with */
    int64_t min, max;    /* of a number */
    int64_t standard;    /* the default of a number; 0: it has none */
    const char *summary; /* one sentence, for people */
};

/* The greatest value of a number, and its default, which is never greater; `page_size_max` is the setting. */
int64_t parameter_max(const struct parameter *parameter, int64_t page_size_max);
int64_t parameter_standard(const struct parameter *parameter, int64_t page_size_max);

/* The member of a list that counts all its records, on all pages. */
#define LIST_TOTAL "total"

#endif
