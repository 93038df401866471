/*
 * migrate/ddl_sqlite.c: changes as SQLite makes them. It can add a column and little else: for the rest, the table is
 * made anew under another name, its rows are copied, and it takes the old one's place (sqlite.org/lang_altertable.html,
 * section 7).
 *
 * All changes of such a table are made by one copy, at the first of them. Foreign keys must not be enforced meanwhile;
 * that is for whoever applies the statements. A copy has no value for a new column, so one that must not be NULL fails
 * when there are rows; so does SQLite itself when it adds one. Triggers and views are not in the model: the copy would
 * lose the triggers of its table, and the new name is refused while a view or trigger names a table that is not there.
 * So a table with such is not copied.
 */

#include <string.h>
#include <strings.h>

#include "core/buffer.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/ddl_writer.h"
#include "migrate/sql_text.h"

#define NAMES_MAX ((size_t)1 << 20) /* bytes */

/* An index that belongs to a constraint of its table, and can only go with it. */
#define OWN_INDEX "sqlite_autoindex_"

/* SQLite has nothing of enum split_rule. */
#define RULES 0

/* Is the change an addition of a column with which this check or key is written? */
static bool brings(const struct ddl_writer *writer, const struct change *addition, const struct change *change)
{
    const struct column *column = addition->to;
    const struct foreign_key *key = change->to;
    const struct check *check = change->to;

    if (addition->kind != ADD_COLUMN || strcmp(addition->table, change->table) != 0)
        return false;
    if (change->kind == ADD_FOREIGN_KEY)
        return strcmp(key->columns, column->name) == 0;

    const struct table *table = ddl_wanted_table(writer, change);
    for (size_t i = 0; i < table->n_checks; i++)
        if (table->checks[i].column && strcmp(table->checks[i].column, column->name) == 0)
            return sql_has_name(check->expression, column->name, RULES);
    return false;
}

static bool is_brought(const struct ddl_writer *writer, const struct change *change)
{
    for (size_t i = 0; i < writer->changes->n; i++)
        if (brings(writer, &writer->changes->items[i], change))
            return true;
    return false;
}

/* Can the change be made without a copy of the table? */
static bool is_direct(const struct ddl_writer *writer, const struct change *change)
{
    const struct column *column = change->to;
    const struct index *index = change->from;

    switch (change->kind) {
    case ADD_TABLE:
    case DROP_TABLE:
    case ADD_INDEX:
        return true;
    case ADD_COLUMN:
        return !column->numbered && !ddl_is_among(ddl_wanted_table(writer, change)->primary_key, column->name);
    case DROP_INDEX:
        return strncmp(index->name, OWN_INDEX, strlen(OWN_INDEX)) != 0;
    case ADD_CHECK:
    case ADD_FOREIGN_KEY:
        return is_brought(writer, change);
    default:
        return false;
    }
}

/* Is the table copied? ret_first is its first change. */
static bool is_copied(const struct ddl_writer *writer, const char *table, const struct change **ret_first)
{
    const struct change *first = NULL;
    bool copied = false;

    for (size_t i = 0; i < writer->changes->n; i++) {
        const struct change *change = &writer->changes->items[i];
        if (strcmp(change->table, table) != 0)
            continue;
        first = first ? first : change;
        copied = copied || !is_direct(writer, change);
    }
    *ret_first = first;
    return copied;
}

static void add_column(struct ddl_writer *writer, const struct change *change)
{
    const struct column *column = ddl_wanted_column(writer, change);
    const struct table *table = model_find(writer->wanted, change->table);
    const char *sql = ddl_text(writer, "ALTER TABLE %s ADD COLUMN %s %s", ddl_name(writer, change->table),
                               ddl_name(writer, column->name), ddl_column(writer, column));

    for (size_t i = 0; table && i < table->n_checks; i++)
        if (table->checks[i].column && strcmp(table->checks[i].column, column->name) == 0)
            sql = ddl_text(writer, "%s CHECK (%s)", sql, table->checks[i].expression);
    for (size_t i = 0; table && i < table->n_foreign_keys; i++)
        if (strcmp(table->foreign_keys[i].columns, column->name) == 0)
            sql = ddl_text(writer, "%s\n    %s", sql, ddl_references(writer, &table->foreign_keys[i]));
    ddl_step(writer, ddl_text(writer, "Add column \"%s\" to table \"%s\"", column->name, change->table), sql);
}

static void drop_index(struct ddl_writer *writer, const struct change *change)
{
    const struct index *index = change->from;

    ddl_step(writer, ddl_text(writer, "Drop index \"%s\" from table \"%s\"", index->name, change->table),
             ddl_text(writer, "DROP INDEX %s", ddl_name(writer, index->name)));
}

