#ifndef MIGRATE_STATEMENT_SPLIT_H
#define MIGRATE_STATEMENT_SPLIT_H

/*
 * migrate/statement_split.h: a migration file as single statements, as Atlas splits them: at `;` outside quotes,
 * comments and parentheses.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct context;

struct sql_statements {
    const char **items; /* trimmed, with their `;`, NUL-terminated */
    size_t n;
};

/* MALFORMED, with one line for the user: a quote, comment or parenthesis without end. `backslashes`: they escape in
 * quotes, and `#` starts a comment (MySQL). */
enum code statements_split(struct context *context, const char *text, size_t size, bool backslashes,
                           struct sql_statements *ret_statements) __attribute__((warn_unused_result));

#endif
