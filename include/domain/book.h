#ifndef DOMAIN_BOOK_H
#define DOMAIN_BOOK_H

/* domain/book.h: a book of the catalogue; it has one author. */

#include <stdint.h>

#include "core/date.h"

struct schema;

struct book {
    int64_t id;
    const char *title;
    const char *description;
    struct date publish_date;
    int64_t author_id;
};

extern const struct schema book_schema;

#endif
