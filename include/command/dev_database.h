#ifndef COMMAND_DEV_DATABASE_H
#define COMMAND_DEV_DATABASE_H

/*
 * command/dev_database.h: the empty scratch database in which `migrate diff` and `migrate lint` run a directory.
 *
 * For SQLite it is in memory. For the others it is made, and dropped, at the server of the first of these that there
 * is: the URL of the dialect in --dev-url, or in the setting DEV_URLS; the database of --url or of the settings, when
 * that is of the dialect; a private server that tools/mariadb or tools/postgresql starts in a folder of its own, as
 * Atlas has docker:// for it.
 *
 * While one is open, SIGINT, SIGTERM and SIGHUP only set a mark, so that nothing is left behind.
 */

#include <stdbool.h>

#include "core/error.h"

struct context;
struct db;
struct invocation;
struct migrate_dialect;

/* What the command line says. */
struct dev_source {
    const char *urls;    /* --dev-url; NULL: the setting DEV_URLS */
    const char *url;     /* --url; NULL: the settings */
    const char *scratch; /* --scratch; NULL: the setting SCRATCH_NAME */
};

struct dev_database {
    struct context *context;
    const struct migrate_dialect *dialect;
    struct db *db;
    const char *scratch; /* its name */
    const char *tool;    /* starts and stops the private server; NULL: there is none */
    const char *folder;  /* of that server */
};

/* 0; or the exit status with one line on stderr, and nothing is left open. */
int dev_database_open(struct dev_database *dev, struct context *context, const struct invocation *invocation,
                      const struct dev_source *source, const char *dialect);

/* Empties it. */
enum code dev_database_clear(struct dev_database *dev) __attribute__((warn_unused_result));

/* Drops it, and ends the private server. 0; or 1 with a line on stderr that says what was left behind. */
int dev_database_close(struct dev_database *dev);

/* OK; UNAVAILABLE when a signal came that wants quire to end. */
enum code dev_database_check_signal(struct context *context) __attribute__((warn_unused_result));

#endif
