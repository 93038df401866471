/*
 * core/installation.c: asks the kernel for the program's own path, which a symbolic link to it does not change. Where
 * there is no /proc, as in some chroots, the path it was started by is followed.
 */

#include "core/installation.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "core/arena.h"

/* Cuts the last part of a path off. NULL: there is none. */
static char *cut_last(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash)
        *slash = '\0';
    return slash;
}

static bool find_program(char ret_path[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", ret_path, PATH_MAX - 1);

    if (size > 0) {
        ret_path[size] = '\0';
        return true;
    }
    const char *started = (const char *)getauxval(AT_EXECFN); // NOLINT(performance-no-int-to-ptr)
    return started && realpath(started, ret_path);
}

const char *installation_find(struct arena *arena, const char *name)
{
    char program[PATH_MAX];

    if (!find_program(program) || !cut_last(program) || !cut_last(program))
        return NULL;
    const char *path = arena_printf(arena, "%s/share/quire/%s", program, name);
    return path && access(path, F_OK) == 0 ? path : NULL;
}
