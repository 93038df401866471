/* command/migration.c: a directory that is not what its atlas.sum says is not touched. */

#include "command/migration.h"

#include <stdio.h>

#include "app.h"
#include "command/command.h"
#include "driver/db.h"
#include "migrate/lock.h"

#define CONNECT_TIMEOUT_MS 10000

const char *migration_failure(const struct migration *migration, enum code code)
{
    const struct error *error = &migration->context.error;

    if (error->detail[0])
        return error->detail;
    return error->native[0] ? error->native : code_name(code);
}

static int fail_with(const struct migration *migration, enum code code)
{
    fprintf(stderr, "Error: %s\n", migration_failure(migration, code));
    return 1;
}

int migration_open(struct migration *migration, const struct invocation *invocation, const char *folder)
{
    char error[256];

    context_init(&migration->context, invocation->arena, 0);
    migration->db = app_db(invocation->arena, invocation->config, error, sizeof error);
    if (migration->db && !folder)
        folder = app_migrations(invocation->arena, invocation->config, error, sizeof error);
    if (!migration->db || !folder)
        return command_complain(2, "%s", error);
    migration->db->options.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    migration->db->options.statement_timeout_ms = 0; /* none */
    migration->db->options.lock_timeout_ms = LOCK_WAIT_MS;

    enum code code = directory_read(&migration->context, folder, &migration->directory);
    if (code != OK)
        return fail_with(migration, code);
    code = directory_check(&migration->context, folder, &migration->directory);
    if (code == CONFLICT)
        printf("You have a checksum error in your migration directory.\n");
    fflush(stdout);
    return code == OK ? 0 : fail_with(migration, code);
}
