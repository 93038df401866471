/* migrate/revision.c: rows of atlas_schema_revisions, by fixed statements. */

#include "migrate/revision.h"

#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"

/* Who ran it, as Atlas says "Atlas CLI v0.21.2". */
#define OPERATOR "quire"

/* One row of Atlas's own is not a revision. */
static const char select_all[] = "SELECT version, description, type, applied, total, execution_time, hash, error, "
                                 "error_stmt, partial_hashes FROM atlas_schema_revisions "
                                 "WHERE version <> '.atlas_cloud_identifier' ORDER BY version";

static const char insert_one[] = "INSERT INTO atlas_schema_revisions (version, description, type, applied, total, "
                                 "execution_time, hash, error, error_stmt, partial_hashes, operator_version, "
                                 "executed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/* Old servers set a timestamp to now in every UPDATE that does not set it. */
static const char update_one[] = "UPDATE atlas_schema_revisions SET applied = ?, total = ?, execution_time = ?, "
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

static struct revision decode(const struct db_value *cells)
{
    return (struct revision){
        .version = cells[0].text,
        .description = cells[1].text,
        .type = cells[2].integer,
        .applied = cells[3].integer,
        .total = cells[4].integer,
        .execution_time_ns = cells[5].integer,
        .hash = cells[6].text,
        .error = cells[7].text,
        .error_statement = cells[8].text,
        .partial_hashes = cells[9].text,
    };
}

static enum code find_table(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                            bool *ret_found)
{
    struct db_result result;
    enum code code = db_execute(db, context, DB_READ, dialect->find_revisions, NULL, 0, &result);
    if (code == OK)
        *ret_found = result.n_rows > 0;
    return code;
}

static enum code read_rows(struct context *context, struct db *db, struct revisions *ret_revisions)
{
    struct db_result result;
    enum code code = db_execute(db, context, DB_READ, select_all, NULL, 0, &result);
    if (code != OK)
        return code;
    struct revision *items = arena_array(context->arena, result.n_rows, sizeof *items);
    if (!items)
        return fail_memory(context);
    for (size_t i = 0; i < result.n_rows; i++)
        items[i] = decode(result.cells + i * result.n_columns);
    *ret_revisions = (struct revisions){.items = items, .n = result.n_rows, .has_table = true};
    return OK;
}

/* Looks for the table only where that is needed: after a failure, and in a transaction, where a failure would be the
 * end. */
enum code revisions_read(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                         struct revisions *ret_revisions)
{
    bool found = true;
    enum code code = db->in_transaction ? find_table(context, db, dialect, &found) : OK;

    if (code == OK && found)
        code = read_rows(context, db, ret_revisions);
    if (code == UNAVAILABLE && db->connected && !db->in_transaction) {
        struct error failure = context->error;
        code = find_table(context, db, dialect, &found);
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
    return revision->applied == revision->total;
}

enum code revision_insert(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                          const struct revision *revision)
{
    char now[sizeof "YYYY-MM-DD hh:mm:ss"];
    struct tm utc;
    time_t seconds = time(NULL);
    gmtime_r(&seconds, &utc);
    if (strftime(now, sizeof now, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        return fail_native(context, INTERNAL, "the clock stands beyond the year 9999");
    const char *executed_at = arena_printf(context->arena, "%s%s", now, dialect->utc);
    if (!executed_at)
        return fail_memory(context);

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
        text_value(executed_at),
    };
    struct db_result result;
    return db_execute(db, context, DB_WRITE, insert_one, values, sizeof values / sizeof values[0], &result);
}

enum code revision_update(struct context *context, struct db *db, const struct revision *revision)
{
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
    struct db_result result;
    return db_execute(db, context, DB_WRITE, update_one, values, sizeof values / sizeof values[0], &result);
}
