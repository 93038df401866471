/*
 * migrate/ddl_postgresql.c: changes as PostgreSQL makes them.
 *
 * The surprising choice: texts are given another type without USING. An explicit cast to varchar(n) cuts what is too
 * long; the cast of an assignment, which is used without it, fails.
 */

#include <string.h>

#include "migrate/ddl_writer.h"

#define NEXTVAL "nextval('"

/* Does every type become this one by assignment? */
static bool is_text(const char *type)
{
    return strncmp(type, "text", strlen("text")) == 0 || strncmp(type, "varchar", strlen("varchar")) == 0 ||
           strncmp(type, "character", strlen("character")) == 0;
}

static void add_column(struct ddl_writer *writer, const struct change *change)
{
    const struct column *column = ddl_wanted_column(writer, change);

    ddl_step(writer, ddl_text(writer, "Add column \"%s\" to table \"%s\"", column->name, change->table),
             ddl_text(writer, "ALTER TABLE %s ADD COLUMN %s %s", ddl_name(writer, change->table),
                      ddl_name(writer, column->name), ddl_column(writer, column)));
}

/* The parts of ALTER TABLE, each after a comma but the first. */
static const char *alter_type(struct ddl_writer *writer, const char *column, const char *type)
{
    if (is_text(type))
        return ddl_text(writer, ",\n    ALTER COLUMN %s TYPE %s", column, type);
    return ddl_text(writer, ",\n    ALTER COLUMN %s TYPE %s USING %s::%s", column, type, column, type);
}

static const char *alter_standard(struct ddl_writer *writer, const char *column, const char *standard)
{
    return ddl_text(writer, ",\n    ALTER COLUMN %s SET DEFAULT %s", column, standard);
}

static const char *alter_null(struct ddl_writer *writer, const char *column, bool nullable)
{
    return ddl_text(writer, ",\n    ALTER COLUMN %s %s NOT NULL", column, nullable ? "DROP" : "SET");
}

static const char *alter_numbering(struct ddl_writer *writer, const char *column, bool numbered)
{
    if (numbered)
        return ddl_text(writer, ",\n    ALTER COLUMN %s ADD %s", column, writer->dialect->numbered);
    return ddl_text(writer, ",\n    ALTER COLUMN %s DROP IDENTITY IF EXISTS", column);
}

/* A default is dropped before the type changes, which it may not fit, and set after it. */
static const char *alter_column(struct ddl_writer *writer, const struct change *change, const struct column *wanted)
{
    const struct column *from = change->from;
    const struct column *to = change->to;
    const char *name = ddl_name(writer, wanted->name);
    bool retyped = strcmp(from->type, to->type) != 0;
    bool restandard = retyped || !from->standard || !to->standard || strcmp(from->standard, to->standard) != 0;
    const char *parts = "";

    if (from->numbered && !to->numbered)
        parts = alter_numbering(writer, name, false);
    if (from->standard && restandard)
        parts = ddl_text(writer, "%s,\n    ALTER COLUMN %s DROP DEFAULT", parts, name);
    if (retyped)
        parts = ddl_text(writer, "%s%s", parts, alter_type(writer, name, wanted->type));
    if (wanted->standard && restandard)
        parts = ddl_text(writer, "%s%s", parts, alter_standard(writer, name, wanted->standard));
    if (from->nullable != to->nullable)
        parts = ddl_text(writer, "%s%s", parts, alter_null(writer, name, wanted->nullable));
    if (!from->numbered && to->numbered)
        parts = ddl_text(writer, "%s%s", parts, alter_numbering(writer, name, true));
    return parts[0] ? parts + 1 : parts;
}

