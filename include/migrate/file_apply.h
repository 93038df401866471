#ifndef MIGRATE_FILE_APPLY_H
#define MIGRATE_FILE_APPLY_H

/* migrate/file_apply.h: runs the statements of one migration file, and keeps its revision up to date while it does. */

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;
struct migrate_observer;
struct migration_file;
struct revision;

/*
 * `begun`: the revision of an earlier run that stopped in the middle; it goes on after the statements done then. NULL:
 * a new one. CONFLICT: a statement failed, or one that was done has been changed since; MALFORMED: the file cannot be
 * split into statements. The detail is one line for the user.
 */
enum code file_apply(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                     const struct migrate_observer *observer, const struct migration_file *file,
                     const struct revision *begun) __attribute__((warn_unused_result));

#endif
