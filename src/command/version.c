/* command/version.c: quire version. Libraries that were absent when quire was built left their drivers out. */

#include <stdio.h>

#include "command/command.h"
#include "core/version.h"
#include "driver/cache.h"
#include "driver/db.h"

static int run(struct invocation *invocation);

const struct command command_version = {
    .name = "version",
    .summary = "Show the version and the drivers of this build.",
    .run = run,
};

static int run(struct invocation *invocation)
{
    (void)invocation;
    printf("quire %s\ndatabases:", QUIRE_VERSION);
    for (size_t i = 0; db_drivers[i]; i++)
        printf(" %s", db_drivers[i]->name);
    printf("\ncaches:");
    for (size_t i = 0; cache_drivers[i]; i++)
        printf(" %s", cache_drivers[i]->name);
    printf("\n");
    return 0;
}
