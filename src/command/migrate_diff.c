/*
 * command/migrate_diff.c: quire migrate diff: the next migration of each dialect, from the record descriptions.
 *
 * Nothing here compares SQL: the database itself says what a directory makes, and what the records' tables are. The new
 * statements are run there as well before they are written, and must lead to those tables.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "command/dev_database.h"
#include "command/migration.h"
#include "core/arena.h"
#include "core/context.h"
#include "domain/records.h"
#include "driver/db.h"
#include "migrate/change.h"
#include "migrate/ddl.h"
#include "migrate/dialect.h"
#include "migrate/directory_write.h"
#include "migrate/model_read.h"
#include "migrate/replay.h"
#include "migrate/risks.h"

static int run(struct invocation *invocation);

enum { DIALECT, DIR, URL, DEV_URL, SCRATCH, ALLOW, DRY_RUN };

static const struct option options[] = {
    [DIALECT] = {"--dialect", "DIALECT", "only sqlite, mysql or postgresql"},
    [DIR] = {"--dir", "DIR", HELP_DIRS},
    [URL] = OPTION_DEV_SERVER,
    [DEV_URL] = OPTION_DEV_URL,
    [SCRATCH] = OPTION_SCRATCH,
    [ALLOW] = {"--allow-destructive", NULL,
               "also write what may lose values or a rule, or fail for rows that are there"},
    [DRY_RUN] = {"--dry-run", NULL, "print, and write nothing"},
    {.name = NULL},
};

const struct command command_migrate_diff = {
    .name = "migrate diff",
    .summary = "Write the migrations that lead to the tables of the records.",
    .operands = "[NAME]",
    .settings = true,
    .options = options,
    .run = run,
};

/* One dialect's part of it. */
struct side {
    struct context *context;
    struct migration_folder folder;
    struct migration_directory directory;
    struct model needed; /* by the records, as quire writes them */
    struct model wanted; /* the same, as the database has them */
    struct model has;
    struct changes changes;
    struct risks risks;
    const char *text; /* of the new file; NULL: there is nothing to change */
};

static enum code run_steps(struct side *side, const struct dev_database *dev, const struct ddl *ddl)
{
    enum code code = dev->dialect->references_off ? db_run(dev->db, side->context, dev->dialect->references_off) : OK;

    for (size_t i = 0; code == OK && i < ddl->n; i++) {
        code = db_run(dev->db, side->context, ddl->steps[i].sql);
        if (code != OK)
            return fail(side->context, code, "%s: the statement for \"%s\" failed: %s", side->folder.dialect,
                        ddl->steps[i].comment, side->context->error.native);
    }
    return code;
}

/* Asks the database what the tables of the records are. */
static enum code find_wanted(struct side *side, struct dev_database *dev)
{
    struct context *context = side->context;
    struct ddl ddl = {.n = 0};
    enum code code = model_of_records(context, dev->dialect, records, &side->needed);

    if (code == OK)
        code = ddl_create(context, dev->dialect, &side->needed, &ddl);
    if (code == OK)
        code = run_steps(side, dev, &ddl);
    if (code == OK)
        code = model_read(context, dev->db, dev->dialect, &side->wanted);
    return code == OK ? dev_database_clear(dev) : code;
}

static enum code check_signal(void *argument, const struct migration_file *file, const char *statement, size_t line)
{
    struct side *side = argument;

    (void)file;
    (void)statement;
    (void)line;
    return dev_database_check_signal(side->context);
}

/* Asks the database what the directory makes. */
static enum code find_has(struct side *side, struct dev_database *dev)
{
    enum code code = replay(side->context, dev->db, dev->dialect, &side->directory, check_signal, side);

    return code == OK ? model_read(side->context, dev->db, dev->dialect, &side->has) : code;
}

/* Runs the new statements on what the directory has made: do they lead to what the records need? */
static enum code try_out(struct side *side, struct dev_database *dev, const struct ddl *ddl)
{
    struct context *context = side->context;
    struct model result = {.n_tables = 0};
    struct changes left = {.n = 0};
    enum code code = run_steps(side, dev, ddl);

    if (code == OK)
        code = model_read(context, dev->db, dev->dialect, &result);
    if (code == OK)
        code = changes_find(context, &result, &side->wanted, &left);
    if (code == OK && left.n > 0)
        return fail(context, INTERNAL,
                    "%s: the new statements do not lead to what the records need (table \"%s\"); write this one by "
                    "hand: quire migrate new",
                    side->folder.dialect, left.items[0].table);
    return code;
}

/* Finds the changes, their risks and their statements. */
static enum code compare(struct side *side, struct dev_database *dev)
{
    struct context *context = side->context;
    struct ddl ddl = {.n = 0};
    enum code code = find_wanted(side, dev);

