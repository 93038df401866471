#ifndef API_DOCS_PAGE_H
#define API_DOCS_PAGE_H

/*
 * api/docs_page.h: the documentation to try out, at /docs: Swagger UI, from files that `make docs` installs in
 * DOCS_DIR.
 *
 * A file's name is the last part of its route's path, and its media type is the route's: what has no row is not served,
 * whatever lies in the folder. All is sent under a Content-Security-Policy that lets nothing in from elsewhere.
 */

#include "core/error.h"

struct exchange;

enum code docs_page(struct exchange *exchange);  /* 200, 304; 307 to its path without a trailing slash */
enum code docs_file(struct exchange *exchange);  /* 200, 304; 404 when it is not installed */
enum code docs_redoc(struct exchange *exchange); /* 307 to /docs */

#endif
