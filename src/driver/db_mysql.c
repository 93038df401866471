/*
 * driver/db_mysql.c: MySQL and MariaDB, through either one's client library.
 *
 * The surprising choice: texts are fetched in two steps. A row is first fetched into buffers of no size, which tells
 * how long each text is; then each text is fetched once more, straight into the arena. No buffer has a guessed size,
 * and no text is copied twice.
 */

#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "driver/statement_cache.h"

/* MySQL 8 dropped its own boolean type; MariaDB's library kept it. */
#ifdef MARIADB_PACKAGE_VERSION
#define mysql_bool my_bool
#else
#define mysql_bool bool
#endif

/* The client gives up on a silent server this much later than the server on the statement. */
#define READ_GRACE_MS 1000

struct db_mysql {
    struct db db;
    MYSQL *handle;
    struct statement_cache statements; /* of struct prepared */
    int64_t read_timeout_ms;           /* 0: none */
};

/* A column of a result; mysql_stmt_fetch() writes into it. */
struct column {
    bool is_integer;
    bool is_date;
    mysql_bool is_null;
    mysql_bool is_cut;
    unsigned long size;
    long long integer;
};

struct prepared {
    MYSQL_STMT *handle;
    unsigned n_columns;
    struct column columns[];
};

/* The one table from native errors to ours; what is not here is INTERNAL. Servers have 1000 to 1999 and from 3000, the
 * client library 2000 to 2999. */
static const struct native {
    unsigned number;
    enum code code;
    bool lost; /* the connection is gone, or of no use any more */
} natives[] = {
    {1020, CONTENDED, false},    /* record has changed since last read */
    {1205, CONTENDED, false},    /* lock wait timeout; rolls back the statement only */
    {1213, CONTENDED, false},    /* deadlock */
    {1048, CONFLICT, false},     /* column cannot be null */
    {1062, CONFLICT, false},     /* duplicate entry */
    {1169, CONFLICT, false},     /* unique constraint */
    {1217, CONFLICT, false},     /* a row refers to it */
    {1451, CONFLICT, false},     /* a row refers to it */
    {1264, CONFLICT, false},     /* out of range */
    {1292, CONFLICT, false},     /* incorrect value */
    {1366, CONFLICT, false},     /* incorrect value for a column */
    {1406, CONFLICT, false},     /* data too long */
    {3819, CONFLICT, false},     /* check constraint (MySQL) */
    {4025, CONFLICT, false},     /* check constraint (MariaDB) */
    {1216, NO_REFERENCE, false}, /* it refers to no row */
    {1452, NO_REFERENCE, false}, /* it refers to no row */
    {1317, TIMED_OUT, false},    /* query interrupted */
    {1969, TIMED_OUT, false},    /* max_statement_time (MariaDB) */
    {3024, TIMED_OUT, false},    /* max_execution_time (MySQL) */
    {1037, NO_MEMORY, false},    /* server out of memory */
    {1038, NO_MEMORY, false},    /* server out of sort memory */
    {2008, NO_MEMORY, false},    /* client out of memory */
    {1021, UNAVAILABLE, false},  /* disk full */
    {1040, UNAVAILABLE, false},  /* too many connections */
    {1044, UNAVAILABLE, false},  /* access denied to the database */
    {1045, UNAVAILABLE, false},  /* access denied */
    {1049, UNAVAILABLE, false},  /* unknown database */
    {1114, UNAVAILABLE, false},  /* table full */
    {1129, UNAVAILABLE, false},  /* host is blocked */
    {1130, UNAVAILABLE, false},  /* host is not allowed */
    {1203, UNAVAILABLE, false},  /* too many connections of the user */
    {1226, UNAVAILABLE, false},  /* the user is over a limit */
    {1290, UNAVAILABLE, false},  /* server is read-only */
    {1461, UNAVAILABLE, false},  /* too many prepared statements */
    {1836, UNAVAILABLE, false},  /* server is read-only */
    {1047, UNAVAILABLE, true},   /* the node of a cluster is not ready */
    {1053, UNAVAILABLE, true},   /* shutdown in progress */
    {1080, UNAVAILABLE, true},   /* forced close */
    {1152, UNAVAILABLE, true},   /* aborted connection */
    {1158, UNAVAILABLE, true},   /* error reading packets */
    {1159, UNAVAILABLE, true},   /* timeout reading packets */
    {1160, UNAVAILABLE, true},   /* error writing packets */
    {1161, UNAVAILABLE, true},   /* timeout writing packets */
    {1927, UNAVAILABLE, true},   /* connection was killed (MariaDB) */
    {4031, UNAVAILABLE, true},   /* disconnected for inactivity (MySQL) */
    {2002, UNAVAILABLE, true},   /* cannot connect through a socket */
    {2003, UNAVAILABLE, true},   /* cannot connect to the host */
    {2005, UNAVAILABLE, true},   /* unknown host */
    {2006, UNAVAILABLE, true},   /* server has gone away */
    {2012, UNAVAILABLE, true},   /* error in the handshake */
    {2013, UNAVAILABLE, true},   /* lost connection; also what a read timeout looks like */
    {2014, UNAVAILABLE, true},   /* commands out of sync */
    {2026, UNAVAILABLE, true},   /* TLS */
    {2027, UNAVAILABLE, true},   /* malformed packet */
    {2055, UNAVAILABLE, true},   /* lost connection, with more detail */
};

