#ifndef MIGRATE_REPLAY_H
#define MIGRATE_REPLAY_H

/* migrate/replay.h: runs a migration directory in an empty scratch database (scratch.h), to see what comes of it. */

#include <stddef.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;
struct migration_directory;
struct migration_file;

/* Called after each statement, on PostgreSQL with the session as connecting makes it unless the file is without a
 * transaction; another code than OK ends the replay with it. `line` is where it starts, from 1. */
typedef enum code replay_visitor(void *argument, const struct migration_file *file, const char *statement, size_t line);

/* Runs the files as a new database would: from the last checkpoint on, if there is one; each in what an application of
 * it would be run in (transaction_begin_file()). The session is as connecting makes it afterwards. `visit` may be NULL.
 * CONFLICT: a statement failed, or the database is not empty; MALFORMED: a file is one that file_apply() would not
 * begin. One line for the user names file and line. */
enum code replay(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                 const struct migration_directory *directory, replay_visitor *visit, void *argument)
    __attribute__((warn_unused_result));

/* Runs one file on what is there. Codes of replay(). */
enum code replay_file(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                      const struct migration_file *file, replay_visitor *visit, void *argument)
    __attribute__((warn_unused_result));

/* The index of the file with which a new database starts. */
size_t replay_start(const struct migration_directory *directory);

#endif
