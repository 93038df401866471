/* http/trace_context.c: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": version, trace, parent, flags. */

#include "http/trace_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/arena.h"
#include "http/request.h"

#define HEX "0123456789abcdef"

/* The parts of the value, with the hyphen that ends each but the last. */
static const struct {
    size_t at, size;
    bool not_zero;
} parts[] = {{0, 2, false}, {3, TRACE_ID_SIZE, true}, {36, 16, true}, {53, 2, false}};

#define SIZE ((size_t)55)

static bool is_valid(const char *value)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *part = value + parts[i].at;
        if (strspn(part, HEX) != parts[i].size)
            return false;
        if (parts[i].not_zero && strspn(part, "0") == parts[i].size)
            return false;
        if (parts[i].at + parts[i].size < SIZE && part[parts[i].size] != '-')
            return false;
    }
    if (strncmp(value, "ff", 2) == 0)
        return false;
    return value[SIZE] == '\0' || (value[SIZE] == '-' && strncmp(value, "00", 2) != 0);
}

const char *traceparent_find(const struct request *request)
{
    const char *value = request_header(request, "HTTP_TRACEPARENT");

    return value && is_valid(value) ? value : NULL;
}

const char *traceparent_copy(const struct request *request, struct arena *arena)
{
    const char *value = traceparent_find(request);

    return value ? arena_printf(arena, "00%.*s", (int)SIZE - 2, value + 2) : NULL;
}
