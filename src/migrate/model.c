/*
 * migrate/model.c: the tables that records need, from their field tables.
 *
 * Names are those that the project's migrations gave from the start; of MySQL's, the key of a reference and its
 * constraint are called as MySQL itself calls them, because the FastAPI service left it to the server.
 */

#include "migrate/model.h"

#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/dialect.h"
#include "schema/schema.h"

/* The longest text that can be a key everywhere: MySQL's have 3072 bytes, PostgreSQL's 2704, a character 4, the id 8.
 */
#define KEY_CHARACTERS_MAX 640

/* A row of a MySQL table has 65535 bytes at most, to which each varchar adds all it may have: longer ones are stored
 * apart. */
#define VARCHAR_MAX 4000
#define CHARACTER_BYTES 4

/* A type for texts of at most so many bytes. */
struct text_type {
    size_t max_bytes;
    const char *type;
};

/* How a database keeps the fields of a record. */
struct field_types {
    const char *id;         /* FIELD_ID: the record's own, and references */
    const char *date;       /* FIELD_DATE */
    const char *characters; /* FIELD_TEXT with a max, which follows in parentheses; NULL: as without */
    struct text_type texts[3];
    const char *collation; /* of all texts: bytewise, so that no two different ones are equal */
    const char *options;   /* of the table */
    const char *reference; /* end of the names of foreign keys, before their number or after their columns */
    bool references_are_numbered;
    bool dates_are_checked; /* the type of dates takes any text */
    bool keys_have_id;      /* every key has the primary key at its end */
};

const struct field_types field_types_sqlite = {
    .id = "integer",
    .date = "text",
    .dates_are_checked = true,
    .texts = {{SIZE_MAX, "text"}},
    .collation = "",
    .options = "",
};

const struct field_types field_types_mysql = {
    .id = "bigint",
    .date = "date",
    .characters = "varchar",
    .texts = {{65535, "text"}, {16777215, "mediumtext"}, {SIZE_MAX, "longtext"}},
    .collation = " COLLATE utf8mb4_bin",
    .options = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC",
    .keys_have_id = true,
    .reference = "ibfk",
    .references_are_numbered = true,
};

const struct field_types field_types_postgresql = {
    .id = "bigint",
    .date = "date",
    .characters = "varchar",
    .texts = {{SIZE_MAX, "text"}},
    .collation = " COLLATE \"C\"",
    .options = "",
    .reference = "fkey",
};

const struct table *model_find(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->n_tables; i++)
        if (strcmp(model->tables[i].name, name) == 0)
            return &model->tables[i];
    return NULL;
}

const struct column *table_find_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

/* NULL without memory. */
static const char *text_type(struct context *context, const struct field_types *from, const struct field *field)
{
    const struct text_type *text = from->texts;
    size_t max_bytes = field->max_bytes ? field->max_bytes : SIZE_MAX;

    if (from->characters && field->max > 0 && field->max <= VARCHAR_MAX)
        return arena_printf(context->arena, "%s(%zu)%s", from->characters, field->max, from->collation);
    if (field->max > 0 && field->max < max_bytes / CHARACTER_BYTES)
        max_bytes = field->max * CHARACTER_BYTES;
    while (text->max_bytes < max_bytes)
        text++;
    return arena_printf(context->arena, "%s%s", text->type, from->collation);
}

static const char *column_type(struct context *context, const struct field_types *from, const struct field *field)
{
    switch (field->type) {
    case FIELD_ID:
        return from->id;
    case FIELD_DATE:
        return from->date;
    case FIELD_TEXT:
    case FIELD__MAX:
        break;
    }
    return text_type(context, from, field);
}

static enum code add_column(struct context *context, const struct field_types *from, const struct schema *schema,
                            const struct field *field, struct table *table)
{
    bool is_id = field == schema->fields;
    struct column column = {
        .name = field->name,
        .type = column_type(context, from, field),
        .nullable = !is_id && (!(field->flags & REQUIRED) || field->flags & NULLABLE),
        .numbered = is_id,
    };

    if (!column.type)
        return fail_memory(context);
    table->columns[table->n_columns++] = column;
    return OK;
}

