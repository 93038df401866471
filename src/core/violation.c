/* core/violation.c: the one table from kinds of violation to pydantic 2's error types and messages. */

#include "core/error.h"

#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

static const struct violation_text texts[VIOLATION__MAX] = {
    [JSON_INVALID] = {"json_invalid", "JSON decode error", NULL, "error"},
    [MISSING] = {"missing", "Field required", NULL, NULL},
    [NOT_AN_OBJECT] = {"model_attributes_type", "Input should be a valid dictionary or object to extract fields from",
                       NULL, NULL},
    [NOT_TEXT] = {"string_type", "Input should be a valid string", NULL, NULL},
    [TEXT_TOO_LONG] = {"string_too_long", "String should have at most {limit} character{s}", "max_length", NULL},
    [TEXT_TOO_SHORT] = {"string_too_short", "String should have at least {limit} character{s}", "min_length", NULL},
    [TEXT_HAS_NUL] = {"value_error", "Value error, text may not contain U+0000", NULL, NULL},
    [TEXT_BLANK] = {"value_error", "Value error, text may not be only white space", NULL, NULL},
    [NOT_A_DATE] = {"date_type", "Input should be a valid date", NULL, NULL},
    [DATE_UNREADABLE] = {"date_from_datetime_parsing", "Input should be a valid date or datetime, {reason}", NULL,
                         "error"},
    [NOT_AN_INTEGER] = {"int_type", "Input should be a valid integer", NULL, NULL},
    [INTEGER_UNREADABLE] = {"int_parsing", "Input should be a valid integer, unable to parse string as an integer",
                            NULL, NULL},
    [INTEGER_FRACTION] = {"int_from_float", "Input should be a valid integer, got a number with a fractional part",
                          NULL, NULL},
    [INTEGER_TOO_LARGE] = {"int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size",
                           NULL, NULL},
    [TOO_SMALL] = {"greater_than_equal", "Input should be greater than or equal to {limit}", "ge", NULL},
    [TOO_BIG] = {"less_than_equal", "Input should be less than or equal to {limit}", "le", NULL},
    [UNKNOWN_REFERENCE] = {"value_error", "Value error, {reason}", NULL, "error"},
    [UNKNOWN_SORT] = {"enum", "Input should be {reason}", NULL, "expected"},
};

const struct violation_text *violation_text(enum violation_kind kind)
{
    return &texts[kind];
}

/* Adds `n` bytes of `text` at *at, as far as there is room before the NUL. */
static void put(char *ret_text, size_t size, size_t *at, const char *text, size_t n)
{
    size_t room = size - 1 - *at;
    if (n > room)
        n = utf8_trim(text, room);
    memcpy(ret_text + *at, text, n);
    *at += n;
}

/* What a place holder stands for; its length with the braces in *ret_skip. */
static const char *placeholder(const char *at, const struct violation *violation, char limit[24], size_t *ret_skip)
{
    *ret_skip = strcspn(at, "}") + 1;
    if (strncmp(at, "{limit}", 7) == 0) {
        snprintf(limit, 24, "%lld", (long long)violation->limit);
        return limit;
    }
    if (strncmp(at, "{s}", 3) == 0)
        return violation->limit == 1 ? "" : "s";
    return violation->reason ? violation->reason : "";
}

void violation_message(const struct violation *violation, char *ret_text, size_t size)
{
    const char *from = texts[violation->kind].message;
    size_t at = 0;
    while (*from) {
        size_t plain = strcspn(from, "{");
        put(ret_text, size, &at, from, plain);
        from += plain;
        if (*from) {
            char limit[24];
            size_t skip = 0;
            const char *text = placeholder(from, violation, limit, &skip);
            put(ret_text, size, &at, text, strlen(text));
            from += skip;
        }
    }
    ret_text[at] = '\0';
}
