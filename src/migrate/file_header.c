/*
 * migrate/file_header.c: reads directives line by line. An atlas: directive is found where the expression of Atlas
 * finds it: the last one in a line, after printable ASCII only, which its value is too.
 */

#include "migrate/file_header.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "migrate/directory.h"

struct line {
    const char *text;
    size_t size; /* without its end, and the white space before that */
};

/* What stands in a line: "txmode" and "none". */
struct directive {
    const char *name;
    size_t name_size;
    const char *value;
    size_t value_size;
};

/* Directives of quire: texts, in the file's own fields. */
static const struct text_directive {
    const char *name;
    size_t offset;    /* in struct migration_file: const char * */
    const char *join; /* between its lines */
} text_directives[] = {
    {"quire:replaces", offsetof(struct migration_file, replaces), " "},
    {"quire:check", offsetof(struct migration_file, check), "\n"},
    {"quire:resolve", offsetof(struct migration_file, resolve), "\n"},
    {"quire:refusal", offsetof(struct migration_file, refusal), " "},
};

#define TEXT_DIRECTIVES (sizeof text_directives / sizeof text_directives[0])

struct header {
    struct context *context;
    struct migration_file *file;
    const struct text_directive *open; /* goes on if the next line is indented; NULL: none does */
    bool txmode;                       /* it has one */
};

