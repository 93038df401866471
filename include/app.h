#ifndef APP_H
#define APP_H

/*
 * app.h: the composition root: configuration -> drivers -> repositories -> use cases -> routes. The only place, with
 * command/, that knows every layer.
 *
 * All functions that can fail give 0, or -1 with one line for the user in ret_error.
 */

#include <stdbool.h>
#include <stddef.h>

#include "api/documents.h"
#include "api/routes.h"
#include "core/arena.h"
#include "core/config.h"
#include "driver/cache.h"
#include "driver/metrics.h"
#include "http/router.h"
#include "migrate/directory.h"
#include "server/handler.h"
#include "usecase/catalogue.h"

struct coherence;
struct db;
struct rate_limiter;

struct app {
    struct request_handler handler; /* first: the server calls it */
    const struct config *config;

    /* Made once, before forking, and shared by all workers. */
    const char *identity; /* of the database */
    const struct cache_driver *cache_driver;
    struct cache_options cache_options;
    struct coherence *coherence;
    struct metrics_labels labels;
    struct metrics *metrics;
    struct rate_limiter *rate_limiter; /* NULL: clients are not limited */
    const char *space;                 /* starts the keys of this database's records */

    /* Made by app_prepare(), and otherwise when it is asked for. */
    bool prepared;
    struct document openapi;
    struct migration_directory migrations;
    bool migrations_known; /* false: there is no such folder here, so nobody can tell whether the database is behind */

    /* Made in each worker. */
    struct arena connections; /* owns all that follows */
    struct db *db;
    struct db *probe; /* the readiness check's connection, opened anew for each */
    struct cache *cache;
    struct catalogue catalogue;
    struct api api;
    struct router router;
};

/* Opens the log, checks the settings that drivers read, and makes what needs no connection. `arena` is the process's;
 * it and the configuration outlive the app. */
int app_init(struct app *app, struct arena *arena, const struct config *config, char *ret_error, size_t size);

/* Makes what few requests want: for workers that answer many and share it. A process for one request does without. */
int app_prepare(struct app *app, struct arena *arena, char *ret_error, size_t size);

/* Opens the log again, after it was renamed, and sets its format. */
int app_open_log(const struct config *config, char *ret_error, size_t size);

/* Makes the connections' owners and all that stands on them; call it in each worker. They connect when first used: a
 * database that is away does not stop the start. */
int app_start(struct app *app, char *ret_error, size_t size);

/* Closes the connections. */
void app_stop(struct app *app);

/* The connection that the settings describe, not yet open. NULL with one line in ret_error. */
struct db *app_db(struct arena *arena, const struct config *config, char *ret_error, size_t size);

/* The folder of the migrations that fit the DB setting. NULL with one line in ret_error. */
const char *app_migrations(struct arena *arena, const struct config *config, char *ret_error, size_t size);

#endif
