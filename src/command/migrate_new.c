/*
 * command/migrate_new.c: quire migrate new: an empty file, to be written by hand, then hashed.
 *
 * All folders get one version, so that what belongs together is seen to.
 */

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/migration.h"
#include "migrate/directory_write.h"

static int run(struct invocation *invocation);

enum { DIR, DRY_RUN };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", HELP_DIRS},
    [DRY_RUN] = {"--dry-run", NULL, "write nothing; print the names of the files"},
    {.name = NULL},
};

const struct command command_migrate_new = {
    .name = "migrate new",
    .summary = "Add an empty file to migration directories, to be written by hand; then run quire migrate hash.",
    .operands = "[NAME]",
    .settings = true,
    .options = options,
    .run = run,
};

/* Reads all of them: where one is not what its atlas.sum says, none is touched. One that is not there yet is empty. */
static int read_all(struct context *context, const struct migration_folder *folders, size_t n,
                    struct migration_directory *directories)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < n; i++)
        if (access(folders[i].path, F_OK) == 0)
            status = migration_read(context, folders[i].path, &directories[i]);
    return status;
}

static enum code add_to_all(struct context *context, const struct migration_folder *folders, size_t n,
                            const char *file_name)
{
    struct addition additions[MIGRATION_FOLDERS_MAX];

    for (size_t i = 0; i < n; i++)
        additions[i] = (struct addition){.path = folders[i].path, .text = ""};
    return directory_add(context, file_name, additions, n);
}

static int run(struct invocation *invocation)
{
    struct migration_directory directories[MIGRATION_FOLDERS_MAX] = {{.n_files = 0}};
    struct migration_folder folders[MIGRATION_FOLDERS_MAX];
    struct context context;
    const char *name = NULL;
    const char *file_name = NULL;
    size_t n = 0;
    int status = migration_name_operand(invocation, &name);

    context_init(&context, invocation->arena, 0);
    if (status == 0)
        status = migration_folders(invocation, NULL, invocation->values[DIR], folders, &n);
    if (status == 0)
        status = read_all(&context, folders, n, directories);
    if (status != 0)
        return status;
    enum code code = migration_file_name(&context, directories, n, time(NULL), name, &file_name);
    if (code == OK && !invocation->values[DRY_RUN])
        code = add_to_all(&context, folders, n, file_name);
    if (code != OK)
        return migration_complain(&context, code);
    for (size_t i = 0; i < n; i++)
        printf("%s/%s\n", folders[i].path, file_name);
    return 0;
}
