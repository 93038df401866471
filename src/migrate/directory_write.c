/*
 * migrate/directory_write.c: everything that can fail for lack of rights or space is done under other names first; then
 * there are only renames, and each that was done can be taken back.
 *
 * The folder itself is locked (flock) meanwhile, so that two at once cannot both give out one version, and what an
 * earlier run left under the other names can be removed.
 */

#include "migrate/directory_write.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/directory.h"
#include "migrate/sum_file.h"

#define VERSION_DIGITS 14
#define FILE_MODE 0666 /* less what the umask takes */
#define FOLDER_MODE 0777

/* One folder while it is changed. */
struct target {
    const char *path;
    char *folder;        /* a copy of the path, to cut at its slashes; NULL: it is not to be made */
    size_t made;         /* the length of the topmost path in it that was made; 0: it was there */
    int fd;              /* of the folder, locked; -1: not open */
    const char *name;    /* the file to add; NULL: none */
    const char *text;    /* of that */
    const char *sum;     /* the new atlas.sum */
    const char *old_sum; /* NULL: there was none */
    mode_t sum_mode;     /* of the old atlas.sum; 0: there was none */
    bool has_file;       /* the file may have its name */
    bool has_sum;        /* the new atlas.sum may have its name */
};

bool migration_name_is_good(const char *name)
{
    size_t size = 0;

    for (; name[size]; size++)
        if (!isalnum((unsigned char)name[size]) && name[size] != '_' && name[size] != '-')
            return false;
    return size > 0 && size <= MIGRATION_NAME_MAX;
}

/* Is a file of this version after all of the other version, and also by its name, of which the version is the start? */
static bool is_above(const char *version, const char *other)
{
    return strcmp(version, other) > 0 && strncmp(version, other, strlen(other)) != 0;
}

/* The next number of 14 digits above another version, into `version`; false: there is none. */
static bool count_up(const char *last, char version[VERSION_DIGITS + 1])
{
    size_t size = strspn(last, "0123456789");

    if (size == 0 || last[size])
        return false;
    if (size > VERSION_DIGITS)
        size = VERSION_DIGITS;
    memset(version, '0', VERSION_DIGITS);
    version[VERSION_DIGITS] = '\0';
    memcpy(version, last, size);
    for (size_t i = size; i-- > 0; version[i] = '0')
        if (version[i]++ < '9')
            return true;
    return false;
}

enum code migration_file_name(struct context *context, const struct migration_directory *directories, size_t n,
                              time_t now, const char *name, const char **ret_file_name)
{
    char version[VERSION_DIGITS + 1] = "";
    struct tm utc;

    if (!gmtime_r(&now, &utc) || strftime(version, sizeof version, "%Y%m%d%H%M%S", &utc) != VERSION_DIGITS)
        return fail(context, INTERNAL, "the clock has no time of four-digit years");
    /* In the order of names: each that is not below has to be counted above, and may be above the one before. */
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < directories[i].n_files; k++) {
            const char *other = directories[i].files[k].version;
            if (!is_above(version, other) && !count_up(other, version))
                return fail(context, MALFORMED, "no version of %d digits is above that of %s", VERSION_DIGITS,
                            directories[i].files[k].name);
        }
    }
    const char *joined = name && *name ? "_" : "";
    const char *file_name = arena_printf(context->arena, "%s%s%s.sql", version, joined, name ? name : "");
    if (!file_name)
        return fail_memory(context);
    *ret_file_name = file_name;
    return OK;
}

static enum code fail_file(struct context *context, const struct target *target, const char *name)
{
    return fail(context, UNAVAILABLE, "%s/%s: %s", target->path, name, strerror(errno));
}

/* The name under which a file is written before it gets its own; not one that ends in .sql. */
static void format_draft(const char *name, char draft[NAME_MAX + 1])
{
    snprintf(draft, NAME_MAX + 1, ".%s.new", name);
}

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        size -= (size_t)n;
    }
    return fsync(fd);
}

