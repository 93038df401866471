#ifndef HTTP_ETAG_H
#define HTTP_ETAG_H

/* http/etag.h: strong entity tags (RFC 9110 section 8.8.3) and the preconditions made with them (section 13.1). */

#include <stdbool.h>
#include <stddef.h>

struct context;
struct request;
struct response;

#define ETAG_SIZE 35 /* quotation marks, 32 hexadecimal digits, NUL */

/* The tag of a representation: the first 128 bits of its SHA-256. */
void etag_make(const void *data, size_t size, char ret_tag[ETAG_SIZE]);

/* Is `tag` in the list of an If-Match or If-None-Match header, or is the list `*`? Strong comparison (If-Match) does
 * not match weak tags; weak comparison (If-None-Match) ignores the mark. */
bool etag_matches(const char *list, const char *tag, bool strong);

/* The tag of the answer's body, in the context's arena; NULL without memory. */
const char *etag_of(struct context *context, const struct response *response);

/* Tags the answer to a GET, and lets caches keep it if they ask before they use it. True, and a 304, when the client
 * has it already. */
bool etag_answer(const struct request *request, struct response *response, const char *tag);

#endif
