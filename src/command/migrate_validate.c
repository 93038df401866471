/* command/migrate_validate.c: quire migrate validate: like the Atlas CLI, it prints nothing when all is well. It goes
 * on after a fault, so that all are seen at once; only where atlas.sum is wrong, the files are not looked into. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/migration.h"
#include "migrate/dialect.h"
#include "migrate/statement_split.h"

static int run(struct invocation *invocation);

enum { DIR };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", "a migration directory, or a folder with one for each dialect; without it: MIGRATIONS"},
    {.name = NULL},
};

const struct command command_migrate_validate = {
    .name = "migrate validate",
    .summary =
        "Check a migration directory: that atlas.sum fits its files, and that they can be split into statements.",
    .settings = true,
    .options = options,
    .run = run,
};

/* Says which line of which file it is, as compilers do. */
static int complain_of_file(const struct migration_folder *folder, const struct migration_file *file,
                            const char *detail)
{
    static const char mark[] = "line ";
    char *rest = NULL;
    unsigned long line = 0;

    if (strncmp(detail, mark, sizeof mark - 1) == 0)
        line = strtoul(detail + sizeof mark - 1, &rest, 10);
    if (rest && *rest == ':')
        fprintf(stderr, "Error: %s/%s:%lu%s\n", folder->path, file->name, line, rest);
    else
        fprintf(stderr, "Error: %s/%s: %s\n", folder->path, file->name, detail);
    return 1;
}

static int validate_text(struct context *context, const struct migration_folder *folder,
                         const struct migration_file *file, const char *text, const char *directive)
{
    const struct migrate_dialect *dialect = migrate_dialect_find(folder->dialect);
    struct sql_statements statements;
    enum code code = statements_split(context, text, strlen(text), dialect ? dialect->split : 0, &statements);
    char detail[2 * ERROR_TEXT_MAX];

    if (code == OK)
        return 0;
    if (code != MALFORMED)
        return migration_complain(context, code);
    if (!directive)
        return complain_of_file(folder, file, context->error.detail);
    snprintf(detail, sizeof detail, "%s: %s", directive, context->error.detail);
    return complain_of_file(folder, file, detail);
}

static int validate_file(struct context *context, const struct migration_folder *folder,
                         const struct migration_file *file)
{
    int status = validate_text(context, folder, file, file->text, NULL);

    if (file->check)
        status |= validate_text(context, folder, file, file->check, "quire:check");
    if (file->resolve)
        status |= validate_text(context, folder, file, file->resolve, "quire:resolve");
    return status;
}

static int validate_folder(struct context *context, const struct migration_folder *folder)
{
    struct migration_directory directory;
    int status = migration_read(context, folder->path, &directory);

    if (status != 0)
        return status;
    for (size_t i = 0; i < directory.n_files; i++)
        status |= validate_file(context, folder, &directory.files[i]);
    return status;
}

static int run(struct invocation *invocation)
{
    struct migration_folder folders[MIGRATION_FOLDERS_MAX];
    struct context context;
    size_t n = 0;
    int status = migration_folders(invocation, NULL, invocation->values[DIR], folders, &n);

    if (status != 0)
        return status;
    context_init(&context, invocation->arena, 0);
    for (size_t i = 0; i < n; i++)
        status |= validate_folder(&context, &folders[i]);
    return status;
}
