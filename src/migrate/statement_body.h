#ifndef MIGRATE_STATEMENT_BODY_H
#define MIGRATE_STATEMENT_BODY_H

/*
 * migrate/statement_body.h: follows one statement word by word, to know whether it is in the body of a trigger or
 * routine, where a `;` does not end it.
 */

#include <stdbool.h>
#include <stddef.h>

#define BODY_BLOCKS_MAX 32

enum body_kind {
    BODY_AT_START,
    BODY_AFTER_CREATE, /* of what, is not yet known */
    BODY_PLAIN,
    BODY_ROUTINE, /* it can have a body */
};

struct statement_body {
    unsigned rules; /* of enum split_rule */
    enum body_kind kind;
    size_t n_blocks;               /* that are open: the statement goes on */
    bool is_case[BODY_BLOCKS_MAX]; /* per open block: CASE, or else BEGIN */
    bool compound;                 /* an IF or a loop outside of any BEGIN: where it ends is not known */
    bool fresh;                    /* a statement of a block can start here, or its END stand */
    char previous;                 /* the last character that is neither space nor comment */
};

void statement_body_init(struct statement_body *body, unsigned rules);

/* Reads the word at `at`. Gives where to go on; NULL, with *ret_why for the user: the end of the statement is not
 * certain. */
const char *statement_body_read_word(struct statement_body *body, const char *at, const char **ret_why);

/* Takes note of what is neither word, space nor comment, and ends with this character. */
void statement_body_pass(struct statement_body *body, char last);

#endif
