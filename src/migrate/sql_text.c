/* migrate/sql_text.c: the few rules by which databases tell text from what is only quoted or remarked. A doubled quote
 * needs none: it is two texts side by side, which end at the same place. */

#include "migrate/sql_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "migrate/statement_split.h"

bool sql_is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

size_t sql_word_size(const char *at)
{
    size_t size = 0;

    while (sql_is_word_char(at[size]))
        size++;
    return size;
}

bool sql_is_one_of(const char *at, size_t size, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == size && strncasecmp(at, *words, size) == 0)
            return true;
    return false;
}

bool sql_is_word(const char *at, size_t size, const char *word)
{
    return sql_is_one_of(at, size, (const char *const[]){word, NULL});
}

bool sql_at_comment(const char *at, unsigned rules)
{
    bool mysql = rules & SPLIT_BACKSLASHES;

    if (at[0] == '-' && at[1] == '-')
        return !mysql || at[2] == '\0' || isspace((unsigned char)at[2]);
    if (at[0] == '/' && at[1] == '*')
        return !mysql || (at[2] != '!' && !(at[2] == 'M' && at[3] == '!'));
    return at[0] == '#' && mysql;
}

/* PostgreSQL counts the comments inside of one. */
const char *sql_comment_end(const char *at, unsigned rules)
{
    size_t depth = 1;

    if (*at != '/')
        return at + strcspn(at, "\n");
    for (at += 2; *at; at++) {
        if (at[0] == '*' && at[1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        } else if (at[0] == '/' && at[1] == '*' && (rules & SPLIT_DOLLARS)) {
            at++;
            depth++;
        }
    }
    return NULL;
}

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

const char *sql_skip_blank(const char *at, unsigned rules)
{
    const char *end = NULL;

    for (at = skip_space(at); sql_at_comment(at, rules) && (end = sql_comment_end(at, rules)); at = skip_space(end))
        continue;
    return at;
}

/* The size of the `$$` or `$tag$` here; 0: it is none. */
static size_t tag_size(const char *at, unsigned rules)
{
    const char *c = at + 1;

    if (!(rules & SPLIT_DOLLARS) || *at != '$' || isdigit((unsigned char)*c))
        return 0;
    while (sql_is_word_char(*c) && *c != '$')
        c++;
    return *c == '$' ? (size_t)(c + 1 - at) : 0;
}

static bool at_escaped_quote(const char *at, unsigned rules)
{
    return (rules & SPLIT_DOLLARS) && (at[0] == 'E' || at[0] == 'e') && at[1] == '\'';
}

bool sql_at_quote(const char *at, unsigned rules)
{
    return *at == '\'' || *at == '"' || (*at == '`' && !(rules & SPLIT_DOLLARS)) || at_escaped_quote(at, rules) ||
           tag_size(at, rules) > 0;
}

static const char *find_quote(const char *at, char quote, bool backslashes)
{
    for (; *at && *at != quote; at++)
        if (*at == '\\' && backslashes && at[1])
            at++;
    return *at ? at + 1 : NULL;
}

/* Where the next `tag` of this size ends. */
static const char *find_tag(const char *at, const char *tag, size_t size)
{
    for (; *at; at++)
        if (strncmp(at, tag, size) == 0)
            return at + size;
    return NULL;
}

const char *sql_quote_end(const char *at, unsigned rules)
{
    size_t size = tag_size(at, rules);

    if (size > 0)
        return find_tag(at + size, at, size);
    if (at_escaped_quote(at, rules))
        return find_quote(at + 2, '\'', true);
    return find_quote(at + 1, *at, (rules & SPLIT_BACKSLASHES) && *at != '`');
}
