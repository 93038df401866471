/* migrate/revision.c: rows of atlas_schema_revisions, by fixed statements. They are fixed per database, as the table
 * may be in another schema: its name is put where they have {table}. */

#include "migrate/revision.h"

#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "core/version.h"
#include "driver/db.h"
#include "migrate/dialect.h"

/* Who ran it, as Atlas says "Atlas CLI v0.21.2". */
#define OPERATOR "quire " QUIRE_VERSION

#define STATEMENT_SIZE_MAX 2048

#define SCHEMA_NAME_MAX 63

/* One row of Atlas's own is not a revision. */
static const char select_all[] = "SELECT version, description, type, applied, total, execution_time, hash, error, "
                                 "error_stmt, partial_hashes, executed_at FROM {table} "
                                 "WHERE version <> '.atlas_cloud_identifier' ORDER BY version";

static const char insert_one[] = "INSERT INTO {table} (version, description, type, applied, total, "
                                 "execution_time, hash, error, error_stmt, partial_hashes, operator_version, "
                                 "executed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/* Old servers set a timestamp to now in every UPDATE that does not set it. */
static const char update_one[] = "UPDATE {table} SET applied = ?, total = ?, execution_time = ?, "
                                 "hash = ?, error = ?, error_stmt = ?, partial_hashes = ?, operator_version = ?, "
                                 "executed_at = executed_at WHERE version = ?";

static struct db_value text_value(const char *text)
{
    if (!text)
        return (struct db_value){.type = DB_NULL};
    return (struct db_value){.type = DB_TEXT, .text = text, .size = strlen(text)};
}

static struct db_value integer_value(int64_t integer)
{
    return (struct db_value){.type = DB_INTEGER, .integer = integer};
}

static void add_name(struct buffer *sql, const struct revision_table *table)
{
    const char *quote = table->db->driver->dialect->quote;

    buffer_printf(sql, "%s%s%s", quote, table->schema, quote);
}

static void add_table(struct buffer *sql, const struct revision_table *table)
{
    if (table->schema) {
        add_name(sql, table);
        buffer_add_char(sql, '.');
    }
    buffer_add_text(sql, "atlas_schema_revisions");
}

static void add_schema(struct buffer *sql, const struct revision_table *table)
{
    if (table->schema)
        buffer_printf(sql, "'%s'", table->schema);
    else
        buffer_add_text(sql, table->dialect->own_schema);
}

/* What stands in a statement for something else. */
static const struct mark {
    const char *mark;
    void (*add)(struct buffer *sql, const struct revision_table *table);
} marks[] = {{"{table}", add_table}, {"{schema}", add_schema}, {"{name}", add_name}};

static const struct mark *find_mark(const char *at)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strncmp(at, marks[i].mark, strlen(marks[i].mark)) == 0)
            return &marks[i];
    return NULL;
}

/* The statement as this database has it. NULL without memory. */
static const char *write_statement(struct context *context, const struct revision_table *table, const char *sql)
{
    struct buffer text;
    int n = 0;

    buffer_init(&text, context->arena, STATEMENT_SIZE_MAX);
    while (*sql) {
        const struct mark *mark = find_mark(sql);
        if (mark)
            mark->add(&text, table);
        else if (*sql == '?' && table->db->driver->dialect->numbered)
            buffer_printf(&text, "$%d", ++n);
        else
            buffer_add_char(&text, *sql);
        sql += mark ? strlen(mark->mark) : 1;
    }
    return text.failed ? NULL : text.data;
}

static enum code read_statement(struct context *context, const struct revision_table *table, const char *sql,
                                struct db_result *ret_result)
{
    const char *text = write_statement(context, table, sql);

    return text ? db_execute(table->db, context, DB_READ, text, NULL, 0, ret_result) : fail_memory(context);
}

static enum code run_statement(struct context *context, const struct revision_table *table, const char *sql)
{
    const char *text = write_statement(context, table, sql);

    return text ? db_run(table->db, context, text) : fail_memory(context);
}

