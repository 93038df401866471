#ifndef CORE_BUFFER_H
#define CORE_BUFFER_H

/*
 * core/buffer.h: bytes that grow, in an arena, up to a ceiling.
 *
 * Invariant: `data` is never NULL and data[size] is NUL, so it can be read as text at any time. When memory ends or
 * the ceiling is reached, `failed` becomes true and stays true, and later additions do nothing: write freely, check
 * once at the end.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

struct buffer {
    struct arena *arena;
    char *data;
    size_t size;     /* bytes in use, without the NUL */
    size_t capacity; /* bytes allocated */
    size_t limit;    /* ceiling of `size` */
    bool failed;
};

/* An empty buffer that allocates from `arena` when first written. `limit` is in bytes. */
void buffer_init(struct buffer *buffer, struct arena *arena, size_t limit);

/* Empties it and clears `failed`; keeps its memory. */
void buffer_clear(struct buffer *buffer);

void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A decimal number, without the cost of a format string. */
void buffer_add_int(struct buffer *buffer, long long number);

#endif
