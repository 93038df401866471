/* command/migrate_hash.c: quire migrate hash: like the Atlas CLI, it prints nothing. */

#include <stdio.h>

#include "command/command.h"
#include "command/migration.h"
#include "migrate/directory_write.h"

static int run(struct invocation *invocation);

enum { DIR, DRY_RUN };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", HELP_DIRS},
    [DRY_RUN] = {"--dry-run", NULL, "write nothing; print each atlas.sum as it would be"},
    {.name = NULL},
};

const struct command command_migrate_hash = {
    .name = "migrate hash",
    .summary = "Write the atlas.sum that fits the files of a migration directory, after they were changed by hand.",
    .settings = true,
    .options = options,
    .run = run,
};

/* Where there are several, the name of each stands before it. */
static enum code print_sum(struct context *context, const char *path, bool several)
{
    struct migration_directory directory = {.n_files = 0};
    enum code code = directory_read(context, path, &directory);

    if (code != OK)
        return code;
    if (several)
        printf("%s/atlas.sum:\n", path);
    printf("%s", directory.sum);
    return OK;
}

static int run(struct invocation *invocation)
{
    struct migration_folder folders[MIGRATION_FOLDERS_MAX];
    struct context context;
    size_t n = 0;
    int status = migration_folders(invocation, NULL, invocation->values[DIR], folders, &n);

    context_init(&context, invocation->arena, 0);
    for (size_t i = 0; status == 0 && i < n; i++) {
        enum code code = invocation->values[DRY_RUN] ? print_sum(&context, folders[i].path, n > 1)
                                                     : directory_rehash(&context, folders[i].path);
        if (code != OK)
            status = migration_complain(&context, code);
    }
    return status;
}
