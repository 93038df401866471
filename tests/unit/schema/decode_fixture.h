#ifndef DECODE_FIXTURE_H
#define DECODE_FIXTURE_H

/* decode_fixture.h: an arena, a context, and bodies decoded into an animal. Include it after cmocka.h. */

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "sample.h"
#include "schema/json_decode.h"

static struct arena arena;
static struct context context;
static struct animal record;
static uint32_t set;

static inline int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    memset(&record, 0xFF, sizeof record);
    set = 0;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Decodes a copy that ends where its memory ends, so that a sanitizer sees any read beyond it. */
static inline enum code decode(const char *body, size_t size, enum decode_mode mode)
{
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, body, size);
    context_clear(&context);
    enum code code = json_decode(&animal_schema, &context, copy, size, mode, &record, &set);
    free(copy);
    return code;
}

static inline enum code decode_text(const char *body, enum decode_mode mode)
{
    return decode(body, strlen(body), mode);
}

#endif
