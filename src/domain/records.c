/* domain/records.c: the list of kinds of record. */

#include "domain/records.h"

#include <stddef.h>

#include "domain/author.h"
#include "domain/book.h"

const struct schema *const records[] = {
    &author_schema,
    &book_schema,
    NULL,
};
