#ifndef HTTP_REQUEST_ID_H
#define HTTP_REQUEST_ID_H

/* http/request_id.h: the name under which a request is found in logs, on both sides. */

struct context;
struct request;

/* The client's X-Request-ID when it is 1 to 128 of [A-Za-z0-9._-], else a new one: 32 hexadecimal digits. In the arena;
 * NULL without memory. */
const char *request_id_choose(struct context *context, const struct request *request);

#endif
