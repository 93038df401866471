#ifndef MIGRATE_SQL_TEXT_H
#define MIGRATE_SQL_TEXT_H

/* migrate/sql_text.h: words, comments and quotes of SQL, in NUL-terminated text. `rules`: of enum split_rule. */

#include <stdbool.h>
#include <stddef.h>

bool sql_is_word_char(char c);

/* The size of the word here; 0: there is none. */
size_t sql_word_size(const char *at);

/* Is the word of this size in the list, which ends with NULL, in any case? */
bool sql_is_one_of(const char *at, size_t size, const char *const *words);
bool sql_is_word(const char *at, size_t size, const char *word);

/* MySQL wants a space after `--`, and runs the comments that start with `!`: those are no comments here. */
bool sql_at_comment(const char *at, unsigned rules);

/* Where the comment here ends: before the line's end, or after its mark. NULL: nowhere. */
const char *sql_comment_end(const char *at, unsigned rules);

/* To the next character that is neither space nor in a comment that has an end. */
const char *sql_skip_blank(const char *at, unsigned rules);

/* Does a quoted text start here: '...', "...", `...`, $tag$...$tag$, E'...'? */
bool sql_at_quote(const char *at, unsigned rules);

/* The character after the quoted text here; NULL: it has no end. */
const char *sql_quote_end(const char *at, unsigned rules);

enum sql_token_kind {
    SQL_END,
    SQL_WORD, /* a keyword, a name without quotes, a number */
    SQL_NAME, /* a name in quotes */
    SQL_TEXT, /* a string */
    SQL_SIGN, /* one character of the rest; a quote without end is one as well, and what follows it is read on */
};

struct sql_token {
    enum sql_token_kind kind;
    const char *start;
    size_t size; /* with its quotes */
};

/* Takes the next token from *position; spaces and comments are between them. */
struct sql_token sql_next_token(const char **position, unsigned rules);

/* Is it this keyword, in any case? */
bool sql_token_is_word(const struct sql_token *token, const char *word);

/* Is it this name, in any case, with quotes or without? */
bool sql_token_is_name(const struct sql_token *token, const char *name);

/* Does the text have this name? Not in comments and strings. */
bool sql_has_name(const char *text, const char *name, unsigned rules);

#endif
