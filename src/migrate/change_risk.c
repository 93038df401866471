/*
 * migrate/change_risk.c: the table of risks. Each row that fits a change is one of its risks; of one kind of change,
 * those that lose something stand before those that may fail.
 */

#include <stdio.h>
#include <string.h>

#include "migrate/change.h"
#include "migrate/risks.h"
#include "migrate/type_change.h"

/* What a risk is in general. */
struct nature {
    const char *kind;
    const char *subject;
    bool destructive;
};

static const struct nature destructive = {"destructive", "destructive changes detected", true};
static const struct nature data_dependent = {"data_depend", "data dependent changes detected", false};
static const struct nature rule_dropped = {"condrop", "constraint deletion detected", false};

/* A rule's condition; `from` and `to` are those of the change. */
typedef bool condition(const void *from, const void *to);

static bool is_stored(const void *from, const void *to)
{
    const struct column *column = from;

    (void)to;
    return !strstr(column->type, "GENERATED");
}

static bool is_narrowed(const void *from, const void *to)
{
    return !type_widens(((const struct column *)from)->type, ((const struct column *)to)->type);
}

static bool becomes_mandatory(const void *from, const void *to)
{
    return ((const struct column *)from)->nullable && !((const struct column *)to)->nullable;
}

static bool has_no_value(const void *from, const void *to)
{
    const struct column *column = to;

    (void)from;
    return !column->nullable && !column->standard && !column->numbered && !strstr(column->type, "GENERATED");
}

static bool has_new_primary_key(const void *from, const void *to)
{
    const char *key = ((const struct table *)to)->primary_key;

    return *key && strcmp(((const struct table *)from)->primary_key, key) != 0;
}

static bool is_unique(const void *from, const void *to)
{
    (void)from;
    return ((const struct index *)to)->unique;
}

static bool was_unique(const void *from, const void *to)
{
    (void)to;
    return ((const struct index *)from)->unique;
}

static bool is_new(const void *from, const void *to)
{
    (void)to;
    return !from;
}

/* In a text, {table} is the table's name, {name} that of what changes, {from} and {to} the types of a column, {what}
 * the columns of an index or key, or the expression of a check. */
static const struct rule {
    enum change_kind kind;
    condition *applies; /* NULL: always */
    const char *code;
    const struct nature *nature;
    const char *text;
} rules[] = {
    {
        .kind = DROP_TABLE,
        .code = "DS102",
        .nature = &destructive,
        .text = "Dropping table \"{table}\"",
    },
    {
        .kind = DROP_COLUMN,
        .applies = is_stored,
        .code = "DS103",
        .nature = &destructive,
        .text = "Dropping non-virtual column \"{name}\"",
    },
    {
        .kind = MODIFY_COLUMN,
        .applies = is_narrowed,
        .code = "QU101",
        .nature = &destructive,
        .text = "Changing column \"{name}\" from type {from} to {to}, which may not hold its values",
    },
    {
        .kind = MODIFY_COLUMN,
        .applies = becomes_mandatory,
        .code = "MF104",
        .nature = &data_dependent,
        .text = "Modifying nullable column \"{name}\" to non-nullable might fail in case it contains NULL values",
    },
    {
        .kind = ADD_COLUMN,
        .applies = has_no_value,
        .code = "MF103",
        .nature = &data_dependent,
        .text = "Adding a non-nullable column \"{name}\" without a default might fail in case table \"{table}\" is not "
                "empty",
    },
    {
        .kind = MODIFY_TABLE,
        .applies = has_new_primary_key,
        .code = "QU102",
        .nature = &data_dependent,
        .text = "Changing the primary key of table \"{table}\" to \"{what}\" might fail in case it contains duplicate "
                "or NULL values",
    },
    {
        .kind = ADD_INDEX,
        .applies = is_unique,
        .code = "MF101",
        .nature = &data_dependent,
        .text = "Adding a unique index \"{name}\" on table \"{table}\" might fail in case \"{what}\" contains "
                "duplicate values",
    },
    {
        .kind = DROP_INDEX,
        .applies = was_unique,
        .code = "QU105",
        .nature = &rule_dropped,
        .text =
            "Dropping unique index \"{name}\" of table \"{table}\", without which \"{what}\" may get duplicate values",
    },
    {
        .kind = ADD_CHECK,
        .code = "QU103",
        .nature = &data_dependent,
        .text = "Adding a check to table \"{table}\" might fail in case a row is against it: {what}",
    },
    {
        .kind = ADD_FOREIGN_KEY,
        .applies = is_new,
        .code = "QU104",
        .nature = &data_dependent,
        .text = "Adding a foreign key to table \"{table}\" might fail in case \"{what}\" contains values without a "
                "reference",
    },
};

