/* migrate/ddl_writer.c: pieces of SQL, and the changes that most databases make alike. */

#include "migrate/ddl_writer.h"

#include <stdarg.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"

/* Ceiling of a statement, in bytes. */
#define STATEMENT_MAX ((size_t)1 << 20)

/* The text, or "" with the writer failed. */
static const char *checked(struct ddl_writer *writer, const char *text)
{
    if (!text)
        writer->failed = true;
    return text ? text : "";
}

static const char *checked_buffer(struct ddl_writer *writer, const struct buffer *buffer)
{
    return checked(writer, buffer->failed ? NULL : buffer->data);
}

const char *ddl_text(struct ddl_writer *writer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = arena_vprintf(writer->context->arena, format, args);
    va_end(args);
    return checked(writer, text);
}

static void add_quoted(struct buffer *buffer, char quote, const char *text, size_t size)
{
    buffer_add_char(buffer, quote);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == quote)
            buffer_add_char(buffer, quote);
        buffer_add_char(buffer, text[i]);
    }
    buffer_add_char(buffer, quote);
}

const char *ddl_name(struct ddl_writer *writer, const char *name)
{
    struct buffer quoted;

    buffer_init(&quoted, writer->context->arena, STATEMENT_MAX);
    add_quoted(&quoted, writer->dialect->quote, name, strlen(name));
    return checked_buffer(writer, &quoted);
}

const char *ddl_quoted(struct ddl_writer *writer, const char *text)
{
    struct buffer quoted;

    buffer_init(&quoted, writer->context->arena, STATEMENT_MAX);
    add_quoted(&quoted, '\'', text, strlen(text));
    return checked_buffer(writer, &quoted);
}

/* The bytes before the next ", ". */
static size_t first_size(const char *names)
{
    const char *end = strstr(names, ", ");

    return end ? (size_t)(end - names) : strlen(names);
}

static const char *next_name(const char *names)
{
    names += first_size(names);
    return *names ? names + strlen(", ") : names;
}

const char *ddl_names(struct ddl_writer *writer, const char *names)
{
    struct buffer quoted;

    buffer_init(&quoted, writer->context->arena, STATEMENT_MAX);
    for (; *names; names = next_name(names)) {
        if (quoted.size > 0)
            buffer_add_text(&quoted, ", ");
        add_quoted(&quoted, writer->dialect->quote, names, first_size(names));
    }
    return checked_buffer(writer, &quoted);
}

bool ddl_is_among(const char *names, const char *name)
{
    for (; *names; names = next_name(names))
        if (first_size(names) == strlen(name) && strncmp(names, name, strlen(name)) == 0)
            return true;
    return false;
}

/* A copy that stays on its line. */
static const char *one_line(struct ddl_writer *writer, const char *text)
{
    char *line = arena_text(writer->context->arena, text);

    for (char *c = line; c && *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    return checked(writer, line);
}

void ddl_step(struct ddl_writer *writer, const char *comment, const char *sql)
{
    struct ddl *ddl = &writer->ddl;
    struct ddl_step *steps = arena_room(writer->context->arena, ddl->steps, ddl->n, sizeof *steps);

    if (!steps) {
        writer->failed = true;
        return;
    }
    ddl->steps = steps;
    ddl->steps[ddl->n++] = (struct ddl_step){.comment = one_line(writer, comment), .sql = sql};
}

const char *ddl_column(struct ddl_writer *writer, const struct column *column)
{
    const struct ddl_dialect *dialect = writer->dialect;
    const char *null = column->nullable ? " NULL" : " NOT NULL";

    if (column->numbered && dialect->numbered_is_key)
        return ddl_text(writer, "%s %s", column->type, dialect->numbered);
    return ddl_text(writer, "%s%s%s%s%s%s", column->type, null, column->standard ? " DEFAULT " : "",
                    column->standard ? column->standard : "", column->numbered ? " " : "",
                    column->numbered ? dialect->numbered : "");
}

const char *ddl_references(struct ddl_writer *writer, const struct foreign_key *key)
{
    return ddl_text(writer, "REFERENCES %s (%s) ON DELETE %s ON UPDATE %s", ddl_name(writer, key->table),
                    ddl_names(writer, key->references), key->on_delete, key->on_update);
}

const char *ddl_foreign_key(struct ddl_writer *writer, const struct foreign_key *key)
{
    return ddl_text(writer, "%s%s%sFOREIGN KEY (%s) %s", key->name ? "CONSTRAINT " : "",
                    key->name ? ddl_name(writer, key->name) : "", key->name ? " " : "", ddl_names(writer, key->columns),
                    ddl_references(writer, key));
}

/* Starts a line between the parentheses of CREATE TABLE. */
static void start_line(struct buffer *sql, bool is_first)
{
    buffer_add_text(sql, is_first ? "\n    " : ",\n    ");
}

static size_t names_width(struct ddl_writer *writer, const struct table *table)
{
    size_t width = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        size_t size = strlen(ddl_name(writer, table->columns[i].name));
        width = size > width ? size : width;
    }
    return width;
}

