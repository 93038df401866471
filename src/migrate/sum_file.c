/*
 * migrate/sum_file.c: one chain over the names and texts of all files, read after each; then one over the lines.
 *
 * As sums are chained, all lines below an edited file differ too; so only the first that differs says something.
 */

#include "migrate/sum_file.h"

#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "migrate/directory.h"
#include "migrate/file_header.h"
#include "migrate/hash_chain.h"

/* A file that is ignored has no line, but its name is in the chain. */
void sum_file_add(struct hash_chain *chain, const struct migration_file *file)
{
    hash_chain_add(chain, file->name, strlen(file->name));
    if (!file_header_is_ignored(file))
        hash_chain_add(chain, file->text, file->size);
}

enum code sum_file_make(struct context *context, struct migration_directory *directory)
{
    struct hash_chain chain;
    struct hash_chain total;
    struct buffer lines;
    char text[HASH_TEXT_SIZE];

    hash_chain_init(&chain);
    hash_chain_init(&total);
    buffer_init(&lines, context->arena, SUM_FILE_SIZE_MAX);
    for (size_t i = 0; i < directory->n_files; i++) {
        struct migration_file *file = &directory->files[i];
        sum_file_add(&chain, file);
        hash_chain_format(&chain, text);
        file->hash = arena_text(context->arena, text);
        if (!file->hash)
            return fail_memory(context);
        if (file_header_is_ignored(file))
            continue;
        hash_chain_add(&total, file->name, strlen(file->name));
        hash_chain_add(&total, text, strlen(text));
        buffer_printf(&lines, "%s h1:%s\n", file->name, text);
    }
    hash_chain_format(&total, text);
    directory->sum = arena_printf(context->arena, "h1:%s\n%s", text, lines.data);
    return directory->sum && !lines.failed ? OK : fail_memory(context);
}

/* One line: the name, which may have spaces, and what follows the first "h1:". */
struct sum_line {
    const char *name;
    size_t name_size;
    const char *hash; /* NULL: there is no "h1:" in it */
    size_t hash_size;
};

static bool next_line(const char **position, struct sum_line *ret_line)
{
    const char *text = *position;
    size_t size = strcspn(text, "\n");

    if (!*text)
        return false;
    *position += size + (text[size] == '\n');
    size -= size > 0 && text[size - 1] == '\r';
    struct sum_line line = {.name = text, .name_size = size, .hash = memmem(text, size, "h1:", 3)};
    if (line.hash) {
        line.name_size = (size_t)(line.hash - text);
        line.hash += 3;
        line.hash_size = size - line.name_size - 3;
    }
    while (line.name_size > 0 && line.name[line.name_size - 1] == ' ')
        line.name_size--;
    *ret_line = line;
    return true;
}

static bool same_name(const struct sum_line *a, const struct sum_line *b)
{
    return a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0;
}

static bool same_hash(const struct sum_line *a, const struct sum_line *b)
{
    return a->hash && b->hash && a->hash_size == b->hash_size && memcmp(a->hash, b->hash, a->hash_size) == 0;
}

/* Looks from the second line on. */
static bool has_name(const char *sum, const struct sum_line *wanted)
{
    struct sum_line line;

    next_line(&sum, &line);
    while (next_line(&sum, &line))
        if (same_name(&line, wanted))
            return true;
    return false;
}

static struct sum_fault fault(size_t number, const struct sum_line *line, const char *what)
{
    return (struct sum_fault){.line = number, .name = line->name, .name_size = line->name_size, .what = what};
}

/* What the lines after the first say; NULL `what`: the same. Lines in another order are a fault without a line. */
static struct sum_fault compare_lines(const char *is, const char *should_be)
{
    struct sum_line old;
    struct sum_line new;
    const char *old_at = is;
    const char *new_at = should_be;

    next_line(&old_at, &old);
    next_line(&new_at, &new);
    for (size_t number = 2;; number++) {
        bool has_old = next_line(&old_at, &old);
        bool has_new = next_line(&new_at, &new);
        if (!has_old && !has_new)
            return (struct sum_fault){0};
        if (has_old && has_new && same_name(&old, &new)) {
            if (!same_hash(&old, &new))
                return fault(number, &old, "edited");
            continue;
        }
        if (has_old && !has_name(should_be, &old))
            return fault(number, &old, "removed");
        if (has_new && !has_name(is, &new))
            return fault(number, &new, "added");
        return (struct sum_fault){.what = "reordered"};
    }
}

bool sum_file_agrees(const char *is, const char *should_be, struct sum_fault *ret_fault)
{
    struct sum_fault found = compare_lines(is, should_be);
    struct sum_line old = {0};
    struct sum_line new = {0};

    if (!found.what && next_line(&is, &old) && next_line(&should_be, &new) && same_hash(&old, &new))
        return true;
    *ret_fault = found;
    return false;
}
