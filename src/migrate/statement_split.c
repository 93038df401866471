/*
 * migrate/statement_split.c: one pass over the text, with no grammar but quotes, comments, parentheses and blocks.
 * Where the end of a statement stays in doubt, the text is refused.
 */

#include "migrate/statement_split.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/sql_text.h"
#include "migrate/statement_body.h"

struct splitter {
    struct context *context;
    const char *text;
    const char *at;
    const char *end;
    unsigned rules;
    const char *delimiter;
    bool custom; /* the delimiter is not `;`: it alone ends a statement, and is cut off */
    struct sql_statements done;
    const char *counted; /* up to here, lines are counted */
    size_t line;         /* of that place, from 1 */
    /* Of the statement under way: */
    const char *start; /* NULL: none has begun */
    size_t parentheses;
    struct statement_body body;
};

static enum code fail_at(struct splitter *splitter, const char *at, const char *why)
{
    size_t line = 1;
    for (const char *c = splitter->text; c < at; c++)
        line += *c == '\n';
    return fail(splitter->context, MALFORMED, "line %zu: %s", line, why);
}

/* A client sees a delimiter of letters at the end of a word too; but one that starts a word, or is inside, is the word.
 */
static bool at_delimiter(const struct splitter *splitter)
{
    const char *at = splitter->at;
    size_t size = strlen(splitter->delimiter);

    if (strncmp(at, splitter->delimiter, size) != 0)
        return false;
    return !sql_is_word_char(at[size - 1]) || !sql_is_word_char(at[size]);
}

/* The delimiter is these bytes, with \n, \r, \t read. */
static enum code set_delimiter(struct splitter *splitter, const char *text, size_t size)
{
    static const char letters[] = "nrt";
    char *delimiter = arena_alloc(splitter->context->arena, size + 1);
    char *to = delimiter;

    if (!delimiter)
        return fail_memory(splitter->context);
    if (size == 0)
        return fail_at(splitter, splitter->at, "a delimiter of no characters");
    for (const char *c = text; c < text + size; c++) {
        const char *letter = *c == '\\' && c + 1 < text + size ? strchr(letters, c[1]) : NULL;
        *to++ = letter ? "\n\r\t"[letter - letters] : *c;
        c += letter != NULL;
    }
    splitter->delimiter = delimiter;
    splitter->custom = strcmp(delimiter, ";") != 0;
    return OK;
}

/* The first line `-- atlas:delimiter X`. */
static enum code read_directive(struct splitter *splitter)
{
    static const char mark[] = "-- atlas:delimiter";
    const char *c = splitter->text + sizeof mark - 1;

    if (strncmp(splitter->text, mark, sizeof mark - 1) != 0 || sql_is_word_char(*c))
        return OK;
    size_t size = strcspn(c, "\r\n");
    size_t space = strspn(c, " ");
    enum code code = set_delimiter(splitter, c + space, size - space);
    splitter->at = c + size;
    return code;
}

/* A client's line `DELIMITER X`. */
static bool at_delimiter_line(const struct splitter *splitter)
{
    size_t size = sql_word_size(splitter->at);
    return sql_is_word(splitter->at, size, "DELIMITER") && strchr(" \t\r\n", splitter->at[size]);
}

/* The delimiter may stand in quotes. */
static enum code read_delimiter_line(struct splitter *splitter)
{
    const char *c = splitter->at + strlen("DELIMITER");
    c += strspn(c, " \t");
    const char *line_end = c + strcspn(c, "\n");
    const char *end = line_end;

    while (end > c && isspace((unsigned char)end[-1]))
        end--;
    if (end - c > 2 && *c == '\'' && end[-1] == '\'') {
        c++;
        end--;
    }
    enum code code = set_delimiter(splitter, c, (size_t)(end - c));
    splitter->at = line_end;
    return code;
}

static enum code add_statement(struct splitter *splitter, const char *end)
{
    struct arena *arena = splitter->context->arena;
    struct sql_statements *done = &splitter->done;
    const char **items = arena_room(arena, (void *)done->items, done->n, sizeof *items);
    size_t *lines = arena_room(arena, done->lines, done->n, sizeof *lines);

    while (end > splitter->start && isspace((unsigned char)end[-1]))
        end--;
    char *item = arena_copy(arena, splitter->start, (size_t)(end - splitter->start));
    if (!items || !lines || !item)
        return fail_memory(splitter->context);
    done->items = items;
    done->lines = lines;
    for (; splitter->counted < splitter->start; splitter->counted++)
        splitter->line += *splitter->counted == '\n';
    done->lines[done->n] = splitter->line;
    done->items[done->n++] = item;
    splitter->start = NULL;
    return OK;
}

/* At a delimiter that ends a statement, or an empty one. */
static enum code end_statement(struct splitter *splitter)
{
    const char *end = splitter->at;