/* Writes what is to become the file `name`. `mode` 0: as usual. */
static enum code write_draft(struct context *context, const struct target *target, const char *name, const char *text,
                             mode_t mode)
{
    char draft[NAME_MAX + 1];

    format_draft(name, draft);
    unlinkat(target->fd, draft, 0);
    int fd = openat(target->fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return fail_file(context, target, name);
    enum code code = OK;
    if ((mode && fchmod(fd, mode) != 0) || write_all(fd, text, strlen(text)) != 0)
        code = fail_file(context, target, name);
    close(fd);
    return code;
}

/* Renames, and sees to it that this comes before what is done next, also on the disk. */
static enum code take_name(struct context *context, const struct target *target, const char *name)
{
    char draft[NAME_MAX + 1];

    format_draft(name, draft);
    if (renameat(target->fd, draft, target->fd, name) != 0 || (fsync(target->fd) != 0 && errno != EINVAL))
        return fail_file(context, target, name);
    return OK;
}

static void remove_draft(const struct target *target, const char *name)
{
    char draft[NAME_MAX + 1];

    format_draft(name, draft);
    unlinkat(target->fd, draft, 0);
}

/* Makes the folder, and those that it is in. */
static enum code make_folder(struct context *context, struct target *target)
{
    target->folder = arena_text(context->arena, target->path);
    if (!target->folder)
        return fail_memory(context);
    for (char *c = target->folder;; c++) {
        if (*c && (*c != '/' || c == target->folder))
            continue;
        char end = *c;
        *c = '\0';
        bool made = mkdir(target->folder, FOLDER_MODE) == 0;
        if (!made && errno != EEXIST)
            return fail(context, UNAVAILABLE, "%s: %s", target->folder, strerror(errno));
        if (made && target->made == 0)
            target->made = (size_t)(c - target->folder);
        *c = end;
        if (!end)
            return OK;
    }
}

static enum code open_folder(struct context *context, struct target *target)
{
    target->fd = open(target->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target->fd < 0)
        return fail(context, UNAVAILABLE, "%s: %s", target->path, strerror(errno));
    if (flock(target->fd, LOCK_EX | LOCK_NB) == 0)
        return OK;
    if (errno == EWOULDBLOCK)
        return fail(context, UNAVAILABLE, "%s: another one is writing there; try again", target->path);
    return fail(context, UNAVAILABLE, "%s: %s", target->path, strerror(errno));
}

/* Keeps what is needed to bring atlas.sum back. A link would become a file of its own: it is refused. */
static enum code look_at_sum(struct context *context, struct target *target)
{
    struct stat status;

    if (fstatat(target->fd, SUM_FILE, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? OK : fail_file(context, target, SUM_FILE);
    if (!S_ISREG(status.st_mode))
        return fail(context, UNAVAILABLE, "%s/" SUM_FILE ": not a regular file", target->path);
    target->sum_mode = status.st_mode & 0777;
    return directory_read_sum(context, target->path, &target->old_sum);
}

/* Another one may have taken the version since the name was made. */
static enum code check_version(struct context *context, const struct target *target,
                               const struct migration_directory *directory)
{
    size_t size = strcspn(target->name, "_");

    if (!target->name[size])
        size -= strlen(".sql");
    for (size_t i = 0; i < directory->n_files; i++) {
        const char *version = directory->files[i].version;
        if (strlen(version) == size && strncmp(version, target->name, size) == 0)
            return fail(context, CONFLICT, "%s/%s: %s has this version", target->path, target->name,
                        directory->files[i].name);
    }
    return OK;
}

/* The sum of the directory with one more file in it. */
static enum code make_sum(struct context *context, struct target *target, const struct migration_directory *directory)
{
    struct migration_directory next = {.n_files = directory->n_files + 1, .sum = ""};
    size_t at = 0;

    next.files = arena_array(context->arena, next.n_files, sizeof *next.files);
    if (!next.files)
        return fail_memory(context);
    while (at < directory->n_files && strcmp(directory->files[at].name, target->name) < 0)
        at++;
    for (size_t i = 0; i < directory->n_files; i++)
        next.files[i < at ? i : i + 1] = directory->files[i];
    next.files[at] = (struct migration_file){.name = target->name, .text = target->text, .size = strlen(target->text)};
    enum code code = sum_file_make(context, &next);
    target->sum = next.sum;
    return code;
}

/* All that can be done without changing what is there. */
static enum code prepare_addition(struct context *context, struct target *target)
{
    struct migration_directory directory = {.n_files = 0};
    enum code code = make_folder(context, target);

    if (code == OK)
        code = open_folder(context, target);
    if (code == OK)
        code = look_at_sum(context, target);
    if (code == OK)
        code = directory_read(context, target->path, &directory);
    if (code == OK)
        code = directory_check(context, target->path, &directory);
    if (code == OK)
        code = check_version(context, target, &directory);
    if (code == OK)
        code = make_sum(context, target, &directory);
    if (code == OK)
        code = write_draft(context, target, target->name, target->text, 0);
    if (code == OK)
        code = write_draft(context, target, SUM_FILE, target->sum, target->sum_mode);
    return code;
}

static enum code commit(struct context *context, struct target *targets, size_t n)
{
    enum code code = OK;

    for (size_t i = 0; code == OK && i < n; i++) {
        if (!targets[i].name)
            continue;
        targets[i].has_file = true;
        code = take_name(context, &targets[i], targets[i].name);
    }
    for (size_t i = 0; code == OK && i < n; i++) {
        targets[i].has_sum = true;
        code = take_name(context, &targets[i], SUM_FILE);
    }
    return code;
}

/* Removes the folders that were made, from the innermost. */
static void remove_folders(const struct target *target)
{
    char *slash = target->folder;

    while (target->made > 0 && slash && strlen(target->folder) >= target->made && rmdir(target->folder) == 0) {
        slash = strrchr(target->folder, '/');
        if (slash)
            *slash = '\0';
    }
}

/* Brings back what was there, as far as that can be done; keeps the failure that led to it. */
static void undo(struct context *context, const struct target *target)
{
    struct error error = context->error;

    if (target->fd >= 0 && target->has_sum) {
        if (!target->old_sum)
            unlinkat(target->fd, SUM_FILE, 0);
        else if (write_draft(context, target, SUM_FILE, target->old_sum, target->sum_mode) == OK)
            (void)!take_name(context, target, SUM_FILE);
    }
    if (target->fd >= 0 && target->has_file)
        unlinkat(target->fd, target->name, 0);
    if (target->fd >= 0) {
        if (target->name)
            remove_draft(target, target->name);
        remove_draft(target, SUM_FILE);
    }
    remove_folders(target);
    context->error = error;
}

/* Ends the work on all, after `code`. */
static enum code finish(struct context *context, struct target *targets, size_t n, enum code code)
{
    for (size_t i = n; i-- > 0;) {
        if (code != OK)
            undo(context, &targets[i]);
        if (targets[i].fd >= 0)
            close(targets[i].fd);
    }
    return code;
}

enum code directory_add(struct context *context, const char *file_name, const struct addition *additions, size_t n)
{
    struct target *targets = arena_array(context->arena, n, sizeof *targets);
    enum code code = OK;

    if (!targets)
        return fail_memory(context);
    for (size_t i = 0; i < n; i++)
        targets[i] = (struct target){
            .path = additions[i].path, .name = file_name, .text = additions[i].text, .sum = "", .fd = -1};
    for (size_t i = 0; code == OK && i < n; i++)
        code = prepare_addition(context, &targets[i]);
    if (code == OK)
        code = commit(context, targets, n);
    return finish(context, targets, n, code);
}

enum code directory_rehash(struct context *context, const char *path)
{
    struct target target = {.path = path, .fd = -1};
    struct migration_directory directory = {.sum = ""};
    enum code code = open_folder(context, &target);

    if (code == OK)
        code = look_at_sum(context, &target);
    if (code == OK)
        code = directory_read(context, path, &directory);
    if (code == OK && target.old_sum && strcmp(target.old_sum, directory.sum) == 0)
        return finish(context, &target, 1, code);
    if (code == OK)
        code = write_draft(context, &target, SUM_FILE, directory.sum, target.sum_mode);
    if (code == OK)
        code = commit(context, &target, 1);
    return finish(context, &target, 1, code);
}
