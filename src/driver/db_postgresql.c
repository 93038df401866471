/*
 * driver/db_postgresql.c: PostgreSQL, through libpq.
 *
 * Nothing blocks: what is sent and received is waited for here, no longer than the request or the statement may take.
 * The surprising choice: a statement that is not done by then is not cancelled, because the library cancels over a
 * connection of its own, for which it waits without end when the server hangs. The connection is closed instead, and
 * the server notices that within CLIENT_CHECK_MS.
 *
 * An error makes the server give up the whole transaction. A write that is one of several is therefore preceded by a
 * savepoint, to which a constraint's refusal leads back.
 */

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "driver/db_postgresql_error.h"
#include "driver/statement_cache.h"

/* The client gives up on a silent server this much later than the server on the statement. */
#define ANSWER_GRACE_MS 1000

/* However little time a request has left, an answer under way is worth this wait: a new connection costs more. */
#define WAIT_LEAST_MS 250

/* How often a server at work looks whether its client is still there. */
#define CLIENT_CHECK_MS "1000"

/* After this time without a statement the server ends a transaction, and with it the locks of a process that hangs. */
#define IDLE_TRANSACTION_MS 60000

/* Types of parameters and columns: their numbers in the server's catalogue are fixed. */
#define TYPE_BOOL 16
#define TYPE_INT8 20
#define TYPE_INT2 21
#define TYPE_INT4 23

#define NAME_SIZE 32

/* How the file of a unix socket is called, before its port. */
#define SOCKET_NAME ".s.PGSQL."

struct db_postgresql {
    struct db db;
    PGconn *handle;
    struct statement_cache statements; /* of numbers, which make the statements' names */
    uintptr_t n_prepared;
    int64_t stop_ms;    /* clock_ms() at which waiting ends */
    bool checks_client; /* the server was told to, and can */
    bool savepoint;     /* the transaction has one */
};

static struct db_postgresql *of(struct db *db)
{
    return (struct db_postgresql *)db;
}

static bool starts_with(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* Turns a failure into a code: the server's, which has a number, or else the library's. */
static enum code native_failure(struct db_postgresql *db, struct context *context, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const struct db_postgresql_error *error = db_postgresql_error_find(sqlstate);

    db->db.lost = db->db.lost || error->state == LOST;
    if (sqlstate)
        return fail_native(context, error->code, "postgresql %s: %s%s%s", sqlstate,
                           PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), detail ? ": " : "",
                           detail ? detail : "");
    const char *text = PQerrorMessage(db->handle);
    return fail_native(context, error->code, "postgresql: %.*s", (int)strcspn(text, "\n"), text);
}

