/*
 * migrate/statement_body.c: words count only after CREATE or ALTER of a trigger, procedure, function or event, and in
 * MariaDB's BEGIN NOT ATOMIC.
 *
 * `begin` and `end` are also names of columns. The END of a BEGIN stands where a statement could start, which a name
 * never does; a BEGIN does not follow an operator.
 */

#include "migrate/statement_body.h"

#include <string.h>

#include "migrate/sql_text.h"
#include "migrate/statement_split.h"

#define WHY_UNCLEAR "END in an unclear place; set another delimiter with -- atlas:delimiter"

void statement_body_init(struct statement_body *body, unsigned rules)
{
    *body = (struct statement_body){.rules = rules, .kind = BODY_AT_START};
}

void statement_body_pass(struct statement_body *body, char last)
{
    body->fresh = last == ';' || last == ':';
    body->previous = last;
}

static bool is_next(const struct statement_body *body, const char *at, const char *word)
{
    const char *next = sql_skip_blank(at, body->rules);

    return sql_is_word(next, sql_word_size(next), word);
}

static bool open_block(struct statement_body *body, bool is_case)
{
    if (body->n_blocks == BODY_BLOCKS_MAX)
        return false;
    body->is_case[body->n_blocks++] = is_case;
    body->fresh = !is_case;
    return true;
}

/* After END of a BEGIN: a label, then what ends the statement. */
static const char *close_begin(struct statement_body *body, const char *at, const char **ret_why)
{
    const char *label = sql_skip_blank(at, body->rules);
    const char *after = sql_skip_blank(label + sql_word_size(label), body->rules);

    if (*after && *after != ';') {
        *ret_why = WHY_UNCLEAR;
        return NULL;
    }
    body->n_blocks--;
    return at;
}

/* After the word END: which block it ends, if it is not a name. */
static const char *close_block(struct statement_body *body, const char *at, bool fresh, const char **ret_why)
{
    static const char *const inner[] = {"IF", "LOOP", "WHILE", "REPEAT", NULL};
    const char *next = sql_skip_blank(at, body->rules);
    size_t size = sql_word_size(next);

    if (body->n_blocks == 0)
        return at;
    if (sql_is_one_of(next, size, inner) && !(body->rules & SPLIT_DOLLARS))
        return next + size;
    if (!body->is_case[body->n_blocks - 1])
        return fresh ? close_begin(body, at, ret_why) : at;
    body->n_blocks--;
    return fresh && sql_is_word(next, size, "CASE") ? next + size : at;
}

/* PostgreSQL has BEGIN ATOMIC alone. */
static bool is_begin(const struct statement_body *body, const char *at)
{
    if (body->rules & SPLIT_DOLLARS)
        return is_next(body, at, "ATOMIC");
    return !body->previous || !strchr("=<>+-*/%,(|&^~!", body->previous);
}

/* IF and loops outside of any block, whose END is not looked for. */
static bool is_compound(const struct statement_body *body, const char *word, size_t size)
{
    static const char *const words[] = {"THEN", "LOOP", "WHILE", NULL};

    if (body->n_blocks > 0 || (body->rules & SPLIT_DOLLARS))
        return false;
    return sql_is_one_of(word, size, words) ||
           (sql_is_word(word, size, "REPEAT") && *sql_skip_blank(word + size, body->rules) != '(');
}

/* A word in the body of a routine. `fresh`: a statement could start with it. */
static const char *read_body_word(struct statement_body *body, const char *word, size_t size, bool fresh,
                                  const char **ret_why)
{
    static const char *const before_statement[] = {"THEN", "ELSE", "DO", "LOOP", "REPEAT", NULL};
    const char *at = word + size;
    bool is_case = sql_is_word(word, size, "CASE");

    if (is_case || (sql_is_word(word, size, "BEGIN") && is_begin(body, at))) {
        if (open_block(body, is_case))
            return at;
        *ret_why = "blocks nested too deep";
        return NULL;
    }
    if (sql_is_word(word, size, "END"))
        return close_block(body, at, fresh, ret_why);
    body->fresh = sql_is_one_of(word, size, before_statement) || (fresh && sql_is_word(word, size, "ATOMIC"));
    body->compound |= is_compound(body, word, size);
    return at;
}

/* The first word of a statement. MariaDB has blocks outside of routines too. */
static void read_first_word(struct statement_body *body, const char *word, size_t size)
{
    static const char *const makers[] = {"CREATE", "ALTER", NULL};

    body->kind = BODY_PLAIN;
    if (sql_is_one_of(word, size, makers))
        body->kind = BODY_AFTER_CREATE;
    if (sql_is_word(word, size, "BEGIN") && (body->rules & SPLIT_BACKSLASHES) && is_next(body, word + size, "NOT")) {
        body->kind = BODY_ROUTINE;
        open_block(body, false);
    }
}

/* After CREATE: of what? Words that are in neither list come before that. */
static void read_made(struct statement_body *body, const char *word, size_t size)
{
    static const char *const routines[] = {"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", NULL};
    static const char *const plain[] = {"TABLE",  "INDEX", "VIEW",     "DATABASE", "SCHEMA", "USER",
                                        "SERVER", "ROLE",  "SEQUENCE", "VIRTUAL",  NULL};

    if (sql_is_one_of(word, size, routines))
        body->kind = BODY_ROUTINE;
    else if (sql_is_one_of(word, size, plain))
        body->kind = BODY_PLAIN;
}

const char *statement_body_read_word(struct statement_body *body, const char *at, const char **ret_why)
{
    size_t size = sql_word_size(at);
    const char *next = at + size;
    bool fresh = body->fresh;
    bool is_part = body->previous == '.' || body->previous == '@'; /* of a longer name */

    body->fresh = false;
    if (body->kind == BODY_AT_START)
        read_first_word(body, at, size);
    else if (body->kind == BODY_AFTER_CREATE)
        read_made(body, at, size);
    else if (body->kind == BODY_ROUTINE && !is_part)
        next = read_body_word(body, at, size, fresh, ret_why);
    body->previous = 'a';
    return next;
}
