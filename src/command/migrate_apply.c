/* command/migrate_apply.c: quire migrate apply. Its output is that of the Atlas CLI, line for line where it can be. */

#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/migration.h"
#include "core/clock.h"
#include "migrate/migrate.h"

static int run(struct invocation *invocation);

enum { DIR, BASELINE };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", "the migration directory; without it: the one for DB in the setting MIGRATIONS"},
    [BASELINE] = {"--baseline", "VERSION", "take a database that was never migrated to be at this version"},
    {.name = NULL},
};

const struct command command_migrate_apply = {
    .name = "migrate apply",
    .summary = "Apply the pending migrations to the database.",
    .settings = true,
    .options = options,
    .run = run,
};

/* What was told so far. */
struct report {
    int64_t start_us;
    bool started;
    size_t n_files;      /* done */
    size_t n_statements; /* begun */
};

static void report_start(void *argument, const char *from, const char *to, size_t n)
{
    struct report *report = argument;

    report->started = true;
    printf("Migrating to version %s%s%s (%zu migrations in total):\n\n", to, from ? " from " : "", from ? from : "", n);
}

static void report_file(void *argument, const char *version)
{
    (void)argument;
    printf("  -- migrating version %s\n", version);
    fflush(stdout);
}

/* The lines below the first are indented to its text. */
static void report_statement(void *argument, const char *sql)
{
    struct report *report = argument;

    report->n_statements++;
    printf("    -> ");
    for (; *sql; sql++) {
        putchar(*sql);
        if (*sql == '\n')
            printf("       ");
    }
    putchar('\n');
    fflush(stdout);
}

static void report_file_done(void *argument, double ms)
{
    struct report *report = argument;

    report->n_files++;
    printf("  -- ok (%.1fms)\n\n", ms);
    fflush(stdout);
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void report_end(const struct report *report, const struct migration *migration, enum code code)
{
    size_t n_statements = report->n_statements;

    if (!report->started) {
        if (code == OK)
            printf("No migration files to execute\n");
        return;
    }
    if (code != OK)
        printf("    %s\n\n", migration_failure(migration, code));
    printf("  -------------------------\n  -- %.1fms\n", (double)(clock_us() - report->start_us) / 1000);
    if (code == OK) {
        printf("  -- %zu migration%s\n", report->n_files, plural(report->n_files));
        printf("  -- %zu sql statement%s\n", n_statements, plural(n_statements));
    } else {
        n_statements -= n_statements > 0;
        printf("  -- %zu migration%s ok, 1 with errors\n", report->n_files, plural(report->n_files));
        printf("  -- %zu sql statement%s ok, 1 with errors\n", n_statements, plural(n_statements));
    }
}

static int run(struct invocation *invocation)
{
    struct migration migration;
    struct report report = {.start_us = clock_us()};
    const struct migrate_observer observer = {
        .start = report_start,
        .file = report_file,
        .statement = report_statement,
        .file_done = report_file_done,
        .argument = &report,
    };
    size_t n = 0;
    int status = migration_open(&migration, invocation, invocation->values[DIR]);

    if (status != 0)
        return status;
    enum code code = migrate_apply(&migration.context, migration.db, &migration.directory, invocation->values[BASELINE],
                                   &observer, &n);
    report_end(&report, &migration, code);
    fflush(stdout);
    if (code != OK)
        fprintf(stderr, "Error: %s\n", migration_failure(&migration, code));
    return code == OK ? 0 : 1;
}
