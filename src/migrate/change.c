/*
 * migrate/change.c: goes over both models once per kind of change, in the order in which changes can be made.
 *
 * What is surprising: a foreign key that stays the same is dropped and comes back when the type of one of its columns
 * changes, or when an index that serves it gives way to another one. MySQL refuses such changes otherwise, and what it
 * made up itself it also takes away by itself.
 */

#include "migrate/change.h"

#include <string.h>

#include "core/arena.h"
#include "core/context.h"

struct finder {
    struct context *context;
    const struct model *from;
    const struct model *to;
    struct changes changes;
    bool failed; /* for want of memory; what comes after is dropped */
};

/* Adds a change. */
static void add(struct finder *finder, enum change_kind kind, const char *table, const void *from, const void *to)
{
    size_t n = finder->changes.n;
    struct change *items = arena_room(finder->context->arena, finder->changes.items, n, sizeof *items);

    finder->failed = finder->failed || !items;
    if (finder->failed)
        return;
    items[n] = (struct change){.kind = kind, .table = table, .from = from, .to = to};
    finder->changes = (struct changes){.items = items, .n = n + 1};
}

static bool same_text(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

static bool same_column(const struct column *left, const struct column *right)
{
    return same_text(left->type, right->type) && same_text(left->standard, right->standard) &&
           left->nullable == right->nullable && left->numbered == right->numbered;
}

static const struct index *find_index(const struct table *table, const struct index *like)
{
    for (size_t i = 0; i < table->n_indexes; i++) {
        const struct index *index = &table->indexes[i];
        if (same_text(index->columns, like->columns) && index->unique == like->unique)
            return index;
    }
    return NULL;
}

static const struct foreign_key *find_key(const struct table *table, const struct foreign_key *like)
{
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        const struct foreign_key *key = &table->foreign_keys[i];
        if (same_text(key->columns, like->columns) && same_text(key->table, like->table) &&
            same_text(key->references, like->references) && same_text(key->on_delete, like->on_delete) &&
            same_text(key->on_update, like->on_update))
            return key;
    }
    return NULL;
}

static const struct check *find_check(const struct table *table, const struct check *like)
{
    for (size_t i = 0; i < table->n_checks; i++)
        if (same_text(table->checks[i].expression, like->expression))
            return &table->checks[i];
    return NULL;
}

/* Is a column in a list of names? */
static bool is_listed(const char *names, const char *name)
{
    size_t size = strlen(name);

    while (names) {
        if (strncmp(names, name, size) == 0 && (names[size] == '\0' || names[size] == ','))
            return true;
        names = strstr(names, ", ");
        names = names ? names + 2 : NULL;
    }
    return false;
}

/* Does a listed column of the table change its type? */
static bool changes_type(const struct finder *finder, const char *table, const char *names)
{
    const struct table *from = model_find(finder->from, table);
    const struct table *to = model_find(finder->to, table);

    for (size_t i = 0; from && to && i < from->n_columns; i++) {
        const struct column *column = table_find_column(to, from->columns[i].name);
        if (column && !same_text(column->type, from->columns[i].type) && is_listed(names, column->name))
            return true;
    }
    return false;
}

/* Do the names begin with those of `first`? */
static bool begins_with(const char *names, const char *first)
{
    size_t size = strlen(first);

    return strncmp(names, first, size) == 0 && (names[size] == '\0' || names[size] == ',');
}

/* Does the table lose the last index by which the columns of a key can be looked up? */
static bool loses_index(const struct finder *finder, const char *table, const char *names)
{
    const struct table *from = model_find(finder->from, table);
    const struct table *to = model_find(finder->to, table);
    bool is_lost = false;

    if (!from || !to)
        return false;
    for (size_t i = 0; i < from->n_indexes; i++) {
        if (!begins_with(from->indexes[i].columns, names))
            continue;
        if (find_index(to, &from->indexes[i]))
            return false;
        is_lost = true;
    }
    if (begins_with(from->primary_key, names))
        is_lost = !same_text(from->primary_key, to->primary_key);
    return is_lost;
}

/* A key without a name cannot be dropped: it is a part of its table. */
static bool is_in_the_way(const struct finder *finder, const char *table, const struct foreign_key *key)
{
    return key->name &&
           (changes_type(finder, table, key->columns) || loses_index(finder, table, key->columns) ||
            changes_type(finder, key->table, key->references) || loses_index(finder, key->table, key->references));
}

static void drop_foreign_keys(struct finder *finder, const struct table *from, const struct table *to)
{
    for (size_t i = 0; i < from->n_foreign_keys; i++) {
        const struct foreign_key *key = &from->foreign_keys[i];
        const struct foreign_key *same = find_key(to, key);
        if (!same || is_in_the_way(finder, from->name, key))
            add(finder, DROP_FOREIGN_KEY, from->name, key, same);
    }
}

static void add_foreign_keys(struct finder *finder, const struct table *from, const struct table *to)
{
    for (size_t i = 0; i < to->n_foreign_keys; i++) {
        const struct foreign_key *key = &to->foreign_keys[i];
        const struct foreign_key *same = find_key(from, key);
        if (!same || is_in_the_way(finder, to->name, same))
            add(finder, ADD_FOREIGN_KEY, to->name, same, key);
    }
}

