/*
 * driver/db_mysql.c: MySQL and MariaDB, through either one's client library.
 *
 * The surprising choice: texts are fetched in two steps. A row is first fetched into buffers of no size, which tells
 * how long each text is; then each text is fetched once more, straight into the arena. No buffer has a guessed size,
 * and no text is copied twice.
 */

#include <mysql.h>
#include <poll.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "driver/db_mysql_error.h"
#include "driver/statement_cache.h"

/* MySQL 8 dropped its own boolean type; MariaDB's library kept it. Each has its own way to the socket. */
#ifdef MARIADB_PACKAGE_VERSION
#define mysql_bool my_bool
#define socket_of(handle) ((int)mysql_get_socket(handle))
#else
#define mysql_bool bool
#define socket_of(handle) ((int)(handle)->net.fd)
#endif

/* The client gives up on a silent server this much later than the server on the statement. */
#define READ_GRACE_MS 1000

struct db_mysql {
    struct db db;
    MYSQL *handle;
    struct statement_cache statements; /* of MYSQL_STMT */
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

static struct db_mysql *of(struct db *db)
{
    return (struct db_mysql *)db;
}

/* Turns a native failure of something begun at since_ms into a code. A lost connection for which we waited as long as
 * we ever wait was a read timeout: the library does not tell them apart. */
static enum code native_failure(struct db_mysql *db, struct context *context, unsigned number, const char *text,
                                int64_t since_ms)
{
    const struct db_mysql_error *error = db_mysql_error_find(number);
    bool waited = db->read_timeout_ms && clock_ms() - since_ms >= db->read_timeout_ms - READ_GRACE_MS / 10;
    enum code code = number == MYSQL_LOST && waited ? TIMED_OUT : error->code;

    db->db.lost = db->db.lost || error->state == LOST;
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

static void statement_close(void *statement)
{
    mysql_stmt_close(statement);
}

/* The handle goes first: statements without a connection are closed without a word to the server. */
static void mysql_disconnect(struct db *base)
{
    struct db_mysql *db = of(base);

    mysql_close(db->handle);
    db->handle = NULL;
    statement_cache_release(&db->statements, statement_close);
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

/* Every session is told these, however the server is configured. */
static const char session_settings[] =
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin, autocommit = 1, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,"
    "NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', foreign_key_checks = 1, "
    "unique_checks = 1, sql_notes = 1";

/* Without a limit of ours, the server's. */
static void add_timeouts(struct buffer *sql, const struct db_options *options, bool is_mariadb)
{
    if (options->lock_timeout_ms > 0)
        buffer_printf(sql, ", innodb_lock_wait_timeout = %u, lock_wait_timeout = %u", seconds(options->lock_timeout_ms),
                      seconds(options->lock_timeout_ms));
    else
        buffer_add_text(sql, ", innodb_lock_wait_timeout = DEFAULT, lock_wait_timeout = DEFAULT");
    buffer_add_text(sql, is_mariadb ? ", max_statement_time = " : ", max_execution_time = ");
    if (options->statement_timeout_ms <= 0)
        buffer_add_text(sql, "DEFAULT");
    else if (is_mariadb)
        buffer_printf(sql, "%d.%03d", options->statement_timeout_ms / 1000, options->statement_timeout_ms % 1000);
    else
        buffer_printf(sql, "%d", options->statement_timeout_ms);
}

static enum code set_session(struct db_mysql *db, struct context *context)
{
    struct buffer sql;

    buffer_init(&sql, context->arena, 1024);
    buffer_add_text(&sql, session_settings);
    add_timeouts(&sql, &db->db.options, strstr(mysql_get_server_info(db->handle), "MariaDB") != NULL);
    return sql.failed ? fail_memory(context) : mysql_run(&db->db, context, sql.data);
}

/* Also back to the database, which USE may have left. The library could reset a session as a whole, but the server's
 * locks would go with it. */
static enum code mysql_set_session(struct db *base, struct context *context)
{
    struct db_mysql *db = of(base);
    int64_t since_ms = clock_ms();

    if (base->options.name && mysql_select_db(db->handle, base->options.name) != 0)
        return handle_failure(db, context, since_ms);
    return set_session(db, context);
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

/* A server that closed the connection has said so by now, and there is something to read. Nothing is asked, so that a
 * server that hangs costs no wait. */
static bool mysql_check(struct db *base)
{
    struct pollfd socket = {.fd = socket_of(of(base)->handle), .events = POLLIN};

    return poll(&socket, 1, 0) == 0;
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

/* NULL after a failure. */
static MYSQL_STMT *prepare(struct db_mysql *db, struct context *context, const char *sql)
{
    int64_t since_ms = clock_ms();
    MYSQL_STMT *statement = mysql_stmt_init(db->handle);

    if (!statement) {
        fail_memory(context);
        return NULL;
    }
    if (mysql_stmt_prepare(statement, sql, strlen(sql)) == 0)
        return statement;
    statement_failure(db, context, statement, since_ms);
    mysql_stmt_close(statement);
    return NULL;
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

static enum code bind_values(struct context *context, MYSQL_STMT *statement, const struct db_value *values,
                             size_t n_values)
{
    if (mysql_stmt_param_count(statement) != n_values)
        return fail_native(context, INTERNAL, "%zu values for another number of parameters", n_values);
    if (n_values == 0)
        return OK;
    MYSQL_BIND *binds = arena_array(context->arena, n_values, sizeof *binds);
    if (!binds)
        return fail_memory(context);
    for (size_t i = 0; i < n_values; i++)
        bind_value(&binds[i], &values[i]);
    if (mysql_stmt_bind_param(statement, binds) != 0)
        return fail_native(context, INTERNAL, "mysql %u: %s", mysql_stmt_errno(statement), mysql_stmt_error(statement));
    return OK;
}

/*
 * Tells the library where each column goes: integers to their place, of all others only the size. The types are those
 * of this execution; a parameter as a column, or a change of the table, can make them differ from the last one's.
 */
static enum code bind_columns(struct context *context, MYSQL_STMT *statement, struct column *columns)
{
    MYSQL_RES *metadata = mysql_stmt_result_metadata(statement);
    unsigned n_columns = metadata ? mysql_num_fields(metadata) : 0;
    const MYSQL_FIELD *fields = metadata ? mysql_fetch_fields(metadata) : NULL;
    MYSQL_BIND *binds = arena_array(context->arena, n_columns, sizeof *binds);

    for (unsigned i = 0; binds && i < n_columns; i++) {
        struct column *column = &columns[i];
        column->is_integer = is_integer(fields[i].type);
        column->is_date = is_date(fields[i].type);
        binds[i].buffer_type = column->is_integer ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING;
        binds[i].buffer = column->is_integer ? &column->integer : NULL;
        binds[i].buffer_length = column->is_integer ? sizeof column->integer : 0;
        binds[i].length = &column->size;
        binds[i].is_null = &column->is_null;
        binds[i].error = &column->is_cut;
    }
    bool bound = metadata && binds && mysql_stmt_bind_result(statement, binds) == 0;
    mysql_free_result(metadata);
    return bound ? OK : fail_memory(context);
}

/* Fetches one column of the current row, whose size is known by now, into the arena; NULL after a failure. */
static const char *read_text(struct context *context, MYSQL_STMT *statement, unsigned index, unsigned long size)
{
    char *text = arena_alloc(context->arena, size + 1);
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING, .buffer = text, .buffer_length = size, .length = &size};

    if (!text) {
        fail_memory(context);
        return NULL;
    }
    if (size == 0 || mysql_stmt_fetch_column(statement, &bind, index, 0) == 0)
        return text;
    fail_native(context, INTERNAL, "mysql %u: %s", mysql_stmt_errno(statement), mysql_stmt_error(statement));
    return NULL;
}

/* A date of zeroes, which MySQL let in for long, is none. */
static enum code read_cell(struct context *context, MYSQL_STMT *statement, unsigned index, const struct column *column,
                           struct db_value *ret_cell)
{
    if (column->is_null) {
        *ret_cell = (struct db_value){.type = DB_NULL};
        return OK;
    }
    if (column->is_integer) {
        *ret_cell = (struct db_value){.type = DB_INTEGER, .integer = column->integer};
        return OK;
    }
    const char *text = read_text(context, statement, index, column->size);
    if (!text)
        return context->error.code;
    if (column->is_date && strncmp(text, "0000-00-00", 10) == 0)
        *ret_cell = (struct db_value){.type = DB_NULL};
    else
        *ret_cell = (struct db_value){.type = DB_TEXT, .text = text, .size = column->size};
    return OK;
}

/* Fetches all rows of a stored result into the arena. */
static enum code read_rows(struct db_mysql *db, struct context *context, MYSQL_STMT *statement,
                           const struct column *columns, struct db_result *result)
{
    uint64_t n_rows = mysql_stmt_num_rows(statement);

    if (n_rows > DB_ROWS_MAX)
        return fail_native(context, INTERNAL, "a result of more than %d rows", DB_ROWS_MAX);
    struct db_value *cell = arena_array(context->arena, n_rows * result->n_columns, sizeof *cell);
    if (!cell)
        return fail_memory(context);
    result->cells = cell;
    for (; result->n_rows < n_rows; result->n_rows++) {
        int fetched = mysql_stmt_fetch(statement);
        if (fetched != 0 && fetched != MYSQL_DATA_TRUNCATED)
            return statement_failure(db, context, statement, clock_ms());
        for (unsigned i = 0; i < result->n_columns; i++, cell++) {
            enum code code = read_cell(context, statement, i, &columns[i], cell);
            if (code != OK)
                return code;
        }
    }
    return OK;
}

/* Takes the result of a statement that gives rows, to the last one. */
static enum code read_result(struct db_mysql *db, struct context *context, MYSQL_STMT *statement, int64_t since_ms,
                             struct db_result *result)
{
    struct column *columns = arena_array(context->arena, result->n_columns, sizeof *columns);

    if (!columns)
        return fail_memory(context);
    enum code code = bind_columns(context, statement, columns);
    if (code != OK)
        return code;
    if (mysql_stmt_store_result(statement) != 0)
        return statement_failure(db, context, statement, since_ms);
    return read_rows(db, context, statement, columns, result);
}

static enum code run_statement(struct db_mysql *db, struct context *context, MYSQL_STMT *statement,
                               const struct db_value *values, size_t n_values, struct db_result *ret_result)
{
    struct db_result result = {.cells = NULL};
    int64_t since_ms = clock_ms();
    enum code code = bind_values(context, statement, values, n_values);

    if (code != OK)
        return code;
    if (mysql_stmt_execute(statement) != 0)
        return statement_failure(db, context, statement, since_ms);
    result.n_columns = mysql_stmt_field_count(statement);
    if (result.n_columns > 0) {
        code = read_result(db, context, statement, since_ms, &result);
    } else {
        result.inserted_id = (int64_t)mysql_stmt_insert_id(statement);
        result.affected = (int64_t)mysql_stmt_affected_rows(statement);
    }
    if (code == OK)
        *ret_result = result;
    return code;
}

/*
 * Finds or prepares the statement and runs it; ret_stale tells that it did not run and is to be prepared again.
 *
 * One without parameters is not kept. That is the total of a whole table, which MariaDB 10.11 counts over an index when
 * it is run for the first time, and by reading every row when it is run again after others have read that table.
 */
static enum code execute_once(struct db_mysql *db, struct context *context, const char *sql,
                              const struct db_value *values, size_t n_values, struct db_result *ret_result,
                              bool *ret_stale)
{
    MYSQL_STMT *statement = statement_cache_find(&db->statements, sql);
    bool kept = statement != NULL;

    if (!kept) {
        statement = prepare(db, context, sql);
        if (!statement)
            return context->error.code;
        kept = n_values > 0 && !context->trace && statement_cache_keep(&db->statements, sql, statement);
    }

    enum code code = run_statement(db, context, statement, values, n_values, ret_result);
    *ret_stale = code != OK && db_mysql_error_find(mysql_stmt_errno(statement))->state == STALE;
    mysql_stmt_free_result(statement);
    /* One whose result broke off would wait for the rest of it the next time: none is kept that failed. */
    if (kept && code != OK)
        statement_cache_forget(&db->statements, sql);
    if (!kept || code != OK)
        mysql_stmt_close(statement);
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
    .set_session = mysql_set_session,
    .begin = "START TRANSACTION",
};
