/* core/context.c: what went wrong, recorded where it happens. */

#include "core/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/utf8.h"

void context_init(struct context *context, struct arena *arena, int64_t deadline_ms)
{
    memset(context, 0, sizeof *context);
    context->arena = arena;
    context->deadline_ms = deadline_ms;
    context->violations_end = &context->violations;
}

void context_clear(struct context *context)
{
    context->error = (struct error){.code = OK};
    context->violations = NULL;
    context->violations_end = &context->violations;
    context->violation_count = 0;
}

int context_left_ms(const struct context *context, int most_ms)
{
    if (context->deadline_ms == 0)
        return most_ms;
    int64_t left_ms = context->deadline_ms - clock_ms();
    if (left_ms < 0)
        return 0;
    return left_ms < most_ms ? (int)left_ms : most_ms;
}

/* Formats into a text that never ends in the middle of a character. */
static void format_text(char ret_text[ERROR_TEXT_MAX], const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void format_text(char ret_text[ERROR_TEXT_MAX], const char *format, va_list args)
{
    int size = vsnprintf(ret_text, ERROR_TEXT_MAX, format, args);
    if (size < 0)
        ret_text[0] = '\0';
    else if (size >= ERROR_TEXT_MAX)
        ret_text[utf8_trim(ret_text, ERROR_TEXT_MAX - 1)] = '\0';
}

/* The arguments may point into the old error: it is replaced after they were read. */
enum code fail(struct context *context, enum code code, const char *format, ...)
{
    char detail[ERROR_TEXT_MAX] = "";
    if (format) {
        va_list args;
        va_start(args, format);
        format_text(detail, format, args);
        va_end(args);
    }
    context->error = (struct error){.code = code};
    memcpy(context->error.detail, detail, sizeof detail);
    return code;
}

enum code fail_native(struct context *context, enum code code, const char *format, ...)
{
    char native[ERROR_TEXT_MAX] = "";
    if (format) {
        va_list args;
        va_start(args, format);
        format_text(native, format, args);
        va_end(args);
    }
    context->error = (struct error){.code = code};
    memcpy(context->error.native, native, sizeof native);
    return code;
}

enum code fail_memory(struct context *context)
{
    return fail_native(context, NO_MEMORY, "an allocation failed; %zu of %zu bytes were in use", context->arena->used,
                       context->arena->limit);
}

enum code violate(struct context *context, const struct violation *violation)
{
    fail(context, INVALID, NULL);
    if (context->violation_count == VIOLATIONS_MAX)
        return INVALID;
    struct violation *copy = arena_alloc(context->arena, sizeof *copy);
    if (!copy)
        return fail_memory(context);
    *copy = *violation;
    copy->next = NULL;
    *context->violations_end = copy;
    context->violations_end = &copy->next;
    context->violation_count++;
    return INVALID;
}
