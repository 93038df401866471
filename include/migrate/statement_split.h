#ifndef MIGRATE_STATEMENT_SPLIT_H
#define MIGRATE_STATEMENT_SPLIT_H

/*
 * migrate/statement_split.h: a migration file as single statements, as Atlas splits them: at `;` outside quotes,
 * comments and parentheses.
 *
 * The body of a trigger or routine, BEGIN ... END, stays in one statement. A first line `-- atlas:delimiter X` (with
 * \n, \r, \t) or a client's line `DELIMITER X` sets another delimiter, which is then not part of the statements. What
 * cannot be split with certainty is refused.
 */

#include <stddef.h>

#include "core/error.h"

struct context;
struct migrate_dialect;
struct migration_file;

struct sql_statements {
    const char **items; /* trimmed, with their `;`, without the comments before them, NUL-terminated */
    size_t *lines;      /* where each starts, from 1 */
    size_t n;
};

/* What the statements of a database may hold beyond standard SQL. */
enum split_rule {
    SPLIT_BACKSLASHES = 1 << 0, /* they escape in quotes, and `#` starts a comment (MySQL) */
    SPLIT_DOLLARS = 1 << 1, /* $tag$ quotes, E'' with backslashes, comments in comments, BEGIN ATOMIC (PostgreSQL) */
};

/* MALFORMED, with one line for the user that names the line of the text: a quote, comment, parenthesis or BEGIN without
 * end. `rules`: of enum split_rule. `text` has a NUL after its `size` bytes and none before. */
enum code statements_split(struct context *context, const char *text, size_t size, unsigned rules,
                           struct sql_statements *ret_statements) __attribute__((warn_unused_result));

/* The file's statements; failures name the file. */
enum code file_split(struct context *context, const struct migrate_dialect *dialect, const struct migration_file *file,
                     struct sql_statements *ret_statements) __attribute__((warn_unused_result));

#endif
