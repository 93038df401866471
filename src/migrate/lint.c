/*
 * migrate/lint.c: a finding of one statement counts when the whole file bears it out.
 *
 * What may only fail is told when the file as a whole does the same. What loses something is lost even when a later
 * statement makes the like again; but for a table that was copied, it is the difference between the two that counts.
 * That a statement renames is seen by its words, and by a part that goes while another with the same content comes.
 */

#include "migrate/lint.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/directory.h"
#include "migrate/model_read.h"
#include "migrate/replay.h"
#include "migrate/risks.h"

#define FINDINGS_FIRST 8

struct finding {
    struct lint_finding told;
    const char *table;
    enum change_kind kind;
    bool copied; /* DROP_TABLE: another table, with its rows, has taken its place */
};

/* An INSERT of the file. */
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
    size_t n, room;
    struct lint_report report;
    size_t report_room;
};

/* Room for one more item of a list that grows in the arena; false without memory. */
static bool make_room(struct arena *arena, void **items, size_t n, size_t *room, size_t size)
{
    size_t more = *room ? *room * 2 : FINDINGS_FIRST;

    if (n < *room)
        return true;
    void *grown = arena_grow(arena, *items, *room * size, more * size);
    if (!grown)
        return false;
    *items = grown;
    *room = more;
    return true;
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Does the word stand in the text, in whatever case? */
static bool has_word(const char *text, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = text; (at = strcasestr(at, word)); at++)
        if ((at == text || !is_word_byte(at[-1])) && !is_word_byte(at[size]))
            return true;
    return false;
}

static bool renames(const char *statement)
{
    return has_word(statement, "RENAME") || has_word(statement, "CHANGE");
}

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

/* NULL: the change drops nothing, or the statement does not rename it. */
static const struct change *find_other_half(const struct changes *changes, const struct change *drop,
                                            const char *statement)
{
    for (size_t i = 0; i < changes->n; i++)
        if (is_other_half(drop, &changes->items[i]))
            return renames(statement) ? &changes->items[i] : NULL;
    return NULL;
}

static bool inserts_into(const char *statement, const char *table)
{
    const char *at = strcasestr(statement, "INTO");

    if (!at)
        return false;
    at += strlen("INTO");
    at += strspn(at, " \t\r\n\"`[");
    return strncasecmp(at, table, strlen(table)) == 0 && !is_word_byte(at[strlen(table)]);
}

static bool were_rows_copied(const struct lint *lint, const char *table)
{
    for (const struct insertion *insertion = lint->insertions; insertion; insertion = insertion->next)
        if (inserts_into(insertion->statement, table))
            return true;
    return false;
}

/* A table takes the name of one that the file has dropped. */
static void note_copy(struct lint *lint, const char *from, const char *to)
{
    for (size_t i = 0; i < lint->n; i++) {
        struct finding *finding = &lint->findings[i];
        if (finding->kind == DROP_TABLE && strcmp(finding->table, to) == 0 && were_rows_copied(lint, from))
            finding->copied = true;
    }
}

static enum code add_finding(struct lint *lint, const struct lint_finding *told, const struct change *change)
{
    if (!make_room(lint->context->arena, (void **)&lint->findings, lint->n, &lint->room, sizeof *lint->findings))
        return fail_memory(lint->context);
    lint->findings[lint->n++] = (struct finding){.told = *told, .table = change->table, .kind = change->kind};
    return OK;
}

/* Takes in the changes of one statement. A table that the file itself has made has no rows that could be lost. */
static enum code take_changes(struct lint *lint, const struct lint_finding *place, const char *statement,
                              const struct changes *changes)
{
    struct risks risks = {.n = 0};
    enum code code = risks_find(lint->context, changes, &risks);

    for (size_t i = 0; i < changes->n; i++) {
        const struct change *drop = &changes->items[i];
        const struct change *add = find_other_half(changes, drop, statement);
        if (add && drop->kind == DROP_TABLE)
            note_copy(lint, drop->table, add->table);
    }
    for (size_t i = 0; code == OK && i < risks.n; i++) {
        const struct change *change = risks.items[i].change;
        const struct lint_finding told = {.file = place->file, .line = place->line, .risk = risks.items[i].risk};
        if (model_find(&lint->start, change->table) && !find_other_half(changes, change, statement))
            code = add_finding(lint, &told, change);
    }
    lint->report.n_changes += changes->n;
    return code;
}

