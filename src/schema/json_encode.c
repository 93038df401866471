/*
 * schema/json_encode.c: text is copied in runs.
 *
 * Most text needs no escapes, so bytes that need one are looked for eight at a time.
 */

#include "schema/json_encode.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/buffer.h"
#include "core/date.h"
#include "core/utf8.h"
#include "schema/schema.h"

#define EXCERPT_CHARACTERS 256
#define LONGEST_ESCAPE 6

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)

/* Not 0 when one of the eight bytes is below `limit`, which is at most 0x80. */
static uint64_t any_below(uint64_t eight, unsigned char limit)
{
    return (eight - ONES * limit) & ~eight & HIGHS;
}

/* Bytes at the start of `text` that are written as they are. */
static size_t plain_run(const char *text, size_t size)
{
    size_t at = 0;
    uint64_t eight = 0;
    for (; size - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text + at, sizeof eight);
        if (any_below(eight, 0x20) | any_below(eight ^ ONES * '"', 1) | any_below(eight ^ ONES * '\\', 1))
            break;
    }
    while (at < size && !needs_escape(text[at]))
        at++;
    return at;
}

static void add_escape(struct buffer *buffer, char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char *const short_forms[] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
    };
    unsigned char code = (unsigned char)c;
    if (short_forms[code]) {
        buffer_add(buffer, short_forms[code], 2);
        return;
    }
    const char long_form[LONGEST_ESCAPE] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
    buffer_add(buffer, long_form, sizeof long_form);
}

void json_add_bytes(struct buffer *buffer, const char *text, size_t size)
{
    buffer_add_char(buffer, '"');
    for (size_t at = 0; at < size; at++) {
        size_t plain = plain_run(text + at, size - at);
        buffer_add(buffer, text + at, plain);
        at += plain;
        if (at < size)
            add_escape(buffer, text[at]);
    }
    buffer_add_char(buffer, '"');
}

void json_add_text(struct buffer *buffer, const char *text)
{
    if (text)
        json_add_bytes(buffer, text, strlen(text));
    else
        buffer_add(buffer, "null", 4);
}

/* Bytes of the first `characters` characters. */
static size_t first_characters(const char *text, size_t size, size_t characters)
{
    size_t at = 0;
    for (; at < size && characters > 0; characters--)
        at += utf8_sequence(text + at, size - at);
    return at;
}

const char *json_excerpt(struct arena *arena, const char *text, size_t size)
{
    struct buffer buffer;
    buffer_init(&buffer, arena, LONGEST_ESCAPE * JSON_EXCERPT_MAX + 2);
    if (size <= JSON_EXCERPT_MAX)
        json_add_bytes(&buffer, text, size);
    if (size > JSON_EXCERPT_MAX || buffer.size > JSON_EXCERPT_MAX) {
        buffer_clear(&buffer);
        json_add_bytes(&buffer, text, first_characters(text, size, EXCERPT_CHARACTERS));
        if (buffer.size > 0)
            buffer.size--;
        buffer_add_text(&buffer, "…\"");
    }
    return buffer.failed ? NULL : buffer.data;
}

static void add_value(struct buffer *buffer, const struct value *value)
{
    char date[DATE_SIZE];
    if (value->is_null) {
        buffer_add(buffer, "null", 4);
        return;
    }
    switch (value->type) {
    case FIELD_ID:
        buffer_add_int(buffer, value->integer);
        break;
    case FIELD_TEXT:
        json_add_text(buffer, value->text);
        break;
    case FIELD_DATE:
        date_format(value->date, date);
        json_add_bytes(buffer, date, DATE_SIZE - 1);
        break;
    case FIELD__MAX:
        break;
    }
}

/* `name` is an identifier and needs no escapes. */
static void add_key(struct buffer *buffer, char before, const char *name)
{
    const char start[] = {before, '"'};
    buffer_add(buffer, start, sizeof start);
    buffer_add_text(buffer, name);
    buffer_add(buffer, "\":", 2);
}

/* What is embedded embeds nothing itself. */
static void add_embedded(struct buffer *buffer, const struct field *field, const void *record)
{
    add_key(buffer, ',', field->embed);
    if (record)
        json_add_record(buffer, field->references, record, NULL);
    else
        buffer_add(buffer, "null", 4);
}

void json_add_record(struct buffer *buffer, const struct schema *schema, const void *record,
                     const void *const *embedded)
{
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];
        struct value value = field_get(field, record);
        add_key(buffer, i == 0 ? '{' : ',', field->name);
        add_value(buffer, &value);
        if (embedded && field->embed)
            add_embedded(buffer, field, *embedded++);
    }
    buffer_add_char(buffer, '}');
}
