/* core/buffer.c: a buffer doubles when it is full; what it outgrows stays with the arena. */

#include "core/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"

#define FIRST_CAPACITY ((size_t)256)

/* What an unwritten buffer points to; never written. */
static char empty[1];

void buffer_init(struct buffer *buffer, struct arena *arena, size_t limit)
{
    *buffer = (struct buffer){.arena = arena, .data = empty, .limit = limit};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
    if (buffer->capacity > 0)
        buffer->data[0] = '\0';
}

/* Makes room for `more` bytes and a NUL, or marks the buffer failed. */
static bool reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    if (more > buffer->limit - buffer->size) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->size + more + 1;
    if (needed <= buffer->capacity)
        return true;

    size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    if (capacity - 1 > buffer->limit)
        capacity = buffer->limit + 1;
    char *data = arena_grow(buffer->arena, buffer->capacity > 0 ? buffer->data : NULL, buffer->capacity, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0 || !reserve(buffer, size))
        return;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, &c, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    if (size < 0)
        buffer->failed = true;
    if (size > 0 && reserve(buffer, (size_t)size)) {
        vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
    va_end(args);
}

void buffer_add_int(struct buffer *buffer, long long number)
{
    char digits[24];
    size_t start = sizeof digits;
    unsigned long long rest = number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--start] = '-';
    buffer_add(buffer, digits + start, sizeof digits - start);
}
