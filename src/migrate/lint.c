/*
 * migrate/lint.c: a finding of one statement counts when the whole file bears it out.
 *
 * What may only fail is told when the file as a whole does the same; a column that the file adds and then makes NOT
 * NULL is for the whole a new column without a value. What loses something is lost even when a later statement makes
 * the like again; but for a table that was copied, it is the difference between the two that counts. A new name is a
 * part that goes while another with the same content comes, in a statement that says it renames the one to the other.
 * What a statement does to rows is told as it stands: no later one brings them back.
 */

#include "migrate/lint.h"

#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/change.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/file_header.h"
#include "migrate/model_read.h"
#include "migrate/replay.h"
#include "migrate/statement_kind.h"
#include "migrate/statement_names.h"

struct finding {
    struct lint_finding told;
    const struct change *change; /* NULL: of rows, not of tables */
    bool copied;                 /* DROP_TABLE: another table, with its rows, has taken its place */
};

/* A statement of the file that changes rows. */
struct insertion {
    const char *statement;
    struct insertion *next;
};

struct lint {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    enum code (*check)(struct context *context);
    struct model start; /* before the file */
    struct model now;
    struct insertion *insertions;
    struct finding *findings; /* of the file */
    size_t n;
    struct lint_report report;
};

static bool have_same_columns(const struct table *a, const struct table *b)
{
    if (a->n_columns != b->n_columns)
        return false;
    for (size_t i = 0; i < a->n_columns; i++)
        if (!table_find_column(b, a->columns[i].name))
            return false;
    return true;
}

/* Is the second change the other half of a new name for what the first one drops? */
static bool is_other_half(const struct change *drop, const struct change *add)
{
    const struct column *from = drop->from, *to = add->to;

    if (drop->kind == DROP_TABLE)
        return add->kind == ADD_TABLE && have_same_columns(drop->from, add->to);
    return drop->kind == DROP_COLUMN && add->kind == ADD_COLUMN && strcmp(drop->table, add->table) == 0 &&
           strcmp(from->type, to->type) == 0;
}

static bool renames(const struct lint *lint, const char *statement, const struct change *drop, const struct change *add)
{
    const struct column *from = drop->from, *to = add->to;

    if (drop->kind == DROP_TABLE)
        return statement_renames_table(statement, drop->table, add->table, lint->dialect->split);
    return statement_renames_column(statement, from->name, to->name, lint->dialect->split);
}

/* Do these two say that an index stands on a column which has a new name? */
static bool is_same_index(const struct change *drop, const struct change *add)
{
    const struct index *from = drop->from, *to = add->to;

    return drop->kind == DROP_INDEX && add->kind == ADD_INDEX && strcmp(drop->table, add->table) == 0 &&
           from->unique == to->unique && strcmp(from->name, to->name) == 0;
}

/* NULL: the change drops nothing, or the statement does not rename it. */
static const struct change *find_other_half(const struct lint *lint, const struct changes *changes,
                                            const struct change *drop, const char *statement)
{
    for (size_t i = 0; i < changes->n; i++)
        if (is_other_half(drop, &changes->items[i]) && renames(lint, statement, drop, &changes->items[i]))
            return &changes->items[i];
    return NULL;
}

static bool renames_column(const struct lint *lint, const struct changes *changes, const char *table,
                           const char *statement)
{
    for (size_t i = 0; i < changes->n; i++) {
        const struct change *change = &changes->items[i];
        if (change->kind == DROP_COLUMN && strcmp(change->table, table) == 0 &&
            find_other_half(lint, changes, change, statement))
            return true;
    }
    return false;
}

/* Is the change one half of a new name, or does it come of one? */
static bool is_of_new_name(const struct lint *lint, const struct changes *changes, const struct change *change,
                           const char *statement)
{
    for (size_t i = 0; i < changes->n; i++) {
        const struct change *other = &changes->items[i];
        if (find_other_half(lint, changes, other, statement) == change)
            return true;
        if ((is_same_index(change, other) || is_same_index(other, change)) &&
            renames_column(lint, changes, change->table, statement))
            return true;
    }
    return find_other_half(lint, changes, change, statement) != NULL;
}

static bool were_rows_copied(const struct lint *lint, const char *from, const char *to)
{
    for (const struct insertion *insertion = lint->insertions; insertion; insertion = insertion->next)
        if (statement_copies_rows(insertion->statement, from, to, lint->dialect->split))
            return true;
    return false;
}