/* The sequence of a default such as nextval('author_id_seq'::regclass), as SQL names it; NULL: it is none. */
static const char *sequence_of(struct ddl_writer *writer, const char *standard)
{
    const char *start =
        standard && strncmp(standard, NEXTVAL, strlen(NEXTVAL)) == 0 ? standard + strlen(NEXTVAL) : NULL;
    const char *end = start ? strstr(start, "'::regclass)") : NULL;

    return end ? ddl_text(writer, "%.*s", (int)(end - start), start) : NULL;
}

/* A new sequence starts at 1: the next number is to be above those of the rows, and of the sequence that numbered them
 * before, which is of no use after that. */
static void set_sequence(struct ddl_writer *writer, const char *table, const struct column *column,
                         const char *standard)
{
    const char *name = ddl_name(writer, table);
    const char *of = ddl_name(writer, column->name);
    const char *old = sequence_of(writer, standard);
    const char *next = ddl_text(writer, "COALESCE(max(%s), 0) + 1", of);

    if (old) {
        ddl_step(writer, ddl_text(writer, "Take sequence %s off table \"%s\"", old, table),
                 ddl_text(writer, "ALTER SEQUENCE %s OWNED BY NONE", old));
        next = ddl_text(writer, "greatest(%s, %s)", next, standard);
    }
    ddl_step(writer, ddl_text(writer, "Number new rows of table \"%s\" after those it has", table),
             ddl_text(writer, "SELECT setval(pg_get_serial_sequence(%s, %s), %s, false)\nFROM %s",
                      ddl_quoted(writer, name), ddl_quoted(writer, column->name), next, name));
    if (old)
        ddl_step(writer, ddl_text(writer, "Drop sequence %s", old), ddl_text(writer, "DROP SEQUENCE %s", old));
}

static void modify_column(struct ddl_writer *writer, const struct change *change)
{
    const struct column *from = change->from;
    const struct column *wanted = ddl_wanted_column(writer, change);
    const char *parts = alter_column(writer, change, wanted);

    if (parts[0])
        ddl_step(writer, ddl_text(writer, "Modify column \"%s\" of table \"%s\"", wanted->name, change->table),
                 ddl_text(writer, "ALTER TABLE %s%s", ddl_name(writer, change->table), parts));
    if (!from->numbered && wanted->numbered)
        set_sequence(writer, change->table, wanted, from->standard);
}

/* The key's name is not in the model: it is taken to be PostgreSQL's own. */
static void modify_table(struct ddl_writer *writer, const struct change *change)
{
    const struct table *from = change->from;
    const struct table *to = change->to;
    const char *name = ddl_name(writer, change->table);

    if (strcmp(from->primary_key, to->primary_key) == 0)
        return;
    if (from->primary_key[0])
        ddl_step(writer, ddl_text(writer, "Drop the primary key of table \"%s\"", change->table),
                 ddl_text(writer, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", name,
                          ddl_name(writer, ddl_text(writer, "%s_pkey", change->table))));
    ddl_step(writer, ddl_text(writer, "Add the primary key of table \"%s\"", change->table),
             ddl_text(writer, "ALTER TABLE %s ADD PRIMARY KEY (%s)", name, ddl_names(writer, to->primary_key)));
}

/* What is unique may be an index, or a constraint that owns one of its name. */
static void drop_index(struct ddl_writer *writer, const struct change *change)
{
    const struct index *index = change->from;
    const char *name = ddl_name(writer, index->name);
    const char *comment = ddl_text(writer, "Drop index \"%s\" from table \"%s\"", index->name, change->table);

    if (index->unique)
        ddl_step(
            writer, comment,
            ddl_text(writer, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", ddl_name(writer, change->table), name));
    ddl_step(writer, comment, ddl_text(writer, "DROP INDEX %s%s", index->unique ? "IF EXISTS " : "", name));
}

const struct ddl_dialect ddl_postgresql = {
    .quote = '"',
    .numbered = "GENERATED BY DEFAULT AS IDENTITY",
    .drop_constraint = "CONSTRAINT",
    .makers =
        {
            [ADD_TABLE] = ddl_add_table,
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
};
