#ifndef HTTP_CORS_H
#define HTTP_CORS_H

/* http/cors.h: cross-origin requests (Fetch standard, "CORS protocol"). */

#include <stdbool.h>

struct context;
struct request;
struct response;

/* `origins` is CORS_ORIGINS: "*", or named origins with commas between them, to which credentials are allowed too; ""
 * is none. Adds the headers of an ordinary answer; when the request has no Origin or it is not allowed, at most
 * Vary. */
void cors_headers(struct context *context, const char *origins, const struct request *request,
                  struct response *response);

/* True for OPTIONS with Origin and Access-Control-Request-Method. */
bool cors_is_preflight(const struct request *request);

/* Adds the headers that answer a preflight; `allow` is the list of methods of the path. An origin that is not allowed
 * is granted nothing. */
void cors_preflight(struct context *context, const char *origins, const char *allow, const struct request *request,
                    struct response *response);

#endif
