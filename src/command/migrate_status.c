/* command/migrate_status.c: quire migrate status, as the Atlas CLI writes it. */

#include <stdio.h>

#include "command/command.h"
#include "command/migration.h"
#include "migrate/migrate.h"

static int run(struct invocation *invocation);

enum { DIR, URL };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", "the migration directory; without it: the one for DB in the setting MIGRATIONS"},
    [URL] = {"--url", "URL", "the database, as mysql://user:password@host:3306/name; without it: that of the settings"},
    {.name = NULL},
};

const struct command command_migrate_status = {
    .name = "migrate status",
    .summary = "Show how far the database is migrated.",
    .settings = true,
    .options = options,
    .run = run,
};

static void report(const struct migration_status *status)
{
    printf("Migration Status: %s\n", status->n_pending > 0 ? "PENDING" : "OK");
    printf("  -- Current Version: %s\n", status->current ? status->current : "No migration applied yet");
    printf("  -- Next Version:    %s\n", status->next ? status->next : "Already at latest version");
    printf("  -- Executed Files:  %zu%s\n", status->n_applied + status->partial,
           status->partial ? " (last one partially)" : "");
    printf("  -- Pending Files:   %zu\n", status->n_pending);
    if (!status->error)
        return;
    if (status->cut)
        printf("\nThe last migration attempt was cut off in the middle of a statement. The next one finds out whether "
               "it took "
               "effect, and goes on from there:\n");
    else
        printf("\nLast migration attempt had errors:\n");
    printf("  -- SQL:   %s\n", status->error_statement ? status->error_statement : "");
    if (!status->cut)
        printf("  -- ERROR: %s\n", status->error);
}

static int run(struct invocation *invocation)
{
    struct migration migration;
    struct migration_status status = {.n_pending = 0};
    int exit_status = migration_open(&migration, invocation, invocation->values[URL], invocation->values[DIR]);

    if (exit_status != 0)
        return exit_status;
    enum code code = migrate_status(&migration.context, migration.db, &migration.directory, &status);
    if (code != OK) {
        fprintf(stderr, "Error: %s\n", migration_failure(&migration, code));
        return 1;
    }
    report(&status);
    return 0;
}
