#ifndef MIGRATE_SCRATCH_H
#define MIGRATE_SCRATCH_H

/*
 * migrate/scratch.h: an empty database to try things out in: one in memory for SQLite, and a schema of its own at a
 * server for the others, made and dropped here. One that is there already is somebody's, and is never touched.
 *
 * What is run in it runs as the server's user: a statement that names another database reaches that one.
 */

#include <stdbool.h>

#include "core/error.h"

struct context;
struct db;

/* How a server makes and drops a schema; each %s is its name. */
struct scratch {
    const char *kind;
    const char *const *taken; /* names of the server's own; ends with NULL */
    bool is_database;         /* it is what one connects to; false: a schema of one */
    const char *create;
    const char *drop;
    const char *enter; /* after it was made again in the same connection; NULL: nothing to do */
    const char *find;
};

extern const struct scratch scratch_mysql;
extern const struct scratch scratch_postgresql;

/*
 * Connects `server`, which is not open yet, and makes it one of a new empty schema `name` (letters, digits and `_`, at
 * most 60), also after a connection that was lost. SQLite: the connection's path must be ":memory:", and the name is
 * not used. CONFLICT, with one line: there is one already, or it cannot be made. MALFORMED: no such name can be, or it
 * is one of the server's own, or that of the connection's own database or schema. Codes of driver/db.h.
 */
enum code scratch_open(struct context *context, struct db *server, const char *name)
    __attribute__((warn_unused_result));

/* Empties it: what comes next starts from nothing. */
enum code scratch_clear(struct context *context, struct db *server, const char *name)
    __attribute__((warn_unused_result));

/* Drops the schema and closes the connection. Keeps the context's failure. False: it may still be there. */
bool scratch_close(struct context *context, struct db *server, const char *name);

/* The statement by which a person removes one that was left behind; "" for SQLite, NULL without memory. */
const char *scratch_removal(struct context *context, const struct db *server, const char *name);

#endif
