/*
 * driver/db.c: when a statement is run, run again, or refused. What a statement does is the driver's.
 *
 * An open connection is believed to be good until it fails, because a round trip before each statement would double
 * the price of a read. Only where a failure could not be made good, before a write, is an idle connection checked.
 */

#include "driver/db.h"

#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"

/* After a failed connect, how long calls fail without another. */
#define RETRY_PAUSE_MS 250

/* For how long an unused connection is trusted with a write. */
#define TRUST_MS 1000

/* Instead of TRUST_MS: never check, check whenever it was open already. */
#define TRUST_ALWAYS INT64_MAX
#define TRUST_NEVER (-1)

const struct db_driver *const db_drivers[] = {
#ifdef HAVE_SQLITE
    &db_sqlite,
#endif
#ifdef HAVE_MYSQL
    &db_mysql,
#endif
#ifdef HAVE_POSTGRESQL
    &db_postgresql,
#endif
    NULL,
};

/* With these alone no text ends the comment that it is in. */
#define TRACE_CHARACTERS "0123456789abcdef-"

/* One statement, for the driver's execute(), or for its run() when `values` and result do not matter. */
struct call {
    const char *sql; /* NULL: not a statement, but the driver's set_session() */
    const struct db_value *values;
    size_t n_values;
    struct db_result *ret_result; /* NULL: as text */
};

const struct db_driver *db_driver_find(const char *name)
{
    for (size_t i = 0; db_drivers[i]; i++)
        if (strcmp(db_drivers[i]->name, name) == 0)
            return db_drivers[i];
    return NULL;
}

static bool driver_is_complete(const struct db_driver *driver)
{
    return driver->name && driver->dialect && driver->size >= sizeof(struct db) && driver->connect &&
           driver->disconnect && driver->check && driver->execute && driver->run && driver->begin;
}

static void release(void *handle)
{
    db_close(handle);
}

struct db *db_new(struct arena *arena, const struct db_driver *driver, const struct db_options *options)
{
    struct db *db = driver_is_complete(driver) ? arena_alloc(arena, driver->size) : NULL;

    if (!db)
        return NULL;
    db->driver = driver;
    db->options = *options;
    return arena_defer(arena, release, db) == 0 ? db : NULL;
}

static void disconnect(struct db *db)
{
    if (db->connected)
        db->driver->disconnect(db);
    db->connected = false;
    db->lost = false;
}

static void end_transaction(struct db *db)
{
    db->in_transaction = false;
    db->doomed = OK;
}

void db_close(struct db *db)
{
    disconnect(db);
    end_transaction(db);
}

static enum code check_time(struct context *context)
{
    return context_left_ms(context, 1) > 0 ? OK : fail(context, TIMED_OUT, NULL);
}

static enum code reconnect(struct db *db, struct context *context)
{
    if (clock_ms() < db->retry_at_ms)
        return fail_native(context, UNAVAILABLE, "no connection; the last attempt failed a moment ago");

    int64_t start_us = clock_us();
    enum code code = db->driver->connect(db, context);
    context->tally.sql_us += clock_us() - start_us;
    db->lost = false;
    if (code != OK) {
        db->retry_at_ms = clock_ms() + RETRY_PAUSE_MS;
        return code;
    }
    db->connected = true;
    db->used_ms = clock_ms();
    return OK;
}

/* Makes sure of an open connection, and that there is time to use it. One that was idle longer than trust_ms is checked
 * first. */
static enum code get_ready(struct db *db, struct context *context, int64_t trust_ms)
{
    enum code code = check_time(context);
    if (code != OK)
        return code;
    if (db->connected && clock_ms() - db->used_ms > trust_ms && !db->driver->check(db))
        disconnect(db);
    return db->connected ? OK : reconnect(db, context);
}

/* The text of the statement as it is sent: with the trace that it belongs to, if any. NULL is none. */
static const char *add_trace(struct context *context, const char *sql)
{
    const char *trace = context->trace;

    if (!sql || !trace || trace[strspn(trace, TRACE_CHARACTERS)] != '\0')
        return sql;
    const char *traced = arena_printf(context->arena, "%s /*traceparent='%s'*/", sql, trace);
    return traced ? traced : sql;
}

/* Hands the statement to the driver, and closes a connection that was lost under it. */
static enum code perform(struct db *db, struct context *context, const struct call *call, bool *ret_lost)
{
    const struct db_driver *driver = db->driver;
    const char *sql = add_trace(context, call->sql);
    int64_t start_us = clock_us();
    enum code code = OK;

