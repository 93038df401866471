/*
 * driver/db_sqlite.c: SQLite, embedded.
 *
 * Write-ahead logging, so that readers and the one writer do not wait for each other, and a sync with each commit, so
 * that what was acknowledged survives a power cut. The surprising choice: BEGIN IMMEDIATE. A transaction that started
 * as a reader and then writes can fail in a way that no waiting cures; one that starts as the writer cannot.
 */

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "driver/statement_cache.h"

/* Virtual machine instructions between two looks at the clock; about 0.1 ms. */
#define STEPS_PER_LOOK 4000

/* Between two attempts at a lock that SQLite does not wait for. */
#define BUSY_PAUSE_MS 5

/* Rows that a result has room for at first; the room is doubled as needed. */
#define ROWS_FIRST 8

struct db_sqlite {
    struct db db;
    sqlite3 *handle;
    struct statement_cache statements;
    int64_t stop_ms; /* clock_ms() at which the statement under way is interrupted; 0: never */
};

/* The one table from SQLite's primary result codes to ours; what is not here is INTERNAL. */
static const struct native {
    int number;
    enum code code;
    bool lost; /* the file is not to be trusted any more: open it again */
} natives[] = {
    {SQLITE_BUSY, CONTENDED, false},       {SQLITE_LOCKED, CONTENDED, false},    {SQLITE_CONSTRAINT, CONFLICT, false},
    {SQLITE_INTERRUPT, TIMED_OUT, false},  {SQLITE_NOMEM, NO_MEMORY, false},     {SQLITE_FULL, UNAVAILABLE, false},
    {SQLITE_PROTOCOL, UNAVAILABLE, false}, {SQLITE_PERM, UNAVAILABLE, true},     {SQLITE_AUTH, UNAVAILABLE, true},
    {SQLITE_CANTOPEN, UNAVAILABLE, true},  {SQLITE_READONLY, UNAVAILABLE, true}, {SQLITE_IOERR, UNAVAILABLE, true},
    {SQLITE_CORRUPT, UNAVAILABLE, true},   {SQLITE_NOTADB, UNAVAILABLE, true},
};

/* How SQLite's texts begin or go on where a table or column is missing; its number for that is one for all mistakes. */
static const char *const missing[] = {"no such table: ", "no such column: ", " has no column named "};

static struct db_sqlite *of(struct db *db)
{
    return (struct db_sqlite *)db;
}

/* Is it the tables that do not fit the statement? They do once the migrations are applied. */
static bool is_missing(const char *text)
{
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        if (strstr(text, missing[i]))
            return true;
    }
    return false;
}

/* Turns SQLite's last failure into a code. A foreign key says no to a DELETE because others refer to the row, and to
 * anything else because the row refers to nothing. */
static enum code native_failure(struct db_sqlite *db, struct context *context, const char *sql)
{
    int number = sqlite3_extended_errcode(db->handle);
    enum code code = INTERNAL;

    for (size_t i = 0; i < sizeof(natives) / sizeof *natives; i++) {
        if (natives[i].number == (number & 0xff)) {
            code = natives[i].code;
            db->db.lost = db->db.lost || natives[i].lost;
        }
    }
    if (number == SQLITE_CONSTRAINT_FOREIGNKEY && strncasecmp(sql, "DELETE", 6) != 0)
        code = NO_REFERENCE;
    if (number == SQLITE_ERROR && is_missing(sqlite3_errmsg(db->handle)))
        code = UNAVAILABLE;
    return fail_native(context, code, "sqlite %d: %s", number, sqlite3_errmsg(db->handle));
}

static int look_at_clock(void *argument)
{
    const struct db_sqlite *db = argument;

    return db->stop_ms && clock_ms() >= db->stop_ms;
}

