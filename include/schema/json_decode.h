#ifndef SCHEMA_JSON_DECODE_H
#define SCHEMA_JSON_DECODE_H

/*
 * schema/json_decode.h: from a JSON body to a record, with every violation reported.
 *
 * Shapes and messages are pydantic 2's, coercions too: for an integer "7", 7.0 and true are taken. Unknown keys are
 * ignored; of duplicate keys the last wins.
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
 * Fills in ret_record (schema->size bytes, zeroed first) and ret_set, the fields that were sent. Texts live in the
 * context's arena. Read-only fields are skipped.
 *
 * MALFORMED: not UTF-8, or too deep. INVALID: with violations at "body". NO_MEMORY.
 */
enum code json_decode(const struct schema *schema, struct context *context, const char *body, size_t size,
                      enum decode_mode mode, void *ret_record, uint32_t *ret_set) __attribute__((warn_unused_result));

/*
 * Checks one text value as a body or a query would be checked: violations at `where` and the field's name.
 * A text for an integer or a date is parsed. `value` need not end with NUL but must be valid UTF-8.
 */
enum code field_parse(const struct field *field, struct context *context, const char *where, const char *text,
                      size_t size, struct value *ret_value) __attribute__((warn_unused_result));

#endif