    if (!sql)
        code = driver->set_session(db, context);
    else if (call->ret_result)
        code = driver->execute(db, context, sql, call->values, call->n_values, call->ret_result);
    else
        code = driver->run(db, context, sql);
    context->tally.sql_us += clock_us() - start_us;
    db->used_ms = clock_ms();
    *ret_lost = db->lost;
    if (db->lost)
        disconnect(db);
    return code;
}

/* Outside a transaction. `again`: when the connection is lost, reopens it and runs the statement once more. */
static enum code perform_outside(struct db *db, struct context *context, const struct call *call, int64_t trust_ms,
                                 bool again)
{
    bool lost = false;
    enum code code = get_ready(db, context, trust_ms);

    if (code == OK)
        code = perform(db, context, call, &lost);
    if (code != UNAVAILABLE || !lost || !again)
        return code;
    context->error = (struct error){.code = OK};
    code = get_ready(db, context, TRUST_ALWAYS);
    return code == OK ? perform(db, context, call, &lost) : code;
}

/* Inside a transaction, where a failure of anything but a constraint is the end of it. */
static enum code perform_inside(struct db *db, struct context *context, const struct call *call, bool *ret_lost)
{
    if (db->doomed != OK)
        return fail_native(context, db->doomed, "not run: an earlier statement of the transaction failed");

    enum code code = check_time(context);
    if (code == OK)
        code = perform(db, context, call, ret_lost);
    if (code != OK && code != CONFLICT && code != NO_REFERENCE)
        db->doomed = code;
    return code;
}

static enum code perform_call(struct db *db, struct context *context, enum db_kind kind, const struct call *call)
{
    bool lost = false;

    context->tally.sql_statements++;
    if (db->in_transaction)
        return perform_inside(db, context, call, &lost);
    if (kind == DB_READ)
        return perform_outside(db, context, call, TRUST_ALWAYS, true);
    return perform_outside(db, context, call, TRUST_MS, false);
}

enum code db_execute(struct db *db, struct context *context, enum db_kind kind, const char *sql,
                     const struct db_value *values, size_t n_values, struct db_result *ret_result)
{
    const struct call call = {.sql = sql, .values = values, .n_values = n_values, .ret_result = ret_result};

    return perform_call(db, context, kind, &call);
}

enum code db_run(struct db *db, struct context *context, const char *sql)
{
    const struct call call = {.sql = sql};

    return perform_call(db, context, DB_WRITE, &call);
}

enum code db_reset_session(struct db *db, struct context *context)
{
    const struct call call = {.sql = NULL};
    bool lost = false;

    if (db->in_transaction)
        return db->driver->set_session ? perform_inside(db, context, &call, &lost) : OK;
    if (!db->connected || !db->driver->set_session)
        return OK;
    return perform_outside(db, context, &call, TRUST_ALWAYS, false);
}

enum code db_begin(struct db *db, struct context *context)
{
    const struct call call = {.sql = db->driver->begin};

    if (db->in_transaction)
        return fail_native(context, INTERNAL, "a transaction inside a transaction");
    enum code code = perform_outside(db, context, &call, TRUST_MS, true);
    db->in_transaction = code == OK;
    return code;
}

enum code db_commit(struct db *db, struct context *context)
{
    const struct call call = {.sql = "COMMIT"};
    bool lost = false;

    if (!db->in_transaction)
        return fail_native(context, INTERNAL, "a commit outside a transaction");
    enum code code = perform_inside(db, context, &call, &lost);
    if (code != OK && !lost) {
        db_rollback(db, context);
        return code;
    }
    end_transaction(db);
    if (lost && code != UNAVAILABLE)
        return fail_native(context, UNAVAILABLE, "connection lost while committing");
    return code;
}

void db_rollback(struct db *db, struct context *context)
{
    const struct call call = {.sql = "ROLLBACK"};
    const struct error error = context->error;
    bool lost = false;

    if (db->in_transaction && db->connected && perform(db, context, &call, &lost) != OK)
        disconnect(db);
    context->error = error;
    end_transaction(db);
}

enum code db_ping(struct db *db, struct context *context)
{
    if (db->in_transaction)
        return db->doomed == OK ? OK : fail_native(context, db->doomed, "the transaction failed");
    return get_ready(db, context, TRUST_NEVER);
}

bool db_refused(const struct db *db, enum code code)
{
    return code == INTERNAL || code == CONFLICT || code == NO_REFERENCE || (code == UNAVAILABLE && db->connected);
}
