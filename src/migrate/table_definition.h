#ifndef MIGRATE_TABLE_DEFINITION_H
#define MIGRATE_TABLE_DEFINITION_H

/* migrate/table_definition.h: what SQLite keeps of a table only in the text of its CREATE TABLE. */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "migrate/model.h"

struct context;

struct table_definition {
    struct check *checks; /* without names */
    size_t n_checks;
    bool numbered; /* its key is an AUTOINCREMENT */
};

/* `sql` is a statement that SQLite has accepted. Expressions come out in one form for all ways to lay them out: words
 * in lower case, one space where there is one, no comments, plain names without quotes. */
enum code table_definition_parse(struct context *context, const char *sql, struct table_definition *ret_definition)
    __attribute__((warn_unused_result));

#endif
