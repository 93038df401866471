/* driver/db_identity.c: paths are made absolute, as a process may have been started anywhere. */

#include "driver/db_identity.h"

#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "driver/db.h"

/* The absolute path of a file that may not be there yet. NULL without memory. */
static const char *absolute_path(struct arena *arena, const char *path)
{
    char whole[PATH_MAX];
    char *copy = arena_text(arena, path);

    if (realpath(path, whole))
        return arena_text(arena, whole);
    if (!copy || !realpath(dirname(copy), whole))
        return copy ? path : NULL;
    copy = arena_text(arena, path);
    return copy ? arena_printf(arena, "%s/%s", whole, basename(copy)) : NULL;
}

static const char *file_identity(struct arena *arena, const char *machine, const char *path)
{
    struct stat file = {.st_ino = 0};
    const char *whole = absolute_path(arena, path);

    if (whole && stat(whole, &file) != 0)
        file.st_ino = 0;
    return whole ? arena_printf(arena, "sqlite %s %s %ju", machine, whole, (uintmax_t)file.st_ino) : NULL;
}

/* Is this name of a server one for the machine itself? */
static bool is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 || strncmp(host, "127.", 4) == 0;
}

const char *db_identity(struct arena *arena, const struct db *db)
{
    const struct db_options *options = &db->options;
    const char *host = options->host;
    char machine[HOST_NAME_MAX + 1] = "";

    gethostname(machine, sizeof machine - 1);
    if (strcmp(db->driver->name, "sqlite") == 0)
        return file_identity(arena, machine, options->path);
    if (host[0] == '/') {
        const char *socket = absolute_path(arena, host);
        host = socket ? arena_printf(arena, "%s %s", machine, socket) : NULL;
    } else if (is_local(host)) {
        host = machine;
    }
    return host ? arena_printf(arena, "%s %s:%d %s", db->driver->name, host, options->port, options->name) : NULL;
}
