/* schema/json_span.c: steps over values in text that is known to be JSON; no step can fail. */

#include "schema/json_span.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct json_span json_trim(const char *text, size_t size)
{
    while (size > 0 && is_space(text[size - 1]))
        size--;
    while (size > 0 && is_space(*text)) {
        text++;
        size--;
    }
    return (struct json_span){text, size};
}

/* `at` is an opening quotation mark; gives the byte after the closing one. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

static const char *skip_scalar(const char *at)
{
    while (*at != ',' && *at != '}' && !is_space(*at))
        at++;
    return at;
}

/* Brackets need no telling apart: they match. */
static const char *skip_nested(const char *at)
{
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if (*at == '}' || *at == ']')
            depth--;
        at++;
    } while (depth > 0);
    return at;
}

/* `at` is the first byte of a member's value. */
static const char *skip_value(const char *at)
{
    if (*at == '"')
        return skip_string(at);
    return *at == '{' || *at == '[' ? skip_nested(at) : skip_scalar(at);
}

bool json_next_member(struct json_span *rest, struct json_span *ret_key, struct json_span *ret_value)
{
    const char *at = rest->text;
    const char *end = at + rest->size;
    while (is_space(*at) || *at == ',' || *at == '{')
        at++;
    if (*at == '}')
        return false;

    const char *key = at;
    at = skip_string(at);
    *ret_key = (struct json_span){key, (size_t)(at - key)};
    while (is_space(*at) || *at == ':')
        at++;
    const char *value = at;
    at = skip_value(at);
    *ret_value = (struct json_span){value, (size_t)(at - value)};
    *rest = (struct json_span){at, (size_t)(end - at)};
    return true;
}

size_t json_compact(struct json_span value, char *ret_text, size_t size)
{
    size_t used = 0;
    const char *end = value.text + value.size;
    for (const char *at = value.text; at < end;) {
        const char *next = *at == '"' ? skip_string(at) : at + 1;
        size_t length = is_space(*at) ? 0 : (size_t)(next - at);
        if (length > size - used)
            return 0;
        memcpy(ret_text + used, at, length);
        used += length;
        at = next;
    }
    return used;
}
