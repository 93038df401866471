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
struct revision_table;
struct sql_statements;

struct file_run {
    struct db *db;
    const struct migrate_dialect *dialect;
    const struct migrate_observer *observer; /* may be NULL */
    const struct revision_table *table;
    const struct migration_file *file;
    const struct revision *begun; /* of an earlier run that stopped in the middle; NULL: none */
    bool whole;                   /* in the transaction under way; false: each statement is noted on its own */
};

/* The file's statements, if they are ones that file_apply() would begin. MALFORMED when not. */
enum code file_apply_statements(struct context *context, const struct file_run *run,
                                struct sql_statements *ret_statements) __attribute__((warn_unused_result));

/*
 * Runs the statements, after those that were done by an earlier run; none of them twice, also if that run was killed in
 * the middle of one. CONFLICT: a statement failed, or one that was done has been changed since; MALFORMED: the file
 * cannot be split into statements, begins a transaction that it does not end, or has USE. The detail is one line for
 * the user. CONFLICT also: an earlier run was cut off, on MySQL, in a statement of which the schema does not tell
 * whether it took effect (CALL, EXECUTE, one of an unknown word): it is not run again before somebody has looked.
 *
 * What is not promised, where a statement is noted on its own:
 *
 *   - whether a statement that was cut off took effect is seen in the schema of the connection's database only. One
 *     that changes something else (CREATE USER, CREATE DATABASE, GRANT, a table of another database) is run again;
 *   - on MySQL, a CALL, EXECUTE or LOAD that fails after it has committed by itself is run again once it is mended;
 *   - that no half of a statement stays when the server dies under it, as in tables of MyISAM;
 *   - a change of the schema by somebody else between the two runs is taken for that of the statement.
 */
enum code file_apply(struct context *context, const struct file_run *run) __attribute__((warn_unused_result));

#endif
