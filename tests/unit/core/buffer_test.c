/* buffer_test.c: bytes that grow up to a ceiling. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_buffer_init__can_be_read_as_text_at_once(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, &arena, 10);
    assert_string_equal(buffer.data, "");
    assert_int_equal(arena.used, 0);
    buffer_clear(&buffer);
    assert_string_equal(buffer.data, "");
}

static void test_buffer_add__keeps_what_was_there_while_it_grows(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, &arena, 100000);
    for (size_t i = 0; i < 10000; i++) {
        buffer_add(&buffer, "0123456789", 10);
        if (i % 100 == 0)
            assert_non_null(arena_alloc(&arena, 1));
    }
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 100000);
    assert_int_equal(buffer.data[buffer.size], 0);
    for (size_t i = 0; i < buffer.size; i++)
        assert_int_equal(buffer.data[i], '0' + i % 10);
}

static void test_buffer_add__fills_up_to_the_ceiling_and_not_beyond(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, &arena, 5);
    buffer_add_text(&buffer, "12345");
    assert_false(buffer.failed);
    buffer_add_char(&buffer, '6');
    assert_true(buffer.failed);
    assert_string_equal(buffer.data, "12345");
}

static void test_buffer_add__does_nothing_after_a_failure_until_cleared(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, &arena, 5);
    buffer_add_text(&buffer, "123456");
    buffer_add_text(&buffer, "1");
    buffer_printf(&buffer, "%d", 1);
    assert_true(buffer.failed);
    assert_string_equal(buffer.data, "");
    buffer_clear(&buffer);
    buffer_add_text(&buffer, "1");
    assert_false(buffer.failed);
    assert_string_equal(buffer.data, "1");
}

static void test_buffer_add__fails_when_memory_ends(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, &arena, 1000);
    buffer_add_text(&buffer, "kept");
    arena.fail_after = 1;
    buffer_printf(&buffer, "%500d", 1);
    assert_true(buffer.failed);
    assert_string_equal(buffer.data, "kept");
}

static void test_buffer_clear__keeps_its_memory(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, &arena, 1000);
    buffer_add_text(&buffer, "text");
    char *data = buffer.data;
    buffer_clear(&buffer);
    assert_string_equal(buffer.data, "");
    buffer_add_text(&buffer, "more");
    assert_ptr_equal(buffer.data, data);
    assert_string_equal(buffer.data, "more");
}

static void test_buffer_printf__does_not_truncate(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, &arena, 20000);
    buffer_printf(&buffer, "%s", "");
    buffer_printf(&buffer, "<%10000d>", 7);
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 10002);
    assert_string_equal(buffer.data + 10000, "7>");
    buffer_printf(&buffer, "%10000d", 7);
    assert_true(buffer.failed);
    assert_int_equal(strlen(buffer.data), 10002);
}

static void test_buffer_add_int__writes_any_number(void **state)
{
    (void)state;
    static const struct {
        long long number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {-1, "-1"},
        {1000, "1000"},
        {LLONG_MAX, "9223372036854775807"},
        {LLONG_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer buffer;
        buffer_init(&buffer, &arena, 100);
        buffer_add_int(&buffer, cases[i].number);
        assert_string_equal(buffer.data, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_buffer_init__can_be_read_as_text_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffer_add__keeps_what_was_there_while_it_grows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffer_add__fills_up_to_the_ceiling_and_not_beyond, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffer_add__does_nothing_after_a_failure_until_cleared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffer_add__fails_when_memory_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffer_clear__keeps_its_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffer_printf__does_not_truncate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffer_add_int__writes_any_number, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
