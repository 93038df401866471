#ifndef SCHEMA_JSON_SPAN_H
#define SCHEMA_JSON_SPAN_H

/*
 * schema/json_span.h: finding one's way in the text of a JSON value, without making a tree of it.
 *
 * Everything here believes its input: the text has passed json_scan(). Spans are borrowed from it.
 */

#include <stdbool.h>
#include <stddef.h>

struct json_span {
    const char *text; /* not NUL-terminated */
    size_t size;
};

/* The text without the white space around it; empty when there is nothing else. Takes any text. */
struct json_span json_trim(const char *text, size_t size);

/*
 * Walks the members of an object: *rest starts as the object, without space around it, and becomes what is still to be
 * read. ret_key has its quotation marks. False: there are no more.
 */
bool json_next_member(struct json_span *rest, struct json_span *ret_key, struct json_span *ret_value);

/* Writes the value without the space between its tokens; the bytes written, or 0 when it needs more than `size`. */
size_t json_compact(struct json_span value, char *ret_text, size_t size);

#endif