/* A change of one row. */
static enum code write_row(struct context *context, const struct revision_table *table, const char *sql,
                           const struct db_value *values, size_t n_values, int64_t *ret_affected)
{
    struct db_result result = {.affected = 0};
    const char *text = write_statement(context, table, sql);
    enum code code =
        text ? db_execute(table->db, context, DB_WRITE, text, values, n_values, &result) : fail_memory(context);

    if (code == OK)
        *ret_affected = result.affected;
    return code;
}

/* One that needs no escape, be it between whichever quotes. */
static bool is_schema_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$";
    size_t size = strlen(name);

    return size <= SCHEMA_NAME_MAX && strspn(name, allowed) == size;
}

enum code revision_table_init(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                              const char *schema, struct revision_table *ret_table)
{
    bool named = schema && *schema;

    if (named && !dialect->create_schema && strcmp(schema, "main") != 0)
        return fail(context, MALFORMED, "%s keeps its revisions in the schema main, and in no other", dialect->name);
    if (named && !is_schema_name(schema))
        return fail(context, MALFORMED, "the name of a schema of revisions has letters, digits, _, - and $, %d at most",
                    SCHEMA_NAME_MAX);
    *ret_table = (struct revision_table){
        .db = db,
        .dialect = dialect,
        .schema = named && dialect->create_schema ? schema : NULL,
    };
    return OK;
}

const char *revision_table_name(struct context *context, const struct revision_table *table)
{
    return write_statement(context, table, "{table}");
}

/* Looks before it makes one: not everybody who may use a schema may make some. */
static enum code create_schema(struct context *context, const struct revision_table *table)
{
    struct db_result result = {.n_rows = 0};
    enum code code = read_statement(context, table, table->dialect->find_schema, &result);

    return code == OK && result.n_rows == 0 ? run_statement(context, table, table->dialect->create_schema) : code;
}

enum code revision_table_create(struct context *context, const struct revision_table *table)
{
    enum code code = table->schema ? create_schema(context, table) : OK;

    return code == OK ? run_statement(context, table, table->dialect->create_revisions) : code;
}

/* Atlas writes no NULL here, but other hands do. */
static const char *text_of(const struct db_value *cell)
{
    return cell->type == DB_TEXT ? cell->text : "";
}

static struct revision decode(const struct db_value *cells)
{
    return (struct revision){
        .version = text_of(&cells[0]),
        .description = text_of(&cells[1]),
        .type = cells[2].integer,
        .applied = cells[3].integer,
        .total = cells[4].integer,
        .execution_time_ns = cells[5].integer,
        .hash = text_of(&cells[6]),
        .error = cells[7].text,
        .error_statement = cells[8].text,
        .partial_hashes = cells[9].text,
        .executed_at = text_of(&cells[10]),
    };
}

/* Can the row be a revision? What was done of it is counted by it. */
static bool is_sound(const struct db_value *cells)
{
    const struct db_value *type = &cells[2], *applied = &cells[3], *total = &cells[4];

    return type->type == DB_INTEGER && type->integer >= 0 && applied->type == DB_INTEGER && applied->integer >= 0 &&
           total->type == DB_INTEGER && total->integer >= applied->integer;
}

static enum code find_table(struct context *context, const struct revision_table *table, bool *ret_found)
{
    struct db_result result = {.n_rows = 0};
    enum code code = read_statement(context, table, table->dialect->find_revisions, &result);

    if (code == OK)
        *ret_found = result.n_rows > 0;
    return code;
}

static enum code read_rows(struct context *context, const struct revision_table *table, struct revisions *ret_revisions)
{
    struct db_result result = {.n_rows = 0};
    enum code code = read_statement(context, table, select_all, &result);
    if (code != OK)
        return code;
    struct revision *items = arena_array(context->arena, result.n_rows, sizeof *items);
    if (!items)
        return fail_memory(context);
    for (size_t i = 0; i < result.n_rows; i++) {
        const struct db_value *cells = &result.cells[i * result.n_columns];
        items[i] = decode(cells);
        if (!is_sound(cells))
            return fail(context, CONFLICT,
                        "atlas_schema_revisions: the revision of version \"%s\" is none: look at its type, applied "
                        "and total",
                        items[i].version);
    }
    *ret_revisions = (struct revisions){.items = items, .n = result.n_rows, .has_table = true};
    return OK;
}

