#ifndef HTTP_JSON_WRITER_H
#define HTTP_JSON_WRITER_H

/*
 * http/json_writer.h: a JSON document written member by member.
 *
 * Commas come by themselves: a value is preceded by one unless it is the first in its brackets. `key` names a member of
 * an object and is NULL in an array. Failure stays in the buffer.
 */

#include <stdbool.h>
#include <stdint.h>

struct buffer;

/* `bracket` is '{' or '[' to open, '}' or ']' to close. */
void json_open(struct buffer *buffer, const char *key, char bracket);
void json_close(struct buffer *buffer, char bracket);

/* A text of NULL is left out, its key too. */
void json_put_text(struct buffer *buffer, const char *key, const char *text);
void json_put_number(struct buffer *buffer, const char *key, int64_t number);
void json_put_true(struct buffer *buffer, const char *key);

/* A value that is JSON already. */
void json_put_value(struct buffer *buffer, const char *key, const char *json);

/* As json_put_value(), for JSON that stands in the source: ' is read as ". */
void json_put_fixed(struct buffer *buffer, const char *key, const char *json);

#endif
