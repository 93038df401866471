/*
 * command/doctor_web.c: asks the service through its web server. Each request carries an X-Request-ID of our own, which
 * quire repeats: an answer without it is the web server's.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/doctor.h"
#include "core/arena.h"

struct web {
    struct doctor *doctor;
    char id[48];
    const char *headers; /* of every request */
};

/* What a request shows. */
static const struct probe {
    const char *method;
    const char *path;
    int status;
    const char *header[2]; /* must be in the answer; NULL: none */
    const char *text;      /* must be in the body; NULL: anything */
    const char *good;
    const char *bad;
} probes[] = {
    {"GET", "/livez", 200, {NULL}, "\"ok\"", "the service answers", "is this its URL, and BASE_PATH its path?"},
    {"GET",
     "/livez",
     200,
     {"X-Authorization", "received"},
     NULL,
     "the Authorization header gets through",
     "the web server keeps the Authorization header to itself; Apache: CGIPassAuth On"},
    {"GET",
     "/api/authors/1%2F2",
     422,
     {NULL},
     "1/2",
     "a path with %2F gets through as it is",
     "the web server changes or refuses %2F in a path; Apache: AllowEncodedSlashes NoDecode"},
    {"PATCH",
     "/livez",
     405,
     {NULL},
     NULL,
     "methods beyond GET and POST get through",
     "the web server answers PATCH itself; let it pass PUT, PATCH, DELETE and OPTIONS on"},
    {"GET", "/readyz", 200, {NULL}, "\"ok\"", "the service is ready", "the service is not ready; see its log"},
};

/* True: it went well. */
static bool check_probe(const struct web *web, const struct probe *probe)
{
    struct doctor *doctor = web->doctor;
    struct http_answer answer;
    const char *why = http_ask(doctor->arena, &doctor->place, probe->method, probe->path, web->headers, &answer);

    if (why) {
        doctor_say(doctor, VERDICT_BAD, "%s %s%s: %s; is the web server up?", probe->method, doctor->url, probe->path,
                   why);
        return false;
    }
    bool ours = http_answer_has(&answer, "X-Request-ID", web->id);
    if (ours && answer.status == probe->status &&
        (!probe->header[0] || http_answer_has(&answer, probe->header[0], probe->header[1])) &&
        (!probe->text || strstr(answer.body, probe->text))) {
        doctor_say(doctor, VERDICT_OK, "%s", probe->good);
        return true;
    }
    doctor_say(doctor, VERDICT_BAD, "%s %s%s gives %d from %s: %s", probe->method, doctor->url, probe->path,
               answer.status, ours ? "the service" : "the web server", probe->bad);
    return false;
}

void doctor_check_web(struct doctor *doctor)
{
    struct web web = {.doctor = doctor};

    if (!doctor->url)
        return;
    snprintf(web.id, sizeof web.id, "quire-doctor-%ld", (long)getpid());
    web.headers = arena_printf(doctor->arena, "X-Request-ID: %s\r\nAuthorization: Bearer quire-doctor\r\n", web.id);
    bool answers = web.headers && check_probe(&web, &probes[0]);
    for (size_t i = 1; answers && i < sizeof probes / sizeof *probes; i++)
        check_probe(&web, &probes[i]);
}
