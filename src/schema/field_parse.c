/*
 * schema/field_parse.c: values that arrive as text, in a path or a query.
 *
 * Python's other spellings of an integer ("1_000", " 7", "1.0") are refused: in a URL they would be a second name of
 * the same record.
 */

#include "schema/json_decode.h"

#include <stdbool.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "schema/json_encode.h"
#include "schema/schema.h"

/* Adds a violation that repeats the text. */
static enum code refuse(struct context *context, struct violation *violation, const char *text, size_t size)
{
    violation->input = json_excerpt(context->arena, text, size);
    return violation->input ? violate(context, violation) : fail_memory(context);
}

/* What is wrong with a text as a 64-bit integer; VIOLATION__MAX when nothing is. */
static enum violation_kind read_integer(const char *text, size_t size, int64_t *ret_number)
{
    bool negative = size > 0 && *text == '-';
    size_t at = size > 0 && (*text == '-' || *text == '+');
    bool too_large = false;
    int64_t number = 0;
    if (at == size)
        return INTEGER_UNREADABLE;
    for (; at < size; at++) {
        if (text[at] < '0' || text[at] > '9')
            return INTEGER_UNREADABLE;
        int64_t digit = negative ? '0' - text[at] : text[at] - '0';
        too_large |= __builtin_mul_overflow(number, (int64_t)10, &number);
        too_large |= __builtin_add_overflow(number, digit, &number);
    }
    if (too_large)
        return INTEGER_TOO_LARGE;
    *ret_number = number;
    return VIOLATION__MAX;
}

static enum code parse_integer(struct context *context, const char *where, const char *name, const char *text,
                               size_t size, int64_t min, int64_t max, int64_t *ret_number)
{
    int64_t number = 0;
    struct violation violation = {.kind = read_integer(text, size, &number), .where = where, .field = name};
    if (violation.kind != VIOLATION__MAX)
        return refuse(context, &violation, text, size);
    if (number >= min && number <= max) {
        *ret_number = number;
        return OK;
    }
    violation.kind = number < min ? TOO_SMALL : TOO_BIG;
    violation.limit = number < min ? min : max;
    return refuse(context, &violation, text, size);
}

enum code integer_parse(struct context *context, const char *where, const char *name, const char *text, int64_t min,
                        int64_t max, int64_t *ret_number)
{
    return parse_integer(context, where, name, text, strlen(text), min, max, ret_number);
}

static enum code parse_text(const struct field *field, struct context *context, const char *where, const char *text,
                            size_t size, const char **ret_text)
{
    if (memchr(text, '\0', size)) {
        struct violation violation = {.kind = TEXT_HAS_NUL, .where = where, .field = field->name};
        return refuse(context, &violation, text, size);
    }
    const char *copy = arena_copy(context->arena, text, size);
    if (!copy)
        return fail_memory(context);
    *ret_text = copy;
    return OK;
}

static enum code parse_date(const struct field *field, struct context *context, const char *where, const char *text,
                            size_t size, struct date *ret_date)
{
    const char *why = date_parse(text, size, ret_date);
    if (!why)
        return OK;
    struct violation violation = {.kind = DATE_UNREADABLE, .where = where, .field = field->name, .reason = why};
    return refuse(context, &violation, text, size);
}

enum code field_parse(const struct field *field, struct context *context, const char *where, const char *text,
                      size_t size, struct value *ret_value)
{
    struct value value = {.type = field->type};
    enum code code = OK;
    switch (field->type) {
    case FIELD_ID:
        code = parse_integer(context, where, field->name, text, size, 1, INT64_MAX, &value.integer);
        break;
    case FIELD_TEXT:
        code = parse_text(field, context, where, text, size, &value.text);
        break;
    case FIELD_DATE:
        code = parse_date(field, context, where, text, size, &value.date);
        break;
    case FIELD__MAX:
        break;
    }
    if (code == OK)
        *ret_value = value;
    return code;
}