    splitter->at += strlen(splitter->delimiter);
    if (!splitter->start)
        return OK;
    if (splitter->body.compound)
        return fail_at(splitter, end, "a body without BEGIN ... END; set another delimiter with -- atlas:delimiter");
    return add_statement(splitter, splitter->custom ? end : splitter->at);
}

static void begin_statement(struct splitter *splitter)
{
    splitter->start = splitter->at;
    splitter->parentheses = 0;
    statement_body_init(&splitter->body, splitter->rules);
}

static enum code skip_comment(struct splitter *splitter)
{
    const char *end = sql_comment_end(splitter->at, splitter->rules);

    if (!end)
        return fail_at(splitter, splitter->at, "a comment without end");
    splitter->at = end;
    return OK;
}

static enum code skip_quoted(struct splitter *splitter)
{
    const char *end = sql_quote_end(splitter->at, splitter->rules);

    if (!end)
        return fail_at(splitter, splitter->at,
                       *splitter->at == '$' ? "a dollar quote without end" : "a quote without end");
    splitter->at = end;
    statement_body_pass(&splitter->body, end[-1]);
    return OK;
}

/* A word is not passed over whole where the delimiter may be at its end; then it is no part of a body either. */
static enum code read_word(struct splitter *splitter)
{
    const char *why = NULL;

    if (splitter->custom) {
        splitter->at++;
        return OK;
    }
    const char *next = statement_body_read_word(&splitter->body, splitter->at, &why);
    if (!next)
        return fail_at(splitter, splitter->at, why);
    splitter->at = next;
    return OK;
}

static enum code read_parenthesis(struct splitter *splitter)
{
    if (*splitter->at == '(')
        splitter->parentheses++;
    else if (splitter->parentheses-- == 0)
        return fail_at(splitter, splitter->at, "a \")\" without \"(\"");
    statement_body_pass(&splitter->body, *splitter->at++);
    return OK;
}

/* Between statements: passes over space, comments and DELIMITER lines. */
static enum code step_outside(struct splitter *splitter)
{
    if (isspace((unsigned char)*splitter->at))
        splitter->at++;
    else if (sql_at_comment(splitter->at, splitter->rules))
        return skip_comment(splitter);
    else if (at_delimiter_line(splitter))
        return read_delimiter_line(splitter);
    else
        begin_statement(splitter);
    return OK;
}

/* A comment that the database runs is skipped like one that it does not. */
static enum code step_inside(struct splitter *splitter)
{
    const char *at = splitter->at;
    bool in_word = splitter->custom && sql_is_word_char(at[-1]) && sql_is_word_char(*at);

    if (isspace((unsigned char)*at)) {
        splitter->at++;
        return OK;
    }
    if (sql_at_comment(at, splitter->rules) || (at[0] == '/' && at[1] == '*'))
        return skip_comment(splitter);
    if (!in_word && sql_at_quote(at, splitter->rules))
        return skip_quoted(splitter);
    if (*at == '(' || *at == ')')
        return read_parenthesis(splitter);
    if (sql_is_word_char(*at))
        return read_word(splitter);
    statement_body_pass(&splitter->body, *splitter->at++);
    return OK;
}

static enum code step(struct splitter *splitter)
{
    bool inside = splitter->start != NULL;

    if ((!inside || (splitter->parentheses == 0 && splitter->body.n_blocks == 0)) && at_delimiter(splitter))
        return end_statement(splitter);
    return inside ? step_inside(splitter) : step_outside(splitter);
}

/* At the end of the text: the last statement needs no delimiter. */
static enum code finish(struct splitter *splitter)
{
    if (!splitter->start)
        return OK;
    if (splitter->parentheses > 0)
        return fail_at(splitter, splitter->start, "a statement with a \"(\" without \")\"");
    if (splitter->body.n_blocks > 0)
        return fail_at(splitter, splitter->start, "a statement with BEGIN or CASE without END");
    return add_statement(splitter, splitter->end);
}

enum code statements_split(struct context *context, const char *text, size_t size, unsigned rules,
                           struct sql_statements *ret_statements)
{
    struct splitter splitter = {.context = context,
                                .text = text,
                                .at = text,
                                .end = text + size,
                                .rules = rules,
                                .delimiter = ";",
                                .counted = text,
                                .line = 1};
    enum code code = read_directive(&splitter);

    while (code == OK && splitter.at < splitter.end)
        code = step(&splitter);
    if (code == OK)
        code = finish(&splitter);
    if (code == OK)
        *ret_statements = splitter.done;
    return code;
}

enum code file_split(struct context *context, const struct migrate_dialect *dialect, const struct migration_file *file,
                     struct sql_statements *ret_statements)
{
    enum code code = statements_split(context, file->text, file->size, dialect->split, ret_statements);

    if (code == MALFORMED)
        return fail(context, code, "%s: %s", file->name, context->error.detail);
    return code;
}
