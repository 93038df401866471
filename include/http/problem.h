#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

/* http/problem.h: failures as answers. The one table from codes to statuses is in problem.c. */

#include "core/error.h"

struct context;
struct response;

#define PROBLEM_TYPE "application/problem+json"

/* The HTTP status of a code; 200 for OK. */
int problem_status(enum code code);

/* What a client reads when whoever failed said nothing better. */
const char *problem_detail(enum code code);

/* The value of Retry-After; NULL: trying again soon is of no use. */
const char *problem_retry_after(enum code code);

/*
 * Makes `response` the answer to a failure: status, {"detail": ...}, Retry-After where the table says so. The detail is
 * the context's when its error has this code, else the table's. INVALID becomes the list of violations in pydantic 2's
 * shape. INTERNAL and NO_MEMORY never show another detail than the table's.
 *
 * When `accept`, the request's Accept header or NULL, names application/problem+json, the same facts are told as RFC
 * 9457 has them: type, title, status, detail, and for INVALID `errors`, each with a JSON pointer into the body (RFC
 * 6901, as a fragment) or the name of the parameter.
 */
void problem_answer(const struct context *context, const char *accept, enum code code, struct response *response);

/* As problem_answer(), without the closing brace: for an answer with members of its own after these. */
void problem_start(const struct context *context, const char *accept, enum code code, struct response *response);

#endif
