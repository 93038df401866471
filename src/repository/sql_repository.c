/*
 * repository/sql_repository.c: the repository of any schema over a database connection.
 *
 * A list is two statements, a count and a page. The count comes first: when the page lies beyond it, the second one,
 * which would read up to there for nothing, is not run.
 */

#include "repository/sql_repository.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/context.h"
#include "core/date.h"
#include "driver/db.h"
#include "repository/sql_statement.h"
#include "schema/schema.h"
#include "usecase/query.h"
#include "usecase/repository.h"

struct sql_repository {
    struct repository repository;
    struct db *db;
};

static struct sql_repository *of(struct repository *repository)
{
    return (struct sql_repository *)repository;
}

static const struct db_dialect *dialect(struct sql_repository *self)
{
    return self->db->driver->dialect;
}

/* Runs a statement that was just made; `made` is what making it gave. */
static enum code execute(struct sql_repository *self, struct context *context, enum db_kind kind, enum code made,
                         const struct statement *statement, struct db_result *ret_result)
{
    if (made != OK)
        return made;
    return db_execute(self->db, context, kind, statement->sql, statement->values, statement->n_values, ret_result);
}

/* The value in a cell. A text that is no date, as old rows may have, is no date. */
static struct value decode_cell(const struct field *field, const struct db_value *cell)
{
    struct value value = {.type = field->type, .is_null = true};

    if (field->type == FIELD_ID && cell->type == DB_INTEGER) {
        value.integer = cell->integer;
        value.is_null = false;
    } else if (field->type == FIELD_TEXT && cell->type == DB_TEXT) {
        value.text = cell->text;
        value.is_null = false;
    } else if (field->type == FIELD_DATE && cell->type == DB_TEXT) {
        value.is_null = date_parse(cell->text, cell->size, &value.date) != NULL;
    }
    return value;
}

static void decode_row(const struct schema *schema, const struct db_value *cells, void *record)
{
    for (size_t i = 0; i < schema->n_fields; i++) {
        struct value value = decode_cell(&schema->fields[i], &cells[i]);
        field_set(&schema->fields[i], record, &value);
    }
}

/* All rows as an array of records; NULL without memory. */
static void *decode_rows(const struct schema *schema, struct context *context, const struct db_result *result)
{
    char *records = arena_array(context->arena, result->n_rows, schema->size);

    for (size_t i = 0; records && i < result->n_rows; i++)
        decode_row(schema, &result->cells[i * result->n_columns], records + i * schema->size);
    return records;
}

/* As decode_rows(), the page's rows only, the last row first when the list was read backwards. */
static void *decode_page(const struct schema *schema, struct context *context, const struct query *query,
                         const struct db_result *result, size_t n)
{
    bool turned = query->by_key && query->backwards;
    char *records = arena_array(context->arena, n, schema->size);

    for (size_t i = 0; records && i < n; i++)
        decode_row(schema, &result->cells[(turned ? n - 1 - i : i) * result->n_columns], records + i * schema->size);
    return records;
}

static enum code find_one(struct sql_repository *self, struct context *context, int64_t id, bool for_update,
                          void **ret_record)
{
    const struct schema *schema = self->repository.schema;
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};
    enum code code = statement_find(schema, dialect(self), context, id, for_update, &statement);

    code = execute(self, context, DB_READ, code, &statement, &result);
    if (code != OK)
        return code;
    void *record = result.n_rows > 0 ? decode_rows(schema, context, &result) : NULL;
    if (result.n_rows > 0 && !record)
        return fail_memory(context);
    *ret_record = record;
    return OK;
}

static enum code repository_find(struct repository *base, struct context *context, int64_t id, void **ret_record)
{
    return find_one(of(base), context, id, false, ret_record);
}

static enum code repository_find_for_update(struct repository *base, struct context *context, int64_t id,
                                            void **ret_record)
{
    if (!of(base)->db->in_transaction)
        return fail_native(context, INTERNAL, "a locking read outside a unit of work");
    return find_one(of(base), context, id, true, ret_record);
}

/* A record and its id, to look it up by. */
struct entry {
    int64_t id;
    void *record;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

/* The records as entries, ordered by id; NULL without memory. */
static struct entry *index_records(const struct schema *schema, struct context *context, char *records, size_t n)
{
    struct entry *entries = arena_array(context->arena, n, sizeof *entries);

    if (!entries)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        entries[i].record = records + i * schema->size;
        entries[i].id = record_id(schema, entries[i].record);
    }
    qsort(entries, n, sizeof *entries, compare_entries);
    return entries;
}

static enum code repository_find_many(struct repository *base, struct context *context, const int64_t *ids, size_t n,
                                      void **ret_records)
{
    struct sql_repository *self = of(base);
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};

    if (n == 0)
        return OK;
    enum code code = statement_find_many(base->schema, dialect(self), context, ids, n, &statement);
    code = execute(self, context, DB_READ, code, &statement, &result);
    if (code != OK)
        return code;
    void *records = decode_rows(base->schema, context, &result);
    struct entry *entries = records ? index_records(base->schema, context, records, result.n_rows) : NULL;
    if (!entries)
        return fail_memory(context);
    for (size_t i = 0; i < n; i++) {
        const struct entry key = {.id = ids[i]};
        struct entry *entry = bsearch(&key, entries, result.n_rows, sizeof *entries, compare_entries);
        ret_records[i] = entry ? entry->record : NULL;
    }
    return OK;
}