static void drop_checks(struct finder *finder, const struct table *from, const struct table *to)
{
    for (size_t i = 0; i < from->n_checks; i++)
        if (!find_check(to, &from->checks[i]))
            add(finder, DROP_CHECK, from->name, &from->checks[i], NULL);
}

static void add_checks(struct finder *finder, const struct table *from, const struct table *to)
{
    for (size_t i = 0; i < to->n_checks; i++)
        if (!find_check(from, &to->checks[i]))
            add(finder, ADD_CHECK, to->name, NULL, &to->checks[i]);
}

static void drop_indexes(struct finder *finder, const struct table *from, const struct table *to)
{
    for (size_t i = 0; i < from->n_indexes; i++)
        if (!find_index(to, &from->indexes[i]))
            add(finder, DROP_INDEX, from->name, &from->indexes[i], NULL);
}

static void add_indexes(struct finder *finder, const struct table *from, const struct table *to)
{
    for (size_t i = 0; i < to->n_indexes; i++)
        if (!find_index(from, &to->indexes[i]))
            add(finder, ADD_INDEX, to->name, NULL, &to->indexes[i]);
}

static void change_columns(struct finder *finder, const struct table *from, const struct table *to)
{
    for (size_t i = 0; i < to->n_columns; i++)
        if (!table_find_column(from, to->columns[i].name))
            add(finder, ADD_COLUMN, to->name, NULL, &to->columns[i]);
    for (size_t i = 0; i < to->n_columns; i++) {
        const struct column *column = table_find_column(from, to->columns[i].name);
        if (column && !same_column(column, &to->columns[i]))
            add(finder, MODIFY_COLUMN, to->name, column, &to->columns[i]);
    }
    if (!same_text(from->options, to->options) || !same_text(from->primary_key, to->primary_key))
        add(finder, MODIFY_TABLE, to->name, from, to);
    for (size_t i = 0; i < from->n_columns; i++)
        if (!table_find_column(to, from->columns[i].name))
            add(finder, DROP_COLUMN, from->name, &from->columns[i], NULL);
}

static bool refers(const struct table *table, const struct table *other)
{
    for (size_t i = 0; i < table->n_foreign_keys; i++)
        if (same_text(table->foreign_keys[i].table, other->name))
            return true;
    return false;
}

/* Must another table come first? One that is added needs those it refers to; one that refers to it has to be dropped
 * before it. */
static bool waits(const struct model *model, const bool *is_done, size_t i, enum change_kind kind)
{
    for (size_t j = 0; j < model->n_tables; j++) {
        const struct table *table = &model->tables[i], *other = &model->tables[j];
        if (i != j && !is_done[j] && (kind == ADD_TABLE ? refers(table, other) : refers(other, table)))
            return true;
    }
    return false;
}

/* The next table in order; of those in a ring, the first. n_tables: none is left. */
static size_t next_table(const struct model *model, const bool *is_done, enum change_kind kind)
{
    size_t first = model->n_tables;

    for (size_t i = model->n_tables; i-- > 0;)
        if (!is_done[i])
            first = i;
    for (size_t i = first; i < model->n_tables; i++)
        if (!is_done[i] && !waits(model, is_done, i, kind))
            return i;
    return first;
}

/* Adds a change for each table of `model` that the other one has not. */
static void change_tables(struct finder *finder, enum change_kind kind, const struct model *model,
                          const struct model *other)
{
    bool *is_done = arena_array(finder->context->arena, model->n_tables, sizeof *is_done);
    size_t i = 0;

    finder->failed = finder->failed || !is_done;
    for (i = 0; is_done && i < model->n_tables; i++)
        is_done[i] = model_find(other, model->tables[i].name) != NULL;
    while (is_done && (i = next_table(model, is_done, kind)) < model->n_tables) {
        const struct table *table = &model->tables[i];
        add(finder, kind, table->name, kind == DROP_TABLE ? table : NULL, kind == ADD_TABLE ? table : NULL);
        is_done[i] = true;
    }
}

static void drop_tables(struct finder *finder)
{
    change_tables(finder, DROP_TABLE, finder->from, finder->to);
}

static void add_tables(struct finder *finder)
{
    change_tables(finder, ADD_TABLE, finder->to, finder->from);
}

/* The order: each looks at every table that is in both models, or at the models as a whole. */
static const struct {
    void (*of_table)(struct finder *finder, const struct table *from, const struct table *to);
    void (*of_model)(struct finder *finder);
} passes[] = {
    {.of_table = drop_foreign_keys}, {.of_table = drop_checks}, {.of_table = drop_indexes},
    {.of_model = drop_tables},       {.of_model = add_tables},  {.of_table = change_columns},
    {.of_table = add_indexes},       {.of_table = add_checks},  {.of_table = add_foreign_keys},
};

enum code changes_find(struct context *context, const struct model *from, const struct model *to,
                       struct changes *ret_changes)
{
    struct finder finder = {.context = context, .from = from, .to = to};

    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        if (passes[i].of_model)
            passes[i].of_model(&finder);
        for (size_t j = 0; passes[i].of_table && j < from->n_tables; j++) {
            const struct table *same = model_find(to, from->tables[j].name);
            if (same)
                passes[i].of_table(&finder, &from->tables[j], same);
        }
    }
    if (finder.failed)
        return fail_memory(context);
    *ret_changes = finder.changes;
    return OK;
}
