/* model_text.c: in the order in which they are there. */

#include "model_text.h"

#include "core/arena.h"
#include "core/buffer.h"
#include "migrate/change.h"
#include "migrate/model.h"

#define TEXT_MAX ((size_t)1 << 20)

static void write_columns(struct buffer *buffer, const struct table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];
        buffer_printf(buffer, "  %s %s%s", column->name, column->type, column->nullable ? "" : " NOT NULL");
        if (column->standard)
            buffer_printf(buffer, " DEFAULT %s", column->standard);
        buffer_printf(buffer, "%s\n", column->numbered ? " NUMBERED" : "");
    }
}

static void write_keys(struct buffer *buffer, const struct table *table)
{
    for (size_t i = 0; i < table->n_indexes; i++) {
        const struct index *index = &table->indexes[i];
        buffer_printf(buffer, "  %s %s (%s)\n", index->unique ? "UNIQUE" : "INDEX", index->name, index->columns);
    }
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        const struct foreign_key *key = &table->foreign_keys[i];
        buffer_printf(buffer, "  KEY %s (%s) TO %s (%s) ON DELETE %s ON UPDATE %s\n", key->name ? key->name : "-",
                      key->columns, key->table, key->references, key->on_delete, key->on_update);
    }
    for (size_t i = 0; i < table->n_checks; i++) {
        const struct check *check = &table->checks[i];
        buffer_printf(buffer, "  CHECK %s: %s\n", check->name ? check->name : "-", check->expression);
    }
}

const char *model_text(struct arena *arena, const struct model *model)
{
    struct buffer buffer;

    buffer_init(&buffer, arena, TEXT_MAX);
    for (size_t i = 0; i < model->n_tables; i++) {
        const struct table *table = &model->tables[i];
        buffer_printf(&buffer, "%s (%s)%s%s\n", table->name, table->primary_key, *table->options ? " " : "",
                      table->options);
        write_columns(&buffer, table);
        write_keys(&buffer, table);
    }
    return buffer.data;
}

static const char *const kinds[CHANGE__MAX] = {
    [ADD_TABLE] = "add table",       [DROP_TABLE] = "drop table",   [MODIFY_TABLE] = "modify table",
    [ADD_COLUMN] = "add column",     [DROP_COLUMN] = "drop column", [MODIFY_COLUMN] = "modify column",
    [ADD_INDEX] = "add index",       [DROP_INDEX] = "drop index",   [ADD_FOREIGN_KEY] = "add key",
    [DROP_FOREIGN_KEY] = "drop key", [ADD_CHECK] = "add check",     [DROP_CHECK] = "drop check",
};

/* What comes after the name of the table; "" for a table itself. */
static const char *part_of(const struct change *change)
{
    const void *part = change->to ? change->to : change->from;

    switch (change->kind) {
    case ADD_COLUMN:
    case DROP_COLUMN:
    case MODIFY_COLUMN:
        return ((const struct column *)part)->name;
    case ADD_INDEX:
    case DROP_INDEX:
        return ((const struct index *)part)->columns;
    case ADD_FOREIGN_KEY:
    case DROP_FOREIGN_KEY:
        return ((const struct foreign_key *)part)->columns;
    case ADD_CHECK:
    case DROP_CHECK:
        return ((const struct check *)part)->expression;
    default:
        return "";
    }
}

const char *changes_text(struct arena *arena, const struct changes *changes)
{
    struct buffer buffer;

    buffer_init(&buffer, arena, TEXT_MAX);
    for (size_t i = 0; i < changes->n; i++) {
        const struct change *change = &changes->items[i];
        const char *part = part_of(change);
        buffer_printf(&buffer, "%s %s%s%s\n", kinds[change->kind], change->table, *part ? "." : "", part);
    }
    return buffer.data;
}
