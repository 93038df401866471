/* migrate/risks.c: leaves out the risks that cannot come true, because the columns they are about are new. */

#include "migrate/risks.h"

#include <ctype.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Takes the next word of a text, which is a name or part of an expression; false: there is none. */
static bool next_word(const char **position, const char **ret_word, size_t *ret_size)
{
    const char *start = *position;

    while (*start && !is_word_byte(*start))
        start++;
    const char *end = start;
    while (is_word_byte(*end))
        end++;
    *position = end;
    *ret_word = start;
    *ret_size = (size_t)(end - start);
    return end > start;
}

/* Is this the name of a column that the changes add to the table, and that is NULL in all its rows? */
static bool is_new_and_empty(const struct changes *changes, const char *table, const char *name, size_t size)
{
    for (size_t i = 0; i < changes->n; i++) {
        const struct change *change = &changes->items[i];
        const struct column *column = change->to;
        if (change->kind == ADD_COLUMN && strcmp(change->table, table) == 0 && strlen(column->name) == size &&
            strncasecmp(column->name, name, size) == 0)
            return column->nullable && !column->standard && !column->numbered;
    }
    return false;
}

/* Are all columns of a key new and empty? Their names are separated by ", ". */
static bool all_are_new(const struct changes *changes, const char *table, const char *columns)
{
    while (*columns) {
        size_t size = strcspn(columns, ",");
        if (!is_new_and_empty(changes, table, columns, size))
            return false;
        columns += size;
        columns += strspn(columns, ", ");
    }
    return true;
}

/* Does an expression name a new column? It is then taken to be true where that is NULL, as comparisons with NULL are no
 * reason for a check to refuse a row; one that asks for NOT NULL in a roundabout way is not seen. */
static bool names_new(const struct changes *changes, const char *table, const char *expression)
{
    const char *word = NULL;
    size_t size = 0;
    bool any = false;

    while (next_word(&expression, &word, &size))
        any = any || is_new_and_empty(changes, table, word, size);
    return any;
}

static bool cannot_come_true(const struct changes *changes, const struct change *change)
{
    switch (change->kind) {
    case ADD_FOREIGN_KEY:
        return all_are_new(changes, change->table, ((const struct foreign_key *)change->to)->columns);
    case ADD_INDEX:
        return all_are_new(changes, change->table, ((const struct index *)change->to)->columns);
    case ADD_CHECK:
        return names_new(changes, change->table, ((const struct check *)change->to)->expression);
    default:
        return false;
    }
}

enum code risks_find(struct context *context, const struct changes *changes, struct risks *ret_risks)
{
    struct risks risks = {.items = arena_array(context->arena, changes->n, sizeof *risks.items)};

    if (!risks.items)
        return fail_memory(context);
    for (size_t i = 0; i < changes->n; i++) {
        struct found_risk *found = &risks.items[risks.n];
        found->change = &changes->items[i];
        if (change_risk(found->change, &found->risk) && !cannot_come_true(changes, found->change))
            risks.n++;
    }
    *ret_risks = risks;
    return OK;
}
