/* migrate/model_read.c: builds tables from the rows of the catalogue, one at a time, whichever database gave them. */

#include "migrate/model_read.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/model_queries.h"
#include "migrate/table_definition.h"

/* Adds one row of an answer to the model. */
typedef enum code row_reader(struct context *context, struct model *model, const struct db_value *row);

static const char *text_or_null(const struct db_value *cell)
{
    return cell->type == DB_TEXT ? cell->text : NULL;
}

static const char *text(const struct db_value *cell)
{
    return cell->type == DB_TEXT ? cell->text : "";
}

/* The table of a row; NULL when it is none of the model's. */
static struct table *find_table(const struct model *model, const struct db_value *row)
{
    for (size_t i = model->n_tables; i-- > 0;)
        if (strcmp(model->tables[i].name, text(&row[0])) == 0)
            return &model->tables[i];
    return NULL;
}

/* NULL without memory. */
static struct table *find_or_add_table(struct context *context, struct model *model, const struct db_value *row)
{
    struct table *table = find_table(model, row);
    if (table)
        return table;

    struct table *tables = arena_room(context->arena, model->tables, model->n_tables, sizeof *tables);
    if (!tables)
        return NULL;
    model->tables = tables;
    table = &tables[model->n_tables++];
    *table = (struct table){.name = text(&row[0]), .options = text(&row[6]), .primary_key = ""};
    return table;
}

static enum code read_column(struct context *context, struct model *model, const struct db_value *row)
{
    struct table *table = find_or_add_table(context, model, row);
    struct column *columns =
        table ? arena_room(context->arena, table->columns, table->n_columns, sizeof *columns) : NULL;

    if (!columns)
        return fail_memory(context);
    table->columns = columns;
    columns[table->n_columns++] = (struct column){
        .name = text(&row[1]),
        .type = text(&row[2]),
        .standard = text_or_null(&row[3]),
        .nullable = row[4].integer != 0,
        .numbered = row[5].integer != 0,
    };
    return OK;
}

/* Adds a name to a list of names; the first one begins it. */
static enum code join(struct context *context, const char **names, const struct db_value *name, bool is_first)
{
    const char *joined = is_first ? text(name) : arena_printf(context->arena, "%s, %s", *names, text(name));

    if (!joined)
        return fail_memory(context);
    *names = joined;
    return OK;
}

static enum code read_index(struct context *context, struct model *model, const struct db_value *row)
{
    struct table *table = find_table(model, row);

    if (!table)
        return OK;
    if (row[5].integer != 0)
        return join(context, &table->primary_key, &row[3], row[2].integer == 1);
    /* Rows whose first one is missing, as rights may have it, still have one to belong to. */
    bool is_first = row[2].integer == 1 || table->n_indexes == 0;
    if (is_first) {
        struct index *indexes = arena_room(context->arena, table->indexes, table->n_indexes, sizeof *indexes);
        if (!indexes)
            return fail_memory(context);
        table->indexes = indexes;
        indexes[table->n_indexes++] = (struct index){.name = text(&row[1]), .unique = row[4].integer != 0};
    }
    return join(context, &table->indexes[table->n_indexes - 1].columns, &row[3], is_first);
}

static enum code read_foreign_key(struct context *context, struct model *model, const struct db_value *row)
{
    struct table *table = find_table(model, row);

    if (!table)
        return OK;
    bool is_first = row[2].integer == 1 || table->n_foreign_keys == 0;
    if (is_first) {
        struct foreign_key *keys = arena_room(context->arena, table->foreign_keys, table->n_foreign_keys, sizeof *keys);
        if (!keys)
            return fail_memory(context);
        table->foreign_keys = keys;
        keys[table->n_foreign_keys++] = (struct foreign_key){
            .name = text_or_null(&row[1]),
            .table = text(&row[4]),
            .on_delete = text(&row[6]),
            .on_update = text(&row[7]),
        };
    }
    struct foreign_key *key = &table->foreign_keys[table->n_foreign_keys - 1];
    enum code code = join(context, &key->columns, &row[3], is_first);
    return code == OK ? join(context, &key->references, &row[5], is_first) : code;
}

