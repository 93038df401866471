/*
 * app.c: puts the parts together.
 *
 * What is made before the fork is shared by the workers, page by page, until one writes to it; connections must not be
 * shared, so those are made after it.
 */

#include "app.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/context.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/version.h"
#include "domain/records.h"
#include "driver/coherence.h"
#include "driver/db.h"
#include "driver/db_identity.h"
#include "driver/metrics.h"
#include "driver/rate_limit.h"
#include "driver/shared_page.h"
#include "http/access_log.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/response.h"
#include "http/trace_context.h"
#include "migrate/migrate.h"
#include "repository/cached_repository.h"
#include "repository/sql_repository.h"
#include "repository/sql_unit_of_work.h"

#define CONNECT_TIMEOUT_MS 2000
#define LOCK_TIMEOUT_MAX_MS 5000
#define CHECK_MS 1000 /* what the readiness check may take */

/* Ceiling of what a worker's connections own: prepared statements and cached records, in bytes. */
#define CONNECTIONS_MAX ((size_t)1024 * 1024 * 1024)

static int complain(char *ret_error, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int complain(char *ret_error, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(ret_error, size, format, args);
    va_end(args);
    return -1;
}

static int complain_memory(char *ret_error, size_t size)
{
    return complain(ret_error, size, "out of memory at the start");
}

/* The access line, and another one for a failure that is ours. */
static void log_answer(const struct access *access, enum code code)
{
    const struct context *context = access->context;

    access_log(access);
    if (problem_status(code) >= 500)
        log_line(LOG_LEVEL_ERROR, "%s %s: %s", context->request_id ? context->request_id : "-", code_name(code),
                 context->error.native[0] ? context->error.native : context->error.detail);
}

/* Where a request is counted: the index of its route's label. The last is for requests that no route has. */
static size_t route_label(const struct app *app, const struct route *route)
{
    size_t i = 0;

    while (app->labels.routes[i + 1] && (!route || i < (size_t)(route - routes)))
        i++;
    return i;
}

static void answer(struct request_handler *self, struct context *context, struct request *request,
                   struct response *response)
{
    struct app *app = (struct app *)self;
    const struct route *route = NULL;
    int64_t start_us = clock_us();

    metrics_begin(app->metrics);
    if (app->config->trace_sql)
        context->trace = traceparent_copy(request, context->arena);
    enum code code = router_answer(&app->router, context, request, response, &route);
    const struct access access = {
        .context = context,
        .request = request,
        .response = response,
        .route = route ? route->path : NULL,
        .us = clock_us() - start_us,
    };
    metrics_connections(app->metrics, (unsigned)app->db->connected + (unsigned)app->probe->connected);
    metrics_end(app->metrics, &(struct metrics_request){
                                  .route = route_label(app, route),
                                  .method = request->method,
                                  .status = response->status,
                                  .us = access.us,
                                  .tally = &context->tally,
                              });
    log_answer(&access, code);
}

/* Who asks is whom the web server names; one that names nobody is not limited. */
static bool admit(void *application, const struct request *request)
{
    const struct app *app = ((struct api *)application)->parts;
    const char *client = request_header(request, "REMOTE_ADDR");

    return !client || rate_limiter_admit(app->rate_limiter, client, clock_us());
}

static void measure(struct api *api, struct buffer *text)
{
    struct app *app = api->parts;

    metrics_write(app->metrics, text);
}

/* Reads the migrations that the database should have. Only the readiness check wants to know: a folder that is not
 * there or cannot be read is no reason not to start. */
static void read_migrations(struct app *app, struct arena *arena)
{
    struct context context;
    char error[256];
    const char *path = app_migrations(arena, app->config, error, sizeof error);

    context_init(&context, arena, 0);
    app->migrations_known = path && directory_read(&context, path, &app->migrations) == OK;
}

/* How far the database's migrations are. */
static void check_migrations(struct app *app, struct context *context, struct readiness *readiness)
{
    struct migration_status status = {.n_pending = 0};

    if (!app->prepared)
        read_migrations(app, context->arena);
    if (!app->migrations_known) {
        readiness->migrations = "unknown";
        return;
    }
    readiness->ready = false;
    if (migrate_status(context, app->probe, &app->migrations, app->config->revisions_schema, &status) != OK)
        readiness->migrations = "unreadable";
    else if (status.partial)
        readiness->migrations = "failed";
    else if (status.n_pending > 0)
        readiness->migrations = "pending";
    else
        readiness->ready = true;
}

/* The readiness check: bounded, so that a load balancer gets its answer in time. It connects anew: an open connection
 * says nothing about a server that hangs. */
static void check(struct api *api, struct context *context, struct readiness *ret_readiness)
{
    struct app *app = api->parts;
    int64_t deadline_ms = context->deadline_ms;

    *ret_readiness = (struct readiness){.ready = true, .database = "ok", .migrations = "ok"};
    context->deadline_ms = clock_ms() + context_left_ms(context, CHECK_MS);
    db_close(app->probe);
    if (db_ping(app->probe, context) == OK) {
        check_migrations(app, context, ret_readiness);
    } else {
        ret_readiness->ready = false;
        ret_readiness->database = "away";
        ret_readiness->migrations = "unknown";
    }
    if (!ret_readiness->ready)
        log_line(LOG_LEVEL_WARNING, "%s not ready: database %s, migrations %s %s", context->request_id,
                 ret_readiness->database, ret_readiness->migrations, context->error.native);
    ret_readiness->cache = app->cache->state(app->cache, context);
    context->deadline_ms = deadline_ms;
    context_clear(context);
}

/* The driver of the DB setting; NULL with one line. */
static const struct db_driver *find_db_driver(const struct config *config, char *ret_error, size_t size)
{
    const struct db_driver *driver = db_driver_find(config->db);

    if (!driver)
        complain(ret_error, size, "DB is %s: this build has no such driver; see quire version", config->db);
    return driver;
}

struct db *app_db(struct arena *arena, const struct config *config, char *ret_error, size_t size)
{
    const struct db_driver *driver = find_db_driver(config, ret_error, size);
    int request_ms = (int)config->request_timeout_s * 1000;
    const struct db_options options = {
        .host = config->db_host,
        .port = (int)config->db_port,
        .user = config->db_user,
        .password = config->db_password,
        .name = config->db_name,
        .path = config->db_path,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .statement_timeout_ms = request_ms,
        .lock_timeout_ms = request_ms < LOCK_TIMEOUT_MAX_MS ? request_ms : LOCK_TIMEOUT_MAX_MS,
    };

    if (!driver)
        return NULL;
    struct db *db = db_new(arena, driver, &options);
    if (!db)
        complain_memory(ret_error, size);
    return db;
}

const char *app_migrations(struct arena *arena, const struct config *config, char *ret_error, size_t size)
{
    const struct db_driver *driver = find_db_driver(config, ret_error, size);

    if (!driver)
        return NULL;
    const char *path = arena_printf(arena, "%s/%s", config->migrations, driver->dialect->name);
    if (!path)
        complain_memory(ret_error, size);
    return path;
}

int app_open_log(const struct config *config, char *ret_error, size_t size)
{
    enum log_level level = LOG_LEVEL_ERROR;
    enum log_format format = LOG_FORMAT_TEXT;

    while (strcmp(log_level_names[level], config->log_level) != 0)
        level++;
    while (strcmp(log_format_names[format], config->log_format) != 0)
        format++;
    log_set_format(format);
    if (log_open(config->log_file, level) == 0)
        return 0;
    return complain(ret_error, size, "cannot open LOG_FILE %s: %s", config->log_file, strerror(errno));
}

/* Finds the cache's driver and lets it look at its options, in an arena of its own: nothing is kept. */
static int init_cache(struct app *app, struct arena *arena, char *ret_error, size_t size)
{
    const struct config *config = app->config;
    char *name = shared_page_name(arena, app->identity);
    bool shared = false;
    struct arena trial;

    app->cache_driver = cache_driver_find(config->cache);
    if (!app->cache_driver)
        return complain(ret_error, size, "CACHE is %s: this build has no such driver; see quire version",
                        config->cache);
    app->space = arena_printf(arena, "%016" PRIx64, hash_text(app->identity));
    app->coherence = name ? coherence_open(arena, name, &shared) : NULL;
    if (!app->space || !app->coherence)
        return complain_memory(ret_error, size);
    if (!shared)
        log_line(LOG_LEVEL_WARNING, "no shared memory: caches agree among the workers of this supervisor only");
    app->cache_options = (struct cache_options){
        .servers = config->memcached_servers,
        .ttl_max_s = (unsigned)config->cache_ttl_s,
        .memory_items = (size_t)config->cache_memory_items,
        .coherence = app->coherence,
    };
    arena_init(&trial, CONNECTIONS_MAX);
    const struct cache *cache = app->cache_driver->open(&trial, &app->cache_options, ret_error, size);
    arena_release(&trial);
    if (cache)
        return 0;
    const char *why = arena_text(arena, ret_error);
    return complain(ret_error, size, "cache %s: %s", config->cache, why ? why : "out of memory");
}

/* The paths of the routes, and "none"; NULL without memory. */
static const char *const *route_labels(struct arena *arena)
{
    size_t n = 0;

    while (routes[n].path)
        n++;
    const char **labels = arena_array(arena, n + 2, sizeof *labels);
    for (size_t i = 0; labels && i < n; i++)
        labels[i] = routes[i].path;
    if (labels)
        labels[n] = "none";
    return labels;
}

/* The names of the methods, and "other"; NULL without memory. */
static const char *const *method_labels(struct arena *arena)
{
    const char **labels = arena_array(arena, METHOD__MAX + 2, sizeof *labels);

    for (enum method method = 0; labels && method < METHOD__MAX; method++)
        labels[method] = method_name(method);
    if (labels)
        labels[METHOD__MAX] = "other";
    return labels;
}

/* Every status that an answer can have; NULL without memory. */
static const int *status_labels(struct arena *arena)
{
    int *labels = arena_array(arena, CODE__MAX + 3, sizeof *labels);
    size_t n = 0;

    if (!labels)
        return NULL;
    labels[n++] = 204;
    labels[n++] = 304;
    for (enum code code = 0; code < CODE__MAX; code++) {
        size_t i = 0;
        while (i < n && labels[i] != problem_status(code))
            i++;
        if (i == n)
            labels[n++] = problem_status(code);
    }
    return labels;
}

/* "sqlite mysql memory none"; NULL without memory. */
static const char *driver_names(struct arena *arena)
{
    char *names = arena_text(arena, "");

    for (size_t i = 0; names && db_drivers[i]; i++)
        names = arena_printf(arena, "%s%s ", names, db_drivers[i]->name);
    for (size_t i = 0; names && cache_drivers[i]; i++)
        names = arena_printf(arena, "%s%s%s", names, i ? " " : "", cache_drivers[i]->name);
    return names;
}

static int init_metrics(struct app *app, struct arena *arena, char *ret_error, size_t size)
{
    app->labels = (struct metrics_labels){
        .routes = route_labels(arena),
        .methods = method_labels(arena),
        .statuses = status_labels(arena),
        .version = QUIRE_VERSION,
        .drivers = driver_names(arena),
        .database = app->config->db,
        .cache = app->config->cache,
    };
    const struct metrics_labels *labels = &app->labels;
    if (labels->routes && labels->methods && labels->statuses && labels->drivers)
        app->metrics = metrics_open(arena, app->identity, labels);
    return app->metrics ? 0 : complain_memory(ret_error, size);
}

/* What limits clients, if they are to be limited. Without memory for it the service does without. */
static void init_rate_limiter(struct app *app, struct arena *arena)
{
    const struct config *config = app->config;
    bool shared = false;

    if (config->rate_limit == 0)
        return;
    const char *service = arena_printf(arena, "rate limits of %s", app->identity);
    const char *name = service ? shared_page_name(arena, service) : NULL;
    if (name)
        app->rate_limiter = rate_limiter_open(arena, name, config->rate_limit, config->rate_burst, &shared);
    if (!app->rate_limiter)
        log_line(LOG_LEVEL_WARNING, "no memory for RATE_LIMIT: clients are not limited");
    else if (!shared)
        log_line(LOG_LEVEL_WARNING,
                 "no shared memory: RATE_LIMIT holds among the workers of one supervisor, and not for CGI");
}

/* Which database it is, and whether its revisions can be where the settings say. Nothing is asked of it for that. */
static int init_identity(struct app *app, struct arena *arena, char *ret_error, size_t size)
{
    struct db *db = app_db(arena, app->config, ret_error, size);
    struct context context;

    if (!db)
        return -1;
    context_init(&context, arena, 0);
    if (migrate_check_schema(&context, db, app->config->revisions_schema) != OK)
        return complain(ret_error, size, "REVISIONS_SCHEMA: %s", error_text(&context.error));
    app->identity = db_identity(arena, db);
    return app->identity ? 0 : complain_memory(ret_error, size);
}

/* Keeps a worker small: one heap, and what a large request took goes back to the system. */
static void limit_heap(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

int app_init(struct app *app, struct arena *arena, const struct config *config, char *ret_error, size_t size)
{
    *app = (struct app){
        .handler = {.answer = answer,
                    .max_body = (size_t)config->max_body,
                    .request_timeout_ms = (int)config->request_timeout_s * 1000},
        .config = config,
    };
    limit_heap();
    if (init_identity(app, arena, ret_error, size) != 0 || app_open_log(config, ret_error, size) != 0)
        return -1;
    if (init_cache(app, arena, ret_error, size) != 0)
        return -1;
    init_rate_limiter(app, arena);
    return init_metrics(app, arena, ret_error, size);
}

int app_prepare(struct app *app, struct arena *arena, char *ret_error, size_t size)
{
    if (document_openapi(arena, app->config, &app->openapi) != OK)
        return complain_memory(ret_error, size);
    read_migrations(app, arena);
    app->prepared = true;
    return 0;
}

/* Storage for a kind of record: SQL, behind the cache if there is one. NULL without memory. */
static struct repository *open_repository(struct app *app, const struct schema *schema,
                                          struct unit_of_work *unit_of_work)
{
    struct arena *arena = &app->connections;
    struct repository *repository = sql_repository_new(arena, schema, app->db);

    if (!repository || strcmp(app->cache->name, "none") == 0)
        return repository;
    return cached_repository_new(arena, repository, app->cache, unit_of_work, app->space,
                                 (unsigned)app->config->cache_ttl_s);
}

int app_start(struct app *app, char *ret_error, size_t size)
{
    struct arena *arena = &app->connections;

    arena_init(arena, CONNECTIONS_MAX);
    app->db = app_db(arena, app->config, ret_error, size);
    app->probe = app->db ? app_db(arena, app->config, ret_error, size) : NULL;
    app->cache = app->probe ? app->cache_driver->open(arena, &app->cache_options, ret_error, size) : NULL;
    if (!app->cache)
        return -1;
    app->probe->options.connect_timeout_ms = app->probe->options.statement_timeout_ms = CHECK_MS;

    struct unit_of_work *unit_of_work = sql_unit_of_work_new(arena, app->db);
    struct repository *repositories[RECORDS_MAX];
    bool opened = unit_of_work != NULL;
    for (size_t i = 0; opened && records[i]; i++) {
        repositories[i] = open_repository(app, records[i], unit_of_work);
        opened = repositories[i] != NULL;
    }
    if (!opened)
        return complain_memory(ret_error, size);
    if (!catalogue_init(&app->catalogue, repositories, unit_of_work))
        return complain(ret_error, size, "a record refers to a kind that is not in domain/records.c");
    app->api = (struct api){
        .catalogue = &app->catalogue,
        .config = app->config,
        .openapi = app->prepared ? &app->openapi : NULL,
        .check = check,
        .measure = measure,
        .metrics_type = METRICS_TYPE,
        .parts = app,
    };
    app->router = (struct router){.routes = routes,
                                  .application = &app->api,
                                  .base_path = app->config->base_path,
                                  .cors_origins = app->config->cors_origins,
                                  .admit = app->rate_limiter ? admit : NULL};
    metrics_join(app->metrics);
    return 0;
}

void app_stop(struct app *app)
{
    metrics_leave(app->metrics);
    arena_release(&app->connections);
}
