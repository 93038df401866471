/*
 * http/negotiation.c: media types, read leniently: parameters other than the quality are ignored, and what cannot be
 * read matches nothing.
 */

#include "http/negotiation.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define SPACE " \t"

/* How well a range fits a type; the best fit decides. */
enum fit { NO_FIT, FIT_ALL, FIT_FAMILY, FIT_EXACT };

/* The end of the part that starts at `at`: the next `mark` outside a quoted string, or the end of the text. */
static const char *part_end(const char *at, const char *end, char mark)
{
    bool quoted = false;

    for (; at < end; at++) {
        if (quoted && *at == '\\' && at + 1 < end)
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && *at == mark)
            break;
    }
    return at;
}

/* Narrows [*at, *end) by the white space around it. */
static void trim(const char **at, const char **end)
{
    while (*at < *end && strchr(SPACE, **at))
        (*at)++;
    while (*end > *at && strchr(SPACE, (*end)[-1]))
        (*end)--;
}

static enum fit range_fit(const char *range, size_t size, const char *type)
{
    size_t family = (size_t)(strchr(type, '/') - type) + 1; /* with the slash */

    if ((size == 1 && *range == '*') || (size == 3 && strncmp(range, "*/*", 3) == 0))
        return FIT_ALL;
    if (size == family + 1 && range[family] == '*' && strncasecmp(range, type, family) == 0)
        return FIT_FAMILY;
    return size == strlen(type) && strncasecmp(range, type, size) == 0 ? FIT_EXACT : NO_FIT;
}

/* Is this parameter a quality of zero: q=0, q=0.000? */
static bool is_zero_quality(const char *at, const char *end)
{
    bool zero = false;

    trim(&at, &end);
    if (end - at < 3 || strncasecmp(at, "q=", 2) != 0)
        return false;
    for (at += 2; at < end; at++) {
        if (*at != '0' && *at != '.')
            return false;
        zero = zero || *at == '0';
    }
    return zero;
}

/* Reads one element of an Accept header. */
static enum fit element_fit(const char *at, const char *end, const char *type, bool *ret_wanted)
{
    const char *parameter = part_end(at, end, ';');
    const char *range_end = parameter;
    bool wanted = true;

    trim(&at, &range_end);
    while (parameter < end) {
        const char *next = part_end(parameter + 1, end, ';');
        wanted = wanted && !is_zero_quality(parameter + 1, next);
        parameter = next;
    }
    *ret_wanted = wanted;
    return range_fit(at, (size_t)(range_end - at), type);
}

/* The best fit that an Accept header has for `type`, and whether it is wanted at that. */
static enum fit best_fit(const char *accept, const char *type, bool *ret_wanted)
{
    enum fit best = NO_FIT;
    bool result = false;

    for (const char *at = accept, *end = accept + strlen(accept); at < end;) {
        const char *next = part_end(at, end, ',');
        bool wanted = false;
        enum fit fit = element_fit(at, next, type, &wanted);
        if (fit > best) {
            best = fit;
            result = wanted;
        } else if (fit == best && fit != NO_FIT) {
            result = result || wanted;
        }
        at = next + 1;
    }
    *ret_wanted = result;
    return best;
}

bool accepts(const char *accept, const char *type)
{
    bool wanted = false;

    if (!accept || !*accept)
        return true;
    return best_fit(accept, type, &wanted) != NO_FIT && wanted;
}

bool accepts_by_name(const char *accept, const char *type)
{
    bool wanted = false;

    return accept && best_fit(accept, type, &wanted) == FIT_EXACT && wanted;
}

bool is_json_type(const char *content_type)
{
    const char *end;
    size_t size;

    if (!content_type || !*content_type)
        return true;
    end = content_type + strcspn(content_type, ";");
    trim(&content_type, &end);
    size = (size_t)(end - content_type);
    if (size == strlen("application/json") && strncasecmp(content_type, "application/json", size) == 0)
        return true;
    return size > 6 && memchr(content_type, '/', size) && strncasecmp(end - 5, "+json", 5) == 0;
}