/* The table `from` takes the name `to`, which may be that of one that the file has dropped. */
static void note_copy(struct lint *lint, const char *from, const char *to)
{
    for (size_t i = 0; i < lint->n; i++) {
        struct finding *finding = &lint->findings[i];
        const struct change *change = finding->change;
        if (change && change->kind == DROP_TABLE && strcmp(change->table, to) == 0 && were_rows_copied(lint, to, from))
            finding->copied = true;
    }
}

static enum code add_finding(struct lint *lint, const struct lint_finding *told, const struct change *change)
{
    struct finding *findings = arena_room(lint->context->arena, lint->findings, lint->n, sizeof *findings);

    if (!findings)
        return fail_memory(lint->context);
    findings[lint->n++] = (struct finding){.told = *told, .change = change};
    lint->findings = findings;
    return OK;
}

/* Takes in the changes of one statement. A table that the file itself has made has no rows that could be lost. */
static enum code take_changes(struct lint *lint, const struct lint_finding *place, const char *statement,
                              const struct changes *changes)
{
    struct risks risks = {.n = 0};
    enum code code = risks_find(lint->context, lint->dialect, &lint->now, changes, &risks);

    for (size_t i = 0; i < changes->n; i++) {
        const struct change *drop = &changes->items[i];
        const struct change *add = find_other_half(lint, changes, drop, statement);
        if (add && drop->kind == DROP_TABLE)
            note_copy(lint, drop->table, add->table);
    }
    for (size_t i = 0; code == OK && i < risks.n; i++) {
        const struct change *change = risks.items[i].change;
        const struct lint_finding told = {.file = place->file, .line = place->line, .risk = risks.items[i].risk};
        if (model_find(&lint->start, change->table) && !is_of_new_name(lint, changes, change, statement))
            code = add_finding(lint, &told, change);
    }
    lint->report.n_changes += changes->n;
    return code;
}

/* Takes in what the statement does to the rows that were there before the file. */
static enum code take_rows(struct lint *lint, const struct lint_finding *place, const char *statement)
{
    struct lint_finding told = *place;
    enum code code = OK;

    for (size_t i = 0; code == OK && statement_risk(statement, lint->dialect->split, &lint->start, &i, &told.risk);)
        code = add_finding(lint, &told, NULL);
    return code;
}

static enum code add_insertion(struct lint *lint, const char *statement)
{
    struct insertion *insertion = arena_alloc(lint->context->arena, sizeof *insertion);

    if (!insertion)
        return fail_memory(lint->context);
    *insertion = (struct insertion){.statement = statement, .next = lint->insertions};
    lint->insertions = insertion;
    return OK;
}

static enum code visit(void *argument, const struct migration_file *file, const char *statement, size_t line)
{
    struct lint *lint = argument;
    struct context *context = lint->context;
    const struct lint_finding place = {.file = file, .line = line};
    struct model after = {.n_tables = 0};
    struct changes changes = {.n = 0};
    enum code code = lint->check ? lint->check(context) : OK;

    if (code == OK && statement_kind(statement) == STATEMENT_DATA)
        code = add_insertion(lint, statement);
    if (code == OK)
        code = take_rows(lint, &place, statement);
    if (code == OK)
        code = model_read(context, lint->db, lint->dialect, &after);
    if (code == OK)
        code = changes_find(context, &lint->now, &after, &changes);
    if (code == OK)
        code = take_changes(lint, &place, statement, &changes);
    lint->now = after;
    return code;
}

/* One name of a `nolint` line: a code, or what Atlas calls the kind. */
static bool name_fits(const char *name, size_t size, const struct risk *risk)
{
    return (strlen(risk->code) == size && strncasecmp(risk->code, name, size) == 0) ||
           (strlen(risk->kind) == size && strncasecmp(risk->kind, name, size) == 0);
}

/* Do these names silence the risk? None at all silence every risk. */
static bool names_silence(const char *names, size_t size, const struct risk *risk)
{
    static const char between[] = " \t,";
    const char *end = names + size;
    bool any = false;

    for (names += strspn(names, between); names < end; names += strspn(names, between)) {
        size_t name_size = strcspn(names, " \t,\r\n");
        name_size = names + name_size > end ? (size_t)(end - names) : name_size;
        if (name_fits(names, name_size, risk))
            return true;
        any = true;
        names += name_size;
    }
    return !any;
}

/* The start of a line; the text's end when it has fewer. */
static const char *find_line(const char *text, size_t number)
{
    while (--number > 0 && *text) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return text;
}

