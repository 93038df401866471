/*
 * command/doctor.c: quire doctor: what is wrong on this host, in plain lines.
 *
 * Run it as the user and in the folder in which the service runs: rights, limits and `.env` are then the same. It does
 * not start as the service does, because that would open the log and make the shared page.
 */

#include "command/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "command/command.h"

static int run(struct invocation *invocation);

enum { SOCKET, WEB_USER, URL };

static const struct option options[] = {
    [SOCKET] = {"--socket", "PATH", "the service's unix socket: may the web server write to it, does somebody answer"},
    [WEB_USER] = {"--web-user", "NAME", "the user of the web server; without it: www-data"},
    [URL] = {"--url", "URL", "where the web server has the service, as http://host:port/base: does all get through"},
    {.name = NULL},
};

const struct command command_doctor = {
    .name = "doctor",
    .summary = "Say what is wrong on this host and how to mend it. Exit status: 0 all is well, 1 something is bad.",
    .options = options,
    .run = run,
};

/* What is looked at once the settings are read, in this order. */
static const struct check {
    const char *name;
    void (*run)(struct doctor *doctor);
} checks[] = {
    {"user", doctor_check_user},
    {"database", doctor_check_database},
    {"migrations", doctor_check_migrations},
    {"rights", doctor_check_rights},
    {"clock", doctor_check_clock},
    {"cache", doctor_check_cache},
    {"shared memory", doctor_check_shared_memory},
    {"log", doctor_check_log},
    {"docs", doctor_check_docs},
    {"umask", doctor_check_umask},
    {"limits", doctor_check_limits},
    {"memory", doctor_check_memory},
    {"socket", doctor_check_socket},
    {"web", doctor_check_web},
};

void doctor_say(struct doctor *doctor, enum verdict verdict, const char *format, ...)
{
    static const char *const words[VERDICT__MAX] = {"ok", "warn", "bad"};
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = ' ';
    printf("%-4s %s: %s\n", words[verdict], doctor->check, text);
    doctor->n_bad += verdict == VERDICT_BAD;
}

static int run(struct invocation *invocation)
{
    const char *web_user = invocation->values[WEB_USER];
    struct doctor doctor = {
        .arena = invocation->arena,
        .socket = invocation->values[SOCKET],
        .url = invocation->values[URL],
        .web_user = web_user ? web_user : "www-data",
        .check = "settings",
    };

    if (doctor.url && !http_place_parse(doctor.arena, doctor.url, &doctor.place))
        return command_complain(2,
                                "--url is %s; it must be as http://host:port/base, without TLS: ask on the web "
                                "server's own host",
                                doctor.url);
    context_init(&doctor.context, doctor.arena, 0);
    bool readable = doctor_check_settings(&doctor);
    for (size_t i = 0; readable && i < sizeof checks / sizeof *checks; i++) {
        context_clear(&doctor.context);
        doctor.check = checks[i].name;
        checks[i].run(&doctor);
        fflush(stdout);
    }
    return doctor.n_bad > 0 ? 1 : 0;
}
