/* domain/author.c: the field table of an author. */

#include "domain/author.h"

#include "schema/schema.h"

static const struct field author_fields[] = {
    FIELD(author, id, FIELD_ID, READ_ONLY | SORT, .example = "1", .summary = "The number the service gave the author."),
    FIELD(author, name, FIELD_TEXT, REQUIRED | NOT_BLANK | FILTER | SORT, .min = 1, .max = 255,
          .example = "Ursula K. Le Guin", .summary = "The name as it stands on the books."),
    FIELD(author, bio, FIELD_TEXT, REQUIRED | NULLABLE, .max_bytes = 65535,
          .example = "American author of speculative fiction and poetry.", .summary = "A few words about the author."),
    FIELD(author, birthdate, FIELD_DATE, REQUIRED | NULLABLE, .example = "1929-10-21", .summary = "The day of birth."),
};

const struct schema author_schema = SCHEMA(author, authors, "Author", author_fields);