/* Sets how long the next statement may wait for a lock, and run. */
static void set_timeouts(struct db_sqlite *db, const struct context *context)
{
    const struct db_options *options = &db->db.options;
    int most_ms = options->statement_timeout_ms > 0 ? options->statement_timeout_ms : INT32_MAX;

    sqlite3_busy_timeout(db->handle, context_left_ms(context, options->lock_timeout_ms));
    db->stop_ms = clock_ms() + context_left_ms(context, most_ms);
}

static void statement_close(void *statement)
{
    sqlite3_finalize(statement);
}

static void sqlite_disconnect(struct db *base)
{
    struct db_sqlite *db = of(base);

    statement_cache_release(&db->statements, statement_close);
    sqlite3_close(db->handle);
    db->handle = NULL;
}

/* Prepares a new connection. Turning the log on takes a lock for which SQLITE_BUSY comes at once, without the wait that
 * other locks have: when several processes open a new file, we wait here. */
static int apply_settings(struct db_sqlite *db, const struct context *context)
{
    static const char settings[] = "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA foreign_keys = ON;";
    int64_t until_ms = clock_ms() + context_left_ms(context, db->db.options.lock_timeout_ms);
    int number = SQLITE_OK;

    set_timeouts(db, context);
    sqlite3_progress_handler(db->handle, STEPS_PER_LOOK, look_at_clock, db);
    do {
        number = sqlite3_exec(db->handle, settings, NULL, NULL, NULL);
    } while ((number & 0xff) == SQLITE_BUSY && clock_ms() < until_ms && sqlite3_sleep(BUSY_PAUSE_MS) >= 0);
    return number;
}

static enum code sqlite_connect(struct db *base, struct context *context)
{
    struct db_sqlite *db = of(base);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    bool absent = base->options.untouched && access(base->options.path, F_OK) != 0 && errno == ENOENT;
    int number = sqlite3_open_v2(absent ? ":memory:" : base->options.path, &db->handle, flags, NULL);

    if (!db->handle)
        return fail_memory(context);
    if (number == SQLITE_OK)
        number = apply_settings(db, context);
    if (number == SQLITE_OK)
        return OK;

    enum code code = (number & 0xff) == SQLITE_NOMEM ? NO_MEMORY : UNAVAILABLE;
    fail_native(context, code, "sqlite %d: %s: %s", number, base->options.path, sqlite3_errmsg(db->handle));
    sqlite_disconnect(base);
    return code;
}

/* False when the file was removed or replaced under the open connection. */
static bool sqlite_check(struct db *base)
{
    int moved = 0;
    int number = sqlite3_file_control(of(base)->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);

    return number != SQLITE_OK || !moved;
}

static int bind_value(sqlite3_stmt *statement, int position, const struct db_value *value)
{
    switch (value->type) {
    case DB_INTEGER:
        return sqlite3_bind_int64(statement, position, value->integer);
    case DB_TEXT:
        return sqlite3_bind_text64(statement, position, value->text, value->size, SQLITE_STATIC, SQLITE_UTF8);
    case DB_NULL:
        break;
    }
    return sqlite3_bind_null(statement, position);
}

static enum code bind_values(struct db_sqlite *db, struct context *context, sqlite3_stmt *statement,
                             const struct db_value *values, size_t n_values)
{
    if ((size_t)sqlite3_bind_parameter_count(statement) != n_values)
        return fail_native(context, INTERNAL, "%zu values for another number of parameters", n_values);
    for (size_t i = 0; i < n_values; i++)
        if (bind_value(statement, (int)i + 1, &values[i]) != SQLITE_OK)
            return native_failure(db, context, sqlite3_sql(statement));
    return OK;
}

/* Copies a cell of the current row into the arena. */
static enum code read_cell(struct context *context, sqlite3_stmt *statement, int column, struct db_value *ret_cell)
{
    struct db_value cell = {.type = DB_NULL};
    int type = sqlite3_column_type(statement, column);

