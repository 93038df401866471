/*
 * cache_test.c: what driver/cache.h promises, asked of every driver. Two caches stand for two processes: they share
 * nothing but the coherence page and, with memcached, the server.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/cache.h"
#include "driver/coherence.h"
#include "private_memcached.h"

#define MANY 250

/* The driver under test. */
static const struct cache_driver *driver;

struct fixture {
    struct arena arena;
    struct context context;
    char page[64];
    struct cache *mine;
    struct cache *other;
    char key[CACHE_KEY_MAX]; /* nobody used it before */
};

static struct cache *open_cache(struct fixture *f)
{
    bool shared = false;
    char error[256] = "";
    struct cache_options options = {
        .servers = getenv("QUIRE_TEST_MEMCACHED"),
        .ttl_max_s = 60,
        .memory_items = 2000,
        .coherence = coherence_open(&f->arena, f->page, &shared),
    };
    assert_non_null(options.coherence);
    assert_true(shared);
    struct cache *cache = driver->open(&f->arena, &options, error, sizeof error);
    assert_string_equal(error, "");
    return cache;
}

static int set_up(void **state)
{
    static unsigned count;
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena, 64 * 1024 * 1024);
    context_init(&f->context, &f->arena, 0);
    snprintf(f->page, sizeof f->page, "/quire-test-%d", (int)getpid());
    snprintf(f->key, sizeof f->key, "test:%d:%u", (int)getpid(), count++);
    f->mine = open_cache(f);
    f->other = open_cache(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    shm_unlink(f->page);
    free(f);
    return 0;
}

static struct cache_item fetch(struct fixture *f, struct cache *cache, const char *key)
{
    struct cache_item item = {.key = key, .value = "unset", .size = 5, .lease = 1};
    cache->fetch(cache, &f->context, &item, 1);
    assert_true(item.key == key);
    if (item.value)
        assert_int_equal(item.lease, 0);
    return item;
}

static void assert_hit(struct fixture *f, struct cache *cache, const void *value, size_t size)
{
    struct cache_item item = fetch(f, cache, f->key);
    assert_non_null(item.value);
    assert_int_equal(item.size, size);
    assert_memory_equal(item.value, value, size);
}

/* Returns the lease. */
static struct cache_item assert_leased(struct fixture *f, struct cache *cache)
{
    struct cache_item item = fetch(f, cache, f->key);
    assert_null(item.value);
    assert_int_not_equal(item.lease, 0);
    return item;
}

static void fill(struct fixture *f, struct cache *cache, const struct cache_item *item, const char *value)
{
    cache->fill(cache, &f->context, item, value, strlen(value), 60);
}

/* Stores a value under the test's key. */
static void store(struct fixture *f, struct cache *cache, const char *value)
{
    struct cache_item item = assert_leased(f, cache);
    fill(f, cache, &item, value);
    assert_hit(f, cache, value, strlen(value));
}

static void test_cache_fill__is_a_hit_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    char bytes[256 + 7];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    struct cache_item item = assert_leased(f, f->mine);
    f->mine->fill(f->mine, &f->context, &item, bytes, sizeof bytes, 60);
    assert_hit(f, f->mine, bytes, sizeof bytes);
}

static void test_cache_fill__stores_nothing_as_a_value_too(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "");
}

static void test_cache_fill__stores_the_largest_value(void **state)
{
    struct fixture *f = *state;
    char *value = arena_alloc(&f->arena, CACHE_VALUE_MAX);
    memset(value, '\n', CACHE_VALUE_MAX);
    struct cache_item item = assert_leased(f, f->mine);
    f->mine->fill(f->mine, &f->context, &item, value, CACHE_VALUE_MAX, 60);
    assert_hit(f, f->mine, value, CACHE_VALUE_MAX);
}

static void test_cache_fill__stores_no_larger_value_and_serves_no_older_one(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "old");
    f->mine->invalidate(f->mine, &f->context, f->key);
    char *value = arena_alloc(&f->arena, CACHE_VALUE_MAX + 1);
    struct cache_item item = assert_leased(f, f->mine);
    f->mine->fill(f->mine, &f->context, &item, value, CACHE_VALUE_MAX + 1, 60);
    assert_leased(f, f->mine);
}

static void test_cache_fill__stores_nothing_without_a_lease(void **state)
{
    struct fixture *f = *state;
    struct cache_item item = {.key = f->key};
    fill(f, f->mine, &item, "value");
    assert_leased(f, f->mine);
}

static void test_cache_fill__is_over_after_its_time(void **state)
{
    struct fixture *f = *state;
    struct cache_item item = assert_leased(f, f->mine);
    f->mine->fill(f->mine, &f->context, &item, "value", 5, 1);
    int64_t end_ms = clock_ms() + 5000;
    while (fetch(f, f->mine, f->key).value) {
        assert_true(clock_ms() < end_ms);
        usleep(20 * 1000);
    }
}

