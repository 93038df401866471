/*
 * repository/sql_statement.c: SQL texts from field tables.
 *
 * Texts are written anew for each call: that costs about a microsecond, and the driver recognises a text it has seen.
 * Filters are written in the order of the fields, not of the query, so that the same filters make the same text.
 */

#include "repository/sql_statement.h"

#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "core/date.h"
#include "driver/db.h"
#include "schema/schema.h"
#include "usecase/query.h"
#include "usecase/repository.h"

#define SQL_MAX (64 * 1024)

/* Parameters of any statement but find_many: a value per field, two per filter, and the keys and limits of a list. */
#define VALUES_MAX (FIELDS_MAX + 2 * FILTERS_MAX + 8)

/* A statement being written. */
struct writer {
    const struct schema *schema;
    const struct db_dialect *dialect;
    struct context *context;
    struct buffer sql;
    struct db_value *values;
    size_t n_values;
    bool failed; /* no memory for a value */
};

static enum code writer_init(struct writer *writer, const struct schema *schema, const struct db_dialect *dialect,
                             struct context *context, size_t values_max)
{
    *writer = (struct writer){.schema = schema, .dialect = dialect, .context = context};
    buffer_init(&writer->sql, context->arena, SQL_MAX);
    writer->values = arena_array(context->arena, values_max, sizeof *writer->values);
    return writer->values ? OK : fail_memory(context);
}

static enum code writer_finish(const struct writer *writer, struct statement *ret_statement)
{
    if (writer->sql.failed || writer->failed)
        return fail_memory(writer->context);
    *ret_statement = (struct statement){
        .sql = writer->sql.data,
        .values = writer->values,
        .n_values = writer->n_values,
    };
    return OK;
}

static void add(struct writer *writer, const char *sql)
{
    buffer_add_text(&writer->sql, sql);
}

/* An identifier; those of schemas hold no quotes. */
static void add_name(struct writer *writer, const char *name)
{
    add(writer, writer->dialect->quote);
    add(writer, name);
    add(writer, writer->dialect->quote);
}

static const struct field *id_field(const struct writer *writer)
{
    return &writer->schema->fields[0];
}

static void add_parameter(struct writer *writer, struct db_value value)
{
    writer->values[writer->n_values++] = value;
    if (!writer->dialect->numbered) {
        add(writer, "?");
        return;
    }
    add(writer, "$");
    buffer_add_int(&writer->sql, (long long)writer->n_values);
}

static void add_integer(struct writer *writer, int64_t integer)
{
    add_parameter(writer, (struct db_value){.type = DB_INTEGER, .integer = integer});
}

/* The parameter that stands for a value. */
static struct db_value encode_value(struct writer *writer, const struct value *value)
{
    if (value->is_null)
        return (struct db_value){.type = DB_NULL};
    if (value->type == FIELD_ID)
        return (struct db_value){.type = DB_INTEGER, .integer = value->integer};
    if (value->type == FIELD_TEXT)
        return (struct db_value){.type = DB_TEXT, .text = value->text, .size = strlen(value->text)};

    char *text = arena_alloc(writer->context->arena, DATE_SIZE);
    if (!text) {
        writer->failed = true;
        return (struct db_value){.type = DB_NULL};
    }
    date_format(value->date, text);
    return (struct db_value){.type = DB_TEXT, .text = text, .size = DATE_SIZE - 1};
}

static void add_value(struct writer *writer, const struct value *value)
{
    add_parameter(writer, encode_value(writer, value));
}

/* "a", "b", "c": the fields from `first` on. */
static void add_columns(struct writer *writer, size_t first)
{
    for (size_t i = first; i < writer->schema->n_fields; i++) {
        add(writer, i > first ? ", " : "");
        add_name(writer, writer->schema->fields[i].name);
    }
}

static void add_from(struct writer *writer)
{
    add(writer, " FROM ");
    add_name(writer, writer->schema->name);
}

static void add_select(struct writer *writer)
{
    add(writer, "SELECT ");
    add_columns(writer, 0);
    add_from(writer);
}

/* " WHERE " the first time, " AND " from then on. */
static void add_condition(struct writer *writer, const struct field *field, bool *is_first)
{
    add(writer, *is_first ? " WHERE " : " AND ");
    *is_first = false;
    add_name(writer, field->name);
}

