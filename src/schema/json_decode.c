/*
 * schema/json_decode.c: reads the members of a body where they lie.
 *
 * json-c is given one string at a time, never the body: its tree takes fifty times a body's memory, outside any arena,
 * cuts names at U+0000 and turns numbers beyond 64 bits into others. Numbers are read from their own text.
 */

#include "schema/json_decode.h"

#include <errno.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "core/utf8.h"
#include "schema/json_encode.h"
#include "schema/json_scan.h"
#include "schema/json_span.h"
#include "schema/schema.h"

static const char where[] = "body";

struct decoder {
    const struct schema *schema;
    struct context *context;
    struct json_tokener *tokener;
    struct json_span body;
    struct json_span sent[FIELDS_MAX]; /* the text of each field's value; NULL: it was not sent */
};

static bool span_equals(struct json_span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.text, text, span.size) == 0;
}

/* A JSON string as text, in the arena; it may hold U+0000. */
static enum code read_string(struct decoder *decoder, struct json_span string, struct json_span *ret_text)
{
    json_tokener_reset(decoder->tokener);
    struct json_object *object = json_tokener_parse_ex(decoder->tokener, string.text, (int)string.size);
    if (!object)
        return fail_memory(decoder->context);
    size_t size = (size_t)json_object_get_string_len(object);
    const char *text = arena_copy(decoder->context->arena, json_object_get_string(object), size);
    json_object_put(object);
    if (!text)
        return fail_memory(decoder->context);
    *ret_text = (struct json_span){text, size};
    return OK;
}

/* The value as a violation repeats it; NULL, which is null, when it is too long for that and not a text. */
static enum code excerpt(struct decoder *decoder, struct json_span value, const char **ret_input)
{
    struct arena *arena = decoder->context->arena;
    if (*value.text == '"') {
        struct json_span text = {.text = ""};
        enum code code = read_string(decoder, value, &text);
        if (code != OK)
            return code;
        const char *input = json_excerpt(arena, text.text, text.size);
        *ret_input = input;
        return input ? OK : fail_memory(decoder->context);
    }
    size_t size = value.size < JSON_EXCERPT_MAX ? value.size : JSON_EXCERPT_MAX;
    char *input = arena_alloc(arena, size + 1);
    if (!input)
        return fail_memory(decoder->context);
    *ret_input = json_compact(value, input, size) > 0 ? input : NULL;
    return OK;
}

/* Adds a violation that repeats `value`. */
static enum code refuse(struct decoder *decoder, struct json_span value, struct violation violation)
{
    violation.where = where;
    enum code code = excerpt(decoder, value, &violation.input);
    return code == OK ? violate(decoder->context, &violation) : code;
}

/* What is wrong with a text, by the rules of its field. The kind is VIOLATION__MAX when nothing is. */
static struct violation check_text(const struct field *field, struct json_span text)
{
    size_t length = field->min + field->max > 0 ? utf8_length(text.text, text.size) : 0;
    struct violation violation = {.kind = VIOLATION__MAX, .field = field->name};
    if (memchr(text.text, '\0', text.size)) {
        violation.kind = TEXT_HAS_NUL;
    } else if (length < field->min) {
        violation.kind = TEXT_TOO_SHORT;
        violation.limit = (int64_t)field->min;
    } else if (field->max > 0 && length > field->max) {
        violation.kind = TEXT_TOO_LONG;
        violation.limit = (int64_t)field->max;
    } else if (field->max_bytes > 0 && text.size > field->max_bytes) {
        violation.kind = TEXT_TOO_LONG;
        violation.limit = (int64_t)field->max_bytes;
    } else if (field->flags & NOT_BLANK && utf8_is_blank(text.text, text.size)) {
        violation.kind = TEXT_BLANK;
    }
    return violation;
}