static void test_cache_invalidate__voids_the_value_for_every_process(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "old");
    f->other->invalidate(f->other, &f->context, f->key);
    struct cache_item item = assert_leased(f, f->mine);
    fill(f, f->mine, &item, "new");
    assert_hit(f, f->mine, "new", 3);
    f->mine->invalidate(f->mine, &f->context, f->key);
    assert_leased(f, f->mine);
}

static void test_cache_invalidate__voids_a_lease_given_before(void **state)
{
    struct fixture *f = *state;
    struct cache_item item = assert_leased(f, f->mine);
    f->other->invalidate(f->other, &f->context, f->key);
    fill(f, f->mine, &item, "old");
    assert_leased(f, f->mine);
}

static void test_cache_invalidate__voids_a_lease_given_before_even_when_another_was_given_since(void **state)
{
    struct fixture *f = *state;
    struct cache_item old = assert_leased(f, f->mine);
    f->other->invalidate(f->other, &f->context, f->key);
    struct cache_item new = assert_leased(f, f->other);
    fill(f, f->mine, &old, "old");
    fill(f, f->other, &new, "new");
    assert_hit(f, f->other, "new", 3);
    const void *value = fetch(f, f->mine, f->key).value;
    assert_true(!value || memcmp(value, "new", 3) == 0);
}

static void test_cache_abandon__lets_the_next_one_have_the_lease(void **state)
{
    struct fixture *f = *state;
    struct cache_item item = assert_leased(f, f->mine);
    f->mine->abandon(f->mine, &f->context, &item);
    assert_leased(f, f->other);
}

static void test_cache__refuses_what_is_no_key(void **state)
{
    struct fixture *f = *state;
    char longest[CACHE_KEY_MAX + 2];
    memset(longest, 'k', sizeof longest);
    longest[CACHE_KEY_MAX + 1] = '\0';
    const char *const keys[] = {"", "a b", "a\r\nflush_all", "a\t", "a\x7f", "\xc3\xa9", longest};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct cache_item item = fetch(f, f->mine, keys[i]);
        assert_null(item.value);
        assert_int_equal(item.lease, 0);
        fill(f, f->mine, &item, "value");
        f->mine->abandon(f->mine, &f->context, &item);
        f->mine->invalidate(f->mine, &f->context, keys[i]);
        assert_null(fetch(f, f->mine, keys[i]).value);
    }
    assert_string_equal(f->mine->state(f->mine, &f->context), "ok");
}

static void test_cache_fetch__takes_the_longest_key(void **state)
{
    struct fixture *f = *state;
    size_t size = strlen(f->key);
    char key[CACHE_KEY_MAX + 1];
    snprintf(key, sizeof key, "%s:", f->key);
    memset(key + size + 1, '~', CACHE_KEY_MAX - size - 1);
    key[CACHE_KEY_MAX] = '\0';
    struct cache_item item = fetch(f, f->mine, key);
    fill(f, f->mine, &item, "value");
    assert_non_null(fetch(f, f->mine, key).value);
}

static void test_cache_fetch__looks_up_many_keys_at_once(void **state)
{
    struct fixture *f = *state;
    struct cache_item items[MANY];
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < MANY; i++)
            items[i] = (struct cache_item){.key = arena_printf(&f->arena, "%s:%zu", f->key, i)};
        f->mine->fetch(f->mine, &f->context, items, MANY);
        for (size_t i = 0; i < MANY; i++) {
            const char *value = arena_printf(&f->arena, "value %zu", i);
            bool filled = round == 2 || (round == 1 && i % 2 == 0);
            assert_int_equal(items[i].value != NULL, filled);
            assert_int_equal(items[i].lease != 0, !filled);
            if (filled)
                assert_memory_equal(items[i].value, value, items[i].size);
            else if (round == 1 || i % 2 == 0)
                fill(f, f->mine, &items[i], value);
            else
                f->mine->abandon(f->mine, &f->context, &items[i]);
        }
    }
}

static void test_cache_fetch__gives_a_repeated_key_its_value_each_time(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "value");
    struct cache_item items[] = {{.key = f->key}, {.key = "bad key"}, {.key = f->key}};
    f->mine->fetch(f->mine, &f->context, items, 3);
    assert_memory_equal(items[0].value, "value", 5);
    assert_null(items[1].value);
    assert_memory_equal(items[2].value, "value", 5);
}

static void test_cache_memcached__gives_the_lease_to_one_only(void **state)
{
    struct fixture *f = *state;
    struct cache_item first = assert_leased(f, f->mine);
    int64_t start_ms = clock_ms();
    struct cache_item second = fetch(f, f->other, f->key);
    assert_in_range(clock_ms() - start_ms, 25, 1000);
    assert_null(second.value);
    assert_int_equal(second.lease, 0);
    fill(f, f->other, &second, "without a lease");
    fill(f, f->mine, &first, "value");
    assert_hit(f, f->other, "value", 5);
}

