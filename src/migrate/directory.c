/* migrate/directory.c: reads a migration directory whole, and compares it with its atlas.sum line by line. */

#include "migrate/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "core/utf8.h"
#include "migrate/hash_chain.h"

#define SUM_FILE "atlas.sum"
#define SUM_SIZE_MAX ((size_t)1 << 20)

/* Reads all of an open file into the arena. */
static enum code read_open(struct context *context, int fd, const char *path, size_t size_max, const char **ret_text,
                           size_t *ret_size)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fail(context, NOT_FOUND, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(context, MALFORMED, "%s: not a regular file", path);
    if (status.st_size > (off_t)size_max)
        return fail(context, MALFORMED, "%s: larger than %zu bytes", path, size_max);

    size_t size = 0;
    size_t capacity = (size_t)status.st_size;
    char *text = arena_alloc(context->arena, capacity + 1);
    if (!text)
        return fail_memory(context);
    while (size < capacity) {
        ssize_t n = read(fd, text + size, capacity - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(context, NOT_FOUND, "%s: %s", path, strerror(errno));
        if (n == 0)
            break;
        size += (size_t)n;
    }
    *ret_text = text;
    *ret_size = size;
    return OK;
}

static enum code read_file(struct context *context, const char *path, size_t size_max, const char **ret_text,
                           size_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(context, NOT_FOUND, "%s: %s", path, strerror(errno));
    enum code code = read_open(context, fd, path, size_max, ret_text, ret_size);
    close(fd);
    return code;
}

/* True when the first line says `atlas:sum ignore`, after printable text only. */
static bool is_ignored(const struct migration_file *file)
{
    static const char mark[] = "atlas:sum ";
    const char *end = memchr(file->text, '\n', file->size);
    size_t size = end ? (size_t)(end - file->text) : file->size;
    const char *at = memmem(file->text, size, mark, sizeof mark - 1);

    if (!at)
        return false;
    for (const char *c = file->text; c < at; c++)
        if (*c < ' ' || *c > '~')
            return false;
    at += sizeof mark - 1;
    at += strspn(at, " ");
    return (size_t)(file->text + size - at) == strlen("ignore") && memcmp(at, "ignore", strlen("ignore")) == 0;
}

/*
 * Finds a directive in the header of a file; its value is "" when it has none, and NULL when it is not there. The
 * header is the leading run of comment lines, and counts only with a blank line, or nothing, after it.
 */
static enum code find_directive(struct context *context, const struct migration_file *file, const char *name,
                                const char **ret_value)
{
    const char *found = NULL;
    const char *line = file->text;
    const char *end = file->text + file->size;
    size_t name_size = strlen(name);

    while (line < end && (*line == '#' || strncmp(line, "--", 2) == 0)) {
        const char *line_end = line + strcspn(line, "\r\n");
        const char *text = line + strspn(line, "#-");
        text += strspn(text, " ");
        if (strncmp(text, name, name_size) == 0 && strchr(" \r\n", text[name_size])) {
            text += name_size;
            text += strspn(text, " ");
            found = arena_printf(context->arena, "%.*s", (int)(line_end - text), text);
            if (!found)
                return fail_memory(context);
        }
        line = line_end + strspn(line_end, "\r");
        line += *line == '\n';
    }
    *ret_value = line == end || *line == '\n' || *line == '\r' ? found : NULL;
    return OK;
}

static enum code read_header(struct context *context, struct migration_file *file)
{
    const char *mode = NULL;
    const char *checkpoint = NULL;
    enum code code = find_directive(context, file, "atlas:txmode", &mode);

    if (code == OK)
        code = find_directive(context, file, "atlas:checkpoint", &checkpoint);
    if (code == OK)
        code = find_directive(context, file, "quire:replaces", &file->replaces);
    if (code != OK)
        return code;
    if (checkpoint)
        return fail(context, MALFORMED, "%s: atlas:checkpoint is not supported", file->name);
    if (mode && strcmp(mode, "none") != 0 && strcmp(mode, "file") != 0)
        return fail(context, MALFORMED, "%s: atlas:txmode is \"none\" or \"file\", not \"%s\"", file->name, mode);
    file->without_transaction = mode && strcmp(mode, "none") == 0;
    if (file->replaces && strncmp(file->replaces, "h1:", 3) != 0)
        return fail(context, MALFORMED, "%s: quire:replaces takes a hash that starts with \"h1:\"", file->name);
    if (file->replaces)
        file->replaces += strlen("h1:");
    return OK;
}

/* Version and description from the name: the version ends at the first `_`. */
static enum code read_name(struct context *context, struct migration_file *file, const char *name)
{
    size_t size = strlen(name) - strlen(".sql");
    char *stem = arena_printf(context->arena, "%.*s", (int)size, name);

    file->name = arena_text(context->arena, name);
    if (!stem || !file->name)
        return fail_memory(context);
    char *underscore = strchr(stem, '_');
    file->version = stem;
    file->description = "";
    if (underscore) {
        *underscore = '\0';
        file->description = underscore + 1;
    }
    return OK;
}

static enum code read_migration(struct context *context, const char *path, const char *name,
                                struct migration_file *file)
{
    enum code code = read_name(context, file, name);
    if (code != OK)
        return code;
    const char *full = arena_printf(context->arena, "%s/%s", path, name);
    if (!full)
        return fail_memory(context);
    code = read_file(context, full, MIGRATION_FILE_SIZE_MAX, &file->text, &file->size);
    if (code != OK)
        return code;
    if (memchr(file->text, '\0', file->size) || !utf8_is_valid(file->text, file->size))
        return fail(context, MALFORMED, "%s: not UTF-8 text", full);
    return read_header(context, file);
}

/* Feeds names and texts to one chain, and builds atlas.sum. An ignored file has no line, but its name is
 * in the chain. */
static enum code add_sums(struct context *context, struct migration_directory *directory)
{
    struct hash_chain chain;
    struct hash_chain total;
    struct buffer lines;
    char text[HASH_TEXT_SIZE];

    hash_chain_init(&chain);
    hash_chain_init(&total);
    buffer_init(&lines, context->arena, SUM_SIZE_MAX);
    for (size_t i = 0; i < directory->n_files; i++) {
        struct migration_file *file = &directory->files[i];
        bool ignored = is_ignored(file);
        hash_chain_add(&chain, file->name, strlen(file->name));
        if (!ignored)
            hash_chain_add(&chain, file->text, file->size);
        hash_chain_format(&chain, text);
        file->hash = arena_text(context->arena, text);
        if (!file->hash)
            return fail_memory(context);
        if (ignored)
            continue;
        hash_chain_add(&total, file->name, strlen(file->name));
        hash_chain_add(&total, text, strlen(text));
        buffer_printf(&lines, "%s h1:%s\n", file->name, text);
    }
    hash_chain_format(&total, text);
    directory->sum = arena_printf(context->arena, "h1:%s\n%s", text, lines.data);
    return directory->sum && !lines.failed ? OK : fail_memory(context);
}

static enum code read_all(struct context *context, const char *path, struct dirent **names, size_t n,
                          struct migration_directory *directory)
{
    directory->files = arena_array(context->arena, n, sizeof *directory->files);
    if (!directory->files)
        return fail_memory(context);
    for (size_t i = 0; i < n; i++) {
        struct migration_file *file = &directory->files[i];
        enum code code = read_migration(context, path, names[i]->d_name, file);
        if (code != OK)
            return code;
        if (i > 0 && strcmp(file[-1].version, file->version) >= 0)
            return fail(context, MALFORMED, "%s: its version is not above that of %s", file->name, file[-1].name);
    }
    directory->n_files = n;
    return add_sums(context, directory);
}

static int is_sql(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return entry->d_type != DT_DIR && size >= 4 && strcmp(entry->d_name + size - 4, ".sql") == 0;
}

/* Bytewise; alphasort() would ask the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

enum code directory_read(struct context *context, const char *path, struct migration_directory *ret_directory)
{
    struct migration_directory directory = {0};
    struct dirent **names = NULL;
    enum code code;

    int n = scandir(path, &names, is_sql, by_name);
    if (n < 0)
        return fail(context, NOT_FOUND, "%s: %s", path, strerror(errno));
    if (n > MIGRATION_FILES_MAX)
        code = fail(context, MALFORMED, "%s: more than %d migrations", path, MIGRATION_FILES_MAX);
    else
        code = read_all(context, path, names, (size_t)n, &directory);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free((void *)names);
    if (code == OK)
        *ret_directory = directory;
    return code;
}

/* One line of a sum text. */
struct sum_line {
    const char *text;
    size_t size;
    size_t name_size; /* up to the last space: names may have spaces, hashes have none */
};

static bool next_line(const char **position, struct sum_line *ret_line)
{
    if (**position == '\0')
        return false;
    struct sum_line line = {.text = *position, .size = strcspn(*position, "\n")};
    const char *space = memrchr(line.text, ' ', line.size);
    line.name_size = space ? (size_t)(space - line.text) : line.size;
    *position += line.size + (line.text[line.size] == '\n');
    *ret_line = line;
    return true;
}

static bool same_name(const struct sum_line *a, const struct sum_line *b)
{
    return a->name_size == b->name_size && memcmp(a->text, b->text, a->name_size) == 0;
}

static bool has_name(const char *sum, const struct sum_line *wanted)
{
    struct sum_line line;
    for (const char *position = sum; next_line(&position, &line);)
        if (same_name(&line, wanted))
            return true;
    return false;
}

static enum code fail_line(struct context *context, size_t number, const struct sum_line *line, const char *what)
{
    return fail(context, CONFLICT, "checksum mismatch: " SUM_FILE " L%zu: %.*s was %s", number, (int)line->name_size,
                line->text, what);
}

/* The first line that differs names the file: as sums are chained, all lines below an edited file differ too. */
static enum code fail_sum(struct context *context, const char *is, const char *should_be)
{
    struct sum_line a;
    struct sum_line b;
    const char *old = is;
    const char *new = should_be;

    bool has_old = next_line(&old, &a);
    bool has_new = next_line(&new, &b);
    for (size_t number = 2;; number++) {
        has_old = has_old && next_line(&old, &a);
        has_new = has_new && next_line(&new, &b);
        if (!has_old && !has_new)
            return fail(context, CONFLICT, "checksum mismatch: " SUM_FILE " L1: the sum of all lines is wrong");
        if (has_new && (!has_old || (!same_name(&a, &b) && !has_name(is, &b))))
            return fail_line(context, number, &b, "added");
        if (!has_new || !same_name(&a, &b))
            return fail_line(context, number, &a, "removed");
        if (a.size != b.size || memcmp(a.text, b.text, a.size) != 0)
            return fail_line(context, number, &a, "edited");
    }
}

enum code directory_check(struct context *context, const char *path, const struct migration_directory *directory)
{
    const char *full = arena_printf(context->arena, "%s/" SUM_FILE, path);
    const char *text = "";
    size_t size = 0;

    if (!full)
        return fail_memory(context);
    enum code code = read_file(context, full, SUM_SIZE_MAX, &text, &size);
    if (code == NOT_FOUND)
        return fail(context, CONFLICT, "checksum file not found: %s", full);
    if (code != OK)
        return code;
    if (strcmp(text, directory->sum) == 0 && strlen(text) == size)
        return OK;
    return fail_sum(context, text, directory->sum);
}
