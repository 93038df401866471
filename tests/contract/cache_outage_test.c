/*
 * cache_outage_test.c: memcached frozen, killed, restarted. Each test has a memcached of its own. Two caches stand for
 * two processes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
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

#define BOUND_MS 1000 /* for the first call that meets a failure */
#define QUICK_MS 50   /* for those after it */
#define PATIENCE_MS 5000
#define KEYS 60

struct fixture {
    struct arena arena;
    struct context context;
    char page[64];
    struct private_memcached servers[2];
    struct cache *mine;
    struct cache *other;
};

static struct cache *open_cache(struct fixture *f, const char *servers)
{
    bool shared;
    char error[256] = "";
    struct cache_options options = {
        .servers = servers,
        .ttl_max_s = 60,
        .coherence = coherence_open(&f->arena, f->page, &shared),
    };
    struct cache *cache = cache_driver_find("memcached")->open(&f->arena, &options, error, sizeof error);
    assert_string_equal(error, "");
    return cache;
}

static struct fixture *fixture_new(bool tcp, size_t n_servers)
{
    static unsigned count;
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena, 64 * 1024 * 1024);
    context_init(&f->context, &f->arena, 0);
    snprintf(f->page, sizeof f->page, "/quire-test-%d-%u", (int)getpid(), count++);
    for (size_t i = 0; i < n_servers; i++) {
        private_memcached_init(&f->servers[i], tcp);
        private_memcached_start(&f->servers[i]);
    }
    char *servers =
        arena_printf(&f->arena, n_servers == 2 ? "%s,unix:%s" : "%s", f->servers[0].address, f->servers[1].address);
    f->mine = open_cache(f, servers);
    f->other = open_cache(f, servers);
    return f;
}

static int set_up(void **state)
{
    *state = fixture_new(false, 1);
    return 0;
}

static int set_up_tcp(void **state)
{
    *state = fixture_new(true, 1);
    return 0;
}

static int set_up_two(void **state)
{
    *state = fixture_new(false, 2);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < 2; i++)
        if (f->servers[i].address[0])
            private_memcached_release(&f->servers[i]);
    arena_release(&f->arena);
    shm_unlink(f->page);
    free(f);
    return 0;
}

/* Between two looks at something that is to happen before end_ms. */
static void have_patience(int64_t end_ms)
{
    assert_true(clock_ms() < end_ms);
    usleep(5 * 1000);
}

/* Fails when it takes longer than most_ms. */
static struct cache_item fetch(struct fixture *f, struct cache *cache, const char *key, int64_t most_ms)
{
    struct cache_item item = {.key = key};
    int64_t start_ms = clock_ms();
    cache->fetch(cache, &f->context, &item, 1);
    assert_in_range(clock_ms() - start_ms, 0, most_ms);
    return item;
}

static struct cache_item lease(struct fixture *f, struct cache *cache, const char *key)
{
    struct cache_item item = fetch(f, cache, key, BOUND_MS);
    assert_null(item.value);
    assert_int_not_equal(item.lease, 0);
    return item;
}

static void fill(struct fixture *f, struct cache *cache, const struct cache_item *item, const char *value)
{
    cache->fill(cache, &f->context, item, value, strlen(value), 60);
}

static void store(struct fixture *f, struct cache *cache, const char *key, const char *value)
{
    struct cache_item item = lease(f, cache, key);
    fill(f, cache, &item, value);
    assert_non_null(fetch(f, cache, key, BOUND_MS).value);
}

static void invalidate(struct fixture *f, struct cache *cache, const char *key, int64_t most_ms)
{
    int64_t start_ms = clock_ms();
    cache->invalidate(cache, &f->context, key);
    assert_in_range(clock_ms() - start_ms, 0, most_ms);
}

