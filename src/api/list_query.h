#ifndef API_LIST_QUERY_H
#define API_LIST_QUERY_H

/*
 * api/list_query.h: the query string of a list, read and written: filters, sort, page, pageSize, after, before.
 */

#include "core/error.h"
#include "http/parameter.h"

struct context;
struct page;
struct query;
struct request;
struct schema;

enum list_parameter { LIST_PAGE, LIST_PAGE_SIZE, LIST_SORT, LIST_AFTER, LIST_BEFORE };

/* By enum list_parameter; ends with a name of NULL. */
extern const struct parameter list_parameters[];

/* Reads all parameters and reports every violation at ["query", name]. INVALID, NO_MEMORY. An empty filter, and 0 for a
 * reference, mean no filter. */
enum code list_query_read(const struct schema *schema, struct context *context, const struct request *request,
                          int page_size_max, struct query *ret_query) __attribute__((warn_unused_result));

/* The value of the Link header (RFC 8288): rel="next" and "prev", with the request's other parameters kept; NULL when
 * there is neither. In the arena. By key they lead on from the last and back from the first of the page's records. */
const char *list_query_links(const struct schema *schema, struct context *context, const struct request *request,
                             const struct query *query, const struct page *page);

#endif
