#ifndef SCHEMA_JSON_DECODE_H
#define SCHEMA_JSON_DECODE_H

/*
 * schema/json_decode.h: from a JSON body, a path or a query to values, with every violation reported.
 *
 * Shapes and messages are pydantic 2's, coercions too: for an integer "7", 7.0 and true are taken. Unknown keys are
 * ignored; of duplicate keys the last wins.
 *
 * A violation's `input` is what was sent, as compact JSON. It is bounded by JSON_EXCERPT_MAX: a longer text is cut
 * (json_excerpt()), any other longer value is null.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct context;
struct schema;
struct field;
struct value;

enum decode_mode {
    DECODE_WHOLE,   /* REQUIRED fields must be there */
    DECODE_CHANGES, /* only what is sent is read and checked */
};

/*
 * Fills in ret_record (schema->size bytes; fields that were not sent are NULL) and ret_set, the fields that were sent.
 * Texts live in the context's arena. Read-only fields are skipped. A field that is not REQUIRED may be null.
 *
 * MALFORMED: not UTF-8, or too deep. INVALID: with violations at "body". BODY_TOO_LARGE: over 2 GiB. NO_MEMORY.
 */
enum code json_decode(const struct schema *schema, struct context *context, const char *body, size_t size,
                      enum decode_mode mode, void *ret_record, uint32_t *ret_set) __attribute__((warn_unused_result));

/*
 * Reads the value of a field from the text of a path or a query; the text is valid UTF-8 and need not end with NUL.
 * Violations are at `where` and the field's name. A text for a text is taken as it is, whatever its length: no record
 * equals one that is too long. INVALID, NO_MEMORY.
 */
enum code field_parse(const struct field *field, struct context *context, const char *where, const char *text,
                      size_t size, struct value *ret_value) __attribute__((warn_unused_result));

/*
 * Reads an integer from `min` to `max`: an optional sign and decimal digits. Violations are at `where` and `name`.
 * INVALID, NO_MEMORY.
 */
enum code integer_parse(struct context *context, const char *where, const char *name, const char *text, int64_t min,
                        int64_t max, int64_t *ret_number) __attribute__((warn_unused_result));

#endif
