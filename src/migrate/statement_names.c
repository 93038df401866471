/* migrate/statement_names.c: looks for the two names side by side, in the clause that is for them; anywhere else they
 * may be what they want. */

#include "migrate/statement_names.h"

#include "migrate/sql_text.h"

struct reader {
    const char *at;
    unsigned rules;
    struct sql_token token; /* the next one */
};

static void advance(struct reader *reader)
{
    reader->token = sql_next_token(&reader->at, reader->rules);
}

static struct reader start(const char *statement, unsigned rules)
{
    struct reader reader = {.at = statement, .rules = rules};

    advance(&reader);
    return reader;
}

static bool is_at_sign(const struct reader *reader, char sign)
{
    return reader->token.kind == SQL_SIGN && *reader->token.start == sign;
}

/* Passes over the word if it is next. */
static bool take(struct reader *reader, const char *word)
{
    bool is_next = sql_token_is_word(&reader->token, word);

    if (is_next)
        advance(reader);
    return is_next;
}

/* Passes over what is next, with the schema before it; is it this name? */
static bool take_name(struct reader *reader, const char *name)
{
    struct sql_token last = reader->token;

    advance(reader);
    while (is_at_sign(reader, '.')) {
        advance(reader);
        last = reader->token;
        advance(reader);
    }
    return sql_token_is_name(&last, name);
}

/* After RENAME or CHANGE: [COLUMN] [IF EXISTS] from [TO] to. */
static bool take_column_clause(struct reader *reader, const char *from, const char *to)
{
    take(reader, "COLUMN");
    if (take(reader, "IF"))
        take(reader, "EXISTS");
    if (!take_name(reader, from))
        return false;
    take(reader, "TO");
    return take_name(reader, to);
}

bool statement_renames_column(const char *statement, const char *from, const char *to, unsigned rules)
{
    struct reader reader = start(statement, rules);

    if (!take(&reader, "ALTER"))
        return false;
    while (reader.token.kind != SQL_END) {
        if (!take(&reader, "RENAME") && !take(&reader, "CHANGE"))
            advance(&reader);
        else if (take_column_clause(&reader, from, to))
            return true;
    }
    return false;
}

/* After ALTER: the table's name, and RENAME [TO|AS|=] to. */
static bool take_table_clause(struct reader *reader, const char *from, const char *to)
{
    bool named = false;

    while (reader->token.kind != SQL_END) {
        if (!take(reader, "RENAME")) {
            named = take_name(reader, from) || named;
            continue;
        }
        if (!take(reader, "TO") && !take(reader, "AS") && is_at_sign(reader, '='))
            advance(reader);
        if (take_name(reader, to))
            return named;
    }
    return false;
}

bool statement_renames_table(const char *statement, const char *from, const char *to, unsigned rules)
{
    struct reader reader = start(statement, rules);

    if (take(&reader, "ALTER"))
        return take_table_clause(&reader, from, to);
    if (!take(&reader, "RENAME"))
        return false;
    while (reader.token.kind != SQL_END)
        if (take_name(&reader, from) && take(&reader, "TO") && take_name(&reader, to))
            return true;
    return false;
}

bool statement_copies_rows(const char *statement, const char *from, const char *to, unsigned rules)
{
    struct reader reader = start(statement, rules);
    bool has_from = false;
    bool has_to = false;
    size_t depth = 0; /* in parentheses, where a SELECT may be about anything */

    if (!take(&reader, "INSERT") && !take(&reader, "REPLACE") && !take(&reader, "WITH"))
        return false;
    while (reader.token.kind != SQL_END) {
        if (depth == 0 && take(&reader, "INTO")) {
            has_to = take_name(&reader, to) || has_to;
        } else if (depth == 0 && (take(&reader, "FROM") || take(&reader, "JOIN"))) {
            take(&reader, "ONLY");
            has_from = take_name(&reader, from) || has_from;
        } else {
            depth += is_at_sign(&reader, '(');
            depth -= depth > 0 && is_at_sign(&reader, ')');
            advance(&reader);
        }
    }
    return has_from && has_to;
}
