#ifndef MIGRATE_FILE_APPLY_H
#define MIGRATE_FILE_APPLY_H

/* migrate/file_apply.h: runs the statements of one migration file, and keeps its revision up to date while it does. */

#include <stdbool.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;
struct migrate_observer;
struct migration_file;
struct revision;
struct sql_statements;

struct file_run {
    struct db *db;
    const struct migrate_dialect *dialect;
    const struct migrate_observer *observer; /* may be NULL */
    const struct migration_file *file;
    const struct revision *begun; /* of an earlier run that stopped in the middle; NULL: none */
    bool whole;                   /* in the transaction under way; false: each statement is noted on its own */
};

/*
 * Runs the statements, after those that were done by an earlier run, each exactly once, also if that run was killed in
 * the middle of one. CONFLICT: a statement failed, or one that was done has been changed since; MALFORMED: the file
 * cannot be split into statements. The detail is one line for the user.
 *
 * What a statement by itself cannot promise: that it leaves no half of it behind when the server dies under it, as
 * tables of MyISAM do; and a change of the schema by somebody else between the two runs is taken for that of the
 * statement.
 */
enum code file_apply(struct context *context, const struct file_run *run) __attribute__((warn_unused_result));

/* The file's statements; failures name the file. */
enum code file_split(struct context *context, const struct migrate_dialect *dialect, const struct migration_file *file,
                     struct sql_statements *ret_statements) __attribute__((warn_unused_result));

#endif
