/* command/migrate_validate.c: quire migrate validate: like the Atlas CLI, it prints nothing when all is well. It goes
 * on after a fault, so that all are seen at once; only where atlas.sum is wrong, the files are not looked into. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/migration.h"
#include "migrate/dialect.h"
#include "migrate/file_check.h"
#include "migrate/statement_split.h"

static int run(struct invocation *invocation);

enum { DIR, DIALECT };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", HELP_DIRS},
    [DIALECT] = {"--dialect", "DIALECT", "only that of this database; of one directory: whose statements it has"},
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
        fprintf(stderr, "Error: %s/%s:%lu%s (read as %s)\n", folder->path, file->name, line, rest, folder->dialect);
    else
        fprintf(stderr, "Error: %s/%s: %s (read as %s)\n", folder->path, file->name, detail, folder->dialect);
    return 1;
}

/* Says what is wrong; `directive` NULL: it is in the statements of the file. */
static int complain(struct context *context, const struct migration_folder *folder, const struct migration_file *file,
                    enum code code, const char *directive)
{
    char detail[2 * ERROR_TEXT_MAX];

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
    const struct migrate_dialect *dialect = migrate_dialect_find(folder->dialect);
    unsigned rules = dialect ? dialect->split : 0;
    struct sql_statements statements;
    const char *select = NULL;
    int status = 0;
    enum code code = statements_split(context, file->text, file->size, rules, &statements);

    if (code != OK)
        status |= complain(context, folder, file, code, NULL);
    code = file->check ? file_check_select(context, file, rules, &select) : OK;
    if (code != OK)
        status |= complain(context, folder, file, code, "quire:check");
    code = file->resolve ? statements_split(context, file->resolve, strlen(file->resolve), rules, &statements) : OK;
    if (code != OK)
        status |= complain(context, folder, file, code, "quire:resolve");
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
    int status = migration_folders(invocation, invocation->values[DIALECT], invocation->values[DIR], folders, &n);

    if (status != 0)
        return status;
    context_init(&context, invocation->arena, 0);
    for (size_t i = 0; i < n; i++)
        status |= validate_folder(&context, &folders[i]);
    return status;
}
