#ifndef HTTP_NEGOTIATION_H
#define HTTP_NEGOTIATION_H

/* http/negotiation.h: media types a client accepts and sends (RFC 9110 sections 12.5.1 and 8.3). */

#include <stdbool.h>

/* Does an Accept header allow `type` ("application/json") with a quality above 0? NULL or "" allows everything. The
 * most specific range that matches decides. */
bool accepts(const char *accept, const char *type);

/* Does an Accept header name `type` itself, with a quality above 0? A wildcard does not. */
bool accepts_by_name(const char *accept, const char *type);

/* Is a Content-Type JSON: application/json or anything +json, with any parameters? NULL or "" counts as JSON, as the
 * FastAPI service read it. */
bool is_json_type(const char *content_type);

#endif
