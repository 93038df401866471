#ifndef MIGRATE_FILE_CHECK_H
#define MIGRATE_FILE_CHECK_H

/* migrate/file_check.h: asks the database, before a file is begun, for rows that the file cannot carry over. */

#include <stdbool.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;
struct migrate_observer;
struct migration_file;

/* Rows told to the observer at most. */
#define CHECK_ROWS_MAX 100

/* The file's check as one SELECT without `;`. `rules`: of enum split_rule. MALFORMED, with what is wrong with it: it is
 * another number of statements, cannot be split, or has a LIMIT. */
enum code file_check_select(struct context *context, const struct migration_file *file, unsigned rules,
                            const char **ret_select) __attribute__((warn_unused_result));

/* Runs the file's check, if it has one. CONFLICT: it gives rows, which the observer is told, or cannot be run;
 * MALFORMED: it is none. `resolve`: what the file
 * says to resolve them is run first; in the transaction under way or, where there is none, in one of its own as far as
 * the database can. `observer` may be NULL. */
enum code file_check(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                     const struct migrate_observer *observer, const struct migration_file *file, bool resolve)
    __attribute__((warn_unused_result));

#endif
