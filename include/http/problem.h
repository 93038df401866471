#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

/* http/problem.h: failures as answers. The one table from codes to statuses is in problem.c. */

#include "core/error.h"

struct context;
struct request;
struct response;

/* The HTTP status of a code; 200 for OK. */
int problem_status(enum code code);

/* What a client reads when whoever failed said nothing better. */
const char *problem_detail(enum code code);

/*
 * Makes `response` the answer to the context's error: status, {"detail": ...}, Retry-After where the table says so. INVALID
 * becomes the list of violations in pydantic 2's shape. INTERNAL and NO_MEMORY never show a detail.
 */
void problem_answer(struct context *context, const struct request *request, enum code code, struct response *response);

#endif
