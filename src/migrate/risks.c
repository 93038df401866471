/* migrate/risks.c: leaves out the risks that cannot come true, because the columns they are about are new. */

#include "migrate/risks.h"

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/change.h"
#include "migrate/dialect.h"
#include "migrate/model.h"
#include "migrate/sql_text.h"

struct look {
    const struct migrate_dialect *dialect;
    const struct model *from;
    const struct changes *changes;
};

/* The column of this name in the table before the changes; NULL: there was none. */
static const struct column *find_old(const struct look *look, const char *table, const struct sql_token *name)
{
    const struct table *before = model_find(look->from, table);

    for (size_t i = 0; before && i < before->n_columns; i++)
        if (sql_token_is_name(name, before->columns[i].name))
            return &before->columns[i];
    return NULL;
}

/* The column of this name that the changes add to the table; NULL: there is none. */
static const struct column *find_new(const struct look *look, const char *table, const struct sql_token *name)
{
    for (size_t i = 0; i < look->changes->n; i++) {
        const struct change *change = &look->changes->items[i];
        const struct column *column = change->to;
        if (change->kind == ADD_COLUMN && strcmp(change->table, table) == 0 && sql_token_is_name(name, column->name))
            return column;
    }
    return NULL;
}

/* Is a new column NULL in all rows that are there? */
static bool is_empty(const struct column *column)
{
    return column->nullable && !column->standard && !column->numbered && !strstr(column->type, "GENERATED");
}

/* Are all columns of a key new and empty? Their names are separated by ", ". */
static bool all_are_empty(const struct look *look, const char *table, const char *columns)
{
    while (*columns) {
        const struct sql_token name = {.kind = SQL_WORD, .start = columns, .size = strcspn(columns, ",")};
        const struct column *column = find_new(look, table, &name);
        if (!column || !is_empty(column))
            return false;
        columns += name.size;
        columns += strspn(columns, ", ");
    }
    return true;
}

/* Does a check speak of new and empty columns, and of no others? It is then taken to be true, as comparisons with NULL
 * are no reason for a check to refuse a row; one that asks for a value in another way than NOT NULL is not seen. */
static bool speaks_of_empty(const struct look *look, const char *table, const char *expression)
{
    struct sql_token token = {.kind = SQL_SIGN};
    bool wants_value = false; /* after NOT */
    bool any = false;

    while (token.kind != SQL_END) {
        token = sql_next_token(&expression, look->dialect->split);
        const struct column *column = find_new(look, table, &token);
        if (find_old(look, table, &token) || (column && !is_empty(column)))
            return false;
        if (wants_value && sql_token_is_word(&token, "NULL"))
            return false;
        wants_value = sql_token_is_word(&token, "NOT");
        any = any || column;
    }
    return any;
}

static bool cannot_come_true(const struct look *look, const struct change *change)
{
    switch (change->kind) {
    case ADD_FOREIGN_KEY:
        return all_are_empty(look, change->table, ((const struct foreign_key *)change->to)->columns);
    case ADD_INDEX:
        return all_are_empty(look, change->table, ((const struct index *)change->to)->columns);
    case ADD_CHECK:
        return speaks_of_empty(look, change->table, ((const struct check *)change->to)->expression);
    default:
        return false;
    }
}

/* Adds what one change risks. False without memory. */
static bool add_risks(struct context *context, const struct look *look, const struct change *change,
                      struct risks *risks)
{
    struct risk risk;
    size_t position = 0;

    while (!cannot_come_true(look, change) && change_risk(change, &position, &risk)) {
        struct found_risk *items = arena_room(context->arena, risks->items, risks->n, sizeof *items);
        if (!items)
            return false;
        items[risks->n++] = (struct found_risk){.change = change, .risk = risk};
        risks->items = items;
    }
    return true;
}

enum code risks_find(struct context *context, const struct migrate_dialect *dialect, const struct model *from,
                     const struct changes *changes, struct risks *ret_risks)
{
    const struct look look = {.dialect = dialect, .from = from, .changes = changes};
    struct risks risks = {.n = 0};

    for (size_t i = 0; i < changes->n; i++)
        if (!add_risks(context, &look, &changes->items[i], &risks))
            return fail_memory(context);
    *ret_risks = risks;
    return OK;
}