/* Fetches until there is a lease; a value on the way is a failure. Returns the lease. */
static struct cache_item await_lease(struct fixture *f, struct cache *cache, const char *key)
{
    int64_t end_ms = clock_ms() + PATIENCE_MS;
    struct cache_item item = fetch(f, cache, key, BOUND_MS);
    while (!item.lease) {
        assert_null(item.value);
        have_patience(end_ms);
        item = fetch(f, cache, key, BOUND_MS);
    }
    return item;
}

static void freeze(const struct fixture *f)
{
    int status;
    kill(f->servers[0].pid, SIGSTOP);
    assert_int_equal(waitpid(f->servers[0].pid, &status, WUNTRACED), f->servers[0].pid);
    assert_true(WIFSTOPPED(status));
}

static void thaw(const struct fixture *f)
{
    kill(f->servers[0].pid, SIGCONT);
}

static void test_cache_fetch__waits_once_for_a_frozen_server(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "key", "value");
    freeze(f);
    assert_null(fetch(f, f->mine, "key", BOUND_MS).value);
    for (int i = 0; i < 20; i++) {
        assert_null(fetch(f, f->mine, "key", QUICK_MS).value);
        assert_null(fetch(f, f->other, "key", QUICK_MS).value);
    }
    assert_string_equal(f->mine->state(f->mine, &f->context), "down");
}

static void test_cache_fetch__finds_the_value_again_after_a_freeze_without_a_write(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "key", "value");
    freeze(f);
    assert_null(fetch(f, f->mine, "key", BOUND_MS).value);
    thaw(f);
    int64_t end_ms = clock_ms() + PATIENCE_MS;
    while (!fetch(f, f->other, "key", BOUND_MS).value)
        have_patience(end_ms);
}

static void test_cache_invalidate__holds_though_the_server_was_frozen(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "key", "old");
    store(f, f->mine, "untouched", "old");
    freeze(f);
    invalidate(f, f->other, "key", BOUND_MS);
    invalidate(f, f->other, "key", QUICK_MS);
    thaw(f);
    struct cache_item item = await_lease(f, f->mine, "key");
    fill(f, f->mine, &item, "new");
    item = fetch(f, f->other, "key", BOUND_MS);
    assert_memory_equal(item.value, "new", 3);
    lease(f, f->other, "untouched");
}

static void test_cache_invalidate__voids_a_fill_that_lies_in_the_socket_of_a_frozen_server(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "another", "value");
    struct cache_item item = lease(f, f->other, "key");
    freeze(f);
    fill(f, f->other, &item, "old");
    invalidate(f, f->mine, "key", BOUND_MS); /* not even sent */
    thaw(f);
    int64_t end_ms = clock_ms() + PATIENCE_MS;
    while (strncmp(memcached_command(f->servers[0].address, "get key\r\n"), "VALUE key 1903558657 ", 21) != 0)
        have_patience(end_ms); /* until it is stored */
    await_lease(f, f->mine, "key");
}

static void test_cache_invalidate__voids_a_lease_though_the_server_was_frozen(void **state)
{
    struct fixture *f = *state;
    struct cache_item item = lease(f, f->other, "key");
    freeze(f);
    fetch(f, f->mine, "another", BOUND_MS);
    invalidate(f, f->mine, "key", QUICK_MS); /* not even sent */
    thaw(f);
    int64_t end_ms = clock_ms() + PATIENCE_MS;
    while (strcmp(f->mine->state(f->mine, &f->context), "ok") != 0)
        have_patience(end_ms);
    fill(f, f->other, &item, "old");
    await_lease(f, f->mine, "key");
}

static void test_cache__only_misses_while_the_server_is_dead(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "key", "value");
    private_memcached_kill(&f->servers[0]);
    for (int i = 0; i < 20; i++) {
        struct cache_item item = fetch(f, i % 2 ? f->mine : f->other, "key", i ? QUICK_MS : BOUND_MS);
        assert_null(item.value);
        assert_int_equal(item.lease, 0);
        fill(f, f->mine, &item, "value");
        invalidate(f, f->mine, "key", QUICK_MS);
    }
    assert_string_equal(f->mine->state(f->mine, &f->context), "down");
}

