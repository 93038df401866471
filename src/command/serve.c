/*
 * command/serve.c: quire serve: FastCGI, on the listening socket that a web server left on standard input or on one of
 * our own.
 *
 * There is always a supervisor, for one worker too: whoever left the socket may not start a worker again that was
 * recycled, or told to reload.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command/command.h"
#include "core/log.h"
#include "core/version.h"
#include "server/fastcgi.h"
#include "server/launch.h"
#include "server/listener.h"
#include "server/supervisor.h"

static int run(struct invocation *invocation);

enum { LISTEN, WORKERS };

static const struct option options[] = {
    [LISTEN] = {"--listen", "ADDRESS", "unix:/path, or 127.0.0.1:port; without it: the socket on standard input"},
    [WORKERS] = {"--workers", "N", "processes that answer requests, instead of the setting WORKERS"},
    {.name = NULL},
};

const struct command command_serve = {
    .name = "serve",
    .summary = "Answer requests over FastCGI until SIGTERM; SIGHUP replaces the workers one by one.",
    .settings = true,
    .options = options,
    .run = run,
};

#define DRAIN_EXTRA_MS 5000 /* what a worker may take to end, beyond the time of a request */

struct service {
    struct app app;
    int fd;
};

/* One worker: its connections, and requests until it is told to end. */
static int work(void *argument)
{
    struct service *service = argument;
    char error[256];

    if (app_start(&service->app, error, sizeof error) != 0) {
        log_line(LOG_LEVEL_ERROR, "%s", error);
        return 1;
    }
    int status = fastcgi_serve(&service->app.handler, service->fd, service->app.config->max_requests);
    app_stop(&service->app);
    return status;
}

/* On SIGHUP: a log that was renamed stays behind. */
static void renew(void *argument)
{
    const struct service *service = argument;
    char error[256];

    if (app_open_log(service->app.config, error, sizeof error) != 0)
        log_line(LOG_LEVEL_WARNING, "%s", error);
    log_line(LOG_LEVEL_INFO, "replacing the workers");
}

/* The number of workers: the option, within the limits of the setting, or the setting. -1: it is no such number. */
static int64_t count_workers(const struct invocation *invocation)
{
    const char *text = invocation->values[WORKERS];
    const struct setting *setting = settings;
    char *end = NULL;

    if (!text)
        return invocation->config->workers;
    while (strcmp(setting->name, "WORKERS") != 0)
        setting++;
    errno = 0;
    int64_t n = strtoll(text, &end, 10);
    return *text && !*end && !errno && n >= setting->min && n <= setting->max ? n : -1;
}

static int serve(struct service *service, int64_t workers, const char *listen)
{
    const struct crew crew = {
        .size = workers,
        .work = work,
        .renew = renew,
        .argument = service,
        .drain_ms = service->app.handler.request_timeout_ms + DRAIN_EXTRA_MS,
    };

    log_line(LOG_LEVEL_INFO, "quire %s serves FastCGI on %s, workers: %lld", QUIRE_VERSION,
             listen ? listen : "standard input", (long long)workers);
    int status = supervise(&crew);
    log_line(LOG_LEVEL_INFO, "all workers have ended");
    return status;
}

static int run(struct invocation *invocation)
{
    const char *listen = invocation->values[LISTEN];
    int64_t workers = count_workers(invocation);
    struct service service = {.fd = STDIN_FILENO};
    char error[256];

    if (workers < 0)
        return command_complain(2, "--workers is %s; see quire help serve", invocation->values[WORKERS]);
    if (!listen && launch_kind() != LAUNCH_FASTCGI)
        return command_complain(2, "standard input is no listening socket: give --listen; see quire help serve");
    if (app_init(&service.app, invocation->arena, invocation->config, error, sizeof error) != 0)
        return command_complain(2, "%s", error);
    if (listen) {
        service.fd = listener_open(listen, error, sizeof error);
        if (service.fd < 0)
            return command_complain(1, "%s", error);
    }
    int status = serve(&service, workers, listen);
    if (listen)
        listener_remove(listen);
    return status;
}
