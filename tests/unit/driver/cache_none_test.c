/* cache_none_test.c: opening no cache; what it then does is in the contract suite. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "driver/cache.h"

static void test_cache_none__needs_no_options(void **state)
{
    (void)state;
    struct arena arena;
    char error[64] = "";
    arena_init(&arena, 4096);
    struct cache *cache = cache_none.open(&arena, &(struct cache_options){0}, error, sizeof error);
    assert_string_equal(cache->name, "none");
    arena.fail_after = 1;
    assert_null(cache_none.open(&arena, &(struct cache_options){0}, error, sizeof error));
    assert_string_equal(error, "out of memory");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_none__needs_no_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