static void add_columns(struct ddl_writer *writer, const struct table *table, struct buffer *sql)
{
    int width = (int)names_width(writer, table);

    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];
        start_line(sql, i == 0);
        buffer_printf(sql, "%-*s %s", width, ddl_name(writer, column->name), ddl_column(writer, column));
        for (size_t j = 0; writer->dialect->checks_with_column && j < table->n_checks; j++) {
            const struct check *check = &table->checks[j];
            if (check->column && strcmp(check->column, column->name) == 0)
                buffer_printf(sql, " CHECK (%s)", check->expression);
        }
    }
}

/* Does a column's numbering say that it is the primary key? */
static bool key_is_said(const struct ddl_writer *writer, const struct table *table)
{
    const struct column *key = table_find_column(table, table->primary_key);

    return writer->dialect->numbered_is_key && key && key->numbered;
}

static const char *check_text(struct ddl_writer *writer, const struct check *check)
{
    return ddl_text(writer, "%s%s%sCHECK (%s)", check->name ? "CONSTRAINT " : "",
                    check->name ? ddl_name(writer, check->name) : "", check->name ? " " : "", check->expression);
}

static void add_keys(struct ddl_writer *writer, const struct table *table, struct buffer *sql)
{
    if (table->primary_key[0] && !key_is_said(writer, table)) {
        start_line(sql, false);
        buffer_printf(sql, "PRIMARY KEY (%s)", ddl_names(writer, table->primary_key));
    }
    for (size_t i = 0; writer->dialect->indexes_in_table && i < table->n_indexes; i++) {
        const struct index *index = &table->indexes[i];
        start_line(sql, false);
        buffer_printf(sql, "%sKEY %s (%s)", index->unique ? "UNIQUE " : "", ddl_name(writer, index->name),
                      ddl_names(writer, index->columns));
    }
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        start_line(sql, false);
        buffer_add_text(sql, ddl_foreign_key(writer, &table->foreign_keys[i]));
    }
    for (size_t i = 0; i < table->n_checks; i++) {
        if (writer->dialect->checks_with_column && table->checks[i].column)
            continue;
        start_line(sql, false);
        buffer_add_text(sql, check_text(writer, &table->checks[i]));
    }
}

void ddl_create_table(struct ddl_writer *writer, const struct table *table, const char *as)
{
    struct buffer sql;

    buffer_init(&sql, writer->context->arena, STATEMENT_MAX);
    buffer_printf(&sql, "CREATE TABLE %s (", ddl_name(writer, as));
    add_columns(writer, table, &sql);
    add_keys(writer, table, &sql);
    buffer_printf(&sql, "\n)%s%s", table->options[0] ? " " : "", table->options);
    ddl_step(writer, ddl_text(writer, "Create table \"%s\"", as), checked_buffer(writer, &sql));
}

void ddl_create_index(struct ddl_writer *writer, const struct index *index, const char *table)
{
    ddl_step(writer, ddl_text(writer, "Create index \"%s\" on table \"%s\"", index->name, table),
             ddl_text(writer, "CREATE %sINDEX %s ON %s (%s)", index->unique ? "UNIQUE " : "",
                      ddl_name(writer, index->name), ddl_name(writer, table), ddl_names(writer, index->columns)));
}

