/* command/migrate_status.c: quire migrate status, as the Atlas CLI writes it. Unlike it, it says on stderr what apply
 * would refuse. */

#include <stdio.h>

#include "command/command.h"
#include "command/migration.h"
#include "driver/db.h"
#include "migrate/migrate.h"

static int run(struct invocation *invocation);

enum { DIR, URL, REVISIONS_SCHEMA };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", HELP_DIR},
    [URL] = {"--url", "URL", HELP_URL},
    [REVISIONS_SCHEMA] = {"--revisions-schema", "NAME", HELP_REVISIONS},
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

    if (exit_status == 0)
        exit_status = migration_set_schema(&migration, invocation, invocation->values[REVISIONS_SCHEMA]);
    if (exit_status != 0)
        return exit_status;
    migration.db->options.untouched = true;
    enum code code =
        migrate_status(&migration.context, migration.db, &migration.directory, migration.revisions_schema, &status);
    if (code != OK)
        return migration_complain(&migration.context, code);
    report(&status);
    if (!status.fault)
        return 0;
    fail(&migration.context, CONFLICT, "%s", status.fault);
    return migration_complain(&migration.context, CONFLICT);
}
