#ifndef COMMAND_HTTP_ASK_H
#define COMMAND_HTTP_ASK_H

/* command/http_ask.h: one request over HTTP/1.0 without TLS, to look at what a web server makes of it. */

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct http_answer {
    int status;
    const char *headers; /* all lines, each after CR LF; ends before the empty one */
    const char *body;
};

struct http_place {
    const char *host;
    const char *port;
    const char *base;      /* "" or "/shop" */
    const char *authority; /* for Host: as the URL has it, with the brackets of an IPv6 address */
};

/* Reads "http://host:port/base". False: it is no such URL; TLS is not spoken. Texts are in the arena. */
bool http_place_parse(struct arena *arena, const char *url, struct http_place *ret_place);

/* `headers` are whole lines, each with CR LF. NULL, or why there is no answer: one line. All is in the arena. */
const char *http_ask(struct arena *arena, const struct http_place *place, const char *method, const char *path,
                     const char *headers, struct http_answer *ret_answer);

/* Is there a header of this name with this value? */
bool http_answer_has(const struct http_answer *answer, const char *name, const char *value);

#endif
