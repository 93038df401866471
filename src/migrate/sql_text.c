/* migrate/sql_text.c: the few rules by which databases tell text from what is only quoted or remarked. */

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

/* After the quote that is the last; one that is doubled is text. */
static const char *find_quote(const char *at, char quote, bool backslashes)
{
    for (; *at && (*at != quote || at[1] == quote); at++)
        if (at[1] && (*at == quote || (*at == '\\' && backslashes)))
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

/* SQLite takes names in brackets as well. A comment without end goes on to the end of the text. */
static const char *find_token(const char *at, unsigned rules)
{
    at = sql_skip_blank(at, rules);
    return sql_at_comment(at, rules) ? at + strlen(at) : at;
}

static bool at_bracket(const char *at, unsigned rules)
{
    return *at == '[' && !(rules & (SPLIT_BACKSLASHES | SPLIT_DOLLARS)) && strchr(at, ']');
}

/* The size of the quoted text here; 0: there is none, or it has no end. */
static size_t quoted_size(const char *start, unsigned rules)
{
    const char *end = sql_at_quote(start, rules) ? sql_quote_end(start, rules) : NULL;

    if (at_bracket(start, rules))
        return (size_t)(strchr(start, ']') + 1 - start);
    return end ? (size_t)(end - start) : 0;
}

/* MySQL has strings in both kinds of quotes, and names in backticks only. */
static bool is_name_quote(char quote, unsigned rules)
{
    return quote == '`' || quote == '[' || (quote == '"' && !(rules & SPLIT_BACKSLASHES));
}

struct sql_token sql_next_token(const char **position, unsigned rules)
{
    const char *start = find_token(*position, rules);
    struct sql_token token = {.kind = SQL_SIGN, .start = start, .size = quoted_size(start, rules)};

    if (!*start) {
        token.kind = SQL_END;
    } else if (token.size > 0) {
        token.kind = is_name_quote(*start, rules) ? SQL_NAME : SQL_TEXT;
    } else {
        token.size = sql_word_size(start);
        token.kind = token.size > 0 ? SQL_WORD : SQL_SIGN;
        token.size += token.size == 0;
    }
    *position = start + token.size;
    return token;
}

bool sql_token_is_word(const struct sql_token *token, const char *word)
{
    return token->kind == SQL_WORD && sql_is_word(token->start, token->size, word);
}

bool sql_token_is_name(const struct sql_token *token, const char *name)
{
    if (token->kind != SQL_NAME)
        return sql_token_is_word(token, name);

    const char *at = token->start + 1;
    const char *end = token->start + token->size - 1;
    for (; at < end && strncasecmp(at, name, 1) == 0; at++, name++)
        at += *at == *end && at + 1 < end;
    return at == end && !*name;
}

bool sql_has_name(const char *text, const char *name, unsigned rules)
{
    struct sql_token token;

    do
        token = sql_next_token(&text, rules);
    while (token.kind != SQL_END && !sql_token_is_name(&token, name));
    return token.kind != SQL_END;
}