const struct table *ddl_wanted_table(const struct ddl_writer *writer, const struct change *change)
{
    return model_find(writer->wanted, change->table);
}

const struct column *ddl_wanted_column(const struct ddl_writer *writer, const struct change *change)
{
    const struct column *column = change->to;

    return table_find_column(ddl_wanted_table(writer, change), column->name);
}

void ddl_add_table(struct ddl_writer *writer, const struct change *change)
{
    const struct table *table = ddl_wanted_table(writer, change);

    ddl_create_table(writer, table, table->name);
    for (size_t i = 0; !writer->dialect->indexes_in_table && i < table->n_indexes; i++)
        ddl_create_index(writer, &table->indexes[i], table->name);
}

void ddl_drop_table(struct ddl_writer *writer, const struct change *change)
{
    ddl_step(writer, ddl_text(writer, "Drop table \"%s\"", change->table),
             ddl_text(writer, "DROP TABLE %s", ddl_name(writer, change->table)));
}

void ddl_drop_column(struct ddl_writer *writer, const struct change *change)
{
    const struct column *column = change->from;

    ddl_step(writer, ddl_text(writer, "Drop column \"%s\" from table \"%s\"", column->name, change->table),
             ddl_text(writer, "ALTER TABLE %s DROP COLUMN %s", ddl_name(writer, change->table),
                      ddl_name(writer, column->name)));
}

void ddl_add_index(struct ddl_writer *writer, const struct change *change)
{
    ddl_create_index(writer, change->to, change->table);
}

static bool is_dropped(const struct ddl_writer *writer, const struct foreign_key *key)
{
    for (size_t i = 0; i < writer->changes->n; i++)
        if (writer->changes->items[i].kind == DROP_FOREIGN_KEY && writer->changes->items[i].from == key)
            return true;
    return false;
}

/* Names of foreign keys are the database's. */
static bool is_taken(const struct ddl_writer *writer, const char *name)
{
    for (size_t i = 0; i < writer->has->n_tables; i++)
        for (size_t j = 0; j < writer->has->tables[i].n_foreign_keys; j++) {
            const struct foreign_key *key = &writer->has->tables[i].foreign_keys[j];
            if (key->name && strcmp(key->name, name) == 0 && !is_dropped(writer, key))
                return true;
        }
    return false;
}

/* A name that is taken already is left to the database. */
void ddl_add_foreign_key(struct ddl_writer *writer, const struct change *change)
{
    struct foreign_key key = *(const struct foreign_key *)change->to;

    if (key.name && is_taken(writer, key.name))
        key.name = NULL;
    ddl_step(
        writer, ddl_text(writer, "Add foreign key (%s) to table \"%s\"", key.columns, change->table),
        ddl_text(writer, "ALTER TABLE %s\n    ADD %s", ddl_name(writer, change->table), ddl_foreign_key(writer, &key)));
}

void ddl_drop_foreign_key(struct ddl_writer *writer, const struct change *change)
{
    const struct foreign_key *key = change->from;

    ddl_step(writer, ddl_text(writer, "Drop foreign key (%s) from table \"%s\"", key->columns, change->table),
             ddl_text(writer, "ALTER TABLE %s DROP %s %s", ddl_name(writer, change->table),
                      writer->dialect->drop_constraint, ddl_name(writer, key->name ? key->name : "")));
}

void ddl_add_check(struct ddl_writer *writer, const struct change *change)
{
    ddl_step(
        writer, ddl_text(writer, "Add a check to table \"%s\"", change->table),
        ddl_text(writer, "ALTER TABLE %s ADD %s", ddl_name(writer, change->table), check_text(writer, change->to)));
}

void ddl_drop_check(struct ddl_writer *writer, const struct change *change)
{
    const struct check *check = change->from;

    ddl_step(writer, ddl_text(writer, "Drop a check from table \"%s\"", change->table),
             ddl_text(writer, "ALTER TABLE %s DROP CONSTRAINT %s", ddl_name(writer, change->table),
                      ddl_name(writer, check->name ? check->name : "")));
}
