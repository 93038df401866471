/* core/dotenv.c: one pass over the text, which is cut up where it lies. */

#include "core/dotenv.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *skip_blanks(char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

/* Ends a value without quotes before its comment and the blanks there. '#' starts a comment after a blank only. */
static void end_plain_value(char *start)
{
    char *end = start;
    while (*end && !(*end == '#' && is_blank(end[-1])))
        end++;
    while (end > start && is_blank(end[-1]))
        end--;
    *end = '\0';
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

/* Takes a value out of its quotes, in place. NULL, or what is wrong with it. */
static const char *end_quoted_value(char *start)
{
    char quote = *start;
    const char *from = start + 1;
    char *to = start;
    while (*from && *from != quote) {
        if (quote == '"' && *from == '\\' && from[1] && strchr("nrt\\\"", from[1])) {
            *to++ = unescape(from[1]);
            from += 2;
        } else {
            *to++ = *from++;
        }
    }
    if (!*from)
        return "has a quote that does not end";
    do
        from++;
    while (is_blank(*from));
    if (*from && *from != '#')
        return "has text after the closing quote";
    *to = '\0';
    return NULL;
}

/* Splits a line, in place. NULL, or what is wrong with it; *ret_name is NULL when it sets nothing. */
static const char *split_line(char *line, char **ret_name, char **ret_value)
{
    char *name = skip_blanks(line);
    *ret_name = NULL;
    if (*name == '\0' || *name == '#')
        return NULL;
    if (strncmp(name, "export", 6) == 0 && is_blank(name[6]))
        name = skip_blanks(name + 6);

    char *equals = strchr(name, '=');
    if (!equals || equals == name)
        return "is not NAME=VALUE";
    char *value = equals + 1;
    while (equals > name && is_blank(equals[-1]))
        equals--;
    *equals = '\0';

    char *start = skip_blanks(value);
    const char *why = NULL;
    if (*start == '"' || *start == '\'')
        why = end_quoted_value(start);
    else
        end_plain_value(start);
    if (why)
        return why;
    *ret_name = name;
    *ret_value = start;
    return NULL;
}

/* Where the line break is, or the end of the text. */
static char *find_end(char *line, char *end)
{
    char *stop = memchr(line, '\n', (size_t)(end - line));
    return stop ? stop : end;
}

/* Makes a line a text of its own. */
static const char *end_line(char *line, char *stop)
{
    if (memchr(line, '\0', (size_t)(stop - line)))
        return "has a NUL byte";
    if (stop > line && stop[-1] == '\r')
        stop--;
    *stop = '\0';
    return NULL;
}

const char *dotenv_parse(char *text, size_t size, dotenv_each *each, void *argument, int *ret_line)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    char *end = text + size;
    char *line = strncmp(text, byte_order_mark, 3) == 0 ? text + 3 : text;
    for (int number = 1; line < end; number++) {
        char *stop = find_end(line, end);
        char *next = stop < end ? stop + 1 : end;
        char *name = NULL;
        char *value = NULL;
        const char *why = end_line(line, stop);
        if (!why)
            why = split_line(line, &name, &value);
        if (why) {
            *ret_line = number;
            return why;
        }
        if (name)
            each(argument, name, value);
        line = next;
    }
    return NULL;
}