static enum code decode_text(struct decoder *decoder, const struct field *field, struct json_span sent,
                             struct value *ret_value)
{
    if (*sent.text != '"')
        return refuse(decoder, sent, (struct violation){.kind = NOT_TEXT, .field = field->name});
    struct json_span text = {.text = ""};
    enum code code = read_string(decoder, sent, &text);
    if (code != OK)
        return code;
    struct violation violation = check_text(field, text);
    if (violation.kind != VIOLATION__MAX)
        return refuse(decoder, sent, violation);
    ret_value->text = text.text;
    return OK;
}

/* What is wrong with a JSON number as an integer; VIOLATION__MAX when nothing is. One with a point or an exponent is
 * rounded to a double first, as in Python. */
static enum violation_kind read_number(struct json_span number, int64_t *ret_integer)
{
    if (!memchr(number.text, '.', number.size) && !memchr(number.text, 'e', number.size) &&
        !memchr(number.text, 'E', number.size)) {
        errno = 0;
        long long integer = strtoll(number.text, NULL, 10);
        *ret_integer = integer;
        return errno == ERANGE ? INTEGER_TOO_LARGE : VIOLATION__MAX;
    }
    const double beyond = 9223372036854775808.0; /* 2^63 */
    double wide = strtod(number.text, NULL);
    if (wide >= beyond || wide < -beyond)
        return INTEGER_TOO_LARGE;
    *ret_integer = (int64_t)wide;
    return (double)*ret_integer == wide ? VIOLATION__MAX : INTEGER_FRACTION;
}

static enum code decode_id(struct decoder *decoder, const struct field *field, struct json_span sent,
                           struct value *ret_value)
{
    struct json_span text = {.text = ""};
    int64_t integer = 0;
    struct violation violation = {.kind = VIOLATION__MAX, .field = field->name};
    if (*sent.text == '"') {
        enum code code = read_string(decoder, sent, &text);
        return code == OK ? field_parse(field, decoder->context, where, text.text, text.size, ret_value) : code;
    }
    if (*sent.text == 't' || *sent.text == 'f')
        integer = *sent.text == 't';
    else if (*sent.text == '{' || *sent.text == '[' || *sent.text == 'n')
        violation.kind = NOT_AN_INTEGER;
    else
        violation.kind = read_number(sent, &integer);

    if (violation.kind == VIOLATION__MAX && integer < 1) {
        violation.kind = TOO_SMALL;
        violation.limit = 1;
    }
    if (violation.kind != VIOLATION__MAX)
        return refuse(decoder, sent, violation);
    ret_value->integer = integer;
    return OK;
}

static enum code decode_date(struct decoder *decoder, const struct field *field, struct json_span sent,
                             struct value *ret_value)
{
    if (*sent.text != '"')
        return refuse(decoder, sent, (struct violation){.kind = NOT_A_DATE, .field = field->name});
    struct json_span text = {.text = ""};
    enum code code = read_string(decoder, sent, &text);
    return code == OK ? field_parse(field, decoder->context, where, text.text, text.size, ret_value) : code;
}

static enum code (*const decoders[FIELD__MAX])(struct decoder *, const struct field *, struct json_span,
                                               struct value *) = {
    [FIELD_ID] = decode_id,
    [FIELD_TEXT] = decode_text,
    [FIELD_DATE] = decode_date,
};

/* The value of a field that was sent. */
static enum code decode_field(struct decoder *decoder, const struct field *field, struct json_span sent,
                              struct value *ret_value)
{
    *ret_value = (struct value){.type = field->type};
    if (!(field->flags & REQUIRED) && span_equals(sent, "null")) {
        ret_value->is_null = true;
        return OK;
    }
    return decoders[field->type](decoder, field, sent, ret_value);
}

/* Which field a member's name means; n_fields when none that can be set. */
static enum code find_field(struct decoder *decoder, struct json_span key, size_t *ret_index)
{
    const struct schema *schema = decoder->schema;
    struct json_span name = {key.text + 1, key.size - 2};
    if (memchr(name.text, '\\', name.size)) {
        enum code code = read_string(decoder, key, &name);
        if (code != OK)
            return code;
    }
    size_t i = 0;
    while (i < schema->n_fields && (schema->fields[i].flags & READ_ONLY || !span_equals(name, schema->fields[i].name)))
        i++;
    *ret_index = i;
    return OK;
}