/* Equality that an index serves, and where the database's `=` takes no notice of trailing spaces, the length too. */
static void add_filter(struct writer *writer, const struct filter *filter, bool *is_first)
{
    struct db_value value = encode_value(writer, &filter->value);

    add_condition(writer, filter->field, is_first);
    add(writer, " = ");
    add_parameter(writer, value);
    if (value.type == DB_TEXT && filter->field->type == FIELD_TEXT && writer->dialect->pads_text) {
        add(writer, " AND OCTET_LENGTH(");
        add_name(writer, filter->field->name);
        add(writer, ") = ");
        add_integer(writer, (int64_t)value.size);
    }
}

static void add_filters(struct writer *writer, const struct filter *filters, size_t n, bool *is_first)
{
    for (size_t i = 0; i < writer->schema->n_fields; i++)
        for (size_t j = 0; j < n; j++)
            if (filters[j].field == &writer->schema->fields[i])
                add_filter(writer, &filters[j], is_first);
}

static void add_where_id(struct writer *writer, int64_t id)
{
    bool is_first = true;

    add_condition(writer, id_field(writer), &is_first);
    add(writer, " = ");
    add_integer(writer, id);
}

/* (SELECT "field" FROM "author" WHERE "id" = ?) */
static void add_field_of(struct writer *writer, const struct field *field, int64_t id)
{
    add(writer, "(SELECT ");
    add_name(writer, field->name);
    add_from(writer);
    add_where_id(writer, id);
    add(writer, ")");
}

/* Are the rows read from greater to smaller? Backwards is the list's order turned round. */
static bool falls(const struct query *query)
{
    return query->descending != (query->by_key && query->backwards);
}

/*
 * The records beyond the anchor. By another field than the id that is "f >= x AND (f > x OR id > anchor)", where the
 * first half is what an index on f can start from at any depth.
 */
static void add_beyond(struct writer *writer, const struct query *query, bool *is_first)
{
    const char *beyond = falls(query) ? " < " : " > ";

    add_condition(writer, query->sort, is_first);
    if (query->sort == id_field(writer)) {
        add(writer, beyond);
        add_integer(writer, query->anchor);
        return;
    }
    add(writer, falls(query) ? " <= " : " >= ");
    add_field_of(writer, query->sort, query->anchor);
    add(writer, " AND (");
    add_name(writer, query->sort->name);
    add(writer, beyond);
    add_field_of(writer, query->sort, query->anchor);
    add(writer, " OR ");
    add_name(writer, id_field(writer)->name);
    add(writer, beyond);
    add_integer(writer, query->anchor);
    add(writer, ")");
}

static void add_order(struct writer *writer, const struct query *query)
{
    const char *direction = falls(query) ? " DESC" : "";

    add(writer, " ORDER BY ");
    add_name(writer, query->sort->name);
    add(writer, direction);
    if (query->sort == id_field(writer))
        return;
    add(writer, ", ");
    add_name(writer, id_field(writer)->name);
    add(writer, direction);
}

enum code statement_find(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                         int64_t id, bool for_update, struct statement *ret_statement)
{
    struct writer writer;
    enum code code = writer_init(&writer, schema, dialect, context, 1);

    if (code != OK)
        return code;
    add_select(&writer);
    add_where_id(&writer, id);
    add(&writer, for_update ? dialect->for_update : "");
    return writer_finish(&writer, ret_statement);
}

enum code statement_find_many(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                              const int64_t *ids, size_t n, struct statement *ret_statement)
{
    struct writer writer;
    size_t n_parameters = 1;

    if (n == 0 || n > FIND_MANY_MAX)
        return fail_native(context, INTERNAL, "%zu ids at once", n);
    while (n_parameters < n)
        n_parameters *= 2;
    enum code code = writer_init(&writer, schema, dialect, context, n_parameters);
    if (code != OK)
        return code;
    add_select(&writer);
    add(&writer, " WHERE ");
    add_name(&writer, id_field(&writer)->name);
    for (size_t i = 0; i < n_parameters; i++) {
        add(&writer, i == 0 ? " IN (" : ", ");
        add_integer(&writer, ids[i < n ? i : n - 1]);
    }
    add(&writer, ")");
    return writer_finish(&writer, ret_statement);
}

