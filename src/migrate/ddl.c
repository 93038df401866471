/* migrate/ddl.c: goes over the changes, and writes steps as a migration file. */

#include "migrate/ddl.h"

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "migrate/ddl_writer.h"
#include "migrate/dialect.h"

/* Ceiling of a migration file, in bytes. */
#define FILE_MAX ((size_t)4 << 20)

static enum code finish(const struct ddl_writer *writer, struct ddl *ret_ddl)
{
    if (writer->failed)
        return fail_memory(writer->context);
    *ret_ddl = writer->ddl;
    return OK;
}

enum code ddl_create(struct context *context, const struct migrate_dialect *dialect, const struct model *model,
                     struct ddl *ret_ddl)
{
    static const struct model empty;
    struct ddl_writer writer = {.context = context, .dialect = dialect->ddl, .has = &empty, .wanted = model};

    for (size_t i = 0; i < model->n_tables; i++) {
        const struct table *table = &model->tables[i];
        ddl_add_table(&writer, &(struct change){.kind = ADD_TABLE, .table = table->name, .to = table});
    }
    return finish(&writer, ret_ddl);
}

/* Do the models have what the change speaks of? */
static bool is_known(const struct change *change, const struct model *has, const struct model *wanted)
{
    const struct table *to = model_find(wanted, change->table);
    const struct column *column = change->to;

    if (change->kind != ADD_TABLE && !model_find(has, change->table))
        return false;
    if (change->kind == ADD_COLUMN || change->kind == MODIFY_COLUMN)
        return to && table_find_column(to, column->name);
    return to || change->kind == DROP_TABLE;
}

static enum code check_changes(struct context *context, const struct changes *changes, const struct model *has,
                               const struct model *wanted)
{
    for (size_t i = 0; i < changes->n; i++)
        if (!is_known(&changes->items[i], has, wanted))
            return fail(context, INTERNAL, "a change of table %s, which the models do not have",
                        changes->items[i].table);
    return OK;
}

static void make(struct ddl_writer *writer, const struct change *change)
{
    const struct ddl_dialect *dialect = writer->dialect;

    if (dialect->takes && dialect->takes(writer, change))
        return;
    if (dialect->makers[change->kind])
        dialect->makers[change->kind](writer, change);
}

enum code ddl_change(struct context *context, const struct migrate_dialect *dialect, const struct changes *changes,
                     const struct model *has, const struct model *wanted, struct ddl *ret_ddl)
{
    struct ddl_writer writer = {
        .context = context, .dialect = dialect->ddl, .changes = changes, .has = has, .wanted = wanted};
    enum code code = check_changes(context, changes, has, wanted);
    if (code != OK)
        return code;
    for (size_t i = 0; i < changes->n; i++)
        make(&writer, &changes->items[i]);
    if (writer.dialect->end)
        writer.dialect->end(&writer);
    return finish(&writer, ret_ddl);
}

enum code ddl_check(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                    const struct changes *changes, const struct model *has, const struct model *wanted)
{
    const struct ddl_writer writer = {
        .context = context, .dialect = dialect->ddl, .changes = changes, .has = has, .wanted = wanted};
    enum code code = check_changes(context, changes, has, wanted);

    return code == OK && dialect->ddl->check ? dialect->ddl->check(&writer, db) : code;
}

const char *ddl_format(struct context *context, const struct ddl *ddl)
{
    struct buffer text;

    buffer_init(&text, context->arena, FILE_MAX);
    for (size_t i = 0; i < ddl->n; i++)
        buffer_printf(&text, "%s-- %s\n%s;\n", i > 0 ? "\n" : "", ddl->steps[i].comment, ddl->steps[i].sql);
    return text.failed ? NULL : text.data;
}