static enum code count(struct sql_repository *self, struct context *context, const struct query *query,
                       int64_t *ret_total)
{
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};
    enum code code = statement_count(self->repository.schema, dialect(self), context, query, &statement);

    code = execute(self, context, DB_READ, code, &statement, &result);
    if (code == OK && (result.n_rows != 1 || result.cells[0].type != DB_INTEGER))
        code = fail_native(context, INTERNAL, "a count that is not a number");
    if (code == OK)
        *ret_total = result.cells[0].integer;
    return code;
}

/* Does the page start after the last record? */
static bool is_beyond(const struct query *query, int64_t total)
{
    return total == 0 || (!query->by_key && query->page - 1 > (total - 1) / query->size);
}

static enum code repository_list(struct repository *base, struct context *context, const struct query *query,
                                 struct page *ret_page)
{
    struct sql_repository *self = of(base);
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};
    struct page page = {.n = 0};
    enum code code = count(self, context, query, &page.total);

    if (code == OK && !is_beyond(query, page.total)) {
        code = statement_list(base->schema, dialect(self), context, query, &statement);
        code = execute(self, context, DB_READ, code, &statement, &result);
    }
    if (code != OK)
        return code;
    page.more = result.n_rows > (size_t)query->size;
    page.n = page.more ? (size_t)query->size : result.n_rows;
    page.records = decode_page(base->schema, context, query, &result, page.n);
    if (!page.records)
        return fail_memory(context);
    *ret_page = page;
    return OK;
}

static enum code repository_insert(struct repository *base, struct context *context, void *record)
{
    struct sql_repository *self = of(base);
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};
    enum code code = statement_insert(base->schema, dialect(self), context, record, &statement);

    code = execute(self, context, DB_WRITE, code, &statement, &result);
    if (code == OK)
        record_set_id(base->schema, record, result.n_rows > 0 ? result.cells[0].integer : result.inserted_id);
    return code;
}

static enum code repository_update(struct repository *base, struct context *context, const void *record, uint32_t set)
{
    struct sql_repository *self = of(base);
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};

    if (!schema_writable(base->schema, set))
        return OK;
    enum code code = statement_update(base->schema, dialect(self), context, record, set, &statement);
    return execute(self, context, DB_WRITE, code, &statement, &result);
}

static enum code repository_remove(struct repository *base, struct context *context, int64_t id)
{
    struct sql_repository *self = of(base);
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};
    enum code code = statement_remove(base->schema, dialect(self), context, id, &statement);

    return execute(self, context, DB_WRITE, code, &statement, &result);
}

/* The ids that match, locked until the end of the transaction. */
static enum code find_ids(struct sql_repository *self, struct context *context, const struct filter *filter,
                          struct ids *ret_ids)
{
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};
    enum code code = statement_ids_where(self->repository.schema, dialect(self), context, filter, &statement);

    code = execute(self, context, DB_READ, code, &statement, &result);
    if (code != OK)
        return code;
    int64_t *items = arena_array(context->arena, result.n_rows, sizeof *items);
    if (!items)
        return fail_memory(context);
    for (size_t i = 0; i < result.n_rows; i++)
        items[i] = result.cells[i].integer;
    *ret_ids = (struct ids){.items = items, .n = result.n_rows};
    return OK;
}

static enum code repository_remove_where(struct repository *base, struct context *context, const struct filter *filter,
                                         struct ids *ret_removed)
{
    struct sql_repository *self = of(base);
    struct statement statement = {.sql = NULL};
    struct db_result result = {.n_rows = 0};
    struct ids ids = {.n = 0};

    if (!self->db->in_transaction)
        return fail_native(context, INTERNAL, "a removal of many outside a unit of work");
    enum code code = find_ids(self, context, filter, &ids);
    if (code == OK && ids.n > 0) {
        code = statement_remove_where(base->schema, dialect(self), context, filter, &statement);
        code = execute(self, context, DB_WRITE, code, &statement, &result);
    }
    if (code == OK)
        *ret_removed = ids;
    return code;
}

struct repository *sql_repository_new(struct arena *arena, const struct schema *schema, struct db *db)
{
    struct sql_repository *self = arena_alloc(arena, sizeof *self);

    if (!self)
        return NULL;
    *self = (struct sql_repository){
        .repository =
            {
                .schema = schema,
                .find = repository_find,
                .find_for_update = repository_find_for_update,
                .find_many = repository_find_many,
                .list = repository_list,
                .insert = repository_insert,
                .update = repository_update,
                .remove = repository_remove,
                .remove_where = repository_remove_where,
            },
        .db = db,
    };
    return &self->repository;
}
