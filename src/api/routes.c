/* api/routes.c: every route, one row each. HEAD comes with GET, OPTIONS with every path. Names and paths make the ids
 * of operations, which clients are generated from: those of the FastAPI service stay. */

#include "api/routes.h"

#include "api/docs_page.h"
#include "api/documents.h"
#include "api/health.h"
#include "api/list_query.h"
#include "api/records.h"
#include "domain/author.h"
#include "domain/book.h"

/* clang-format off */
const struct route routes[] = {
    {METHOD_GET,    "/",                  health_root,     "root", .reply = REPLY_TEXT, .text = "service is working",
     .summary = "Is the service there?"},

    {METHOD_GET,    "/api/authors/",      records_list,    "get", &author_schema, list_parameters, .reply = REPLY_LIST,
     .summary = "List authors"},
    {METHOD_POST,   "/api/authors/",      records_create,  "create", &author_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Create an author"},
    {METHOD_GET,    "/api/authors/{id}",  records_get,     "get_by_id", &author_schema, .reply = REPLY_RECORD,
     .summary = "Get an author"},
    {METHOD_PUT,    "/api/authors/{id}",  records_replace, "update", &author_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Replace an author"},
    {METHOD_PATCH,  "/api/authors/{id}",  records_change,  "change", &author_schema, .body = CHANGES_BODY,
     .reply = REPLY_RECORD, .summary = "Change some fields of an author"},
    {METHOD_DELETE, "/api/authors/{id}",  records_remove,  "delete", &author_schema, .reply = REPLY_STATUS,
     .summary = "Remove an author and the author's books"},

    {METHOD_GET,    "/api/books/",        records_list,    "get", &book_schema, list_parameters, .reply = REPLY_LIST,
     .summary = "List books with their authors"},
    {METHOD_POST,   "/api/books/",        records_create,  "create", &book_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Create a book"},
    {METHOD_GET,    "/api/books/{id}",    records_get,     "get_by_id", &book_schema, .reply = REPLY_RECORD,
     .summary = "Get a book"},
    {METHOD_PUT,    "/api/books/{id}",    records_replace, "update", &book_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Replace a book"},
    {METHOD_PATCH,  "/api/books/{id}",    records_change,  "change", &book_schema, .body = CHANGES_BODY,
     .reply = REPLY_RECORD, .summary = "Change some fields of a book"},
    {METHOD_DELETE, "/api/books/{id}",    records_remove,  "delete", &book_schema, .reply = REPLY_STATUS,
     .summary = "Remove a book"},

    {METHOD_GET,    "/api/openapi.json",  documents_openapi, "openapi", .reply = REPLY_DOCUMENT,
     .summary = "This service, as an OpenAPI document"},

    {METHOD_GET,    "/docs",              docs_page,       .media = "text/html", .reply = REPLY_DOCUMENT,
     .summary = "The documentation, to try out"},
    {METHOD_GET,    "/docs/init.js",      docs_file,       .media = "text/javascript", .reply = REPLY_DOCUMENT,
     .summary = "What starts Swagger UI"},
    {METHOD_GET,    "/docs/swagger-ui.css", docs_file,     .media = "text/css", .reply = REPLY_DOCUMENT,
     .summary = "Swagger UI's looks"},
    {METHOD_GET,    "/docs/swagger-ui-bundle.js", docs_file, .media = "text/javascript",
     .reply = REPLY_DOCUMENT, .summary = "Swagger UI"},
    {METHOD_GET,    "/docs/favicon-32x32.png", docs_file,  .media = "image/png", .reply = REPLY_DOCUMENT,
     .summary = "Swagger UI's icon"},
    {METHOD_GET,    "/redoc",             docs_redoc,      .media = "text/html", .reply = REPLY_DOCUMENT,
     .summary = "The documentation, under its other name"},

    {METHOD_GET,    "/livez",             health_live,     "livez", .reply = REPLY_LIFE,
     .summary = "Is the process alive?"},
    {METHOD_GET,    "/readyz",            health_ready,    "readyz", .reply = REPLY_READINESS,
     .summary = "Is the service ready for requests?"},
    {METHOD_GET,    "/metrics",           health_metrics,  "metrics", .media = "text/plain", .reply = REPLY_METRICS,
     .summary = "What has the service done so far?"},
    {.path = NULL},
};
/* clang-format on */
