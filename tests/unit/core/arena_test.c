/* arena_test.c: memory freed by lifetime. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"

#define MANY ((size_t)1 << 30)

#if defined(__SANITIZE_ADDRESS__)
#define POISONING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONING 1
#endif
#endif

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, MANY);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_arena_alloc__gives_zeroed_and_aligned_memory(void **state)
{
    (void)state;
    static const char zeros[5000];
    for (size_t size = 1; size < 5000; size = size * 2 + 1) {
        char *data = arena_alloc(&arena, size);
        assert_non_null(data);
        assert_int_equal((uintptr_t)data % 16, 0);
        assert_memory_equal(data, zeros, size);
        memset(data, 'x', size);
    }
    arena_reset(&arena);
    assert_memory_equal(arena_alloc(&arena, 5000), zeros, 5000);
}

static void test_arena_alloc__gives_a_pointer_for_no_bytes(void **state)
{
    (void)state;
    void *one = arena_alloc(&arena, 0);
    assert_non_null(one);
    assert_ptr_not_equal(one, arena_alloc(&arena, 0));
}

static void test_arena_alloc__refuses_beyond_the_ceiling(void **state)
{
    (void)state;
    arena.limit = 1000;
    assert_non_null(arena_alloc(&arena, 600));
    assert_null(arena_alloc(&arena, 600));
    assert_non_null(arena_alloc(&arena, 100));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 600));
}

static void test_arena_alloc__refuses_sizes_that_overflow(void **state)
{
    (void)state;
    volatile size_t most = SIZE_MAX;
    arena.limit = SIZE_MAX;
    assert_null(arena_alloc(&arena, most));
    assert_null(arena_alloc(&arena, most - 20));
    assert_null(arena_copy(&arena, "", most));
    assert_null(arena_array(&arena, most / 4, 8));
}

static void test_arena_alloc__keeps_room_of_a_block_when_a_large_one_comes_between(void **state)
{
    (void)state;
    char *first = arena_alloc(&arena, 16);
    char *large = arena_alloc(&arena, 1000000);
    char *second = arena_alloc(&arena, 16);
    assert_non_null(large);
    memset(large, 'x', 1000000);
    assert_true(second > first && second - first <= 32);
}

static void test_arena_alloc__fails_on_demand(void **state)
{
    (void)state;
    arena.fail_after = 2;
    assert_non_null(arena_alloc(&arena, 1));
    assert_null(arena_alloc(&arena, 1));
    assert_non_null(arena_alloc(&arena, 1));
}

static void test_arena_reset__keeps_the_first_block(void **state)
{
    (void)state;
    char *first = arena_alloc(&arena, 100);
    for (int i = 0; i < 200; i++)
        assert_non_null(arena_alloc(&arena, 1000));
    assert_non_null(arena_alloc(&arena, 1000000));
    arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
}

#ifdef POISONING
int __asan_address_is_poisoned(void const volatile *address);

static void test_arena_reset__poisons_what_it_takes_back(void **state)
{
    (void)state;
    char *data = arena_alloc(&arena, 32);
    assert_false(__asan_address_is_poisoned(data + 31));
    assert_true(__asan_address_is_poisoned(data + 32));
    arena_reset(&arena);
    assert_true(__asan_address_is_poisoned(data));
}
#endif

static void test_arena_release__leaves_an_arena_that_can_be_used(void **state)
{
    (void)state;
    assert_non_null(arena_alloc(&arena, 100));
    arena_release(&arena);
    assert_null(arena.blocks);
    assert_non_null(arena_alloc(&arena, 100));
}

static void test_arena_grow__extends_the_latest_allocation_in_place(void **state)
{
    (void)state;
    char *text = arena_text(&arena, "abc");
    char *grown = arena_grow(&arena, text, 4, 1000);
    assert_ptr_equal(grown, text);
    assert_string_equal(grown, "abc");
    for (size_t i = 4; i < 1000; i++)
        assert_int_equal(grown[i], 0);
    memset(grown, 'x', 1000);
}

static void test_arena_grow__copies_when_something_lies_behind(void **state)
{
    (void)state;
    char *text = arena_text(&arena, "abc");
    char *behind = arena_text(&arena, "behind");
    char *grown = arena_grow(&arena, text, 4, 1000);
    assert_ptr_not_equal(grown, text);
    assert_string_equal(grown, "abc");
    memset(grown, 'x', 1000);
    assert_string_equal(behind, "behind");
    assert_non_null(arena_grow(&arena, NULL, 0, 10));
}

static void test_arena_grow__respects_the_ceiling(void **state)
{
    (void)state;
    arena.limit = 500;
    char *text = arena_text(&arena, "abc");
    assert_null(arena_grow(&arena, text, 4, 600));
    assert_string_equal(text, "abc");
}

static void test_arena_room__keeps_a_list_that_grows_item_by_item(void **state)
{
    size_t *items = NULL;
    (void)state;
    for (size_t n = 0; n < 100; n++) {
        items = arena_room(&arena, items, n, sizeof *items);
        assert_non_null(items);
        items[n] = n;
        if (n % 7 == 0)
            assert_non_null(arena_alloc(&arena, 1));
    }
    for (size_t n = 0; n < 100; n++)
        assert_int_equal(items[n], n);
    assert_true(arena.used < 100 * sizeof *items * 8);
}

static void test_arena_room__gives_nothing_without_memory(void **state)
{
    char *items = NULL;
    (void)state;
    arena.fail_after = 1;
    assert_null(arena_room(&arena, NULL, 0, 1));
    items = arena_room(&arena, NULL, 0, 1);
    assert_non_null(items);
    assert_null(arena_room(&arena, items, (size_t)1 << 62, 4));
}

static void test_arena_copy__ends_the_copy_with_a_nul(void **state)
{
    (void)state;
    assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
}

static void test_arena_printf__formats_texts_of_any_length(void **state)
{
    (void)state;
    char *text = arena_printf(&arena, "%d-%s", 7, "x");
    assert_string_equal(text, "7-x");
    assert_int_equal(strlen(arena_printf(&arena, "%20000d", 1)), 20000);
    arena.fail_after = 1;
    assert_null(arena_printf(&arena, "%d", 1));
}

static char order[8];

static void note(void *handle)
{
    size_t at = strlen(order);
    order[at] = *(const char *)handle;
    order[at + 1] = '\0';
}

static void test_arena_defer__releases_newest_first_and_once(void **state)
{
    (void)state;
    char names[] = "abc";
    order[0] = '\0';
    for (char *name = names; *name; name++)
        assert_int_equal(arena_defer(&arena, note, name), 0);
    arena_reset(&arena);
    assert_string_equal(order, "cba");
    arena_release(&arena);
    assert_string_equal(order, "cba");
}

static void test_arena_defer__releases_at_once_when_it_cannot_remember(void **state)
{
    (void)state;
    char name[] = "a";
    order[0] = '\0';
    arena.fail_after = 1;
    assert_int_equal(arena_defer(&arena, note, name), -1);
    assert_string_equal(order, "a");
    arena_reset(&arena);
    assert_string_equal(order, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_arena_alloc__gives_zeroed_and_aligned_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_alloc__gives_a_pointer_for_no_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_alloc__refuses_beyond_the_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_alloc__refuses_sizes_that_overflow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_alloc__keeps_room_of_a_block_when_a_large_one_comes_between, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_arena_alloc__fails_on_demand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_reset__keeps_the_first_block, setup, teardown),
#ifdef POISONING
        cmocka_unit_test_setup_teardown(test_arena_reset__poisons_what_it_takes_back, setup, teardown),
#endif
        cmocka_unit_test_setup_teardown(test_arena_release__leaves_an_arena_that_can_be_used, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_grow__extends_the_latest_allocation_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_grow__copies_when_something_lies_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_grow__respects_the_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_room__keeps_a_list_that_grows_item_by_item, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_room__gives_nothing_without_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_copy__ends_the_copy_with_a_nul, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_printf__formats_texts_of_any_length, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_defer__releases_newest_first_and_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_defer__releases_at_once_when_it_cannot_remember, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
