/* trace_context_test.c: which values of traceparent count. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "fake_request.h"
#include "http/trace_context.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define GOOD "00-" TRACE "-00f067aa0ba902b7-01"

static const struct {
    const char *value;
    int counts;
} cases[] = {
    {GOOD, 1},
    {"cc-" TRACE "-00f067aa0ba902b7-01-what-comes-later", 1},
    {"", 0},
    {"00", 0},
    {"00-" TRACE, 0},
    {"00-" TRACE "-00f067aa0ba902b7", 0},
    {"00-" TRACE "-00f067aa0ba902b7-1", 0},
    {"00-" TRACE "-00f067aa0ba902b7-01-", 0},
    {"cc-" TRACE "-00f067aa0ba902b7-01x", 0},
    {"ff-" TRACE "-00f067aa0ba902b7-01", 0},
    {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", 0},
    {"00-00000000000000000000000000000000-00f067aa0ba902b7-01", 0},
    {"00-" TRACE "-0000000000000000-01", 0},
    {"00-" TRACE "0-00f067aa0ba902b7-01", 0},
    {GOOD ", " GOOD, 0},
    {"00-4bf92f3577b34da6*/DROP TABLE author;-00f067aa0ba902b7-01", 0},
};

static void test_traceparent_find__takes_a_valid_value_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake_request fake;
        fake_request_init(&fake, "GET", "/", NULL);
        fake_request_set(&fake, "HTTP_TRACEPARENT", cases[i].value);
        const char *found = traceparent_find(&fake.request);
        if (cases[i].counts)
            assert_string_equal(found, cases[i].value);
        else
            assert_null(found);
    }
}

static void test_traceparent_find__does_without(void **state)
{
    (void)state;
    struct fake_request fake;
    fake_request_init(&fake, "GET", "/", NULL);
    assert_null(traceparent_find(&fake.request));
}

static const char *copy_of(const char *value, struct arena *arena)
{
    struct fake_request fake;

    fake_request_init(&fake, "GET", "/", NULL);
    fake_request_set(&fake, "HTTP_TRACEPARENT", value);
    return traceparent_copy(&fake.request, arena);
}

static void test_traceparent_copy__leaves_out_all_that_can_be_any_text(void **state)
{
    (void)state;
    struct arena arena;

    arena_init(&arena, 4096);
    assert_string_equal(copy_of(GOOD, &arena), GOOD);
    assert_string_equal(copy_of("cc-" TRACE "-00f067aa0ba902b7-01-'*/; DROP TABLE author; --", &arena), GOOD);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!cases[i].counts)
            assert_null(copy_of(cases[i].value, &arena));
    arena.fail_after = 1;
    assert_null(copy_of(GOOD, &arena));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traceparent_find__takes_a_valid_value_only),
        cmocka_unit_test(test_traceparent_find__does_without),
        cmocka_unit_test(test_traceparent_copy__leaves_out_all_that_can_be_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