static enum code add_check(struct context *context, const struct field_types *from, const struct field *field,
                           struct table *table)
{
    if (!from->dates_are_checked || field->type != FIELD_DATE)
        return OK;

    struct check check = {.column = field->name};
    check.expression = arena_printf(context->arena, "\"%s\" IS date(\"%s\")", field->name, field->name);
    if (!check.expression)
        return fail_memory(context);
    table->checks[table->n_checks++] = check;
    return OK;
}

static bool model_has_index(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->n_tables; i++)
        for (size_t j = 0; j < model->tables[i].n_indexes; j++)
            if (strcmp(model->tables[i].indexes[j].name, name) == 0)
                return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

/* table_field_id or table_field_second_id, without doubling an `_id` at the end unless another index has that name.
 * NULL without memory. */
static const char *index_name(struct context *context, const struct model *model, const struct table *table,
                              const struct field *field, const struct field *second)
{
    const char *end = ends_with(second ? second->name : field->name, "_id") ? "" : "_id";
    const char *name = arena_printf(context->arena, "%s_%s%s%s%s", table->name, field->name, second ? "_" : "",
                                    second ? second->name : "", end);

    while (name && model_has_index(model, name))
        name = arena_printf(context->arena, "%s_id", name);
    return name;
}

/* The text that a key of this field may have, in characters. */
static size_t key_size(const struct field *field)
{
    if (!field || field->type != FIELD_TEXT)
        return 0;
    return field->max > 0 ? field->max : SIZE_MAX / 2;
}

/* Adds the index of a field, or of two, to `table`, which is the model's last. */
static enum code add_index(struct context *context, const struct field_types *from, const struct schema *schema,
                           const struct field *field, const struct field *second, struct table *table,
                           const struct model *model)
{
    struct index index = {.name = field->name, .columns = field->name};

    if (key_size(field) + key_size(second) > KEY_CHARACTERS_MAX)
        return fail(context, MALFORMED, "%s.%s%s%s: a key has %d characters at most, so a text in it needs a max",
                    schema->name, field->name, second ? " with " : "", second ? second->name : "", KEY_CHARACTERS_MAX);
    if (second || !from->keys_have_id || !field->references) {
        index.name = index_name(context, model, table, field, second);
        index.columns = arena_printf(context->arena, "%s%s%s, %s", field->name, second ? ", " : "",
                                     second ? second->name : "", schema->fields[0].name);
    }
    if (!index.name || !index.columns)
        return fail_memory(context);
    table->indexes[table->n_indexes++] = index;
    return OK;
}

/* A list is filtered by one field and sorted by another: each such pair is an index, too. */
static enum code add_indexes(struct context *context, const struct field_types *from, const struct schema *schema,
                             const struct field *field, struct table *table, const struct model *model)
{
    enum code code = OK;

    if (field == schema->fields)
        return OK;
    if (field->flags & (FILTER | SORT) || field->references)
        code = add_index(context, from, schema, field, NULL, table, model);
    for (size_t i = 1; code == OK && field->flags & FILTER && i < schema->n_fields; i++)
        if (schema->fields[i].flags & SORT && field != &schema->fields[i])
            code = add_index(context, from, schema, field, &schema->fields[i], table, model);
    return code;
}

static enum code add_foreign_key(struct context *context, const struct field_types *from, const struct field *field,
                                 struct table *table)
{
    const struct schema *to = field->references;
    size_t number = table->n_foreign_keys + 1;

    if (!to)
        return OK;
    struct foreign_key key = {
        .columns = field->name,
        .table = to->name,
        .references = to->fields[0].name,
        .on_delete = "RESTRICT",
        .on_update = "RESTRICT",
    };
    if (from->references_are_numbered)
        key.name = arena_printf(context->arena, "%s_%s_%zu", table->name, from->reference, number);
    else if (from->reference)
        key.name = arena_printf(context->arena, "%s_%s_%s", table->name, field->name, from->reference);
    if (from->reference && !key.name)
        return fail_memory(context);
    table->foreign_keys[table->n_foreign_keys++] = key;
    return OK;
}

