/* A body is whole, cut or too large. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "server/request_body.h"

#define MAX_BODY 10

/* Gives `left` bytes of "abcabc...", a few at a time. */
struct fake_source {
    struct body_source source; /* first */
    size_t left;
    size_t given;
    bool broken; /* does not end well */
};

static size_t fake_read(struct body_source *self, char *to, size_t size)
{
    struct fake_source *fake = (struct fake_source *)self;

    if (size > fake->left)
        size = fake->left;
    if (size > 7 && fake->left < 100)
        size = 7;
    for (size_t i = 0; i < size; i++)
        to[i] = (char)('a' + (fake->given + i) % 3);
    fake->given += size;
    fake->left -= size;
    return size;
}

static bool fake_ended_well(struct body_source *self)
{
    return !((struct fake_source *)self)->broken;
}

static void read_from(struct fake_source *fake, const char *content_length, struct arena *arena,
                      struct request *request)
{
    struct context context;

    fake->source = (struct body_source){.read = fake_read, .ended_well = fake_ended_well};
    context_init(&context, arena, 0);
    request_body_read(&context, &fake->source, content_length, MAX_BODY, request);
}

static void test_request_body_read__table(void **state)
{
    (void)state;
    static const struct {
        const char *content_length;
        size_t sent;
        bool broken;
        enum body_state body_state;
        const char *body;
    } rows[] = {
        {"8", 8, false, BODY_COMPLETE, "abcabcab"},
        {"10", 10, false, BODY_COMPLETE, "abcabcabca"},
        {"0", 0, false, BODY_COMPLETE, ""},
        {NULL, 0, false, BODY_COMPLETE, ""},
        {"", 0, false, BODY_COMPLETE, ""},
        {NULL, 8, false, BODY_COMPLETE, "abcabcab"},
        {"", 10, false, BODY_COMPLETE, "abcabcabca"},
        {"8", 3, false, BODY_CUT, ""},
        {"8", 0, false, BODY_CUT, ""},
        {"8", 9, false, BODY_CUT, ""},
        {"8", 8, true, BODY_CUT, ""},
        {"0", 3, false, BODY_CUT, ""},
        {NULL, 8, true, BODY_CUT, ""},
        {"-1", 0, false, BODY_CUT, ""},
        {"-8", 8, false, BODY_CUT, ""},
        {"+8", 8, false, BODY_CUT, ""},
        {" 8", 8, false, BODY_CUT, ""},
        {"8x", 8, false, BODY_CUT, ""},
        {"eight", 8, false, BODY_CUT, ""},
        {"99999999999999999999", 8, false, BODY_CUT, ""},
        {"11", 11, false, BODY_OVER, ""},
        {"1000000", 3, false, BODY_OVER, ""},
        {NULL, 11, false, BODY_OVER, ""},
        {"8", 50000, false, BODY_OVER, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_source fake = {.left = rows[i].sent, .broken = rows[i].broken};
        struct request request = {.body_size = 99};
        struct arena arena;
        arena_init(&arena, 65536);
        read_from(&fake, rows[i].content_length, &arena, &request);
        assert_int_equal(request.body_state, rows[i].body_state);
        assert_int_equal(request.body_size, strlen(rows[i].body));
        assert_string_equal(request.body, rows[i].body);
        assert_int_equal(fake.left, 0);
        arena_release(&arena);
    }
}

static void test_request_body_read__keeps_nothing_of_a_body_that_is_announced_too_large(void **state)
{
    (void)state;
    struct fake_source fake = {.left = 5000};
    struct request request = {.body_size = 99};
    struct arena arena;

    arena_init(&arena, 65536);
    read_from(&fake, "5000", &arena, &request);
    assert_int_equal(request.body_state, BODY_OVER);
    assert_int_equal(arena.used, 0);
    arena_release(&arena);
}

static void test_request_body_read__gives_up_on_a_body_without_end(void **state)
{
    (void)state;
    struct fake_source fake = {.left = SIZE_MAX};
    struct request request = {.body_size = 99};
    struct arena arena;

    arena_init(&arena, 65536);
    read_from(&fake, NULL, &arena, &request);
    assert_int_equal(request.body_state, BODY_OVER);
    assert_in_range(fake.given, DRAIN_MAX, DRAIN_MAX + 1024 * 1024);
    arena_release(&arena);
}

static void test_request_body_read__is_cut_at_the_deadline(void **state)
{
    (void)state;
    struct fake_source fake = {.source = {.read = fake_read, .ended_well = fake_ended_well}, .left = 9};
    struct request request = {.body_size = 99};
    struct arena arena;
    struct context context;

    arena_init(&arena, 65536);
    context_init(&context, &arena, clock_ms() - 1);
    request_body_read(&context, &fake.source, "9", MAX_BODY, &request);
    assert_int_equal(request.body_state, BODY_CUT);
    arena_release(&arena);
}

static void test_request_body_read__is_over_when_memory_ends(void **state)
{
    (void)state;
    struct fake_source fake = {.left = 8};
    struct request request = {.body_size = 99};
    struct arena arena;

    arena_init(&arena, 65536);
    arena.fail_after = 1;
    read_from(&fake, "8", &arena, &request);
    assert_int_equal(request.body_state, BODY_OVER);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_body_read__table),
        cmocka_unit_test(test_request_body_read__keeps_nothing_of_a_body_that_is_announced_too_large),
        cmocka_unit_test(test_request_body_read__gives_up_on_a_body_without_end),
        cmocka_unit_test(test_request_body_read__is_cut_at_the_deadline),
        cmocka_unit_test(test_request_body_read__is_over_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