/* Records before the page; a page beyond all numbers is one beyond all records. */
static int64_t offset(const struct query *query)
{
    int64_t records = 0;

    return __builtin_mul_overflow(query->page - 1, (int64_t)query->size, &records) ? INT64_MAX : records;
}

enum code statement_list(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                         const struct query *query, struct statement *ret_statement)
{
    struct writer writer;
    bool is_first = true;
    enum code code = writer_init(&writer, schema, dialect, context, VALUES_MAX);

    if (code != OK)
        return code;
    add_select(&writer);
    add_filters(&writer, query->filters, query->n_filters, &is_first);
    if (query->by_key)
        add_beyond(&writer, query, &is_first);
    add_order(&writer, query);
    add(&writer, " LIMIT ");
    add_integer(&writer, (int64_t)query->size + 1);
    if (!query->by_key) {
        add(&writer, " OFFSET ");
        add_integer(&writer, offset(query));
    }
    return writer_finish(&writer, ret_statement);
}

enum code statement_count(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                          const struct query *query, struct statement *ret_statement)
{
    struct writer writer;
    bool is_first = true;
    enum code code = writer_init(&writer, schema, dialect, context, VALUES_MAX);

    if (code != OK)
        return code;
    add(&writer, "SELECT COUNT(*)");
    add_from(&writer);
    add_filters(&writer, query->filters, query->n_filters, &is_first);
    return writer_finish(&writer, ret_statement);
}

enum code statement_insert(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                           const void *record, struct statement *ret_statement)
{
    struct writer writer;
    enum code code = writer_init(&writer, schema, dialect, context, VALUES_MAX);

    if (code != OK)
        return code;
    add(&writer, "INSERT INTO ");
    add_name(&writer, schema->name);
    add(&writer, " (");
    add_columns(&writer, 1);
    for (size_t i = 1; i < schema->n_fields; i++) {
        struct value value = field_get(&schema->fields[i], record);
        add(&writer, i == 1 ? ") VALUES (" : ", ");
        add_value(&writer, &value);
    }
    add(&writer, ")");
    if (dialect->returning) {
        add(&writer, " RETURNING ");
        add_name(&writer, id_field(&writer)->name);
    }
    return writer_finish(&writer, ret_statement);
}

enum code statement_update(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                           const void *record, uint32_t set, struct statement *ret_statement)
{
    struct writer writer;
    uint32_t writable = schema_writable(schema, set);
    bool is_first = true;
    enum code code = writer_init(&writer, schema, dialect, context, VALUES_MAX);

    if (code != OK)
        return code;
    add(&writer, "UPDATE ");
    add_name(&writer, schema->name);
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (!(writable & UINT32_C(1) << i))
            continue;
        struct value value = field_get(&schema->fields[i], record);
        add(&writer, is_first ? " SET " : ", ");
        is_first = false;
        add_name(&writer, schema->fields[i].name);
        add(&writer, " = ");
        add_value(&writer, &value);
    }
    add_where_id(&writer, record_id(schema, record));
    return writer_finish(&writer, ret_statement);
}

enum code statement_remove(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                           int64_t id, struct statement *ret_statement)
{
    struct writer writer;
    enum code code = writer_init(&writer, schema, dialect, context, 1);

    if (code != OK)
        return code;
    add(&writer, "DELETE");
    add_from(&writer);
    add_where_id(&writer, id);
    return writer_finish(&writer, ret_statement);
}

enum code statement_ids_where(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                              const struct filter *filter, struct statement *ret_statement)
{
    struct writer writer;
    bool is_first = true;
    enum code code = writer_init(&writer, schema, dialect, context, VALUES_MAX);

    if (code != OK)
        return code;
    add(&writer, "SELECT ");
    add_name(&writer, id_field(&writer)->name);
    add_from(&writer);
    add_filter(&writer, filter, &is_first);
    add(&writer, dialect->for_update);
    return writer_finish(&writer, ret_statement);
}

enum code statement_remove_where(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                                 const struct filter *filter, struct statement *ret_statement)
{
    struct writer writer;
    bool is_first = true;
    enum code code = writer_init(&writer, schema, dialect, context, VALUES_MAX);

    if (code != OK)
        return code;
    add(&writer, "DELETE");
    add_from(&writer);
    add_filter(&writer, filter, &is_first);
    return writer_finish(&writer, ret_statement);
}