/* Notes where each field's value lies; of duplicates the last. */
static enum code find_values(struct decoder *decoder)
{
    struct json_span rest = decoder->body;
    struct json_span key = {0}, value = {0};
    size_t index = 0;
    while (json_next_member(&rest, &key, &value)) {
        enum code code = find_field(decoder, key, &index);
        if (code != OK)
            return code;
        if (index < decoder->schema->n_fields)
            decoder->sent[index] = value;
    }
    return OK;
}

/* Reports every field that must be there and is not, or is wrong. */
static enum code decode_fields(struct decoder *decoder, enum decode_mode mode, struct value *ret_values,
                               uint32_t *ret_set)
{
    enum code worst = OK;
    for (size_t i = 0; i < decoder->schema->n_fields; i++) {
        const struct field *field = &decoder->schema->fields[i];
        enum code code = OK;
        if (decoder->sent[i].text) {
            code = decode_field(decoder, field, decoder->sent[i], &ret_values[i]);
            *ret_set |= UINT32_C(1) << i;
        } else if (mode == DECODE_WHOLE && field->flags & REQUIRED) {
            code = refuse(decoder, decoder->body, (struct violation){.kind = MISSING, .field = field->name});
        }
        if (code != OK && code != INVALID)
            return code;
        if (code != OK)
            worst = code;
    }
    return worst;
}

/* OK when the body is an object. */
static enum code check_body(struct decoder *decoder, const char *body, size_t size)
{
    static const struct violation missing = {.kind = MISSING, .where = where};
    struct context *context = decoder->context;
    if (decoder->body.size == 0)
        return violate(context, &missing);

    struct violation violation = {.kind = JSON_INVALID, .where = where, .input = "{}"};
    size_t offset = 0;
    switch (json_scan(body, size, &offset, &violation.reason)) {
    case JSON_GOOD:
        break;
    case JSON_BAD_UTF8:
    case JSON_TOO_DEEP:
        /* FastAPI's words. */
        return fail(context, MALFORMED, "There was an error parsing the body");
    case JSON_BAD_SYNTAX:
    case JSON_BAD_SURROGATE:
        violation.offset = (int64_t)offset;
        return violate(context, &violation);
    }
    if (span_equals(decoder->body, "null"))
        return violate(context, &missing);
    if (*decoder->body.text != '{')
        return refuse(decoder, decoder->body, (struct violation){.kind = NOT_AN_OBJECT});
    return OK;
}

static void release_tokener(void *tokener)
{
    json_tokener_free(tokener);
}

static enum code open_tokener(struct decoder *decoder)
{
    struct json_tokener *tokener = json_tokener_new_ex(1);
    if (!tokener || arena_defer(decoder->context->arena, release_tokener, tokener) != 0)
        return fail_memory(decoder->context);
    decoder->tokener = tokener;
    return OK;
}

enum code json_decode(const struct schema *schema, struct context *context, const char *body, size_t size,
                      enum decode_mode mode, void *ret_record, uint32_t *ret_set)
{
    if (size > INT_MAX) /* json-c counts in int */
        return fail(context, BODY_TOO_LARGE, NULL);
    struct decoder decoder = {.schema = schema, .context = context, .body = json_trim(body, size)};
    struct value values[FIELDS_MAX];
    uint32_t set = 0;
    enum code code = open_tokener(&decoder);
    if (code == OK)
        code = check_body(&decoder, body, size);
    if (code == OK)
        code = find_values(&decoder);
    if (code == OK)
        code = decode_fields(&decoder, mode, values, &set);
    if (code != OK)
        return code;

    memset(ret_record, 0, schema->size);
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (set & UINT32_C(1) << i)
            field_set(&schema->fields[i], ret_record, &values[i]);
    }
    *ret_set = set;
    return OK;
}