/* What the marks of a text stand for. */
struct names {
    const char *name;
    const char *from;
    const char *to;
    const char *what;
};

static struct names names_of(const struct change *change)
{
    const struct column *from = change->from, *to = change->to;
    struct names names = {.name = "", .from = "", .to = "", .what = ""};

    switch (change->kind) {
    case ADD_COLUMN:
        names.name = to->name;
        break;
    case DROP_COLUMN:
        names.name = from->name;
        break;
    case MODIFY_COLUMN:
        names = (struct names){.name = to->name, .from = from->type, .to = to->type, .what = ""};
        break;
    case MODIFY_TABLE:
        names.what = ((const struct table *)change->to)->primary_key;
        break;
    case ADD_INDEX:
        names.name = ((const struct index *)change->to)->name;
        names.what = ((const struct index *)change->to)->columns;
        break;
    case DROP_INDEX:
        names.name = ((const struct index *)change->from)->name;
        names.what = ((const struct index *)change->from)->columns;
        break;
    case ADD_CHECK:
        names.what = ((const struct check *)change->to)->expression;
        break;
    case ADD_FOREIGN_KEY:
        names.what = ((const struct foreign_key *)change->to)->columns;
        break;
    default:
        break;
    }
    return names;
}

/* Adds text as far as there is room; a text that is cut is still one. */
static void append(struct risk *risk, const char *text, size_t size)
{
    size_t used = strlen(risk->text);

    snprintf(risk->text + used, sizeof risk->text - used, "%.*s", (int)size, text);
}

/* Adds what the mark here stands for, or the character as it is; gives how much of the text that is. */
static size_t append_mark(struct risk *risk, const char *text, const struct change *change, const struct names *names)
{
    const struct {
        const char *mark;
        const char *value;
    } marks[] = {
        {"{table}", change->table}, {"{name}", names->name}, {"{from}", names->from},
        {"{to}", names->to},        {"{what}", names->what},
    };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t size = strlen(marks[i].mark);
        if (strncmp(text, marks[i].mark, size) != 0)
            continue;
        append(risk, marks[i].value, strlen(marks[i].value));
        return size;
    }
    append(risk, text, 1);
    return 1;
}

/* Writes a rule's text with what its marks stand for. */
static void write_text(struct risk *risk, const char *text, const struct change *change)
{
    const struct names names = names_of(change);

    while (*text) {
        size_t plain = strcspn(text, "{");
        append(risk, text, plain);
        text += plain;
        text += *text ? append_mark(risk, text, change, &names) : 0;
    }
}

bool change_risk(const struct change *change, size_t *position, struct risk *ret_risk)
{
    while (*position < sizeof rules / sizeof *rules) {
        const struct rule *rule = &rules[(*position)++];
        if (rule->kind != change->kind || (rule->applies && !rule->applies(change->from, change->to)))
            continue;
        *ret_risk = (struct risk){
            .code = rule->code,
            .kind = rule->nature->kind,
            .destructive = rule->nature->destructive,
            .subject = rule->nature->subject,
        };
        write_text(ret_risk, rule->text, change);
        return true;
    }
    return false;
}