    if (code == OK)
        code = find_has(side, dev);
    if (code == OK)
        code = changes_find(context, &side->has, &side->wanted, &side->changes);
    if (code != OK || side->changes.n == 0)
        return code;
    code = risks_find(context, dev->dialect, &side->has, &side->changes, &side->risks);
    if (code == OK)
        code = ddl_check(context, dev->db, dev->dialect, &side->changes, &side->has, &side->needed);
    if (code == OK)
        code = ddl_change(context, dev->dialect, &side->changes, &side->has, &side->needed, &ddl);
    if (code == OK)
        code = try_out(side, dev, &ddl);
    if (code != OK)
        return code;
    side->text = ddl_format(context, &ddl);
    return side->text ? OK : fail_memory(context);
}

/* 0, or the exit status with what is wrong on stderr. */
static int find_changes(struct side *side, const struct invocation *invocation)
{
    struct dev_database dev;
    int status = dev_database_open(&dev, side->context, invocation, side->folder.dialect);

    if (status != 0)
        return status;
    enum code code = compare(side, &dev);
    status = dev_database_close(&dev);
    return code == OK ? status : migration_complain(side->context, code);
}

/* Names what may lose or refuse rows. The number of changes that do. */
static size_t print_risks(const struct side *sides, size_t n)
{
    const struct change *last = NULL;
    size_t n_changes = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sides[i].risks.n; k++) {
            const struct found_risk *found = &sides[i].risks.items[k];
            printf("%s: %s: %s #%s\n", sides[i].folder.dialect, found->change->table, found->risk.text,
                   found->risk.code);
            n_changes += found->change != last;
            last = found->change;
        }
    return n_changes;
}

static void print_file(const struct side *side, const char *file_name)
{
    printf("%s/%s\n", side->folder.path, file_name);
    for (const char *line = side->text; *line;) {
        int size = (int)strcspn(line, "\n");
        printf(size > 0 ? "    %.*s\n" : "%.*s\n", size, line);
        line += size + (line[size] == '\n');
    }
}

/* Prints the new files, and writes them. */
static enum code write_files(struct context *context, const struct side *sides, size_t n, const char *name,
                             bool dry_run)
{
    struct migration_directory directories[MIGRATION_FOLDERS_MAX];
    struct addition additions[MIGRATION_FOLDERS_MAX];
    const char *file_name = NULL;
    size_t n_additions = 0;

    for (size_t i = 0; i < n; i++) {
        directories[i] = sides[i].directory;
        if (sides[i].text)
            additions[n_additions++] = (struct addition){.path = sides[i].folder.path, .text = sides[i].text};
    }
    enum code code = migration_file_name(context, directories, n, time(NULL), name, &file_name);
    for (size_t i = 0; code == OK && i < n; i++)
        if (sides[i].text)
            print_file(&sides[i], file_name);
    if (code == OK && !dry_run)
        code = dev_database_check_signal(context);
    if (code != OK || dry_run)
        return code;
    return directory_add(context, file_name, additions, n_additions);
}

/* What is to be done once all is known. */
static int conclude(const struct invocation *invocation, const struct side *sides, size_t n, const char *name)
{
    bool dry_run = invocation->values[DRY_RUN] != NULL;
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any = any || sides[i].text;
    if (!any) {
        printf("The migration directory is synced with the desired state, no changes to be made\n");
        return 0;
    }
    size_t n_risky = print_risks(sides, n);
    if (n_risky > 0 && !invocation->values[ALLOW]) {
        fflush(stdout);
        fprintf(stderr,
                "Error: %zu change%s may lose values or a rule, or fail for rows that are there; nothing was written; "
                "--allow-destructive writes %s\n",
                n_risky, migration_plural(n_risky), n_risky == 1 ? "it" : "them");
        return 1;
    }
    enum code code = write_files(sides->context, sides, n, name, dry_run);
    if (code == OK && dry_run)
        printf("\nNothing was written (--dry-run)\n");
    return code == OK ? 0 : migration_complain(sides->context, code);
}

static int run(struct invocation *invocation)
{
    struct migration_folder folders[MIGRATION_FOLDERS_MAX];
    struct side sides[MIGRATION_FOLDERS_MAX];
    struct context context;
    const char *name = NULL;
    size_t n = 0;
    int status = migration_name_operand(invocation, &name);

    context_init(&context, invocation->arena, 0);
    if (status == 0)
        status = migration_folders(invocation, invocation->values[DIALECT], invocation->values[DIR], folders, &n);
    for (size_t i = 0; status == 0 && i < n; i++) {
        sides[i] = (struct side){.context = &context, .folder = folders[i]};
        status = migration_read(&context, folders[i].path, &sides[i].directory);
    }
    for (size_t i = 0; status == 0 && i < n; i++)
        status = find_changes(&sides[i], invocation);
    return status == 0 ? conclude(invocation, sides, n, name) : status;
}
