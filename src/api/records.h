#ifndef API_RECORDS_H
#define API_RECORDS_H

/*
 * api/records.h: the endpoints of any kind of record; the route says which kind. Each lists the statuses it answers
 * with; those of reading a request at all (400, 406, 413, 414, 415) and of a database that is away (503, 504) go
 * without saying.
 */

#include "core/error.h"

struct exchange;

enum code records_list(struct exchange *exchange);    /* 200, 304; 422 */
enum code records_get(struct exchange *exchange);     /* 200, 304; 404, 422 */
enum code records_create(struct exchange *exchange);  /* 200; 409, 422 */
enum code records_replace(struct exchange *exchange); /* 200; 404, 409, 412, 422 */
enum code records_change(struct exchange *exchange);  /* 200; 404, 409, 412, 422 */
enum code records_remove(struct exchange *exchange);  /* 200; 409, 412, 422 */

#endif
