/* migrate/directory.c: reads a migration directory whole. What is read is all there is: no file is opened twice. */

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
#include "migrate/file_header.h"
#include "migrate/sum_file.h"

#define ADVICE_SIZE_MAX 4096

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

/* Some editors write it; no database reads it, nor does a directive stand after it. */
static const char byte_order_mark[] = "\xef\xbb\xbf";

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
    if (file->size >= sizeof byte_order_mark - 1 &&
        memcmp(file->text, byte_order_mark, sizeof byte_order_mark - 1) == 0)
        return fail(context, MALFORMED, "%s: starts with a byte order mark; save it as UTF-8 without one", full);
    if (memchr(file->text, '\0', file->size) || !utf8_is_valid(file->text, file->size))
        return fail(context, MALFORMED, "%s: not UTF-8 text", full);
    return file_header_read(context, file);
}

static int by_version(const void *a, const void *b)
{
    const struct migration_file *left = *(const struct migration_file *const *)a;
    const struct migration_file *right = *(const struct migration_file *const *)b;
    int order = strcmp(left->version, right->version);

    return order != 0 ? order : strcmp(left->name, right->name);
}

/* Two files of one version are one too many, wherever they stand. */
static enum code check_versions(struct context *context, const struct migration_directory *directory)
{
    const struct migration_file **files = arena_array(context->arena, directory->n_files, sizeof(void *));

    if (!files)
        return fail_memory(context);
    for (size_t i = 0; i < directory->n_files; i++)
        files[i] = &directory->files[i];
    qsort((void *)files, directory->n_files, sizeof(void *), by_version);
    for (size_t i = 1; i < directory->n_files; i++)
        if (strcmp(files[i - 1]->version, files[i]->version) == 0)
            return fail(context, MALFORMED, "%s: has the version of %s", files[i]->name, files[i - 1]->name);
    return OK;
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
    }
    directory->n_files = n;
    enum code code = check_versions(context, directory);
    return code == OK ? sum_file_make(context, directory) : code;
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

enum code directory_read_sum(struct context *context, const char *path, const char **ret_text)
{
    const char *full = arena_printf(context->arena, "%s/" SUM_FILE, path);
    const char *text = NULL;
    size_t size = 0;

    if (!full)
        return fail_memory(context);
    if (access(full, F_OK) != 0 && errno == ENOENT) {
        *ret_text = NULL;
        return OK;
    }
    enum code code = read_file(context, full, SUM_FILE_SIZE_MAX, &text, &size);
    if (code == OK)
        *ret_text = text;
    return code;
}

enum code directory_check(struct context *context, const char *path, const struct migration_directory *directory)
{
    const char *text = NULL;
    struct sum_fault fault;
    enum code code = directory_read_sum(context, path, &text);

    if (code != OK || (!text && directory->n_files == 0))
        return code;
    if (!text)
        return fail(context, CONFLICT, "checksum file not found");
    return sum_file_agrees(text, directory->sum, &fault) ? OK : fail(context, CONFLICT, "checksum mismatch");
}

const char *directory_advice(struct context *context, const char *path, const struct migration_directory *directory)
{
    struct error error = context->error;
    struct buffer advice;
    const char *text = NULL;
    struct sum_fault fault = {0};

    if (directory_read_sum(context, path, &text) == OK && text)
        sum_file_agrees(text, directory->sum, &fault);
    context->error = error;
    buffer_init(&advice, context->arena, ADVICE_SIZE_MAX);
    buffer_add_text(&advice, "You have a checksum error in your migration directory.\n");
    if (fault.line > 0)
        buffer_printf(&advice, "\n\tL%zu: %.*s was %s\n\n", fault.line, (int)fault.name_size, fault.name, fault.what);
    buffer_add_text(&advice,
                    "Please check your migration files and run 'quire migrate hash' to re-hash the contents\n\n");
    return advice.failed ? NULL : advice.data;
}
