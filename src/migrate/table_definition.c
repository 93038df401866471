/*
 * migrate/table_definition.c: looks for two words of SQLite that are reserved: where CHECK or AUTOINCREMENT stands
 * outside quotes and comments, it is that and nothing else.
 */

#include "migrate/table_definition.h"

#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"

enum token_kind { END, WORD, NAME, TEXT, SIGN }; /* NAME: an identifier in quotes; TEXT: a string */

struct token {
    enum token_kind kind;
    const char *start;
    size_t size;
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

static const char *skip_blanks(const char *p)
{
    for (;;) {
        const char *start = p;
        p += strspn(p, " \t\r\n\f");
        if (strncmp(p, "--", 2) == 0)
            p += strcspn(p, "\n");
        if (strncmp(p, "/*", 2) == 0) {
            const char *end = strstr(p + 2, "*/");
            p = end ? end + 2 : p + strlen(p);
        }
        if (p == start)
            return p;
    }
}

/* A quote that is doubled is part of the text. */
static size_t quoted_size(const char *start)
{
    char end = *start == '[' ? ']' : *start;
    const char *p = start + 1;

    while (*p && (*p != end || (end != ']' && p[1] == end)))
        p += *p == end ? 2 : 1;
    return (size_t)(p - start) + (*p ? 1 : 0);
}

static size_t sign_size(const char *start)
{
    static const char *const pairs[] = {"<=", ">=", "<>", "!=", "==", "||", "<<", ">>", "->"};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strncmp(start, pairs[i], 2) == 0)
            return 2;
    return 1;
}

/* Takes the next token from *position. */
static struct token next_token(const char **position)
{
    const char *start = skip_blanks(*position);
    struct token token = {.kind = SIGN, .start = start};

    if (!*start) {
        token.kind = END;
    } else if (is_word(*start)) {
        token.kind = WORD;
        while (is_word(start[token.size]))
            token.size++;
    } else if (strchr("'\"`[", *start)) {
        token.kind = *start == '\'' ? TEXT : NAME;
        token.size = quoted_size(start);
    } else {
        token.size = sign_size(start);
    }
    *position = start + token.size;
    return token;
}

static bool is(const struct token *token, enum token_kind kind, const char *text)
{
    return token->kind == kind && token->size == strlen(text) && strncasecmp(token->start, text, token->size) == 0;
}

/* Would it be the same name without its quotes? */
static bool is_plain(const struct token *name)
{
    if (name->size < 3 || (name->start[1] >= '0' && name->start[1] <= '9'))
        return false;
    for (size_t i = 1; i < name->size - 1; i++)
        if (!is_word(name->start[i]))
            return false;
    return true;
}

/* Is there a space between two tokens? A call has none before its parenthesis. */
static bool is_apart(const struct token *left, const struct token *right)
{
    if (left->kind == END || is(left, SIGN, "(") || is(left, SIGN, "."))
        return false;
    if (is(right, SIGN, "("))
        return left->kind == SIGN;
    return !is(right, SIGN, ")") && !is(right, SIGN, ",") && !is(right, SIGN, ".");
}

static void write_token(struct buffer *buffer, const struct token *token)
{
    bool is_bare = token->kind == NAME && is_plain(token);
    const char *start = token->start + is_bare;
    size_t size = token->size - (is_bare ? 2 : 0);

    for (size_t i = 0; i < size; i++) {
        bool is_upper = (token->kind == WORD || is_bare) && start[i] >= 'A' && start[i] <= 'Z';
        buffer_add_char(buffer, is_upper ? (char)(start[i] - 'A' + 'a') : start[i]);
    }
}

/* Reads what is in the parentheses that the text goes on with. NULL without memory. */
static const char *parse_expression(struct context *context, const char **position)
{
    struct token previous = {.kind = END};
    struct buffer buffer;
    int depth = 0;

    buffer_init(&buffer, context->arena, 2 * strlen(*position));
    for (;;) {
        struct token token = next_token(position);
        depth += is(&token, SIGN, "(") - is(&token, SIGN, ")");
        if (token.kind == END || depth == 0)
            return buffer.failed ? NULL : buffer.data;
        if (depth == 1 && previous.kind == END && is(&token, SIGN, "("))
            continue;
        if (is_apart(&previous, &token))
            buffer_add_char(&buffer, ' ');
        write_token(&buffer, &token);
        previous = token;
    }
}

static size_t count_checks(const char *sql)
{
    size_t n = 0;
    struct token token = {.kind = SIGN};

    while (token.kind != END) {
        token = next_token(&sql);
        n += is(&token, WORD, "CHECK");
    }
    return n;
}

enum code table_definition_parse(struct context *context, const char *sql, struct table_definition *ret_definition)
{
    struct table_definition definition = {.checks = NULL};
    struct token token = {.kind = SIGN};

    definition.checks = arena_array(context->arena, count_checks(sql), sizeof *definition.checks);
    if (!definition.checks)
        return fail_memory(context);
    while (token.kind != END) {
        token = next_token(&sql);
        definition.numbered = definition.numbered || is(&token, WORD, "AUTOINCREMENT");
        if (!is(&token, WORD, "CHECK"))
            continue;
        const char *expression = parse_expression(context, &sql);
        if (!expression)
            return fail_memory(context);
        definition.checks[definition.n_checks++].expression = expression;
    }
    *ret_definition = definition;
    return OK;
}
