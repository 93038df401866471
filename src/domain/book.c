/* domain/book.c: the field table of a book. */

#include "domain/book.h"

#include "domain/author.h"
#include "schema/schema.h"

static const struct field book_fields[] = {
    FIELD(book, id, FIELD_ID, READ_ONLY | SORT, .example = "1", .summary = "The number the service gave the book."),
    FIELD(book, title, FIELD_TEXT, REQUIRED | NOT_BLANK | SORT, .min = 1, .max = 255, .example = "The Dispossessed",
          .summary = "The title."),
    FIELD(book, description, FIELD_TEXT, REQUIRED, .max_bytes = 65535, .example = "A physicist between two worlds.",
          .summary = "What the book is about."),
    FIELD(book, publish_date, FIELD_DATE, REQUIRED | SORT, .example = "1974-05-01",
          .summary = "The day it was first published."),
    FIELD(book, author_id, FIELD_ID, REQUIRED | FILTER, .example = "1", .summary = "The id of the book's author.",
          .references = &author_schema, .embed = "author"),
};

const struct schema book_schema = SCHEMA(book, books, "Book", book_fields);
