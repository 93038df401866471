/* command/cgi.c: quire cgi: what a web server runs that knows CGI only. It needs no command for that. */

#include "server/cgi.h"

#include <signal.h>

#include "app.h"
#include "command/command.h"

static int run(struct invocation *invocation);

const struct command command_cgi = {
    .name = "cgi",
    .summary = "Answer the one request that environment and standard input describe (CGI).",
    .settings = true,
    .run = run,
};

static int run(struct invocation *invocation)
{
    struct app app;
    char error[256];

    /* lighttpd sends SIGTERM as soon as it has the answer, or the client has gone: what was begun is finished. */
    signal(SIGTERM, SIG_IGN);
    if (app_init(&app, invocation->arena, invocation->config, error, sizeof error) != 0)
        return command_complain(2, "%s", error);
    if (app_start(&app, error, sizeof error) != 0)
        return command_complain(1, "%s", error);
    int status = cgi_serve(&app.handler);
    app_stop(&app);
    return status;
}
