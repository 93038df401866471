/*
 * migrate/statement_split.c: one pass over the text, with no grammar but quotes, comments, parentheses and blocks.
 *
 * Words are looked at only where BEGIN ... END can come: after CREATE or ALTER of a trigger, procedure, function or
 * event. `begin` and `end` are also names of columns; where that would leave the end of a statement in doubt, the text
 * is refused.
 */

#include "migrate/statement_split.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/context.h"

#define BLOCKS_MAX 32

enum statement_kind {
    AT_START,
    AFTER_CREATE, /* of what, is not yet known */
    PLAIN,
    ROUTINE /* has a body */
};

struct splitter {
    struct context *context;
    const char *text;
    const char *at;
    const char *end;
    bool backslashes;
    const char *delimiter;
    bool custom; /* the delimiter is not `;`: it alone ends a statement, and is cut off */
    struct sql_statements done;
    size_t capacity;
    /* Of the statement under way: */
    const char *start; /* NULL: none has begun */
    enum statement_kind kind;
    size_t parentheses;
    size_t n_blocks;
    bool is_case[BLOCKS_MAX]; /* per open block: CASE, or else BEGIN */
    bool compound;            /* an IF or a loop outside of any BEGIN */
};

static enum code fail_at(struct splitter *splitter, const char *at, const char *why)
{
    size_t line = 1;
    for (const char *c = splitter->text; c < at; c++)
        line += *c == '\n';
    return fail(splitter->context, MALFORMED, "line %zu: %s", line, why);
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static size_t word_size(const char *at)
{
    size_t size = 0;
    while (is_word_char(at[size]))
        size++;
    return size;
}

/* Is the word at `at` in the list, which ends with NULL, in any case? */
static bool is_one_of(const char *at, size_t size, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == size && strncasecmp(at, *words, size) == 0)
            return true;
    return false;
}

static bool is_word(const char *at, size_t size, const char *word)
{
    return is_one_of(at, size, (const char *const[]){word, NULL});
}

/* MySQL wants a space after `--`, and runs the comments that start with `!`: those are no comments here. */
static bool at_comment(const struct splitter *splitter)
{
    const char *at = splitter->at;
    if (at[0] == '-' && at[1] == '-')
        return !splitter->backslashes || at[2] == '\0' || isspace((unsigned char)at[2]);
    if (at[0] == '/' && at[1] == '*')
        return at[2] != '!' && !(at[2] == 'M' && at[3] == '!');
    return at[0] == '#' && splitter->backslashes;
}

static enum code skip_to_mark(struct splitter *splitter, const char *mark, const char *why)
{
    const char *found = strstr(splitter->at + 2, mark);
    if (!found)
        return fail_at(splitter, splitter->at, why);
    splitter->at = found + strlen(mark);
    return OK;
}

static enum code skip_comment(struct splitter *splitter)
{
    if (splitter->at[0] == '/')
        return skip_to_mark(splitter, "*/", "a comment without end");
    splitter->at += strcspn(splitter->at, "\n");
    return OK;
}

/* A doubled quote is two texts side by side, which ends at the same place. */
static enum code skip_quoted(struct splitter *splitter)
{
    char quote = *splitter->at;
    const char *c = splitter->at + 1;

    for (; *c && *c != quote; c++)
        if (*c == '\\' && splitter->backslashes && quote != '`' && c[1])
            c++;
    if (!*c)
        return fail_at(splitter, splitter->at, "a quote without end");
    splitter->at = c + 1;
    return OK;
}

static bool at_delimiter(const struct splitter *splitter)
{
    const char *at = splitter->at;
    size_t size = strlen(splitter->delimiter);

    if (strncmp(at, splitter->delimiter, size) != 0)
        return false;
    bool joined_left = at > splitter->text && is_word_char(at[-1]) && is_word_char(at[0]);
    bool joined_right = is_word_char(at[size - 1]) && is_word_char(at[size]);
    return !joined_left && !joined_right;
}