/* Errors of a prepared statement that say: nothing was run, prepare it again. 1243: the server does not know it. 1615:
 * it needs to be prepared again. 2057: its columns have changed. */
static bool is_stale(unsigned number)
{
    return number == 1243 || number == 1615 || number == 2057;
}

static struct db_mysql *of(struct db *db)
{
    return (struct db_mysql *)db;
}

/* Turns a native failure of something begun at since_ms into a code. A lost connection for which we waited as long as
 * we ever wait was a read timeout: the library does not tell them apart. */
static enum code native_failure(struct db_mysql *db, struct context *context, unsigned number, const char *text,
                                int64_t since_ms)
{
    enum code code = INTERNAL;

    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++) {
        if (natives[i].number == number) {
            code = natives[i].code;
            db->db.lost = db->db.lost || natives[i].lost;
        }
    }
    if (number == 2013 && db->read_timeout_ms && clock_ms() - since_ms >= db->read_timeout_ms - READ_GRACE_MS / 10)
        code = TIMED_OUT;
    return fail_native(context, code, "mysql %u: %s", number, text);
}

static enum code handle_failure(struct db_mysql *db, struct context *context, int64_t since_ms)
{
    return native_failure(db, context, mysql_errno(db->handle), mysql_error(db->handle), since_ms);
}

static enum code statement_failure(struct db_mysql *db, struct context *context, MYSQL_STMT *handle, int64_t since_ms)
{
    return native_failure(db, context, mysql_stmt_errno(handle), mysql_stmt_error(handle), since_ms);
}

static void prepared_close(void *statement)
{
    struct prepared *prepared = statement;

    mysql_stmt_close(prepared->handle);
    free(prepared);
}

/* The handle goes first: statements without a connection are closed without a word to the server. */
static void mysql_disconnect(struct db *base)
{
    struct db_mysql *db = of(base);

    mysql_close(db->handle);
    db->handle = NULL;
    statement_cache_release(&db->statements, prepared_close);
}

/* Runs a statement as text and drops what it gives. */
static enum code mysql_run(struct db *base, struct context *context, const char *sql)
{
    struct db_mysql *db = of(base);
    int64_t since_ms = clock_ms();

    if (mysql_real_query(db->handle, sql, strlen(sql)) != 0)
        return handle_failure(db, context, since_ms);
    do {
        MYSQL_RES *result = mysql_store_result(db->handle);
        if (!result && mysql_errno(db->handle) != 0)
            return handle_failure(db, context, since_ms);
        mysql_free_result(result);
    } while (mysql_next_result(db->handle) == 0);
    return mysql_errno(db->handle) == 0 ? OK : handle_failure(db, context, since_ms);
}

/* Whole seconds, which is all that the library and some variables know: rounded up, at least 1. */
static unsigned seconds(int64_t ms)
{
    return ms > 1000 ? (unsigned)((ms + 999) / 1000) : 1;
}

