#ifndef COMMAND_DEV_DATABASE_H
#define COMMAND_DEV_DATABASE_H

/*
 * command/dev_database.h: the empty scratch database in which `migrate diff` and `migrate lint` run a directory.
 *
 * For SQLite it is in memory. For the others it is made, and dropped, at the server of the first of these that there
 * is: the URL of the dialect in --dev-url, or in the setting DEV_URLS; that of --url, when it is of the dialect; a
 * private server that tools/mariadb or tools/postgresql starts in a folder of its own, as Atlas has docker:// for it.
 * The server of the settings is used only when one of these names it: a file may say more than it should of other
 * databases that are there.
 *
 * While one is open, SIGINT, SIGTERM and SIGHUP only set a mark, so that nothing is left behind; after that they do
 * what they did before.
 */

#include <signal.h>

#include "core/error.h"

struct context;
struct db;
struct invocation;
struct migrate_dialect;

/* What the options of a command that needs one say of themselves; they are found by their names. */
#define OPTION_DEV_SERVER                                                                                              \
    {                                                                                                                  \
        "--url", "URL", "a server for the scratch database of its dialect, as --dev-url"                               \
    }
#define OPTION_DEV_URL                                                                                                 \
    {                                                                                                                  \
        "--dev-url", "URL,...", "servers for the scratch databases, one per dialect; without it: DEV_URLS"             \
    }
#define OPTION_SCRATCH                                                                                                 \
    {                                                                                                                  \
        "--scratch", "NAME", "name of the scratch database; without it: SCRATCH_NAME"                                  \
    }

#define DEV_SIGNALS 3

struct dev_database {
    struct context *context;
    const struct migrate_dialect *dialect;
    struct db *db;
    const char *scratch;                   /* its name */
    const char *tool;                      /* starts and stops the private server; NULL: there is none */
    const char *folder;                    /* of that server */
    struct sigaction actions[DEV_SIGNALS]; /* as they were */
};

/* As the command's options and the settings say. 0; or the exit status with one line on stderr, and nothing is left
 * open. 2 also for a scratch name that is that of the settings' own database, or another that is to be kept. */
int dev_database_open(struct dev_database *dev, struct context *context, const struct invocation *invocation,
                      const char *dialect);

/* Empties it. */
enum code dev_database_clear(struct dev_database *dev) __attribute__((warn_unused_result));

/* Drops it, and ends the private server. 0; or 1 with a line on stderr that says what was left behind. */
int dev_database_close(struct dev_database *dev);

/* OK; UNAVAILABLE when a signal came that wants quire to end. */
enum code dev_database_check_signal(struct context *context) __attribute__((warn_unused_result));

#endif