static enum code visit(void *argument, const struct migration_file *file, const char *statement, size_t line)
{
    struct lint *lint = argument;
    struct context *context = lint->context;
    const struct lint_finding place = {.file = file, .line = line};
    struct model after = {.n_tables = 0};
    struct changes changes = {.n = 0};
    enum code code = lint->check ? lint->check(context) : OK;

    if (code == OK && strncasecmp(statement, "INSERT", strlen("INSERT")) == 0) {
        struct insertion *insertion = arena_alloc(context->arena, sizeof *insertion);
        if (!insertion)
            return fail_memory(context);
        *insertion = (struct insertion){.statement = statement, .next = lint->insertions};
        lint->insertions = insertion;
    }
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
    const char *kind = risk->destructive ? "destructive" : "data_depend";

    return (strlen(risk->code) == size && strncasecmp(risk->code, name, size) == 0) ||
           (strlen(kind) == size && strncasecmp(kind, name, size) == 0);
}

/* Do these names, which end at a line's end, silence the risk? None at all silence every risk. */
static bool names_silence(const char *names, const struct risk *risk)
{
    static const char between[] = " \t,";
    bool any = false;

    for (names += strspn(names, between); *names && *names != '\n' && *names != '\r';) {
        size_t size = strcspn(names, " \t,\r\n");
        if (name_fits(names, size, risk))
            return true;
        any = true;
        names += size;
        names += strspn(names, between);
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
    static const char mark[] = "atlas:nolint";

    for (size_t number = told->line - 1; number > 0; number--) {
        const char *line = find_line(told->file->text, number);
        if (*line != '#' && strncmp(line, "--", 2) != 0)
            return false;
        line += strspn(line, "#- \t");
        if (strncmp(line, mark, sizeof mark - 1) == 0 && !is_word_byte(line[sizeof mark - 1]))
            return names_silence(line + sizeof mark - 1, &told->risk);
    }
    return false;
}

static enum code report(struct lint *lint, const struct lint_finding *told)
{
    struct lint_report *all = &lint->report;

    if ((told->file->nolint && names_silence(told->file->nolint, &told->risk)) || is_silenced_there(told))
        return OK;
    if (!make_room(lint->context->arena, (void **)&all->items, all->n, &lint->report_room, sizeof *all->items))
        return fail_memory(lint->context);
    all->items[all->n++] = *told;
    return OK;
}

static bool is_same(const struct risk *a, const struct risk *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->text, b->text) == 0;
}

/* Does the file as a whole bear the finding out? */
static bool stands(const struct finding *finding, const struct risks *whole)
{
    if (finding->told.risk.destructive)
        return true;
    for (size_t i = 0; i < whole->n; i++)
        if (is_same(&finding->told.risk, &whole->items[i].risk))
            return true;
    return false;
}

/* Tells what the file as a whole does to a table that was copied, at the line where the old one goes. */
static enum code report_copy(struct lint *lint, const struct finding *finding, const struct risks *whole)
{
    enum code code = OK;

    for (size_t i = 0; code == OK && i < whole->n; i++) {
        struct lint_finding told = finding->told;
        told.risk = whole->items[i].risk;
        if (strcmp(whole->items[i].change->table, finding->table) == 0)
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
        code = risks_find(lint->context, &changes, &whole);
    for (size_t i = 0; code == OK && i < lint->n; i++) {
        const struct finding *finding = &lint->findings[i];
        if (finding->copied)
            code = report_copy(lint, finding, &whole);
        else if (stands(finding, &whole))
            code = report(lint, &finding->told);
    }
    return code;
}

static enum code lint_file(struct lint *lint, const struct migration_file *file)
{
    lint->start = lint->now;
    lint->insertions = NULL;
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
