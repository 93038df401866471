#ifndef DRIVER_DB_H
#define DRIVER_DB_H

/*
 * driver/db.h: one connection to an SQL database, whichever it is.
 *
 * The connection is opened when first needed and reopened when lost. What is retried, and what never is:
 *
 *   - outside a transaction, a statement marked DB_READ is run once more after a lost connection;
 *   - a write is never run again: when the connection is lost under it, the outcome is unknown and the code
 *     UNAVAILABLE. A connection that was idle is checked before a write, so that a server restarted meanwhile costs
 *     no error;
 *   - starting a transaction is retried once, as nothing has happened yet; inside one, nothing is. A failure other than
 *     CONFLICT and NO_REFERENCE dooms the transaction: every statement fails with that code until db_rollback();
 *   - a statement is not started when the context has no time left (TIMED_OUT); after a connect that failed, calls fail
 *     at once for a moment.
 *
 * A statement text is prepared once per connection and kept; texts must therefore come from a bounded set, with values
 * as parameters. A connection is used by one thread.
 *
 * With a context->trace each statement, COMMIT too, is sent with that behind it, in a comment as sqlcommenter writes
 * it; what a driver says by itself, to set a session or a savepoint, is not. As each trace makes another text, such a
 * statement is prepared, run and forgotten. Nothing but hexadecimal digits and hyphens gets into the comment: a trace
 * of anything else is left out, and so is one that there is no memory for.
 *
 * Codes: OK; CONFLICT (a constraint), NO_REFERENCE (a foreign key names no row), CONTENDED (deadlock, lock timeout),
 * UNAVAILABLE (no connection; or no such table or column, as before the database is migrated), TIMED_OUT (statement
 * over its time), NO_MEMORY, INTERNAL (anything else, a mistake in the statement above all). The driver's own text goes
 * to context->error.native.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct arena;
struct context;
struct db;

enum db_type { DB_NULL, DB_INTEGER, DB_TEXT };

/* A parameter or a cell. Dates travel as text, `YYYY-MM-DD`. */
struct db_value {
    enum db_type type;
    int64_t integer;
    const char *text; /* not only text: bytes, NUL-terminated after `size` */
    size_t size;
};

/* What a statement gave, in the context's arena. cells[row * n_columns + column]. */
struct db_result {
    struct db_value *cells;
    size_t n_rows;
    size_t n_columns;
    int64_t inserted_id; /* of an INSERT without a given id */
    int64_t affected;    /* rows an INSERT, UPDATE or DELETE matched */
};

/* A result of more rows than this is refused: INTERNAL. */
#define DB_ROWS_MAX 1000000

enum db_kind { DB_READ, DB_WRITE };

/* How this database's SQL differs from the next one's. */
struct db_dialect {
    const char *name;       /* "mysql": also the folder of its migrations */
    const char *quote;      /* around an identifier */
    bool numbered;          /* parameters are $1, $2, ...; otherwise ? */
    const char *for_update; /* appended to a SELECT that locks; "" where a transaction locks everything anyway */
    bool returning;         /* an INSERT gives its id by RETURNING id */
    /* True when `=` on text may ignore trailing spaces (PAD SPACE), so that lengths must be compared too. */
    bool pads_text;
};

/* Where and how to connect; texts are borrowed for the life of the connection. */
struct db_options {
    const char *host; /* a name, an address, or the path of a unix socket */
    const char *user;
    const char *password;
    const char *name;   /* the database; NULL: none, where the server lets one in without */
    const char *path;   /* sqlite: the file */
    bool untouched;     /* sqlite: a file that is not there is not made; an empty database in memory stands for it */
    const char *schema; /* postgresql: the one schema that is looked in; NULL: as the server is set */
    int port;
    int connect_timeout_ms;   /* 0: none */
    int statement_timeout_ms; /* ceiling, 0: none; a request's deadline makes it shorter where the database can */
    int lock_timeout_ms;      /* 0: sqlite does not wait, the others as their server is set */
};

