#ifndef MIGRATE_LINT_H
#define MIGRATE_LINT_H

/*
 * migrate/lint.h: what the files of a migration directory may do to rows, statement by statement.
 *
 * Each statement is run in a scratch database, and the tables before it are compared with those after it. What a later
 * statement of the same file takes back, as an index that is dropped and made again, is not told; nor is a name that is
 * only changed, nor a table that is copied to a new one which takes its place. What is done to rows is told where it is
 * said of all rows of a table.
 */

#include <stddef.h>

#include "core/error.h"
#include "migrate/risks.h"

struct context;
struct db;
struct migrate_dialect;
struct migration_directory;
struct migration_file;

struct lint_finding {
    const struct migration_file *file;
    size_t line; /* of the statement, from 1 */
    struct risk risk;
};

struct lint_report {
    struct lint_finding *items; /* by file and line; without those that `-- atlas:nolint` silences */
    size_t n;
    size_t n_changes; /* of tables and their parts, in all statements */
    size_t first;     /* index of the first file that was looked at */
};

/* Looks at the last `latest` files, 0: all; at none that a checkpoint stands for. `db` is an empty scratch database;
 * `check` is asked before each statement's look whether to go on. Codes of replay(). */
enum code lint_run(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                   const struct migration_directory *directory, size_t latest,
                   enum code (*check)(struct context *context), struct lint_report *ret_report)
    __attribute__((warn_unused_result));

#endif