static void test_cache__uses_a_server_again_after_its_restart(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "key", "old");
    private_memcached_kill(&f->servers[0]);
    invalidate(f, f->mine, "key", BOUND_MS);
    private_memcached_start(&f->servers[0]);
    struct cache_item item = await_lease(f, f->mine, "key");
    fill(f, f->mine, &item, "new");
    assert_memory_equal(fetch(f, f->mine, "key", BOUND_MS).value, "new", 3);
    assert_string_equal(f->mine->state(f->mine, &f->context), "ok");
}

static void test_cache__does_not_mind_a_restart_between_two_calls(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "key", "value");
    lease(f, f->other, "another");
    private_memcached_kill(&f->servers[0]);
    private_memcached_start(&f->servers[0]);
    lease(f, f->mine, "key");
    invalidate(f, f->other, "key", QUICK_MS);
    store(f, f->mine, "key", "value");
}

static void test_cache__reaches_a_server_by_name(void **state)
{
    struct fixture *f = *state;
    store(f, f->mine, "key", "value");
    assert_non_null(fetch(f, f->other, "key", BOUND_MS).value);
    freeze(f);
    assert_null(fetch(f, f->mine, "key", BOUND_MS).value);
    invalidate(f, f->other, "key", QUICK_MS);
    thaw(f);
    await_lease(f, f->mine, "key");
}

/* Fills whatever there is a lease for; returns how many of the keys were hits. */
static size_t fill_all(struct fixture *f, struct cache *cache)
{
    struct cache_item items[KEYS];
    size_t hits = 0;
    for (size_t i = 0; i < KEYS; i++)
        items[i] = (struct cache_item){.key = arena_printf(&f->arena, "key:%zu", i)};
    cache->fetch(cache, &f->context, items, KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        hits += items[i].value != NULL;
        if (items[i].value)
            assert_memory_equal(items[i].value, items[i].key, items[i].size);
        fill(f, cache, &items[i], items[i].key);
    }
    return hits;
}

static void test_cache__spreads_keys_over_servers_and_does_without_one(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fill_all(f, f->mine), 0);
    assert_int_equal(fill_all(f, f->other), KEYS);
    private_memcached_kill(&f->servers[0]);
    size_t left = fill_all(f, f->mine);
    assert_in_range(left, KEYS / 6, KEYS - KEYS / 6);
    assert_int_equal(fill_all(f, f->other), left);
    invalidate(f, f->mine, "key:0", QUICK_MS);
    assert_string_equal(f->mine->state(f->mine, &f->context), "down");
}

#define CASE(test, set_up) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cache_fetch__waits_once_for_a_frozen_server, set_up),
        CASE(test_cache_fetch__finds_the_value_again_after_a_freeze_without_a_write, set_up),
        CASE(test_cache_invalidate__holds_though_the_server_was_frozen, set_up),
        CASE(test_cache_invalidate__voids_a_fill_that_lies_in_the_socket_of_a_frozen_server, set_up),
        CASE(test_cache_invalidate__voids_a_lease_though_the_server_was_frozen, set_up),
        CASE(test_cache__only_misses_while_the_server_is_dead, set_up),
        CASE(test_cache__uses_a_server_again_after_its_restart, set_up),
        CASE(test_cache__does_not_mind_a_restart_between_two_calls, set_up),
        CASE(test_cache__reaches_a_server_by_name, set_up_tcp),
        CASE(test_cache__spreads_keys_over_servers_and_does_without_one, set_up_two),
    };
    if (cache_driver_find("memcached"))
        return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
    fprintf(stderr, "NOT RUN: memcached (not in this build)\n");
    const char *partial = getenv("QUIRE_TEST_PARTIAL");
    return partial && strcmp(partial, "1") == 0 ? 0 : 1;
}