/* Is there an `atlas:nolint` for it on the comment lines right before its statement? */
static bool is_silenced_there(const struct lint_finding *told)
{
    const char *names = NULL;
    size_t size = 0;

    for (size_t number = told->line - 1; number > 0; number--) {
        const char *line = find_line(told->file->text, number);
        if (*line != '#' && strncmp(line, "--", 2) != 0)
            return false;
        if (file_header_find_nolint(line, strcspn(line, "\r\n"), &names, &size))
            return names_silence(names, size, &told->risk);
    }
    return false;
}

/* Does the file's header, or the place, say that it is meant? */
static bool is_silenced(const struct lint_finding *told)
{
    const char *names = told->file->nolint;

    return (names && names_silence(names, strlen(names), &told->risk)) || is_silenced_there(told);
}

static enum code report(struct lint *lint, const struct lint_finding *told)
{
    struct lint_report *all = &lint->report;

    if (is_silenced(told))
        return OK;
    struct lint_finding *items = arena_room(lint->context->arena, all->items, all->n, sizeof *items);
    if (!items)
        return fail_memory(lint->context);
    items[all->n++] = *told;
    all->items = items;
    return OK;
}

static bool is_same(const struct risk *a, const struct risk *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->text, b->text) == 0;
}

/* Is it about a column that the file as a whole adds? */
static bool is_of_new_column(const struct change *change, const struct change *whole)
{
    const struct column *column = change->to, *added = whole->to;

    return change->kind == MODIFY_COLUMN && whole->kind == ADD_COLUMN && strcmp(change->table, whole->table) == 0 &&
           strcmp(column->name, added->name) == 0;
}

/* What the finding is in the file as a whole; NULL: nothing. What loses something stays what it is. */
static const struct risk *find_whole(const struct finding *finding, const struct risks *whole)
{
    const struct risk *risk = &finding->told.risk;

    if (risk->destructive || !finding->change)
        return risk;
    for (size_t i = 0; i < whole->n; i++)
        if (is_same(risk, &whole->items[i].risk) || is_of_new_column(finding->change, whole->items[i].change))
            return &whole->items[i].risk;
    return NULL;
}

/* Tells what the file as a whole does to a table that was copied, at the line where the old one goes. */
static enum code report_copy(struct lint *lint, const struct finding *finding, const struct risks *whole)
{
    enum code code = OK;

    for (size_t i = 0; code == OK && i < whole->n; i++) {
        struct lint_finding told = finding->told;
        told.risk = whole->items[i].risk;
        if (strcmp(whole->items[i].change->table, finding->change->table) == 0)
            code = report(lint, &told);
    }
    return code;
}

/* Decides what is told of the file. */
static enum code end_file(struct lint *lint)
{
    struct changes changes = {.n = 0};
    struct risks whole = {.n = 0};
    enum code code = changes_find(lint->context, &lint->start, &lint->now, &changes);

    if (code == OK)
        code = risks_find(lint->context, lint->dialect, &lint->start, &changes, &whole);
    for (size_t i = 0; code == OK && i < lint->n; i++) {
        const struct finding *finding = &lint->findings[i];
        const struct risk *risk = find_whole(finding, &whole);
        struct lint_finding told = finding->told;
        if (finding->copied) {
            code = report_copy(lint, finding, &whole);
        } else if (risk) {
            told.risk = *risk;
            code = report(lint, &told);
        }
    }
    return code;
}

static enum code lint_file(struct lint *lint, const struct migration_file *file)
{
    lint->start = lint->now;
    lint->insertions = NULL;
    lint->findings = NULL;
    lint->n = 0;
    enum code code = replay_file(lint->context, lint->db, lint->dialect, file, visit, lint);
    return code == OK ? end_file(lint) : code;
}

static size_t first_file(const struct migration_directory *directory, size_t latest)
{
    size_t start = replay_start(directory);
    size_t first = latest > 0 && latest < directory->n_files ? directory->n_files - latest : 0;

    return first > start ? first : start;
}

enum code lint_run(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                   const struct migration_directory *directory, size_t latest,
                   enum code (*check)(struct context *context), struct lint_report *ret_report)
{
    struct lint lint = {.context = context, .db = db, .dialect = dialect, .check = check};
    struct migration_directory before = *directory;

    lint.report.first = first_file(directory, latest);
    before.n_files = lint.report.first > replay_start(directory) ? lint.report.first : 0;
    enum code code = replay(context, db, dialect, &before, NULL, NULL);
    if (code == OK)
        code = model_read(context, db, dialect, &lint.now);
    for (size_t i = lint.report.first; code == OK && i < directory->n_files; i++)
        code = lint_file(&lint, &directory->files[i]);
    if (code == OK)
        *ret_report = lint.report;
    return code;
}