/* A driver: one table per database; NULL fields are refused when it is opened, all but set_session. */
struct db_driver {
    const char *name; /* the value of DB */
    const struct db_dialect *dialect;
    size_t size; /* of its connection struct, which starts with struct db */
    enum code (*connect)(struct db *db, struct context *context);
    void (*disconnect)(struct db *db); /* only after a successful connect */
    /* Is an open connection still usable, as far as can be told without waiting? False: it is closed and opened
     * again. */
    bool (*check)(struct db *db);
    /* Runs one prepared statement, and keeps it unless the context has a trace. When the connection is gone with it:
     * sets db->lost and fails. */
    enum code (*execute)(struct db *db, struct context *context, const char *sql, const struct db_value *values,
                         size_t n_values, struct db_result *ret_result);
    /* Runs one statement as text, unprepared; results are dropped. BEGIN, COMMIT, SET and migrations. */
    enum code (*run)(struct db *db, struct context *context, const char *sql);
    /* Sets the session as connect() sets it; see db_reset_session(). NULL: there is nothing to set. */
    enum code (*set_session)(struct db *db, struct context *context);
    const char *begin; /* the statement that starts a transaction that will write */
};

/* What every driver's connection starts with. */
struct db {
    const struct db_driver *driver;
    struct db_options options;
    bool connected;
    bool lost; /* the driver saw the connection go */
    bool in_transaction;
    enum code doomed;    /* not OK: the transaction cannot go on, for this reason; waits for db_rollback() */
    int64_t used_ms;     /* clock_ms() of the last use */
    int64_t retry_at_ms; /* after a failed connect: until then calls fail at once */
};

/* Each is there when its library was there at build time. */
extern const struct db_driver db_sqlite;
extern const struct db_driver db_mysql;
extern const struct db_driver db_postgresql;

/* The drivers this build has, NULL-terminated. */
extern const struct db_driver *const db_drivers[];

/* By the name in the DB setting; NULL when this build has none of that name. */
const struct db_driver *db_driver_find(const char *name);

/* A connection, not yet open, released with the arena. NULL without memory, and for an incomplete driver. */
struct db *db_new(struct arena *arena, const struct db_driver *driver, const struct db_options *options);

/* Closes the connection, if open; the next use opens it again. */
void db_close(struct db *db);

/* Counts in context->tally.sql_statements. All time at the database is in context->tally.sql_us. */
enum code db_execute(struct db *db, struct context *context, enum db_kind kind, const char *sql,
                     const struct db_value *values, size_t n_values, struct db_result *ret_result)
    __attribute__((warn_unused_result));

/* As db_execute(), one statement as text, as a write. */
enum code db_run(struct db *db, struct context *context, const char *sql) __attribute__((warn_unused_result));

/*
 * Makes the session again what connecting made it, after statements that may have set it otherwise: a dump does, for
 * all that follows it. Locks stay, and so does a transaction under way, which a failure dooms; only one that MySQL has
 * begun by itself, under autocommit = 0, is committed. A closed connection is set when it is opened.
 *
 * MySQL: the settings that every session is given, foreign_key_checks, unique_checks, sql_notes, and the database; what
 * else was set stays. PostgreSQL: all settings, and the role. SQLite: nothing; foreign_keys is of no effect in a
 * transaction, and belongs to who turned it off.
 */
enum code db_reset_session(struct db *db, struct context *context) __attribute__((warn_unused_result));

enum code db_begin(struct db *db, struct context *context) __attribute__((warn_unused_result));

/* UNAVAILABLE: the connection was lost meanwhile and the outcome is unknown. Other failures: rolled back. The
 * transaction is over in every case. */
enum code db_commit(struct db *db, struct context *context) __attribute__((warn_unused_result));

/* Ends the transaction without it; never fails. */
void db_rollback(struct db *db, struct context *context);

/* Was a failure with this code the database's answer, so that it lies in the statement or in the rows? */
bool db_refused(const struct db *db, enum code code);

/* Can the database be reached? Opens the connection if need be; of an open one it only tells what can be told without
 * waiting, so close it first to be sure. */
enum code db_ping(struct db *db, struct context *context) __attribute__((warn_unused_result));

#endif
