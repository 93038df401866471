#ifndef MIGRATE_MIGRATE_H
#define MIGRATE_MIGRATE_H

/*
 * migrate/migrate.h: applies a migration directory to a database, and says how far it is. What was done stands in the
 * table atlas_schema_revisions, as the Atlas CLI writes and reads it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct context;
struct db;
struct db_result;
struct migration_directory;
struct migration_file;

struct migration_status {
    const char *current; /* the last version applied in full; NULL: none */
    const char *next;    /* the next to apply; NULL: none is pending */
    size_t n_applied;
    size_t n_pending;
    bool partial;      /* one was begun and stopped in the middle; it goes on from there */
    bool cut;          /* it stopped with the program, in the middle of error_statement, which may have taken effect */
    const char *error; /* why it stopped, or NULL */
    const char *error_statement;
    const char *fault; /* why migrate_apply() would refuse the directory, or NULL: out of order, changed */
};

/* Can the revisions of this database be in the schema of this name? NULL and "" mean the connection's own. MALFORMED,
 * with one line, when not. */
enum code migrate_check_schema(struct context *context, struct db *db, const char *revisions_schema)
    __attribute__((warn_unused_result));

/* Reads only, by one statement; a database without revisions is at none. Codes of migrate_check_schema() and of
 * driver/db.h. */
enum code migrate_status(struct context *context, struct db *db, const struct migration_directory *directory,
                         const char *revisions_schema, struct migration_status *ret_status)
    __attribute__((warn_unused_result));

/* What is done with a file whose version is below one that is applied: it is refused, passed over, or applied. */
enum migrate_order { ORDER_LINEAR, ORDER_LINEAR_SKIP, ORDER_NON_LINEAR };

/* What is one transaction, where the database can: each file, all of them, or only each statement. */
enum migrate_transactions { TRANSACTION_FILE, TRANSACTION_ALL, TRANSACTION_NONE };

/* Told what happens while it happens; each may be NULL. */
struct migrate_observer {
    void (*start)(void *argument, const char *from, const char *to, size_t n);
    void (*file)(void *argument, const char *version);
    void (*skipped)(void *argument, size_t n); /* statements of this file, done by an earlier run */
    void (*statement)(void *argument, const char *sql);
    void (*file_done)(void *argument, double ms);
    /* The file's check gave n rows, of which these are the first: the run stops before the file. */
    void (*refused)(void *argument, const struct migration_file *file, const struct db_result *rows, int64_t n);
    void *argument;
};

/* All zero: everything that is pending, as Atlas does it by default. */
struct migrate_options {
    const char *baseline; /* the version that a database with tables and without revisions is taken to be at */
    bool allow_dirty;     /* a database without revisions may have tables */
    enum migrate_order order;
    enum migrate_transactions transactions;
    size_t amount;                /* files at most; 0: all */
    const char *to_version;       /* the last one to apply; NULL: the last there is */
    bool resolve;                 /* where a file's check gives rows, run what it says resolves them */
    bool dry_run;                 /* tell the observer, and change nothing */
    const char *revisions_schema; /* as in migrate_check_schema(); one that is not there is made */
};

/*
 * Applies the pending files under the lock of lock.h, per database or on MySQL per server, so that two at once apply
 * once (the second waits 10 s at most, then UNAVAILABLE). `options` and `observer` may be NULL. CONFLICT: the database
 * is not clean, a version is out of order, an applied file was changed, the check of a file gives rows, or a statement
 * failed; MALFORMED: a file cannot be split into statements, or the options go against each other. The detail is one
 * line for the user, in the manner of Atlas. Other codes are those of driver/db.h. ret_n is the number of files
 * applied, also on failure.
 */
enum code migrate_apply(struct context *context, struct db *db, const struct migration_directory *directory,
                        const struct migrate_options *options, const struct migrate_observer *observer, size_t *ret_n)
    __attribute__((warn_unused_result));

#endif
