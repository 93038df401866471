#ifndef MIGRATE_REPLAY_H
#define MIGRATE_REPLAY_H

/*
 * migrate/replay.h: runs a migration directory in an empty scratch database, to see what comes of it.
 *
 * The scratch database is one in memory for SQLite, and a schema of its own at a server for the others, made and
 * dropped here. One that is there already is somebody's, and is never touched.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;
struct migration_directory;
struct migration_file;

/*
 * Connects `server`, which is not open yet, and makes it one of a new empty schema `name` (letters, digits and `_`, at
 * most 60), also after a connection that was lost. SQLite: the connection's path must be ":memory:", and the name is
 * not used. CONFLICT, with one line: there is one already, or it cannot be made. MALFORMED: no such name can be. Codes
 * of driver/db.h.
 */
enum code scratch_open(struct context *context, struct db *server, const char *name)
    __attribute__((warn_unused_result));

/* Empties it: the next replay starts from nothing. */
enum code scratch_clear(struct context *context, struct db *server, const char *name)
    __attribute__((warn_unused_result));

/* Drops the schema and closes the connection. Keeps the context's failure. False: it may still be there. */
bool scratch_close(struct context *context, struct db *server, const char *name);

/* The statement by which a person removes one that was left behind; "" for SQLite, NULL without memory. */
const char *scratch_removal(struct context *context, const struct db *server, const char *name);

/* Called after each statement; another code than OK ends the replay with it. `line` is where it starts, from 1. */
typedef enum code replay_visitor(void *argument, const struct migration_file *file, const char *statement, size_t line);

/* Runs the files as a new database would: from the last checkpoint on, if there is one. `visit` may be NULL. CONFLICT:
 * a statement failed, or the database is not empty; MALFORMED: a file cannot be split. One line for the user names file
 * and line. */
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