    if (type == SQLITE_INTEGER) {
        cell.type = DB_INTEGER;
        cell.integer = sqlite3_column_int64(statement, column);
    } else if (type != SQLITE_NULL) {
        const unsigned char *text = sqlite3_column_text(statement, column);
        cell.type = DB_TEXT;
        cell.size = (size_t)sqlite3_column_bytes(statement, column);
        cell.text = text ? arena_copy(context->arena, text, cell.size) : NULL;
        if (!cell.text)
            return fail_memory(context);
    }
    *ret_cell = cell;
    return OK;
}

/* The cells for one more row; NULL when there is no room for it. */
static struct db_value *add_row(struct context *context, struct db_result *result, size_t *room)
{
    size_t row_size = result->n_columns * sizeof *result->cells;

    if (result->n_rows == *room) {
        size_t more = *room ? *room * 2 : ROWS_FIRST;
        void *cells = arena_grow(context->arena, result->cells, *room * row_size, more * row_size);
        if (!cells)
            return NULL;
        result->cells = cells;
        *room = more;
    }
    return &result->cells[result->n_rows++ * result->n_columns];
}

static enum code read_row(struct context *context, sqlite3_stmt *statement, struct db_result *result, size_t *room)
{
    if (result->n_rows >= DB_ROWS_MAX)
        return fail_native(context, INTERNAL, "a result of more than %d rows", DB_ROWS_MAX);

    struct db_value *cells = add_row(context, result, room);
    if (!cells)
        return fail_memory(context);
    enum code code = OK;
    for (size_t i = 0; code == OK && i < result->n_columns; i++)
        code = read_cell(context, statement, (int)i, &cells[i]);
    return code;
}

/* Runs a statement whose values are bound, to its end. */
static enum code step(struct db_sqlite *db, struct context *context, sqlite3_stmt *statement,
                      struct db_result *ret_result)
{
    struct db_result result = {.n_columns = (size_t)sqlite3_column_count(statement)};
    size_t room = 0;
    int number = SQLITE_OK;

    while ((number = sqlite3_step(statement)) == SQLITE_ROW) {
        enum code code = read_row(context, statement, &result, &room);
        if (code != OK)
            return code;
    }
    if (number != SQLITE_DONE)
        return native_failure(db, context, sqlite3_sql(statement));
    if (!sqlite3_stmt_readonly(statement)) {
        result.inserted_id = sqlite3_last_insert_rowid(db->handle);
        result.affected = sqlite3_changes64(db->handle);
    }
    *ret_result = result;
    return OK;
}

static enum code sqlite_execute(struct db *base, struct context *context, const char *sql,
                                const struct db_value *values, size_t n_values, struct db_result *ret_result)
{
    struct db_sqlite *db = of(base);
    sqlite3_stmt *statement = statement_cache_find(&db->statements, sql);
    bool kept = statement != NULL;

    set_timeouts(db, context);
    if (!kept) {
        if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
            return native_failure(db, context, sql);
        if (!statement)
            return fail_native(context, INTERNAL, "an empty statement");
        kept = !context->trace && statement_cache_keep(&db->statements, sql, statement);
    }

    enum code code = bind_values(db, context, statement, values, n_values);
    if (code == OK)
        code = step(db, context, statement, ret_result);
    if (kept) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    } else {
        sqlite3_finalize(statement);
    }
    return code;
}

static enum code sqlite_run(struct db *base, struct context *context, const char *sql)
{
    struct db_sqlite *db = of(base);

    set_timeouts(db, context);
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : native_failure(db, context, sql);
}

static const struct db_dialect dialect = {
    .name = "sqlite",
    .quote = "\"",
    .for_update = "",
};

const struct db_driver db_sqlite = {
    .name = "sqlite",
    .dialect = &dialect,
    .size = sizeof(struct db_sqlite),
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .check = sqlite_check,
    .execute = sqlite_execute,
    .run = sqlite_run,
    .begin = "BEGIN IMMEDIATE",
};
