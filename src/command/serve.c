/*
 * command/serve.c: quire serve: FastCGI, on the listening socket that a web server left on standard input or on one of
 * our own.
 *
 * There is always a supervisor, for one worker too: whoever left the socket may not start a worker again that was
 * recycled, or told to reload. On SIGHUP it runs the same command again in the same process: that is how new settings
 * and a new program are taken up, all of them, by one way.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "app.h"
#include "command/command.h"
#include "core/log.h"
#include "core/version.h"
#include "server/board.h"
#include "server/fastcgi.h"
#include "server/launch.h"
#include "server/listener.h"
#include "server/overload.h"
#include "server/supervisor.h"

static int run(struct invocation *invocation);

enum { LISTEN, WORKERS, CHECK };

static const struct option options[] = {
    [LISTEN] = {"--listen", "ADDRESS", "unix:/path, or 127.0.0.1:port; without it: the socket on standard input"},
    [WORKERS] = {"--workers", "N", "processes that answer requests, instead of the setting WORKERS"},
    [CHECK] = {"--check", NULL, "only say whether it could start"},
    {.name = NULL},
};

const struct command command_serve = {
    .name = "serve",
    .summary = "Answer requests over FastCGI until SIGTERM.\n"
               "SIGHUP takes up new settings and a new program; SIGUSR1 opens LOG_FILE again.",
    .settings = true,
    .options = options,
    .run = run,
};

#define DRAIN_EXTRA_MS 5000 /* what a worker may take to end, beyond the time of a request */
#define STUCK_EXTRA_MS 2000 /* how late it may be with a request */
#define ARGUMENTS_MAX 8

struct service {
    struct app app;
    const char *listen; /* NULL: standard input */
    int64_t workers;
    struct board *board;
    int board_fd;
};

/* Opens the log again: the old file has another name now. */
static void reopen(void *argument)
{
    const struct service *service = argument;
    char error[256];

    if (app_open_log(service->app.config, error, sizeof error) != 0)
        log_line(LOG_LEVEL_WARNING, "%s", error);
}

/* Nobody else may connect. Where that is possible: those who have connected are answered. */
static void close_socket(void *argument)
{
    const struct service *service = argument;

    if (service->listen)
        listener_remove(service->listen);
    board_stop_listening(service->board);
}

/* One worker: its connections, and requests until it is told to end. */
static int work(void *argument, struct board *board, struct desk *desk)
{
    struct service *service = argument;
    const struct fastcgi_service fastcgi = {
        .handler = &service->app.handler,
        .fd = board->listener,
        .max_requests = service->app.config->max_requests,
        .board = board,
        .desk = desk,
        .reopen = reopen,
        .argument = service,
    };
    char error[256];

    if (app_start(&service->app, error, sizeof error) != 0) {
        log_line(LOG_LEVEL_ERROR, "%s", error);
        return 1;
    }
    int status = fastcgi_serve(&fastcgi);
    app_stop(&service->app);
    return status;
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

/* This command once more. The program's path is as it was called: where that is a link, it may have been turned to
 * another version. */
static void command_again(const struct invocation *invocation, const char *program, bool check,
                          const char *ret_arguments[ARGUMENTS_MAX])
{
    size_t n = 0;

    ret_arguments[n++] = program;
    ret_arguments[n++] = command_serve.name;
    for (size_t i = 0; i < CHECK; i++) {
        if (!invocation->values[i])
            continue;
        ret_arguments[n++] = options[i].name;
        ret_arguments[n++] = invocation->values[i];
    }
    if (check)
        ret_arguments[n++] = options[CHECK].name;
    ret_arguments[n] = NULL;
}

/* The path that the kernel was given to run this program. */
static const char *program_path(void)
{
    /* getauxval(3) gives addresses as numbers. */
    return (const char *)(uintptr_t)getauxval(AT_EXECFN); // NOLINT(performance-no-int-to-ptr)
}

static int serve(const struct invocation *invocation, struct service *service)
{
    const char *again[ARGUMENTS_MAX], *trial[ARGUMENTS_MAX];
    const char *program = program_path();
    int timeout_ms = service->app.handler.request_timeout_ms;
    const struct crew crew = {
        .size = service->workers,
        .work = work,
        .reopen = reopen,
        .close = close_socket,
        .argument = service,
        .board = service->board,
        .board_fd = service->board_fd,
        .successor = {.program = program, .arguments = again, .trial_arguments = trial},
        .drain_ms = timeout_ms + DRAIN_EXTRA_MS,
        .stuck_ms = timeout_ms + STUCK_EXTRA_MS,
    };

    command_again(invocation, program, false, again);
    command_again(invocation, program, true, trial);
    log_line(LOG_LEVEL_INFO, "quire %s serves FastCGI on %s, workers: %lld", QUIRE_VERSION,
             service->listen ? service->listen : "standard input", (long long)service->workers);
    if (!overload_is_known(service->board->listener))
        log_line(LOG_LEVEL_WARNING,
                 "the system does not tell how many requests wait (a sandbox without AF_NETLINK?): when they are too "
                 "many, none is turned away");
    int status = supervise(&crew);
    log_line(LOG_LEVEL_INFO, "all workers have ended");
    return status;
}

/* The board and the socket: those of the program before this one, or new ones. 0, or -1 with one line. */
static int take_place(struct service *service, char *ret_error, size_t size)
{
    int fd = STDIN_FILENO;

    service->board = board_adopt(&service->board_fd);
    if (service->board)
        return 0;
    if (service->listen)
        fd = listener_open(service->listen, ret_error, size);
    if (fd < 0)
        return -1;
    service->board = board_open(fd, &service->board_fd);
    if (service->board) {
        service->board->closable = service->listen && listener_is_unix(service->listen);
        return 0;
    }
    snprintf(ret_error, size, "no memory to share with the workers: %s", strerror(errno));
    if (service->listen)
        listener_remove(service->listen);
    return -1;
}

static int run(struct invocation *invocation)
{
    struct service service = {.listen = invocation->values[LISTEN], .workers = count_workers(invocation)};
    char error[256];

    if (service.workers < 0)
        return command_complain(2, "--workers is %s; see quire help serve", invocation->values[WORKERS]);
    if (!service.listen && launch_kind() != LAUNCH_FASTCGI)
        return command_complain(2, "standard input is no listening socket: give --listen; see quire help serve");
    if (service.listen && listener_check(service.listen, error, sizeof error) != 0)
        return command_complain(2, "%s", error);
    if (!board_is_known())
        return command_complain(2, "the version that runs cannot hand over to this one: stop it and start this one");
    if (app_init(&service.app, invocation->arena, invocation->config, error, sizeof error) != 0 ||
        app_prepare(&service.app, invocation->arena, error, sizeof error) != 0)
        return command_complain(2, "%s", error);
    if (invocation->values[CHECK])
        return 0;
    if (take_place(&service, error, sizeof error) != 0)
        return command_complain(1, "%s", error);
    int status = serve(invocation, &service);
    board_close(service.board, service.board_fd);
    return status;
}