/* Looks for the table only where that is needed: after a failure, and in a transaction, where a failure would be the
 * end. */
enum code revisions_read(struct context *context, const struct revision_table *table, struct revisions *ret_revisions)
{
    const struct db *db = table->db;
    bool found = true;
    enum code code = db->in_transaction ? find_table(context, table, &found) : OK;

    if (code == OK && found)
        code = read_rows(context, table, ret_revisions);
    if (code == UNAVAILABLE && db->connected && !db->in_transaction) {
        struct error failure = context->error;
        code = find_table(context, table, &found);
        if (code == OK && found)
            code = failure.code;
        if (code == OK)
            failure = (struct error){.code = OK};
        context->error = failure;
    }
    if (code == OK && !found)
        *ret_revisions = (struct revisions){0};
    return code;
}

const struct revision *revisions_find(const struct revisions *revisions, const char *version)
{
    for (size_t i = 0; i < revisions->n; i++)
        if (strcmp(revisions->items[i].version, version) == 0)
            return &revisions->items[i];
    return NULL;
}

bool revision_is_complete(const struct revision *revision)
{
    return revision->applied == revision->total || (revision->type & REVISION_RESOLVED);
}

const char *revision_find_cut(const struct revision *revision)
{
    static const char begun[] = REVISION_BEGUN;
    bool cut = revision->error && strncmp(revision->error, begun, sizeof begun - 1) == 0;

    return cut && !revision_is_complete(revision) ? revision->error + sizeof begun - 1 : NULL;
}

/* NULL after a failure. */
static const char *format_now(struct context *context, const struct migrate_dialect *dialect)
{
    char seconds[sizeof "YYYY-MM-DD hh:mm:ss"];
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    if (strftime(seconds, sizeof seconds, "%Y-%m-%d %H:%M:%S", &utc) == 0) {
        fail_native(context, INTERNAL, "the clock stands beyond the year 9999");
        return NULL;
    }
    const char *text = arena_printf(context->arena, "%s.%06ld%s", seconds, now.tv_nsec / 1000, dialect->utc);
    if (!text)
        fail_memory(context);
    return text;
}

enum code revision_insert(struct context *context, const struct revision_table *table, const struct revision *revision)
{
    const char *now = format_now(context, table->dialect);
    int64_t affected = 0;

    if (!now)
        return context->error.code;
    const struct db_value values[] = {
        text_value(revision->version),
        text_value(revision->description),
        integer_value(revision->type),
        integer_value(revision->applied),
        integer_value(revision->total),
        integer_value(revision->execution_time_ns),
        text_value(revision->hash),
        text_value(revision->error),
        text_value(revision->error_statement),
        text_value(revision->partial_hashes),
        text_value(OPERATOR),
        text_value(now),
    };
    return write_row(context, table, insert_one, values, sizeof values / sizeof values[0], &affected);
}

enum code revision_update(struct context *context, const struct revision_table *table, const struct revision *revision)
{
    int64_t affected = 0;
    const struct db_value values[] = {
        integer_value(revision->applied),
        integer_value(revision->total),
        integer_value(revision->execution_time_ns),
        text_value(revision->hash),
        text_value(revision->error),
        text_value(revision->error_statement),
        text_value(revision->partial_hashes),
        text_value(OPERATOR),
        text_value(revision->version),
    };
    enum code code = write_row(context, table, update_one, values, sizeof values / sizeof values[0], &affected);
    if (code == OK && affected == 0)
        return fail(context, CONFLICT, "the revision of version %s is gone", revision->version);
    return code;
}