static enum code set_delimiter(struct splitter *splitter, const char *delimiter)
{
    if (!delimiter)
        return fail_memory(splitter->context);
    if (!*delimiter)
        return fail_at(splitter, splitter->at, "a delimiter of no characters");
    splitter->delimiter = delimiter;
    splitter->custom = strcmp(delimiter, ";") != 0;
    return OK;
}

/* The first line `-- atlas:delimiter X`. */
static enum code read_directive(struct splitter *splitter)
{
    static const char mark[] = "-- atlas:delimiter";
    if (strncmp(splitter->text, mark, sizeof mark - 1) != 0)
        return OK;
    const char *c = splitter->text + sizeof mark - 1;
    size_t size = strcspn(c, "\r\n");
    char *delimiter = arena_alloc(splitter->context->arena, size + 1);
    if (!delimiter)
        return fail_memory(splitter->context);

    const char *line_end = c + size;
    char *to = delimiter;
    for (c += strspn(c, " "); c < line_end; c++) {
        static const char letters[] = "nrt";
        const char *letter = *c == '\\' && c[1] ? strchr(letters, c[1]) : NULL;
        *to++ = letter ? "\n\r\t"[letter - letters] : *c;
        c += letter != NULL;
    }
    *to = '\0';
    splitter->at = line_end;
    return set_delimiter(splitter, delimiter);
}

/* A client's line `DELIMITER X`. */
static bool at_delimiter_line(const struct splitter *splitter)
{
    size_t size = word_size(splitter->at);
    return is_word(splitter->at, size, "DELIMITER") && strchr(" \t\r\n", splitter->at[size]);
}

static enum code read_delimiter_line(struct splitter *splitter)
{
    const char *c = splitter->at + strlen("DELIMITER");
    c += strspn(c, " \t");
    size_t size = strcspn(c, " \t\r\n");
    enum code code = set_delimiter(splitter, arena_printf(splitter->context->arena, "%.*s", (int)size, c));
    splitter->at = c + strcspn(c, "\n");
    return code;
}

static enum code add_statement(struct splitter *splitter, const char *end)
{
    struct arena *arena = splitter->context->arena;
    struct sql_statements *done = &splitter->done;

    while (end > splitter->start && isspace((unsigned char)end[-1]))
        end--;
    if (done->n == splitter->capacity) {
        size_t capacity = splitter->capacity ? splitter->capacity * 2 : 16;
        const char **items = arena_array(arena, capacity, sizeof *items);
        if (!items)
            return fail_memory(splitter->context);
        if (done->n > 0)
            memcpy(items, done->items, done->n * sizeof *items);
        done->items = items;
        splitter->capacity = capacity;
    }
    char *item = arena_copy(arena, splitter->start, (size_t)(end - splitter->start));
    if (!item)
        return fail_memory(splitter->context);
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
    if (splitter->compound)
        return fail_at(splitter, end, "a body without BEGIN ... END; set another delimiter with -- atlas:delimiter");
    return add_statement(splitter, splitter->custom ? end : splitter->at);
}

static void begin_statement(struct splitter *splitter)
{
    splitter->start = splitter->at;
    splitter->kind = splitter->custom ? PLAIN : AT_START;
    splitter->parentheses = 0;
    splitter->n_blocks = 0;
    splitter->compound = false;
}

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

static enum code open_block(struct splitter *splitter, const char *word, bool is_case)
{
    if (splitter->n_blocks == BLOCKS_MAX)
        return fail_at(splitter, word, "blocks nested too deep");
    splitter->is_case[splitter->n_blocks++] = is_case;
    return OK;
}

/* After the word END: which block it ends, if any, and whether what follows bears that out. */
static enum code close_block(struct splitter *splitter, const char *word)
{
    static const char *const inner[] = {"IF", "LOOP", "WHILE", "REPEAT", NULL};
    const char *next = skip_space(splitter->at);
    size_t size = word_size(next);

    if (is_one_of(next, size, inner)) {
        splitter->at = next + size;
        return OK;
    }
    bool is_case = splitter->n_blocks > 0 && splitter->is_case[splitter->n_blocks - 1];
    if (is_case && is_word(next, size, "CASE"))
        splitter->at = next + size;
    const char *after = skip_space(next + size);
    if (splitter->n_blocks == 0 || (!is_case && *after && *after != ';'))
        return fail_at(splitter, word, "END in an unclear place; set another delimiter with -- atlas:delimiter");
    splitter->n_blocks--;
    return OK;
}

