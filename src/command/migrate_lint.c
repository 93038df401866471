/* command/migrate_lint.c: quire migrate lint, in the manner of the Atlas CLI. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/dev_database.h"
#include "command/migration.h"
#include "core/clock.h"
#include "core/context.h"
#include "migrate/lint.h"

static int run(struct invocation *invocation);

enum { LATEST, DIALECT, DIR, URL, DEV_URL, SCRATCH };

static const struct option options[] = {
    [LATEST] = {"--latest", "N", "only the last N files; without it: all"},
    [DIALECT] = {"--dialect", "DIALECT", "only sqlite, mysql or postgresql"},
    [DIR] = {"--dir", "DIR", HELP_DIRS},
    [URL] = OPTION_DEV_SERVER,
    [DEV_URL] = OPTION_DEV_URL,
    [SCRATCH] = OPTION_SCRATCH,
    {.name = NULL},
};

const struct command command_migrate_lint = {
    .name = "migrate lint",
    .summary = "Say which migrations may lose values, or fail for rows that are there.",
    .settings = true,
    .options = options,
    .run = run,
};

/* One directory under way. */
struct look {
    struct context *context;
    struct migration_folder folder;
    struct migration_directory directory;
    struct lint_report report;
    int64_t since_us;
};

/* Codes that are not Atlas's have no page there. */
static void print_finding(const struct lint_finding *finding)
{
    bool of_atlas = strncmp(finding->risk.code, "QU", 2) != 0;

    printf("      -- L%zu: %s %s#%s\n", finding->line, finding->risk.text,
           of_atlas ? "https://atlasgo.io/lint/analyzers" : "", finding->risk.code);
}

/* Prints the findings of one file of one severity, under their heading; how many there are. */
static size_t print_severity(const struct lint_report *report, const struct migration_file *file, bool destructive)
{
    size_t n = 0;

    for (size_t i = 0; i < report->n; i++) {
        const struct lint_finding *finding = &report->items[i];
        if (finding->file != file || finding->risk.destructive != destructive)
            continue;
        if (n++ == 0)
            printf("    -- %s:\n", finding->risk.subject);
        print_finding(finding);
    }
    return n;
}

/* Gives the number of files with destructive changes. */
static size_t print_files(const struct look *look, size_t *ret_n_warned)
{
    size_t n_bad = 0;

    *ret_n_warned = 0;
    for (size_t i = look->report.first; i < look->directory.n_files; i++) {
        const struct migration_file *file = &look->directory.files[i];
        printf("  -- analyzing version %s\n", file->version);
        size_t n_destructive = print_severity(&look->report, file, true);
        size_t n_others = print_severity(&look->report, file, false);
        if (n_destructive + n_others == 0)
            printf("    -- no diagnostics found\n");
        printf("  -- %s\n\n", n_destructive ? "error" : n_others ? "warning" : "ok");
        n_bad += n_destructive > 0;
        *ret_n_warned += n_destructive == 0 && n_others > 0;
    }
    return n_bad;
}

/* Gives the exit status. */
static int print_look(const struct look *look)
{
    const struct migration_directory *directory = &look->directory;
    size_t first = look->report.first;
    size_t n = directory->n_files - first;
    size_t n_warned = 0;

    if (n == 0) {
        printf("No migration files to analyze in %s\n", look->folder.path);
        return 0;
    }
    printf("Analyzing %s from version %s to %s (%zu migration%s in total):\n\n", look->folder.path,
           directory->files[first].version, directory->files[directory->n_files - 1].version, n, migration_plural(n));
    size_t n_bad = print_files(look, &n_warned);
    printf("  -------------------------\n  -- %.1fms\n  -- %zu version%s ok",
           (double)(clock_us() - look->since_us) / 1000, n - n_bad - n_warned, migration_plural(n - n_bad - n_warned));
    if (n_warned > 0)
        printf(", %zu with warnings", n_warned);
    if (n_bad > 0)
        printf(", %zu with errors", n_bad);
    printf("\n  -- %zu schema change%s\n  -- %zu diagnostic%s\n\n", look->report.n_changes,
           migration_plural(look->report.n_changes), look->report.n, migration_plural(look->report.n));
    return n_bad > 0;
}

/* Runs the files. 0, or the exit status with what is wrong on stderr. */
static int analyze(struct look *look, const struct invocation *invocation, size_t latest)
{
    struct dev_database dev;
    int status = dev_database_open(&dev, look->context, invocation, look->folder.dialect);

    if (status != 0)
        return status;
    look->since_us = clock_us();
    enum code code = lint_run(look->context, dev.db, dev.dialect, &look->directory, latest, dev_database_check_signal,
                              &look->report);
    int closed = dev_database_close(&dev);
    return code == OK ? closed : migration_complain(look->context, code);
}

/* 0, or 2 with one line on stderr. */
static int read_latest(const struct invocation *invocation, size_t *ret_latest)
{
    const char *text = invocation->values[LATEST];
    char *end = NULL;

    *ret_latest = 0;
    if (!text)
        return 0;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno != 0 || number == 0)
        return command_complain(2, "--latest is %s; it must be a number of files from 1", text);
    *ret_latest = number;
    return 0;
}

static int run(struct invocation *invocation)
{
    struct migration_folder folders[MIGRATION_FOLDERS_MAX];
    struct context context;
    size_t n = 0;
    size_t latest = 0;
    int found = 0;
    int status = read_latest(invocation, &latest);

    context_init(&context, invocation->arena, 0);
    if (status == 0)
        status = migration_folders(invocation, invocation->values[DIALECT], invocation->values[DIR], folders, &n);
    for (size_t i = 0; status == 0 && i < n; i++) {
        struct look look = {.context = &context, .folder = folders[i]};
        status = migration_read(&context, folders[i].path, &look.directory);
        if (status == 0)
            status = analyze(&look, invocation, latest);
        if (status == 0 && print_look(&look) != 0)
            found = 1;
    }
    return status == 0 ? found : status;
}
