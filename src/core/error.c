/* core/error.c: the names of the codes, and what is said of a failure. */

#include "core/error.h"

static const char *const names[CODE__MAX] = {
    [OK] = "OK",
    [MALFORMED] = "MALFORMED",
    [INVALID] = "INVALID",
    [NO_ROUTE] = "NO_ROUTE",
    [NO_METHOD] = "NO_METHOD",
    [NOT_ACCEPTABLE] = "NOT_ACCEPTABLE",
    [UNSUPPORTED_TYPE] = "UNSUPPORTED_TYPE",
    [BODY_TOO_LARGE] = "BODY_TOO_LARGE",
    [URI_TOO_LONG] = "URI_TOO_LONG",
    [HEADERS_TOO_LARGE] = "HEADERS_TOO_LARGE",
    [RATE_LIMITED] = "RATE_LIMITED",
    [NOT_FOUND] = "NOT_FOUND",
    [CHANGED] = "CHANGED",
    [CONFLICT] = "CONFLICT",
    [NO_REFERENCE] = "NO_REFERENCE",
    [CONTENDED] = "CONTENDED",
    [UNAVAILABLE] = "UNAVAILABLE",
    [TIMED_OUT] = "TIMED_OUT",
    [NO_MEMORY] = "NO_MEMORY",
    [INTERNAL] = "INTERNAL",
};

const char *code_name(enum code code)
{
    return (unsigned)code < CODE__MAX && names[code] ? names[code] : "UNKNOWN";
}

const char *error_text(const struct error *error)
{
    return error->detail[0] ? error->detail : error_cause(error);
}

const char *error_cause(const struct error *error)
{
    if (error->native[0])
        return error->native;
    return error->detail[0] ? error->detail : code_name(error->code);
}
