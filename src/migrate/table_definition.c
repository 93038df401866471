/*
 * migrate/table_definition.c: looks for two words of SQLite that are reserved: where CHECK or AUTOINCREMENT stands
 * outside quotes and comments, it is that and nothing else.
 */

#include "migrate/table_definition.h"

#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "migrate/sql_text.h"

/* SQLite has nothing of enum split_rule. */
#define RULES 0

/* Takes the next token from *position. Some signs are of two characters. */
static struct sql_token next_token(const char **position)
{
    static const char *const pairs[] = {"<=", ">=", "<>", "!=", "==", "||", "<<", ">>", "->"};
    struct sql_token token = sql_next_token(position, RULES);

    for (size_t i = 0; token.kind == SQL_SIGN && i < sizeof pairs / sizeof *pairs; i++)
        if (strncmp(token.start, pairs[i], 2) == 0)
            token.size = 2;
    *position = token.start + token.size;
    return token;
}

static bool is_sign(const struct sql_token *token, char sign)
{
    return token->kind == SQL_SIGN && token->size == 1 && *token->start == sign;
}

/* Would it be the same name without its quotes? */
static bool is_plain(const struct sql_token *name)
{
    if (name->size < 3 || (name->start[1] >= '0' && name->start[1] <= '9'))
        return false;
    for (size_t i = 1; i < name->size - 1; i++)
        if (!sql_is_word_char(name->start[i]))
            return false;
    return true;
}

/* Is there a space between two tokens? A call has none before its parenthesis. */
static bool is_apart(const struct sql_token *left, const struct sql_token *right)
{
    if (left->kind == SQL_END || is_sign(left, '(') || is_sign(left, '.'))
        return false;
    if (is_sign(right, '('))
        return left->kind == SQL_SIGN;
    return !is_sign(right, ')') && !is_sign(right, ',') && !is_sign(right, '.');
}

static void write_token(struct buffer *buffer, const struct sql_token *token)
{
    bool is_bare = token->kind == SQL_NAME && is_plain(token);
    const char *start = token->start + is_bare;
    size_t size = token->size - (is_bare ? 2 : 0);

    for (size_t i = 0; i < size; i++) {
        bool is_upper = (token->kind == SQL_WORD || is_bare) && start[i] >= 'A' && start[i] <= 'Z';
        buffer_add_char(buffer, is_upper ? (char)(start[i] - 'A' + 'a') : start[i]);
    }
}

/* Reads what is in the parentheses that the text goes on with. NULL without memory. */
static const char *parse_expression(struct context *context, const char **position)
{
    struct sql_token previous = {.kind = SQL_END};
    struct buffer buffer;
    int depth = 0;

    buffer_init(&buffer, context->arena, 2 * strlen(*position));
    for (;;) {
        struct sql_token token = next_token(position);
        depth += is_sign(&token, '(') - is_sign(&token, ')');
        if (token.kind == SQL_END || depth == 0)
            return buffer.failed ? NULL : buffer.data;
        if (depth == 1 && previous.kind == SQL_END && is_sign(&token, '('))
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
    struct sql_token token = {.kind = SQL_SIGN};

    while (token.kind != SQL_END) {
        token = next_token(&sql);
        n += sql_token_is_word(&token, "CHECK");
    }
    return n;
}

enum code table_definition_parse(struct context *context, const char *sql, struct table_definition *ret_definition)
{
    struct table_definition definition = {.checks = NULL};
    struct sql_token token = {.kind = SQL_SIGN};

    definition.checks = arena_array(context->arena, count_checks(sql), sizeof *definition.checks);
    if (!definition.checks)
        return fail_memory(context);
    while (token.kind != SQL_END) {
        token = next_token(&sql);
        definition.numbered = definition.numbered || sql_token_is_word(&token, "AUTOINCREMENT");
        if (!sql_token_is_word(&token, "CHECK"))
            continue;
        const char *expression = parse_expression(context, &sql);
        if (!expression)
            return fail_memory(context);
        definition.checks[definition.n_checks++].expression = expression;
    }
    *ret_definition = definition;
    return OK;
}
