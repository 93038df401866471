/*
 * migrate/statement_names.c: reads a statement word by word up to the clause that is for the names; anywhere else they
 * may be what they want. What is done to rows is done to all of them, unless any word after the table's name may limit
 * it.
 */

#include "migrate/statement_names.h"

#include "migrate/sql_text.h"

/* One of these, after the table's name: perhaps not all rows are meant. */
static const char *const limits[] = {"WHERE", "LIMIT", "FROM", "USING", "JOIN", "PARTITION", NULL};

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

/* Passes over what is next, and counts the parentheses that are open. */
static void pass(struct reader *reader, size_t *depth)
{
    *depth += is_at_sign(reader, '(');
    *depth -= *depth > 0 && is_at_sign(reader, ')');
    advance(reader);
}

/* Passes over the word if it is next. */
static bool take(struct reader *reader, const char *word)
{
    bool is_next = sql_token_is_word(&reader->token, word);

    if (is_next)
        advance(reader);
    return is_next;
}

/* Passes over all of these words that are next. */
static void take_all(struct reader *reader, const char *const *words)
{
    while (reader->token.kind == SQL_WORD && sql_is_one_of(reader->token.start, reader->token.size, words))
        advance(reader);
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
            pass(&reader, &depth);
        }
    }
    return has_from && has_to;
}

/* Is one of the limits in what is left, other than in parentheses? */
static bool has_limit(struct reader reader)
{
    size_t depth = 0;

    for (; reader.token.kind != SQL_END; pass(&reader, &depth))
        if (depth == 0 && reader.token.kind == SQL_WORD && sql_is_one_of(reader.token.start, reader.token.size, limits))
            return true;
    return false;
}

static bool truncates(struct reader *reader, const char *table)
{
    take(reader, "TABLE");
    while (reader->token.kind != SQL_END) {
        take(reader, "ONLY");
        if (take_name(reader, table))
            return true;
        while (reader->token.kind != SQL_END && !is_at_sign(reader, ','))
            advance(reader);
        advance(reader);
    }
    return false;
}

bool statement_empties_table(const char *statement, const char *table, unsigned rules)
{
    static const char *const modifiers[] = {"LOW_PRIORITY", "QUICK", "IGNORE", NULL};
    struct reader reader = start(statement, rules);

    if (take(&reader, "TRUNCATE"))
        return truncates(&reader, table);
    if (!take(&reader, "DELETE"))
        return false;
    take_all(&reader, modifiers);
    if (!take(&reader, "FROM"))
        return false;
    take(&reader, "ONLY");
    return take_name(&reader, table) && !has_limit(reader);
}

/* To after the next comma that is not in parentheses, or the end. */
static void skip_item(struct reader *reader)
{
    size_t depth = 0;

    while (reader->token.kind != SQL_END && (depth > 0 || !is_at_sign(reader, ',')))
        pass(reader, &depth);
    advance(reader);
}

/* After SET: column = value, ..., or (column, ...) = .... */
static bool takes_column(struct reader *reader, const char *column)
{
    while (reader->token.kind != SQL_END) {
        if (is_at_sign(reader, '('))
            advance(reader);
        if (take_name(reader, column))
            return true;
        skip_item(reader);
    }
    return false;
}

/* UPDATE [LOW_PRIORITY] [IGNORE] of MySQL, [OR action] of SQLite, [ONLY] of PostgreSQL; then one table. */
bool statement_sets_column(const char *statement, const char *table, const char *column, unsigned rules)
{
    static const char *const modifiers[] = {"LOW_PRIORITY", "IGNORE", "ONLY", NULL};
    struct reader reader = start(statement, rules);

    if (!take(&reader, "UPDATE"))
        return false;
    if (take(&reader, "OR"))
        advance(&reader);
    take_all(&reader, modifiers);
    if (!take_name(&reader, table) || has_limit(reader))
        return false;
    while (reader.token.kind != SQL_END && !take(&reader, "SET")) {
        if (is_at_sign(&reader, ','))
            return false; /* several tables: the columns may be another's */
        advance(&reader);
    }
    return takes_column(&reader, column);
}
