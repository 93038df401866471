#ifndef MIGRATE_MIGRATE_H
#define MIGRATE_MIGRATE_H

/*
 * migrate/migrate.h: applies a migration directory to a database, and says how far it is. What was done stands in the
 * table atlas_schema_revisions, as the Atlas CLI writes and reads it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct context;
struct db;
struct migration_directory;

struct migration_status {
    const char *current; /* the last version applied in full; NULL: none */
    const char *next;    /* the next to apply; NULL: none is pending */
    size_t n_applied;
    size_t n_pending;
    bool partial;      /* `next` was begun and stopped in the middle; it goes on from there */
    const char *error; /* why it stopped, or NULL */
    const char *error_statement;
};

/* Reads only, by one statement; a database without revisions is at none. Codes of driver/db.h. */
enum code migrate_status(struct context *context, struct db *db, const struct migration_directory *directory,
                         struct migration_status *ret_status) __attribute__((warn_unused_result));

/* Told what happens while it happens; each may be NULL. */
struct migrate_observer {
    void (*start)(void *argument, const char *from, const char *to, size_t n);
    void (*file)(void *argument, const char *version);
    void (*statement)(void *argument, const char *sql);
    void (*file_done)(void *argument, double ms);
    void *argument;
};

/*
 * Applies all pending files under a lock per database, so that two at once apply once (the second waits 10 s at most,
 * then UNAVAILABLE). `baseline`: NULL, or the version that a database with tables and without revisions is taken to be
 * at. CONFLICT: the database is not clean, a version is out of order, an applied file was changed, or a statement
 * failed; MALFORMED: a file cannot be split into statements. The detail is one line for the user, in the manner of
 * Atlas. Other codes are those of driver/db.h. ret_n is the number of files applied, also on failure.
 */
enum code migrate_apply(struct context *context, struct db *db, const struct migration_directory *directory,
                        const char *baseline, const struct migrate_observer *observer, size_t *ret_n)
    __attribute__((warn_unused_result));

#endif
