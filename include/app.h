#ifndef APP_H
#define APP_H

/*
 * app.h: the composition root: configuration -> drivers -> repositories -> use cases -> routes. The only place, with
 * command/, that knows every layer.
 */

#include <stddef.h>

#include "api/routes.h"
#include "core/config.h"
#include "http/router.h"
#include "server/server.h"
#include "usecase/catalogue.h"

struct arena;
struct cache;
struct coherence;
struct db;

struct app {
    struct request_handler handler; /* first: the server calls it */
    const struct config *config;
    struct arena *arena; /* of the process */
    struct coherence *coherence;
    struct db *db;
    struct cache *cache;
    struct catalogue catalogue;
    struct api api;
    struct router router;
};

/* Makes what is shared and needs no connection; call it once, before forking. 0, or -1 with one line in ret_error. */
int app_init(struct app *app, struct arena *arena, const struct config *config, char *ret_error, size_t size);

/* Makes the connections' owners; call it in each worker. They connect when first used. */
int app_start(struct app *app, char *ret_error, size_t size);

/* The connection that the settings describe, for commands. NULL with one line in ret_error. */
struct db *app_db(struct arena *arena, const struct config *config, char *ret_error, size_t size);

#endif
