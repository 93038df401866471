/* api/routes.c: every route, one row each. HEAD comes with GET, OPTIONS with every path. */

#include "api/routes.h"

#include "api/health.h"
#include "api/records.h"
#include "domain/author.h"
#include "domain/book.h"

/* clang-format off */
const struct route routes[] = {
    {METHOD_GET,    "/",                 health_root,     .reply = REPLY_TEXT, .summary = "Is the service there?"},

    {METHOD_GET,    "/api/authors",      records_list,    .record = &author_schema, .reply = REPLY_LIST,
     .summary = "List authors"},
    {METHOD_POST,   "/api/authors",      records_create,  .record = &author_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Create an author"},
    {METHOD_GET,    "/api/authors/{id}", records_get,     .record = &author_schema, .reply = REPLY_RECORD,
     .summary = "Get an author"},
    {METHOD_PUT,    "/api/authors/{id}", records_replace, .record = &author_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Replace an author"},
    {METHOD_PATCH,  "/api/authors/{id}", records_change,  .record = &author_schema, .body = CHANGES_BODY,
     .reply = REPLY_RECORD, .summary = "Change some fields of an author"},
    {METHOD_DELETE, "/api/authors/{id}", records_remove,  .record = &author_schema, .reply = REPLY_STATUS,
     .summary = "Remove an author and the author's books"},

    {METHOD_GET,    "/api/books",        records_list,    .record = &book_schema, .reply = REPLY_LIST,
     .summary = "List books with their authors"},
    {METHOD_POST,   "/api/books",        records_create,  .record = &book_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Create a book"},
    {METHOD_GET,    "/api/books/{id}",   records_get,     .record = &book_schema, .reply = REPLY_RECORD,
     .summary = "Get a book"},
    {METHOD_PUT,    "/api/books/{id}",   records_replace, .record = &book_schema, .body = WHOLE_BODY,
     .reply = REPLY_RECORD, .summary = "Replace a book"},
    {METHOD_PATCH,  "/api/books/{id}",   records_change,  .record = &book_schema, .body = CHANGES_BODY,
     .reply = REPLY_RECORD, .summary = "Change some fields of a book"},
    {METHOD_DELETE, "/api/books/{id}",   records_remove,  .record = &book_schema, .reply = REPLY_STATUS,
     .summary = "Remove a book"},

    {METHOD_GET,    "/livez",            health_live,     .reply = REPLY_STATUS, .summary = "Is the process alive?"},
    {METHOD_GET,    "/readyz",           health_ready,    .reply = REPLY_STATUS,
     .summary = "Is the service ready for requests?"},
    {.path = NULL},
};
/* clang-format on */