/* The columns that both tables have. */
static const char *shared_columns(struct ddl_writer *writer, const struct table *from, const struct table *to)
{
    struct buffer names;

    buffer_init(&names, writer->context->arena, NAMES_MAX);
    for (size_t i = 0; i < to->n_columns; i++)
        if (table_find_column(from, to->columns[i].name))
            buffer_printf(&names, "%s%s", names.size > 0 ? ", " : "", ddl_name(writer, to->columns[i].name));
    writer->failed = writer->failed || names.failed;
    return names.data;
}

static bool is_numbered(const struct table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].numbered)
            return true;
    return false;
}

/* A name that no table has. */
static const char *new_name(struct ddl_writer *writer, const char *name)
{
    do
        name = ddl_text(writer, "new_%s", name);
    while (name[0] && (model_find(writer->has, name) || model_find(writer->wanted, name)));
    return name;
}

/* The number of a row that was deleted is not given again: the new table goes on where the old one is. An INSERT of
 * rows with their numbers then keeps the greater one. */
static void copy_sequence(struct ddl_writer *writer, const char *from, const char *to)
{
    ddl_step(writer, ddl_text(writer, "Number new rows after those that table \"%s\" ever had", from),
             ddl_text(writer,
                      "INSERT INTO sqlite_sequence (name, seq)\nSELECT %s, seq FROM sqlite_sequence WHERE name = %s",
                      ddl_quoted(writer, to), ddl_quoted(writer, from)));
}

static void copy_table(struct ddl_writer *writer, const struct change *change)
{
    const char *name = change->table;
    const struct table *from = model_find(writer->has, name);
    const struct table *to = ddl_wanted_table(writer, change);
    const char *as = new_name(writer, name);
    const char *columns = shared_columns(writer, from, to);

    ddl_create_table(writer, to, as);
    if (is_numbered(from) && is_numbered(to))
        copy_sequence(writer, name, as);
    if (columns[0])
        ddl_step(writer, ddl_text(writer, "Copy rows from table \"%s\" to table \"%s\"", name, as),
                 ddl_text(writer, "INSERT INTO %s (%s)\nSELECT %s FROM %s", ddl_name(writer, as), columns, columns,
                          ddl_name(writer, name)));
    ddl_step(writer, ddl_text(writer, "Drop table \"%s\", whose rows are copied", name),
             ddl_text(writer, "DROP TABLE %s", ddl_name(writer, name)));
    ddl_step(writer, ddl_text(writer, "Rename table \"%s\" to \"%s\"", as, name),
             ddl_text(writer, "ALTER TABLE %s RENAME TO %s", ddl_name(writer, as), ddl_name(writer, name)));
    for (size_t i = 0; i < to->n_indexes; i++)
        ddl_create_index(writer, &to->indexes[i], name);
}

/* All changes of a table that is copied are made by the copy, at the first of them. */
static bool copies(struct ddl_writer *writer, const struct change *change)
{
    const struct change *first = NULL;

    if (!is_copied(writer, change->table, &first))
        return false;
    if (change == first)
        copy_table(writer, change);
    return true;
}

/* What a row of the catalogue means to a table that is copied. */
static enum code check_dependent(const struct ddl_writer *writer, const char *table, const struct db_value *row)
{
    static const char by_hand[] = "write this one by hand: quire migrate new";
    const char *kind = row[0].text, *name = row[1].text, *on = row[2].text, *sql = row[3].text;

    if (strcmp(kind, "trigger") == 0 && strcasecmp(on, table) == 0)
        return fail(writer->context, CONFLICT, "table \"%s\" has the trigger \"%s\", which a copy would lose; %s",
                    table, name, by_hand);
    if (sql_has_name(sql, table, RULES))
        return fail(writer->context, CONFLICT, "table \"%s\" cannot be copied while the %s \"%s\" names it; %s", table,
                    kind, name, by_hand);
    return OK;
}

static enum code check_copies(const struct ddl_writer *writer, struct db *db)
{
    static const char sql[] = "SELECT type, name, tbl_name, sql FROM sqlite_master "
                              "WHERE type IN ('trigger', 'view') ORDER BY type, name";
    const struct change *first = NULL;
    struct db_result found;
    enum code code = db_execute(db, writer->context, DB_READ, sql, NULL, 0, &found);

    for (size_t i = 0; code == OK && i < writer->changes->n; i++) {
        const char *table = writer->changes->items[i].table;
        bool copied = is_copied(writer, table, &first);
        for (size_t k = 0; code == OK && copied && k < found.n_rows; k++)
            code = check_dependent(writer, table, &found.cells[k * found.n_columns]);
    }
    return code;
}

const struct ddl_dialect ddl_sqlite = {
    .quote = '"',
    .numbered = "PRIMARY KEY AUTOINCREMENT",
    .numbered_is_key = true,
    .checks_with_column = true,
    .takes = copies,
    .makers =
        {
            [ADD_TABLE] = ddl_add_table,
            [DROP_TABLE] = ddl_drop_table,
            [ADD_COLUMN] = add_column,
            [ADD_INDEX] = ddl_add_index,
            [DROP_INDEX] = drop_index,
        },
    .check = check_copies,
};
