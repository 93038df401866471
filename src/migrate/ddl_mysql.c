/*
 * migrate/ddl_mysql.c: changes as MySQL and MariaDB make them: a statement per change, since each one is committed by
 * itself and a failed migration goes on after the last that was done.
 *
 * The surprising choice: a column that must not be NULL is added as one that may be, and then forbidden. MySQL would
 * otherwise fill it with '' or 0 in the rows that are there; so the second statement fails, and the rows can be mended.
 */

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/ddl_writer.h"

/* Does the key refer to a column that another change gives another type? changes_find() takes keys that are there out
 * of the way, and a new table comes before that change. */
static bool is_early(const struct ddl_writer *writer, const struct foreign_key *key)
{
    for (size_t i = 0; i < writer->changes->n; i++) {
        const struct change *change = &writer->changes->items[i];
        const struct column *column = change->from;
        if (change->kind == MODIFY_COLUMN && strcmp(change->table, key->table) == 0 &&
            ddl_is_among(key->references, column->name))
            return true;
    }
    return false;
}

static void add_table(struct ddl_writer *writer, const struct change *change)
{
    struct table table = *ddl_wanted_table(writer, change);
    const struct foreign_key *keys = table.foreign_keys;
    size_t n = table.n_foreign_keys;

    table.n_foreign_keys = 0;
    table.foreign_keys = arena_array(writer->context->arena, n, sizeof *keys);
    if (!table.foreign_keys) {
        writer->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (!is_early(writer, &keys[i]))
            table.foreign_keys[table.n_foreign_keys++] = keys[i];
    ddl_create_table(writer, &table, table.name);
}

/* Adds the keys that add_table() left out. */
static void end(struct ddl_writer *writer)
{
    for (size_t i = 0; i < writer->changes->n; i++) {
        const struct change *change = &writer->changes->items[i];
        const struct table *table = change->kind == ADD_TABLE ? ddl_wanted_table(writer, change) : NULL;
        for (size_t j = 0; table && j < table->n_foreign_keys; j++)
            if (is_early(writer, &table->foreign_keys[j]))
                ddl_add_foreign_key(writer, &(struct change){.table = table->name, .to = &table->foreign_keys[j]});
    }
}

/* The statement that adds a column, or gives one all of its properties: MODIFY drops what it does not repeat. */
static const char *alter(struct ddl_writer *writer, const char *table, const char *verb, const struct column *column)
{
    return ddl_text(writer, "ALTER TABLE %s %s COLUMN %s %s", ddl_name(writer, table), verb,
                    ddl_name(writer, column->name), ddl_column(writer, column));
}

/* Is the column part of a primary key that changes, and written with that? */
static bool is_in_new_key(const struct ddl_writer *writer, const char *table, const char *column)
{
    for (size_t i = 0; i < writer->changes->n; i++) {
        const struct change *change = &writer->changes->items[i];
        const struct table *from = change->from;
        const struct table *to = change->to;
        if (change->kind == MODIFY_TABLE && strcmp(change->table, table) == 0)
            return strcmp(from->primary_key, to->primary_key) != 0 && ddl_is_among(to->primary_key, column);
    }
    return false;
}

static void add_column(struct ddl_writer *writer, const struct change *change)
{
    struct column column = *ddl_wanted_column(writer, change);
    const char *comment = ddl_text(writer, "Add column \"%s\" to table \"%s\"", column.name, change->table);

    if (is_in_new_key(writer, change->table, column.name))
        return;
    if (column.nullable || column.standard || column.numbered) {
        ddl_step(writer, comment, alter(writer, change->table, "ADD", &column));
        return;
    }
    column.nullable = true;
    ddl_step(writer, comment, alter(writer, change->table, "ADD", &column));
    column.nullable = false;
    ddl_step(writer,
             ddl_text(writer, "Forbid NULL in column \"%s\" of table \"%s\"; rows need a value before", column.name,
                      change->table),
             alter(writer, change->table, "MODIFY", &column));
}

static void modify_column(struct ddl_writer *writer, const struct change *change)
{
    const struct column *column = ddl_wanted_column(writer, change);

    if (!is_in_new_key(writer, change->table, column->name))
        ddl_step(writer, ddl_text(writer, "Modify column \"%s\" of table \"%s\"", column->name, change->table),
                 alter(writer, change->table, "MODIFY", column));
}

/* A numbered column has to be a key at every moment: the key and its columns change together. */
static void modify_primary_key(struct ddl_writer *writer, const struct table *from, const struct table *to)
{
    const char *sql = ddl_text(writer, "ALTER TABLE %s", ddl_name(writer, from->name));

    if (from->primary_key[0])
        sql = ddl_text(writer, "%s\n    DROP PRIMARY KEY,", sql);
    for (size_t i = 0; i < to->n_columns; i++) {
        const struct column *column = &to->columns[i];
        if (ddl_is_among(to->primary_key, column->name))
            sql = ddl_text(writer, "%s\n    %s COLUMN %s %s,", sql,
                           table_find_column(from, column->name) ? "MODIFY" : "ADD", ddl_name(writer, column->name),
                           ddl_column(writer, column));
    }
    sql = ddl_text(writer, "%s\n    ADD PRIMARY KEY (%s)", sql, ddl_names(writer, to->primary_key));
    ddl_step(writer, ddl_text(writer, "Change the primary key of table \"%s\"", from->name), sql);
}

static void modify_table(struct ddl_writer *writer, const struct change *change)
{
    const struct table *from = change->from;
    const struct table *to = change->to;
    const struct table *wanted = ddl_wanted_table(writer, change);

    if (strcmp(from->options, to->options) != 0)
        ddl_step(writer, ddl_text(writer, "Change the options of table \"%s\"", change->table),
                 ddl_text(writer, "ALTER TABLE %s %s", ddl_name(writer, change->table), wanted->options));
    if (strcmp(from->primary_key, to->primary_key) != 0)
        modify_primary_key(writer, from, wanted);
}

static void drop_index(struct ddl_writer *writer, const struct change *change)
{
    const struct index *index = change->from;

    ddl_step(writer, ddl_text(writer, "Drop index \"%s\" from table \"%s\"", index->name, change->table),
             ddl_text(writer, "DROP INDEX %s ON %s", ddl_name(writer, index->name), ddl_name(writer, change->table)));
}

const struct ddl_dialect ddl_mysql = {
    .quote = '`',
    .numbered = "AUTO_INCREMENT",
    .indexes_in_table = true,
    .drop_constraint = "FOREIGN KEY",
    .makers =
        {
            [ADD_TABLE] = add_table,
            [DROP_TABLE] = ddl_drop_table,
            [MODIFY_TABLE] = modify_table,
            [ADD_COLUMN] = add_column,
            [DROP_COLUMN] = ddl_drop_column,
            [MODIFY_COLUMN] = modify_column,
            [ADD_INDEX] = ddl_add_index,
            [DROP_INDEX] = drop_index,
            [ADD_FOREIGN_KEY] = ddl_add_foreign_key,
            [DROP_FOREIGN_KEY] = ddl_drop_foreign_key,
            [ADD_CHECK] = ddl_add_check,
            [DROP_CHECK] = ddl_drop_check,
        },
    .end = end,
};
