/* cache_memory_test.c: what is particular to values in the memory of a process: ceilings, and other processes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/cache.h"
#include "driver/coherence.h"

#define ITEMS 3

static struct arena arena;
static struct context context;
static char page[64];
static struct coherence *coherence;
static struct cache *cache;

static struct cache *open_cache(size_t items)
{
    char error[128] = "";
    struct cache_options options = {.ttl_max_s = 60, .memory_items = items, .coherence = coherence};
    struct cache *opened = cache_memory.open(&arena, &options, error, sizeof error);
    assert_int_equal(opened == NULL, error[0] != '\0');
    return opened;
}

static int set_up(void **state)
{
    (void)state;
    bool shared;
    arena_init(&arena, 1024 * 1024);
    context_init(&context, &arena, 0);
    snprintf(page, sizeof page, "/quire-test-memory-%d", (int)getpid());
    coherence = coherence_open(&arena, page, &shared);
    cache = open_cache(ITEMS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    shm_unlink(page);
    return 0;
}

static struct cache_item fetch(struct cache *from, const char *key)
{
    struct cache_item item = {.key = key};
    from->fetch(from, &context, &item, 1);
    return item;
}

static void store(struct cache *into, const char *key, const void *value, size_t size)
{
    struct cache_item item = fetch(into, key);
    into->fill(into, &context, &item, value, size, 60);
}

static void test_cache_memory__drops_what_was_not_used_for_longest(void **state)
{
    (void)state;
    store(cache, "a", "A", 1);
    store(cache, "b", "B", 1);
    store(cache, "c", "C", 1);
    assert_non_null(fetch(cache, "a").value);
    store(cache, "d", "D", 1);
    assert_null(fetch(cache, "b").value);
    assert_memory_equal(fetch(cache, "a").value, "A", 1);
    assert_memory_equal(fetch(cache, "c").value, "C", 1);
    assert_memory_equal(fetch(cache, "d").value, "D", 1);
}

static void test_cache_memory__keeps_within_64_mib(void **state)
{
    (void)state;
    static char value[CACHE_VALUE_MAX];
    struct cache *large = open_cache(100000);
    char key[16];
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        store(large, key, value, sizeof value);
    }
    unsigned kept = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        kept += fetch(large, key).value != NULL;
    }
    assert_int_equal(kept, 64 * 1024 * 1024 / sizeof value - 1);
}

static void test_cache_memory__replaces_a_value(void **state)
{
    (void)state;
    struct cache_item first = fetch(cache, "a"), second = fetch(cache, "a");
    cache->fill(cache, &context, &first, "first", 5, 60);
    cache->fill(cache, &context, &second, "second", 6, 60);
    assert_memory_equal(fetch(cache, "a").value, "second", 6);
}

static void test_cache_memory__keeps_nothing_beyond_the_longest_time(void **state)
{
    (void)state;
    char error[64];
    struct cache_options options = {.ttl_max_s = 0, .memory_items = 1, .coherence = coherence};
    struct cache *brief = cache_memory.open(&arena, &options, error, sizeof error);
    store(brief, "a", "A", 1);
    assert_null(fetch(brief, "a").value);
}

static void test_cache_memory__believes_no_value_that_another_process_invalidated(void **state)
{
    (void)state;
    store(cache, "a", "old", 3);
    struct cache_item lease = fetch(cache, "b");
    pid_t child = fork();
    if (child == 0) {
        bool inherited = fetch(cache, "a").value != NULL;
        cache->invalidate(cache, &context, "a");
        cache->invalidate(cache, &context, "b");
        _exit(inherited ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_null(fetch(cache, "a").value);
    cache->fill(cache, &context, &lease, "old", 3, 60);
    assert_null(fetch(cache, "b").value);
    store(cache, "a", "new", 3);
    assert_memory_equal(fetch(cache, "a").value, "new", 3);
}

static void test_cache_memory__lends_all_values_of_a_fetch_at_once(void **state)
{
    (void)state;
    store(cache, "a", "A", 1);
    store(cache, "b", "B", 1);
    struct cache_item items[] = {{.key = "a"}, {.key = "none"}, {.key = "b"}, {.key = "a"}};
    cache->fetch(cache, &context, items, 4);
    assert_memory_equal(items[0].value, "A", 1);
    assert_null(items[1].value);
    assert_memory_equal(items[2].value, "B", 1);
    assert_ptr_equal(items[3].value, items[0].value);
}

static void test_cache_memory__needs_room_and_coherence(void **state)
{
    (void)state;
    assert_null(open_cache(0));
    arena.fail_after = 1;
    assert_null(open_cache(1));
    arena.fail_after = 2;
    assert_null(open_cache(1));
    arena.fail_after = 0;
    coherence = NULL;
    assert_null(open_cache(1));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cache_memory__drops_what_was_not_used_for_longest),
        CASE(test_cache_memory__keeps_within_64_mib),
        CASE(test_cache_memory__replaces_a_value),
        CASE(test_cache_memory__keeps_nothing_beyond_the_longest_time),
        CASE(test_cache_memory__believes_no_value_that_another_process_invalidated),
        CASE(test_cache_memory__lends_all_values_of_a_fetch_at_once),
        CASE(test_cache_memory__needs_room_and_coherence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