static void test_cache_memcached__waits_for_the_fill_of_another(void **state)
{
    struct fixture *f = *state;
    struct cache_item item = assert_leased(f, f->mine);
    pid_t child = fork();
    if (child == 0) {
        struct cache_item theirs = {.key = f->key};
        f->other->fetch(f->other, &f->context, &theirs, 1);
        _exit(theirs.value && theirs.size == 5 ? 0 : 1);
    }
    usleep(10 * 1000); /* so that it is most likely waiting by then */
    fill(f, f->mine, &item, "value");
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void test_cache_memcached__replaces_what_others_have_put_there(void **state)
{
    struct fixture *f = *state;
    static const char *const items[] = {"0 0 5\r\nhello", "0 0 0\r\n", "1903558657 0 3\r\nabc", "1903558658 0 1\r\nx"};
    const char *server = getenv("QUIRE_TEST_MEMCACHED");
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        char *command = arena_printf(&f->arena, "set %s %s\r\n", f->key, items[i]);
        assert_string_equal(memcached_command(server, command), "STORED");
        struct cache_item item = assert_leased(f, f->mine);
        fill(f, f->mine, &item, "ours");
        assert_hit(f, f->mine, "ours", 4);
    }
}

static void test_cache_memcached__does_not_believe_another_host_at_first(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "theirs");
    shm_unlink(f->page);
    f->other = open_cache(f);
    struct cache_item item = assert_leased(f, f->other);
    fill(f, f->other, &item, "ours");
    assert_hit(f, f->other, "ours", 4);
}

static void test_cache_none__misses_and_leases_nothing(void **state)
{
    struct fixture *f = *state;
    struct cache_item item = fetch(f, f->mine, f->key);
    assert_null(item.value);
    assert_int_equal(item.lease, 0);
    fill(f, f->mine, &item, "value");
    f->mine->abandon(f->mine, &f->context, &item);
    f->mine->invalidate(f->mine, &f->context, f->key);
    assert_null(fetch(f, f->mine, f->key).value);
    assert_string_equal(f->mine->state(f->mine, &f->context), "off");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest every_cache[] = {
    CASE(test_cache_fill__is_a_hit_byte_for_byte),
    CASE(test_cache_fill__stores_nothing_as_a_value_too),
    CASE(test_cache_fill__stores_the_largest_value),
    CASE(test_cache_fill__stores_no_larger_value_and_serves_no_older_one),
    CASE(test_cache_fill__stores_nothing_without_a_lease),
    CASE(test_cache_fill__is_over_after_its_time),
    CASE(test_cache_invalidate__voids_the_value_for_every_process),
    CASE(test_cache_invalidate__voids_a_lease_given_before),
    CASE(test_cache_invalidate__voids_a_lease_given_before_even_when_another_was_given_since),
    CASE(test_cache_abandon__lets_the_next_one_have_the_lease),
    CASE(test_cache__refuses_what_is_no_key),
    CASE(test_cache_fetch__takes_the_longest_key),
    CASE(test_cache_fetch__looks_up_many_keys_at_once),
    CASE(test_cache_fetch__gives_a_repeated_key_its_value_each_time),
};

static const struct CMUnitTest shared_cache[] = {
    CASE(test_cache_memcached__gives_the_lease_to_one_only),
    CASE(test_cache_memcached__waits_for_the_fill_of_another),
    CASE(test_cache_memcached__replaces_what_others_have_put_there),
    CASE(test_cache_memcached__does_not_believe_another_host_at_first),
};

static const struct CMUnitTest no_cache[] = {
    CASE(test_cache_none__misses_and_leases_nothing),
};

static int test_memcached(void)
{
    driver = cache_driver_find("memcached");
    if (driver && getenv("QUIRE_TEST_MEMCACHED"))
        return cmocka_run_group_tests_name("memcached", every_cache, NULL, NULL) +
               cmocka_run_group_tests_name("memcached", shared_cache, NULL, NULL);
    fprintf(stderr, "NOT RUN: memcached (%s)\n", driver ? "QUIRE_TEST_MEMCACHED is not set" : "not in this build");
    const char *partial = getenv("QUIRE_TEST_PARTIAL");
    return partial && strcmp(partial, "1") == 0 ? 0 : 1;
}

int main(void)
{
    driver = cache_driver_find("none");
    int failed = cmocka_run_group_tests_name("none", no_cache, NULL, NULL);
    driver = cache_driver_find("memory");
    failed += cmocka_run_group_tests_name("memory", every_cache, NULL, NULL);
    failed += test_memcached();
    return failed ? 1 : 0;
}