static enum code read_check(struct context *context, struct model *model, const struct db_value *row)
{
    struct table *table = find_table(model, row);
    struct check *checks = table ? arena_room(context->arena, table->checks, table->n_checks, sizeof *checks) : NULL;

    if (!table)
        return OK;
    if (!checks)
        return fail_memory(context);
    table->checks = checks;
    checks[table->n_checks++] = (struct check){.name = text_or_null(&row[1]), .expression = text(&row[2])};
    return OK;
}

/* Only a primary key of one column can be numbered. */
static enum code read_definition(struct context *context, struct model *model, const struct db_value *row)
{
    struct table *table = find_table(model, row);
    struct table_definition definition = {0};

    if (!table)
        return OK;
    enum code code = table_definition_parse(context, text(&row[2]), &definition);
    if (code != OK)
        return code;
    table->checks = definition.checks;
    table->n_checks = definition.n_checks;
    for (size_t i = 0; definition.numbered && i < table->n_columns; i++)
        table->columns[i].numbered = strcmp(table->columns[i].name, table->primary_key) == 0;
    return OK;
}

static enum code read_rows(struct context *context, struct db *db, const char *sql, row_reader *read,
                           struct model *model)
{
    struct db_result result;
    enum code code = db_execute(db, context, DB_READ, sql, NULL, 0, &result);

    for (size_t i = 0; code == OK && i < result.n_rows; i++)
        code = read(context, model, result.cells + i * result.n_columns);
    return code;
}

static int compare_names(const char *left, const char *right)
{
    return strcmp(left ? left : "", right ? right : "");
}

static int compare_tables(const void *left, const void *right)
{
    return compare_names(((const struct table *)left)->name, ((const struct table *)right)->name);
}

static int compare_indexes(const void *left, const void *right)
{
    return compare_names(((const struct index *)left)->name, ((const struct index *)right)->name);
}

static int compare_foreign_keys(const void *left, const void *right)
{
    const struct foreign_key *a = left, *b = right;
    int order = compare_names(a->name, b->name);

    return order ? order : compare_names(a->columns, b->columns);
}

static int compare_checks(const void *left, const void *right)
{
    const struct check *a = left, *b = right;
    int order = compare_names(a->name, b->name);

    return order ? order : compare_names(a->expression, b->expression);
}

static void sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    if (n > 1)
        qsort(items, n, size, compare);
}

/* Databases each have their own order of names. */
static void sort_model(struct model *model)
{
    sort(model->tables, model->n_tables, sizeof *model->tables, compare_tables);
    for (size_t i = 0; i < model->n_tables; i++) {
        struct table *table = &model->tables[i];
        sort(table->indexes, table->n_indexes, sizeof *table->indexes, compare_indexes);
        sort(table->foreign_keys, table->n_foreign_keys, sizeof *table->foreign_keys, compare_foreign_keys);
        sort(table->checks, table->n_checks, sizeof *table->checks, compare_checks);
    }
}

enum code model_read(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                     struct model *ret_model)
{
    const struct model_queries *queries = NULL;
    struct model model = {0};
    enum code code = model_queries_find(context, db, dialect, &queries);

    if (code == OK)
        code = read_rows(context, db, queries->columns, read_column, &model);
    if (code == OK)
        code = read_rows(context, db, queries->indexes, read_index, &model);
    if (code == OK)
        code = read_rows(context, db, queries->foreign_keys, read_foreign_key, &model);
    if (code == OK)
        code = read_rows(context, db, queries->checks, queries->definitions ? read_definition : read_check, &model);
    if (code != OK)
        return code;
    sort_model(&model);
    *ret_model = model;
    return OK;
}