/* A word in the body of a routine. */
static enum code read_body_word(struct splitter *splitter, const char *word, size_t size)
{
    static const char *const compound[] = {"THEN", "LOOP", "WHILE", NULL};

    if (is_word(word, size, "BEGIN"))
        return open_block(splitter, word, false);
    if (is_word(word, size, "CASE"))
        return open_block(splitter, word, true);
    if (is_word(word, size, "END"))
        return close_block(splitter, word);
    bool is_loop = is_word(word, size, "REPEAT") && *skip_space(word + size) != '(';
    if (splitter->n_blocks == 0 && (is_loop || is_one_of(word, size, compound)))
        splitter->compound = true;
    return OK;
}

static enum code read_word(struct splitter *splitter)
{
    static const char *const makers[] = {"CREATE", "ALTER", NULL};
    static const char *const routines[] = {"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", NULL};
    static const char *const plain[] = {"TABLE",  "INDEX", "VIEW",     "DATABASE", "SCHEMA", "USER",
                                        "SERVER", "ROLE",  "SEQUENCE", "VIRTUAL",  NULL};
    const char *word = splitter->at;
    size_t size = word_size(word);

    splitter->at += size;
    switch (splitter->kind) {
    case AT_START:
        splitter->kind = is_one_of(word, size, makers) ? AFTER_CREATE : PLAIN;
        return OK;
    case AFTER_CREATE:
        if (is_one_of(word, size, routines))
            splitter->kind = ROUTINE;
        else if (is_one_of(word, size, plain))
            splitter->kind = PLAIN;
        return OK;
    case ROUTINE:
        if (word[-1] == '.' || word[-1] == '@')
            return OK;
        return read_body_word(splitter, word, size);
    case PLAIN:
    default:
        return OK;
    }
}

static enum code read_parenthesis(struct splitter *splitter)
{
    if (*splitter->at == '(')
        splitter->parentheses++;
    else if (splitter->parentheses-- == 0)
        return fail_at(splitter, splitter->at, "a \")\" without \"(\"");
    splitter->at++;
    return OK;
}

/* Between statements: passes over space, comments and DELIMITER lines. */
static enum code step_outside(struct splitter *splitter)
{
    if (isspace((unsigned char)*splitter->at))
        splitter->at = splitter->at + 1;
    else if (at_comment(splitter))
        return skip_comment(splitter);
    else if (at_delimiter_line(splitter))
        return read_delimiter_line(splitter);
    else
        begin_statement(splitter);
    return OK;
}

static enum code step_inside(struct splitter *splitter)
{
    char c = *splitter->at;

    if (at_comment(splitter))
        return skip_comment(splitter);
    if (c == '/' && splitter->at[1] == '*')
        return skip_to_mark(splitter, "*/", "a comment without end");
    if (c == '\'' || c == '"' || c == '`')
        return skip_quoted(splitter);
    if (c == '(' || c == ')')
        return read_parenthesis(splitter);
    if (is_word_char(c))
        return read_word(splitter);
    splitter->at++;
    return OK;
}

static enum code step(struct splitter *splitter)
{
    bool inside = splitter->start != NULL;

    if ((!inside || (splitter->parentheses == 0 && splitter->n_blocks == 0)) && at_delimiter(splitter))
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
    if (splitter->n_blocks > 0)
        return fail_at(splitter, splitter->start, "a statement with BEGIN or CASE without END");
    return add_statement(splitter, splitter->end);
}

enum code statements_split(struct context *context, const char *text, size_t size, bool backslashes,
                           struct sql_statements *ret_statements)
{
    struct splitter splitter = {
        .context = context, .text = text, .at = text, .end = text + size, .backslashes = backslashes, .delimiter = ";"};
    enum code code = read_directive(&splitter);

    while (code == OK && splitter.at < splitter.end)
        code = step(&splitter);
    if (code == OK)
        code = finish(&splitter);
    if (code == OK)
        *ret_statements = splitter.done;
    return code;
}