/* The size of what the expression of Atlas has as \w+. */
static size_t name_size(const char *at)
{
    return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static bool is_text(const char *text, size_t size, const char *expected)
{
    return size == strlen(expected) && memcmp(text, expected, size) == 0;
}

/* The last `atlas:NAME [VALUE]` of a line. */
static bool find_directive(const char *text, size_t size, struct directive *ret_directive)
{
    static const char mark[] = "atlas:";
    const size_t mark_size = sizeof mark - 1;
    size_t end = 0;

    while (end < size && text[end] >= ' ' && text[end] <= '~')
        end++;
    for (size_t at = end; at-- > 0;) {
        if (end - at <= mark_size || memcmp(text + at, mark, mark_size) != 0 || name_size(text + at + mark_size) == 0)
            continue;
        struct directive found = {.name = text + at + mark_size};
        found.name_size = name_size(found.name);
        size_t i = at + mark_size + found.name_size;
        while (i < end && text[i] == ' ')
            i++;
        bool has_value = i > at + mark_size + found.name_size;
        found.value = text + i;
        found.value_size = has_value ? end - i : 0;
        *ret_directive = found;
        return true;
    }
    return false;
}

bool file_header_find_nolint(const char *line, size_t size, const char **ret_names, size_t *ret_names_size)
{
    struct directive directive;

    if (!find_directive(line, size, &directive) || !is_text(directive.name, directive.name_size, "nolint"))
        return false;
    *ret_names = directive.value;
    *ret_names_size = directive.value_size;
    return true;
}

bool file_header_is_ignored(const struct migration_file *file)
{
    const char *end = memchr(file->text, '\n', file->size);
    size_t size = end ? (size_t)(end - file->text) : file->size;
    struct directive directive;

    return find_directive(file->text, size, &directive) && is_text(directive.name, directive.name_size, "sum") &&
           is_text(directive.value, directive.value_size, "ignore");
}

/* Gives the next line of the header and moves *position past it; false: there is none. */
static bool next_line(const char **position, const char *end, struct line *ret_line)
{
    const char *at = *position;

    if (at == end || (*at != '#' && (*at != '-' || at[1] != '-')))
        return false;
    size_t size = strcspn(at, "\n");
    *position = at + size + (at[size] == '\n');
    while (size > 0 && isspace((unsigned char)at[size - 1]))
        size--;
    *ret_line = (struct line){.text = at, .size = size};
    return true;
}

/* Is there a header, with a blank line or nothing after it? */
static bool counts(const struct migration_file *file)
{
    const char *position = file->text;
    const char *end = file->text + file->size;
    struct line line;

    while (next_line(&position, end, &line))
        continue;
    position += strspn(position, " \t\r");
    return position == end || *position == '\n';
}

static enum code read_txmode(struct header *header, const char *mode)
{
    struct migration_file *file = header->file;

    if (header->txmode)
        return fail(header->context, MALFORMED, "%s: atlas:txmode is there twice", file->name);
    if (strcmp(mode, "none") != 0 && strcmp(mode, "file") != 0)
        return fail(header->context, MALFORMED, "%s: atlas:txmode is \"none\" or \"file\", not \"%s\"", file->name,
                    mode);
    header->txmode = true;
    file->without_transaction = strcmp(mode, "none") == 0;
    return OK;
}

/* One without names is for all, whatever others name. */
static enum code read_nolint(struct header *header, const char *names)
{
    const char *old = header->file->nolint;

    if (old && *old && *names)
        names = arena_printf(header->context->arena, "%s %s", old, names);
    if (!names)
        return fail_memory(header->context);
    header->file->nolint = old && !*old ? old : names;
    return OK;
}

static enum code read_directive(struct header *header, const struct directive *directive)
{
    const char *value = arena_copy(header->context->arena, directive->value, directive->value_size);

    if (!value)
        return fail_memory(header->context);
    if (is_text(directive->name, directive->name_size, "txmode"))
        return read_txmode(header, value);
    if (is_text(directive->name, directive->name_size, "nolint"))
        return read_nolint(header, value);
    if (is_text(directive->name, directive->name_size, "checkpoint"))
        header->file->checkpoint = true;
    return OK;
}

static const char **text_field(struct migration_file *file, const struct text_directive *directive)
{
    return (const char **)(void *)((char *)file + directive->offset);
}

/* Starts or goes on with a text. */
static enum code add_text(struct header *header, const char *text, size_t size)
{
    const char **field = text_field(header->file, header->open);
    const char *before = *field ? *field : "";
    const char *join = *before ? header->open->join : "";

    *field = arena_printf(header->context->arena, "%s%s%.*s", before, join, (int)size, text);
    return *field ? OK : fail_memory(header->context);
}

/* A line that starts with a directive of quire, which opens it. */
static enum code open_text(struct header *header, const char *text, size_t size, bool *ret_found)
{
    for (size_t i = 0; i < TEXT_DIRECTIVES; i++) {
        const struct text_directive *directive = &text_directives[i];
        size_t name_size = strlen(directive->name);
        if (size < name_size || memcmp(text, directive->name, name_size) != 0 ||
            (size > name_size && !isblank((unsigned char)text[name_size])))
            continue;
        if (*text_field(header->file, directive))
            return fail(header->context, MALFORMED, "%s: %s is there twice", header->file->name, directive->name);
        for (text += name_size, size -= name_size; size > 0 && isblank((unsigned char)*text); size--)
            text++;
        header->open = directive;
        *ret_found = true;
        return add_text(header, text, size);
    }
    return OK;
}

static enum code read_line(struct header *header, const struct line *line)
{
    size_t mark = 0;
    size_t indent = 0;
    bool found = false;
    struct directive directive;

    while (mark < line->size && strchr("#-", line->text[mark]))
        mark++;
    while (mark + indent < line->size && isblank((unsigned char)line->text[mark + indent]))
        indent++;
    const char *text = line->text + mark + indent;
    size_t size = line->size - mark - indent;

    if (header->open && indent >= 3)
        return add_text(header, text, size);
    header->open = NULL;
    enum code code = open_text(header, text, size, &found);
    if (code != OK || found)
        return code;
    return find_directive(line->text, line->size, &directive) ? read_directive(header, &directive) : OK;
}

/* Do the directives go together, and have a value where they need one? */
static enum code check_texts(struct context *context, struct migration_file *file)
{
    static const char hash[] = "h1:";

    for (size_t i = 0; i < TEXT_DIRECTIVES; i++) {
        const char *text = *text_field(file, &text_directives[i]);
        if (text && !*text)
            return fail(context, MALFORMED, "%s: %s says nothing", file->name, text_directives[i].name);
    }
    if (file->replaces && strncmp(file->replaces, hash, sizeof hash - 1) != 0)
        return fail(context, MALFORMED, "%s: quire:replaces takes a hash that starts with \"h1:\"", file->name);
    if (!file->check && (file->resolve || file->refusal))
        return fail(context, MALFORMED, "%s: %s without quire:check", file->name,
                    file->resolve ? "quire:resolve" : "quire:refusal");
    if (file->replaces)
        file->replaces += sizeof hash - 1;
    return OK;
}

enum code file_header_read(struct context *context, struct migration_file *file)
{
    struct header header = {.context = context, .file = file};
    const char *position = file->text;
    struct line line;
    enum code code = OK;

    if (!counts(file))
        return OK;
    while (code == OK && next_line(&position, file->text + file->size, &line))
        code = read_line(&header, &line);
    return code == OK ? check_texts(context, file) : code;
}
