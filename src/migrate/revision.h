#ifndef MIGRATE_REVISION_H
#define MIGRATE_REVISION_H

/*
 * migrate/revision.h: the table atlas_schema_revisions: one row per migration that was begun.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct context;
struct db;
struct migrate_dialect;

/* Resolved: somebody said by `atlas migrate set` that it is done. */
enum revision_type { REVISION_BASELINE = 1, REVISION_EXECUTE = 2, REVISION_RESOLVED = 4 };

/* How the error of a revision starts while a statement of its runs that cannot be rolled back. A sum of the schema
 * before it follows (schema_state.h). Found later, it says that the run was cut off. */
#define REVISION_BEGUN "begun, and its end is not known; the schema before it was h1:"

struct revision {
    const char *version;
    const char *description;
    int64_t type;    /* bits of enum revision_type */
    int64_t applied; /* statements done; fewer than `total`: it stopped in the middle */
    int64_t total;
    int64_t execution_time_ns;
    const char *hash;  /* of the file, without "h1:"; "" for a baseline */
    const char *error; /* "" or NULL: none */
    const char *error_statement;
    const char *partial_hashes; /* JSON list of the sums of the statements done; NULL: none */
    const char *executed_at; /* when it was begun, as read; later ones are higher as text. revision_insert() sets it */
};

/* Where a database's revisions are. */
struct revision_table {
    struct db *db;
    const struct migrate_dialect *dialect;
    const char *schema; /* another than the connection's own; NULL: that one */
};

struct revisions {
    struct revision *items; /* by version */
    size_t n;
    bool has_table;
};

/* `schema` NULL or "": the connection's own. MALFORMED, with one line: no schema of this database is called so. */
enum code revision_table_init(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                              const char *schema, struct revision_table *ret_table) __attribute__((warn_unused_result));

/* Its whole name, as SQL has it. NULL without memory. */
const char *revision_table_name(struct context *context, const struct revision_table *table);

/* Makes it, and its schema when there is none. */
enum code revision_table_create(struct context *context, const struct revision_table *table)
    __attribute__((warn_unused_result));

/* Reads all; one statement when the table is there. Without the table there are none. CONFLICT: a row cannot be a
 * revision. */
enum code revisions_read(struct context *context, const struct revision_table *table, struct revisions *ret_revisions)
    __attribute__((warn_unused_result));

/* NULL when the version has none. */
const struct revision *revisions_find(const struct revisions *revisions, const char *version);

/* Were all its statements done, or does it count so? */
bool revision_is_complete(const struct revision *revision);

/* The sum of the schema before the statement in which the run was cut off; NULL: it was not. */
const char *revision_find_cut(const struct revision *revision);

enum code revision_insert(struct context *context, const struct revision_table *table, const struct revision *revision)
    __attribute__((warn_unused_result));

/* Writes what changes while a migration runs; the time it was begun stays. CONFLICT: there is none of this version. */
enum code revision_update(struct context *context, const struct revision_table *table, const struct revision *revision)
    __attribute__((warn_unused_result));

#endif
