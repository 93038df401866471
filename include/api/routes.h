#ifndef API_ROUTES_H
#define API_ROUTES_H

/* api/routes.h: the dispatch table, and what its handlers work on. */

#include <stdbool.h>

#include "http/router.h"

struct buffer;
struct catalogue;
struct config;
struct context;
struct document;

/* Is the service ready for requests? Each text is "ok" or says what is the matter; it is static or in the arena. */
struct readiness {
    bool ready;
    const char *database;
    const char *migrations;
    const char *cache; /* a cache that is down does not make the service unready */
};

/* What the endpoints need of the rest of the program. Filled in by app.c. */
struct api {
    struct catalogue *catalogue;
    const struct config *config;
    const struct document *openapi; /* NULL: it is made when it is asked for */
    void (*check)(struct api *self, struct context *context, struct readiness *ret_readiness);
    /* Writes the service's metrics; metrics_type is their media type with its parameters. */
    void (*measure)(struct api *self, struct buffer *text);
    const char *metrics_type;
    void *parts; /* for `check` and `measure` */
};

/* Ends with a path of NULL. Handlers expect a struct api as the exchange's application. */
extern const struct route routes[];

#endif