static void set_options(struct db_mysql *db, const struct context *context)
{
    const struct db_options *options = &db->db.options;
    unsigned protocol = options->host[0] == '/' ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    unsigned connect_s = seconds(context_left_ms(context, options->connect_timeout_ms));

    mysql_options(db->handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(db->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (options->connect_timeout_ms > 0)
        mysql_options(db->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    db->read_timeout_ms = 0;
    if (options->statement_timeout_ms > 0) {
        unsigned read_s = seconds((int64_t)options->statement_timeout_ms + READ_GRACE_MS);
        mysql_options(db->handle, MYSQL_OPT_READ_TIMEOUT, &read_s);
        mysql_options(db->handle, MYSQL_OPT_WRITE_TIMEOUT, &read_s);
        db->read_timeout_ms = (int64_t)read_s * 1000;
    }
}

/* Makes the session the same on every server, however that is configured. */
static enum code set_session(struct db_mysql *db, struct context *context)
{
    const struct db_options *options = &db->db.options;
    struct buffer sql;

    buffer_init(&sql, context->arena, 1024);
    buffer_add_text(&sql, "SET NAMES utf8mb4 COLLATE utf8mb4_bin, autocommit = 1, time_zone = '+00:00', sql_mode = "
                          "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
                          "NO_ENGINE_SUBSTITUTION'");
    if (options->lock_timeout_ms > 0)
        buffer_printf(&sql, ", innodb_lock_wait_timeout = %u, lock_wait_timeout = %u",
                      seconds(options->lock_timeout_ms), seconds(options->lock_timeout_ms));
    if (options->statement_timeout_ms > 0 && strstr(mysql_get_server_info(db->handle), "MariaDB"))
        buffer_printf(&sql, ", max_statement_time = %d.%03d", options->statement_timeout_ms / 1000,
                      options->statement_timeout_ms % 1000);
    else if (options->statement_timeout_ms > 0)
        buffer_printf(&sql, ", max_execution_time = %d", options->statement_timeout_ms);
    return sql.failed ? fail_memory(context) : mysql_run(&db->db, context, sql.data);
}

/* Whatever a connect fails of, short of memory, is a reason not to be there: a wrong password, too. */
static enum code mysql_connect_to(struct db *base, struct context *context)
{
    struct db_mysql *db = of(base);
    const struct db_options *options = &base->options;
    bool is_socket = options->host[0] == '/';
    enum code code = OK;

    db->handle = mysql_init(NULL);
    if (!db->handle)
        return fail_memory(context);
    set_options(db, context);
    if (!mysql_real_connect(db->handle, is_socket ? NULL : options->host, options->user, options->password,
                            options->name, is_socket ? 0 : (unsigned)options->port, is_socket ? options->host : NULL,
                            CLIENT_FOUND_ROWS))
        code = handle_failure(db, context, INT64_MAX);
    else
        code = set_session(db, context);
    if (code == OK)
        return OK;
    mysql_disconnect(base);
    return code == NO_MEMORY ? code : fail_native(context, UNAVAILABLE, "%s", context->error.native);
}

static bool mysql_check(struct db *base)
{
    return mysql_ping(of(base)->handle) == 0;
}

static bool is_integer(enum enum_field_types type)
{
    return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 || type == MYSQL_TYPE_LONG ||
           type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_YEAR;
}

static bool is_date(enum enum_field_types type)
{
    return type == MYSQL_TYPE_DATE || type == MYSQL_TYPE_NEWDATE || type == MYSQL_TYPE_DATETIME ||
           type == MYSQL_TYPE_TIMESTAMP;
}

/* Tells the library where each column goes: integers to their place, of all others only the size. */
static bool bind_columns(struct prepared *prepared, const MYSQL_FIELD *fields)
{
    MYSQL_BIND *binds = calloc(prepared->n_columns, sizeof *binds);

    if (!binds)
        return false;
    for (unsigned i = 0; i < prepared->n_columns; i++) {
        struct column *column = &prepared->columns[i];
        column->is_integer = is_integer(fields[i].type);
        column->is_date = is_date(fields[i].type);
        binds[i].buffer_type = column->is_integer ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING;
        binds[i].buffer = column->is_integer ? &column->integer : NULL;
        binds[i].buffer_length = column->is_integer ? sizeof column->integer : 0;
        binds[i].length = &column->size;
        binds[i].is_null = &column->is_null;
        binds[i].error = &column->is_cut;
    }
    bool bound = mysql_stmt_bind_result(prepared->handle, binds) == 0;
    free(binds);
    return bound;
}

/* The statement with its columns bound; NULL without memory. The handle is then still the caller's. */
static struct prepared *prepared_new(MYSQL_STMT *handle)
{
    unsigned n_columns = mysql_stmt_field_count(handle);
    struct prepared *prepared = calloc(1, sizeof *prepared + n_columns * sizeof *prepared->columns);

    if (!prepared)
        return NULL;
    prepared->handle = handle;
    prepared->n_columns = n_columns;
    if (n_columns == 0)
        return prepared;

    MYSQL_RES *metadata = mysql_stmt_result_metadata(handle);
    bool bound = metadata && bind_columns(prepared, mysql_fetch_fields(metadata));
    mysql_free_result(metadata);
    if (bound)
        return prepared;
    free(prepared);
    return NULL;
}

/* NULL after a failure. */
static struct prepared *prepare(struct db_mysql *db, struct context *context, const char *sql)
{
    int64_t since_ms = clock_ms();
    MYSQL_STMT *handle = mysql_stmt_init(db->handle);
    struct prepared *prepared = NULL;

    if (!handle) {
        fail_memory(context);
        return NULL;
    }
    if (mysql_stmt_prepare(handle, sql, strlen(sql)) != 0)
        statement_failure(db, context, handle, since_ms);
    else if (!(prepared = prepared_new(handle)))
        fail_memory(context);
    if (!prepared)
        mysql_stmt_close(handle);
    return prepared;
}

static void bind_value(MYSQL_BIND *bind, const struct db_value *value)
{
    /* The library's struct serves both directions; of a parameter it only reads. */
    switch (value->type) {
    case DB_NULL:
        bind->buffer_type = MYSQL_TYPE_NULL;
        break;
    case DB_INTEGER:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = (void *)(uintptr_t)&value->integer;
        break;
    case DB_TEXT:
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = (void *)(uintptr_t)value->text;
        bind->buffer_length = value->size;
        bind->length = &bind->buffer_length;
        break;
    }
}

static enum code bind_values(struct context *context, MYSQL_STMT *handle, const struct db_value *values,
                             size_t n_values)
{
    if (mysql_stmt_param_count(handle) != n_values)
        return fail_native(context, INTERNAL, "%zu values for another number of parameters", n_values);
    if (n_values == 0)
        return OK;
    MYSQL_BIND *binds = arena_array(context->arena, n_values, sizeof *binds);
    if (!binds)
        return fail_memory(context);
    for (size_t i = 0; i < n_values; i++)
        bind_value(&binds[i], &values[i]);
    if (mysql_stmt_bind_param(handle, binds) != 0)
        return fail_native(context, INTERNAL, "mysql %u: %s", mysql_stmt_errno(handle), mysql_stmt_error(handle));
    return OK;
}

/* Fetches one column of the current row, whose size is known by now, into the arena. A date of zeroes, which MySQL let
 * in for long, is none. */
static enum code read_cell(struct context *context, struct prepared *prepared, unsigned index,
                           struct db_value *ret_cell)
{
    const struct column *column = &prepared->columns[index];

    if (column->is_null)
        *ret_cell = (struct db_value){.type = DB_NULL};
    else if (column->is_integer)
        *ret_cell = (struct db_value){.type = DB_INTEGER, .integer = column->integer};
    if (column->is_null || column->is_integer)
        return OK;

    unsigned long size = column->size;
    char *text = arena_alloc(context->arena, size + 1);
    if (!text)
        return fail_memory(context);
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING, .buffer = text, .buffer_length = size, .length = &size};
    if (size > 0 && mysql_stmt_fetch_column(prepared->handle, &bind, index, 0) != 0)
        return fail_native(context, INTERNAL, "mysql %u: %s", mysql_stmt_errno(prepared->handle),
                           mysql_stmt_error(prepared->handle));
    if (column->is_date && strncmp(text, "0000-00-00", 10) == 0)
        *ret_cell = (struct db_value){.type = DB_NULL};
    else
        *ret_cell = (struct db_value){.type = DB_TEXT, .text = text, .size = column->size};
    return OK;
}

/* Fetches all rows of a stored result into the arena. */
static enum code read_rows(struct db_mysql *db, struct context *context, struct prepared *prepared,
                           struct db_result *result)
{
    uint64_t n_rows = mysql_stmt_num_rows(prepared->handle);

    if (n_rows > DB_ROWS_MAX)
        return fail_native(context, INTERNAL, "a result of more than %d rows", DB_ROWS_MAX);
    result->n_columns = prepared->n_columns;
    result->cells = arena_array(context->arena, n_rows * prepared->n_columns, sizeof *result->cells);
    if (!result->cells)
        return fail_memory(context);

    struct db_value *cell = result->cells;
    for (; result->n_rows < n_rows; result->n_rows++) {
        int fetched = mysql_stmt_fetch(prepared->handle);
        if (fetched != 0 && fetched != MYSQL_DATA_TRUNCATED)
            return statement_failure(db, context, prepared->handle, clock_ms());
        enum code code = OK;
        for (unsigned i = 0; code == OK && i < prepared->n_columns; i++)
            code = read_cell(context, prepared, i, cell++);
        if (code != OK)
            return code;
    }
    return OK;
}

/* Runs a prepared statement, to its last row. */
static enum code run_prepared(struct db_mysql *db, struct context *context, struct prepared *prepared,
                              const struct db_value *values, size_t n_values, struct db_result *ret_result)
{
    struct db_result result = {.cells = NULL};
    int64_t since_ms = clock_ms();
    enum code code = bind_values(context, prepared->handle, values, n_values);

    if (code != OK)
        return code;
    if (mysql_stmt_execute(prepared->handle) != 0)
        return statement_failure(db, context, prepared->handle, since_ms);
    if (prepared->n_columns > 0) {
        if (mysql_stmt_store_result(prepared->handle) != 0)
            return statement_failure(db, context, prepared->handle, since_ms);
        code = read_rows(db, context, prepared, &result);
    } else {
        result.inserted_id = (int64_t)mysql_stmt_insert_id(prepared->handle);
        result.affected = (int64_t)mysql_stmt_affected_rows(prepared->handle);
    }
    if (code == OK)
        *ret_result = result;
    return code;
}

/* Finds or prepares the statement and runs it; ret_stale tells that it did not run and is to be prepared again. */
static enum code execute_once(struct db_mysql *db, struct context *context, const char *sql,
                              const struct db_value *values, size_t n_values, struct db_result *ret_result,
                              bool *ret_stale)
{
    struct prepared *prepared = statement_cache_find(&db->statements, sql);
    bool kept = prepared != NULL;

    if (!kept) {
        prepared = prepare(db, context, sql);
        if (!prepared)
            return context->error.code;
        kept = statement_cache_keep(&db->statements, sql, prepared);
    }

    enum code code = run_prepared(db, context, prepared, values, n_values, ret_result);
    *ret_stale = code != OK && is_stale(mysql_stmt_errno(prepared->handle));
    mysql_stmt_free_result(prepared->handle);
    if (kept && *ret_stale)
        statement_cache_forget(&db->statements, sql);
    if (!kept || *ret_stale)
        prepared_close(prepared);
    return code;
}

static enum code mysql_execute(struct db *base, struct context *context, const char *sql, const struct db_value *values,
                               size_t n_values, struct db_result *ret_result)
{
    bool stale = false;
    enum code code = execute_once(of(base), context, sql, values, n_values, ret_result, &stale);

    if (!stale)
        return code;
    context->error = (struct error){.code = OK};
    return execute_once(of(base), context, sql, values, n_values, ret_result, &stale);
}

static const struct db_dialect dialect = {
    .name = "mysql",
    .quote = "`",
    .for_update = " FOR UPDATE",
    .pads_text = true,
};

const struct db_driver db_mysql = {
    .name = "mysql",
    .dialect = &dialect,
    .size = sizeof(struct db_mysql),
    .connect = mysql_connect_to,
    .disconnect = mysql_disconnect,
    .check = mysql_check,
    .execute = mysql_execute,
    .run = mysql_run,
    .begin = "START TRANSACTION",
};
