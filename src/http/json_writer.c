/* http/json_writer.c: the last byte written tells whether a comma is due. A text cannot mislead: it ends with its
 * quotation mark. */

#include "http/json_writer.h"

#include <string.h>

#include "core/buffer.h"
#include "schema/json_encode.h"

/* The comma, if one is due, and the key. */
static void start(struct buffer *buffer, const char *key)
{
    if (buffer->size > 0 && !strchr("{[:", buffer->data[buffer->size - 1]))
        buffer_add_char(buffer, ',');
    if (key) {
        json_add_text(buffer, key);
        buffer_add_char(buffer, ':');
    }
}

void json_open(struct buffer *buffer, const char *key, char bracket)
{
    start(buffer, key);
    buffer_add_char(buffer, bracket);
}

void json_close(struct buffer *buffer, char bracket)
{
    buffer_add_char(buffer, bracket);
}

void json_put_text(struct buffer *buffer, const char *key, const char *text)
{
    if (!text)
        return;
    start(buffer, key);
    json_add_text(buffer, text);
}

void json_put_number(struct buffer *buffer, const char *key, int64_t number)
{
    start(buffer, key);
    buffer_add_int(buffer, number);
}

void json_put_true(struct buffer *buffer, const char *key)
{
    json_put_value(buffer, key, "true");
}

void json_put_value(struct buffer *buffer, const char *key, const char *json)
{
    start(buffer, key);
    buffer_add_text(buffer, json);
}

void json_put_fixed(struct buffer *buffer, const char *key, const char *json)
{
    start(buffer, key);
    while (*json) {
        size_t plain = strcspn(json, "'");
        buffer_add(buffer, json, plain);
        json += plain;
        if (*json) {
            buffer_add_char(buffer, '"');
            json++;
        }
    }
}
