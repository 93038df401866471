#ifndef SCHEMA_JSON_ENCODE_H
#define SCHEMA_JSON_ENCODE_H

/*
 * schema/json_encode.h: from records to JSON (RFC 8259).
 *
 * Compact, as FastAPI answers: no spaces, text as raw UTF-8; only the quotation mark, the backslash and U+0000 to
 * U+001F are escaped. A NULL field is null.
 */

#include <stddef.h>

struct arena;
struct buffer;
struct schema;

/* "text" with its quotation marks; NULL is null. */
void json_add_text(struct buffer *buffer, const char *text);

/* As json_add_text(), for text with a length. */
void json_add_bytes(struct buffer *buffer, const char *text, size_t size);

/* The most bytes of what a client sent that an answer repeats, as JSON. */
#define JSON_EXCERPT_MAX 4096

/* As json_add_bytes(), into the arena, for an answer that repeats what was sent: when that would be longer than
 * JSON_EXCERPT_MAX it is the first 256 characters and an ellipsis. NULL without memory. */
const char *json_excerpt(struct arena *arena, const char *text, size_t size) __attribute__((warn_unused_result));

/* {"id":1,...}. `embedded` has one record per field with `embed` set, in field order, NULL where there is none; it is
 * NULL when nothing is to be embedded. */
void json_add_record(struct buffer *buffer, const struct schema *schema, const void *record,
                     const void *const *embedded);

#endif