/* Adds the table of a kind of record to the model, which has room for it. */
static enum code add_table(struct context *context, const struct field_types *from, const struct schema *schema,
                           struct model *model)
{
    struct table *table = &model->tables[model->n_tables];
    enum code code = OK;

    *table = (struct table){
        .name = schema->name,
        .options = from->options,
        .primary_key = schema->fields[0].name,
        .columns = arena_array(context->arena, schema->n_fields, sizeof *table->columns),
        .indexes = arena_array(context->arena, schema->n_fields * schema->n_fields, sizeof *table->indexes),
        .foreign_keys = arena_array(context->arena, schema->n_fields, sizeof *table->foreign_keys),
        .checks = arena_array(context->arena, schema->n_fields, sizeof *table->checks),
    };
    if (!table->columns || !table->indexes || !table->foreign_keys || !table->checks)
        return fail_memory(context);
    model->n_tables++;
    for (size_t i = 0; code == OK && i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];
        code = add_column(context, from, schema, field, table);
        if (code == OK)
            code = add_check(context, from, field, table);
        if (code == OK)
            code = add_indexes(context, from, schema, field, table, model);
        if (code == OK)
            code = add_foreign_key(context, from, field, table);
    }
    return code;
}

static bool is_listed(const struct schema *const *records, const char *name)
{
    for (; *records; records++)
        if (strcmp((*records)->name, name) == 0)
            return true;
    return false;
}

/* The first field that refers to a kind of record, other than its own, that has no table in the model yet; NULL: none.
 */
static const struct field *find_waiting(const struct schema *schema, const struct model *model)
{
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct schema *to = schema->fields[i].references;
        if (to && strcmp(to->name, schema->name) != 0 && !model_find(model, to->name))
            return &schema->fields[i];
    }
    return NULL;
}

/* The first kind of record without a table whose references all have one; NULL: none. */
static const struct schema *find_next(const struct schema *const *records, const struct model *model)
{
    for (; *records; records++)
        if (!model_find(model, (*records)->name) && !find_waiting(*records, model))
            return *records;
    return NULL;
}

/* Why no table can be added any more, though there are fewer than records. */
static enum code fail_order(struct context *context, const struct schema *const *records, const struct model *model)
{
    for (; *records; records++) {
        const struct field *field = find_waiting(*records, model);
        if (field)
            return fail(context, MALFORMED,
                        "%s.%s: records refer to each other in a ring, so none of their tables can be first",
                        (*records)->name, field->name);
    }
    return fail(context, MALFORMED, "two kinds of record have the same name");
}

static enum code check_references(struct context *context, const struct schema *const *records)
{
    for (const struct schema *const *record = records; *record; record++)
        for (size_t i = 0; i < (*record)->n_fields; i++) {
            const struct field *field = &(*record)->fields[i];
            if (field->references && !is_listed(records, field->references->name))
                return fail(context, MALFORMED, "%s.%s refers to %s, which is not in the list of records",
                            (*record)->name, field->name, field->references->name);
        }
    return OK;
}

enum code model_of_records(struct context *context, const struct migrate_dialect *dialect,
                           const struct schema *const *records, struct model *ret_model)
{
    const struct field_types *from = dialect->types;
    struct model model = {.n_tables = 0};
    size_t n = 0;

    while (records[n])
        n++;
    model.tables = arena_array(context->arena, n, sizeof *model.tables);
    if (!model.tables)
        return fail_memory(context);
    enum code code = check_references(context, records);
    while (code == OK && model.n_tables < n) {
        const struct schema *next = find_next(records, &model);
        code = next ? add_table(context, from, next, &model) : fail_order(context, records, &model);
    }
    if (code == OK)
        *ret_model = model;
    return code;
}