/* Waits for one of the events; false when that takes too long. */
static bool await(const struct db_postgresql *db, int events)
{
    struct pollfd socket = {.fd = PQsocket(db->handle), .events = (short)events};
    int ready = 0;

    do {
        int64_t left_ms = db->stop_ms - clock_ms();
        ready = poll(&socket, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (ready < 0 && errno == EINTR);
    return ready != 0;
}

static void set_stop(struct db_postgresql *db, const struct context *context)
{
    int timeout_ms = db->db.options.statement_timeout_ms;
    bool bounded = timeout_ms > 0 && timeout_ms < INT32_MAX - ANSWER_GRACE_MS;
    int left_ms = context_left_ms(context, bounded ? timeout_ms + ANSWER_GRACE_MS : INT32_MAX);

    db->stop_ms = clock_ms() + (left_ms > WAIT_LEAST_MS ? left_ms : WAIT_LEAST_MS);
}

/* Sends what was not sent yet and waits until there is a result, or the connection is lost; false when that takes too
 * long. */
static bool await_result(const struct db_postgresql *db)
{
    for (;;) {
        bool unsent = PQflush(db->handle) > 0;
        if (!PQisBusy(db->handle))
            return true;
        if (!await(db, unsent ? POLLIN | POLLOUT : POLLIN))
            return false;
        PQconsumeInput(db->handle);
    }
}

static bool is_good(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
}

static bool is_copy(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_COPY_IN || PQresultStatus(result) == PGRES_COPY_OUT;
}

/* Receives all that a command gives. `sent` is what the library's function for sending it gave; the result, to be
 * cleared, is the first failure, or else the last. */
static enum code receive(struct db_postgresql *db, struct context *context, int sent, PGresult **ret_result)
{
    PGresult *result = NULL, *next = NULL;
    bool in_time = true;

    while (sent && !is_copy(result) && (in_time = await_result(db)) && (next = PQgetResult(db->handle))) {
        PGresult *dropped = result && !is_good(result) ? next : result;
        result = dropped == next ? result : next;
        PQclear(dropped);
    }
    if (in_time && is_good(result)) {
        *ret_result = result;
        return OK;
    }
    enum code code = OK;
    if (!in_time)
        code = fail_native(context, TIMED_OUT, "postgresql: no answer in time");
    else if (is_copy(result))
        code = fail_native(context, INTERNAL, "COPY from or to the client");
    else if (PQresultStatus(result) == PGRES_EMPTY_QUERY)
        code = fail_native(context, INTERNAL, "an empty statement");
    else
        code = native_failure(db, context, result);
    db->db.lost = db->db.lost || !in_time || is_copy(result);
    *ret_result = result;
    return code;
}

/* Runs statements as text. The server ends a transaction that failed as it was asked to, but not with what was written
 * in it. */
static enum code command(struct db_postgresql *db, struct context *context, const char *sql)
{
    PGresult *result = NULL;
    enum code code = receive(db, context, PQsendQuery(db->handle, sql), &result);

    if (code == OK && starts_with(sql, "COMMIT") && strcmp(PQcmdStatus(result), "ROLLBACK") == 0)
        code = fail_native(context, INTERNAL, "a commit of a transaction that had failed");
    PQclear(result);
    return code;
}

/* --- connecting --- */

/* A server that ends an idle connection says why, which the library takes for a notice. All other notices are dropped.
 */
static void hear_notice(void *argument, const PGresult *notice)
{
    struct db *db = argument;

    if (db_postgresql_error_find(PQresultErrorField(notice, PG_DIAG_SQLSTATE))->state == LOST)
        db->lost = true;
}

static void statement_close(void *statement)
{
    (void)statement;
}

/* The server forgets the statements with the connection. */
static void postgresql_disconnect(struct db *base)
{
    struct db_postgresql *db = of(base);

    PQfinish(db->handle);
    db->handle = NULL;
    db->savepoint = false;
    db->checks_client = false;
    statement_cache_release(&db->statements, statement_close);
}

/* The parameters of a connection. The library takes the folder of a unix socket and the port in its name; we take the
 * path of the socket, too. NULL without memory. */
static PGconn *start_connect(struct context *context, const struct db_options *options)
{
    const char *host = options->host ? options->host : "";
    const char *file = host[0] == '/' ? strrchr(host, '/') + 1 : "";
    const char *port = options->port > 0 ? arena_printf(context->arena, "%d", options->port) : "";
    static const char *const keys[] = {
        "host", "port", "user", "password", "dbname", "client_encoding", "application_name", NULL};

    if (starts_with(file, SOCKET_NAME)) {
        host = arena_copy(context->arena, host, (size_t)(file - host));
        port = file + strlen(SOCKET_NAME);
    }
    const char *const values[] = {host, port, options->user, options->password, options->name, "UTF8", "quire", NULL};
    return host && port ? PQconnectStartParams(keys, values, 0) : NULL;
}

/* Brings a connection that was started to its end. */
static enum code await_connection(struct db_postgresql *db, struct context *context)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;

    if (PQstatus(db->handle) == CONNECTION_BAD)
        return native_failure(db, context, NULL);
    while (status == PGRES_POLLING_WRITING || status == PGRES_POLLING_READING) {
        if (!await(db, status == PGRES_POLLING_WRITING ? POLLOUT : POLLIN))
            return fail_native(context, UNAVAILABLE, "postgresql: no connection in time");
        status = PQconnectPoll(db->handle);
    }
    return status == PGRES_POLLING_OK ? OK : native_failure(db, context, NULL);
}

/* The one schema that is looked in, as an identifier. */
static void add_search_path(struct buffer *sql, const char *schema)
{
    buffer_add_text(sql, "; SET search_path = \"");
    for (; *schema; schema++) {
        if (*schema == '"')
            buffer_add_char(sql, '"');
        buffer_add_char(sql, *schema);
    }
    buffer_add_char(sql, '"');
}

#define SET_CLIENT_CHECK "SET client_connection_check_interval = " CLIENT_CHECK_MS

/* Makes the session the same on every server, however that is configured, and whatever was set in it. */
static enum code set_session(struct db_postgresql *db, struct context *context)
{
    const struct db_options *options = &db->db.options;
    struct buffer sql;

    buffer_init(&sql, context->arena, 1024);
    buffer_add_text(&sql, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL");
    buffer_add_text(&sql, "; SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'; SET standard_conforming_strings = on");
    buffer_printf(&sql, "; SET idle_in_transaction_session_timeout = %d", IDLE_TRANSACTION_MS);
    if (options->schema)
        add_search_path(&sql, options->schema);
    if (options->statement_timeout_ms > 0)
        buffer_printf(&sql, "; SET statement_timeout = %d", options->statement_timeout_ms);
    if (options->lock_timeout_ms > 0)
        buffer_printf(&sql, "; SET lock_timeout = %d", options->lock_timeout_ms);
    if (db->checks_client)
        buffer_add_text(&sql, "; " SET_CLIENT_CHECK);
    return sql.failed ? fail_memory(context) : command(db, context, sql.data);
}

static enum code postgresql_set_session(struct db *base, struct context *context)
{
    set_stop(of(base), context);
    return set_session(of(base), context);
}

/* Not every version can, nor on every system: that is found out here, where a refusal ends no transaction. */
static enum code set_client_check(struct db_postgresql *db, struct context *context)
{
    enum code code = command(db, context, SET_CLIENT_CHECK);

    db->checks_client = code == OK;
    if (code != OK && !db->db.lost) {
        context->error = (struct error){.code = OK};
        code = OK;
    }
    return code;
}

/* Whatever a connect fails of, short of memory, is a reason not to be there: a wrong password, too. The look-up of a
 * host's name is the library's and takes its time. */
static enum code postgresql_connect(struct db *base, struct context *context)
{
    struct db_postgresql *db = of(base);
    int most_ms = base->options.connect_timeout_ms > 0 ? base->options.connect_timeout_ms : INT32_MAX;

    db->stop_ms = clock_ms() + context_left_ms(context, most_ms);
    db->handle = start_connect(context, &base->options);
    if (!db->handle)
        return fail_memory(context);
    PQsetNoticeReceiver(db->handle, hear_notice, base);
    enum code code = await_connection(db, context);
    if (code == OK && PQsetnonblocking(db->handle, 1) != 0)
        code = native_failure(db, context, NULL);
    if (code == OK)
        code = set_session(db, context);
    if (code == OK)
        code = set_client_check(db, context);
    if (code == OK)
        return OK;
    postgresql_disconnect(base);
    return code == NO_MEMORY ? code : fail_native(context, UNAVAILABLE, "%s", context->error.native);
}

/* A server that closed the connection has said so by now. What else there may be to read is no answer to anything: it
 * tells of a setting, or is a notice. */
static bool postgresql_check(struct db *base)
{
    struct db_postgresql *db = of(base);

    db->stop_ms = 0;
    while (PQstatus(db->handle) == CONNECTION_OK && await(db, POLLIN)) {
        PQconsumeInput(db->handle);
        PQisBusy(db->handle);
    }
    return PQstatus(db->handle) == CONNECTION_OK && !base->lost;
}

/* --- statements --- */

static bool is_write(const char *sql)
{
    return starts_with(sql, "INSERT") || starts_with(sql, "UPDATE") || starts_with(sql, "DELETE");
}

/* Sets a savepoint before a write inside a transaction, in place of an older one. */
static enum code protect(struct db_postgresql *db, struct context *context, const char *sql, bool *ret_protected)
{
    PGTransactionStatusType status = PQtransactionStatus(db->handle);

    *ret_protected = status == PQTRANS_INTRANS && is_write(sql);
    if (status == PQTRANS_IDLE)
        db->savepoint = false;
    if (!*ret_protected)
        return OK;
    enum code code =
        command(db, context, db->savepoint ? "RELEASE SAVEPOINT quire; SAVEPOINT quire" : "SAVEPOINT quire");
    db->savepoint = code == OK;
    return code;
}

/* After a failure: what it means for the statement, and for the transaction around it. */
static enum code settle(struct db_postgresql *db, struct context *context, const char *sql, bool was_protected,
                        enum code code)
{
    if (code == NO_REFERENCE && starts_with(sql, "DELETE"))
        code = fail_native(context, CONFLICT, "%s", context->error.native);
    if ((code != CONFLICT && code != NO_REFERENCE) || PQtransactionStatus(db->handle) != PQTRANS_INERROR)
        return code;
    if (!was_protected)
        return fail_native(context, INTERNAL, "%s", context->error.native);
    const struct error error = context->error;
    enum code back = command(db, context, "ROLLBACK TO SAVEPOINT quire");
    if (back != OK)
        return back;
    context->error = error;
    return code;
}

static enum code postgresql_run(struct db *base, struct context *context, const char *sql)
{
    struct db_postgresql *db = of(base);
    bool was_protected = false;

    set_stop(db, context);
    enum code code = protect(db, context, sql, &was_protected);
    if (code == OK)
        code = command(db, context, sql);
    return settle(db, context, sql, was_protected, code);
}

/* 0 is no name. */
static void format_name(uintptr_t number, char ret_name[NAME_SIZE])
{
    if (number)
        snprintf(ret_name, NAME_SIZE, "quire_%" PRIuPTR, number);
    else
        ret_name[0] = '\0';
}

static enum code prepare(struct db_postgresql *db, struct context *context, const char *name, const char *sql,
                         size_t n_values, const Oid *types)
{
    PGresult *result = NULL;
    enum code code = receive(db, context, PQsendPrepare(db->handle, name, sql, (int)n_values, types), &result);

    PQclear(result);
    return code;
}

/* Finds or prepares the statement. It has no name when it is not to be kept, or when there is no room for it: then it
 * is sent with its values, in one go. */
static enum code get_statement(struct db_postgresql *db, struct context *context, const char *sql, size_t n_values,
                               const Oid *types, char ret_name[NAME_SIZE])
{
    uintptr_t number = (uintptr_t)statement_cache_find(&db->statements, sql);

    format_name(number, ret_name);
    if (number || context->trace)
        return OK;
    number = db->n_prepared + 1;
    if (!statement_cache_keep(&db->statements, sql, (void *)number))
        return OK;
    db->n_prepared = number;
    format_name(number, ret_name);
    enum code code = prepare(db, context, ret_name, sql, n_values, types);
    if (code != OK)
        statement_cache_forget(&db->statements, sql);
    return code;
}

/* The values as the library takes them, as text. Numbers are declared as 64 bits, whatever the first one is compared
 * with; the server finds out about all others. */
static enum code bind_values(struct context *context, const struct db_value *values, size_t n_values,
                             const char *const **ret_texts, const Oid **ret_types)
{
    const char **texts = arena_array(context->arena, n_values, sizeof *texts);
    Oid *types = arena_array(context->arena, n_values, sizeof *types);

    if (!texts || !types)
        return fail_memory(context);
    for (size_t i = 0; i < n_values; i++) {
        types[i] = values[i].type == DB_INTEGER ? TYPE_INT8 : 0;
        if (values[i].type == DB_NULL)
            continue;
        texts[i] = values[i].text;
        if (values[i].type == DB_INTEGER)
            texts[i] = arena_printf(context->arena, "%" PRId64, values[i].integer);
        else if (strlen(texts[i]) != values[i].size)
            return fail_native(context, CONFLICT, "postgresql: U+0000 in a text");
        if (!texts[i])
            return fail_memory(context);
    }
    *ret_texts = texts;
    *ret_types = types;
    return OK;
}

static enum code read_cell(struct context *context, const PGresult *native, int row, int column,
                           struct db_value *ret_cell)
{
    const char *text = PQgetvalue(native, row, column);
    size_t size = (size_t)PQgetlength(native, row, column);

    *ret_cell = (struct db_value){.type = DB_NULL};
    if (PQgetisnull(native, row, column))
        return OK;
    switch (PQftype(native, column)) {
    case TYPE_BOOL:
        *ret_cell = (struct db_value){.type = DB_INTEGER, .integer = text[0] == 't'};
        return OK;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
        *ret_cell = (struct db_value){.type = DB_INTEGER, .integer = strtoll(text, NULL, 10)};
        return OK;
    default:
        *ret_cell = (struct db_value){.type = DB_TEXT, .text = arena_copy(context->arena, text, size), .size = size};
        return ret_cell->text ? OK : fail_memory(context);
    }
}

/* Copies a result into the arena. The id of what was inserted is in the row that RETURNING gives. */
static enum code read_result(struct context *context, PGresult *native, struct db_result *ret_result)
{
    struct db_result result = {.n_rows = (size_t)PQntuples(native), .n_columns = (size_t)PQnfields(native)};

    if (result.n_rows > DB_ROWS_MAX)
        return fail_native(context, INTERNAL, "a result of more than %d rows", DB_ROWS_MAX);
    result.cells = arena_array(context->arena, result.n_rows * result.n_columns, sizeof *result.cells);
    if (!result.cells)
        return fail_memory(context);
    for (size_t i = 0; i < result.n_rows * result.n_columns; i++) {
        enum code code =
            read_cell(context, native, (int)(i / result.n_columns), (int)(i % result.n_columns), &result.cells[i]);
        if (code != OK)
            return code;
    }
    if (!starts_with(PQcmdStatus(native), "SELECT"))
        result.affected = strtoll(PQcmdTuples(native), NULL, 10);
    if (starts_with(PQcmdStatus(native), "INSERT") && result.n_rows > 0)
        result.inserted_id = result.cells[0].integer;
    *ret_result = result;
    return OK;
}

/* Finds or prepares the statement and runs it; ret_stale tells that it did not run and is to be prepared again. */
static enum code execute_once(struct db_postgresql *db, struct context *context, const char *sql,
                              const struct db_value *values, size_t n_values, struct db_result *ret_result,
                              bool *ret_stale)
{
    char name[NAME_SIZE];
    const char *const *texts = NULL;
    const Oid *types = NULL;
    PGresult *native = NULL;
    enum code code = bind_values(context, values, n_values, &texts, &types);

    *ret_stale = false;
    if (code == OK)
        code = get_statement(db, context, sql, n_values, types, name);
    if (code != OK)
        return code;
    int sent = name[0] ? PQsendQueryPrepared(db->handle, name, (int)n_values, texts, NULL, NULL, 0)
                       : PQsendQueryParams(db->handle, sql, (int)n_values, types, texts, NULL, NULL, 0);
    code = receive(db, context, sent, &native);
    if (code == OK)
        code = read_result(context, native, ret_result);
    else
        *ret_stale = name[0] && db_postgresql_error_find(PQresultErrorField(native, PG_DIAG_SQLSTATE))->state == STALE;
    PQclear(native);
    return code;
}

/* Drops a stale statement. */
static enum code forget_statement(struct db_postgresql *db, struct context *context, const char *sql)
{
    char name[NAME_SIZE];
    uintptr_t number = (uintptr_t)statement_cache_find(&db->statements, sql);

    format_name(number, name);
    statement_cache_forget(&db->statements, sql);
    if (!number)
        return OK;
    char *deallocate = arena_printf(context->arena, "DEALLOCATE %s", name);
    if (!deallocate)
        return fail_memory(context);
    /* The server may not know the statement. */
    enum code code = command(db, context, deallocate);
    return db->db.lost ? code : OK;
}

/* Inside a transaction, which has ended by it, a stale statement is a reason to run all of that again. */
static enum code postgresql_execute(struct db *base, struct context *context, const char *sql,
                                    const struct db_value *values, size_t n_values, struct db_result *ret_result)
{
    struct db_postgresql *db = of(base);
    bool was_protected = false;
    bool stale = false;

    set_stop(db, context);
    enum code code = protect(db, context, sql, &was_protected);
    if (code == OK)
        code = execute_once(db, context, sql, values, n_values, ret_result, &stale);
    if (stale && PQtransactionStatus(db->handle) == PQTRANS_INERROR) {
        base->lost = true;
        return fail_native(context, CONTENDED, "%s", context->error.native);
    }
    if (stale) {
        context->error = (struct error){.code = OK};
        code = forget_statement(db, context, sql);
        if (code == OK)
            code = execute_once(db, context, sql, values, n_values, ret_result, &stale);
    }
    return settle(db, context, sql, was_protected, code);
}

static const struct db_dialect dialect = {
    .name = "postgresql",
    .quote = "\"",
    .numbered = true,
    .for_update = " FOR UPDATE",
    .returning = true,
};

const struct db_driver db_postgresql = {
    .name = "postgresql",
    .dialect = &dialect,
    .size = sizeof(struct db_postgresql),
    .connect = postgresql_connect,
    .disconnect = postgresql_disconnect,
    .check = postgresql_check,
    .execute = postgresql_execute,
    .run = postgresql_run,
    .set_session = postgresql_set_session,
    .begin = "BEGIN",
};
