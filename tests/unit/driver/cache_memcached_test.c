/* cache_memcached_test.c: opening memcached's driver; what it does with a server is in the contract suites. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/cache.h"
#include "driver/coherence.h"

static struct arena arena;
static struct context context;
static char page[64];
static struct coherence *coherence;
static const struct cache_driver *driver;
static char error[256];

static int set_up(void **state)
{
    (void)state;
    bool shared;
    arena_init(&arena, 1024 * 1024);
    context_init(&context, &arena, 0);
    snprintf(page, sizeof page, "/quire-test-memcached-%d", (int)getpid());
    coherence = coherence_open(&arena, page, &shared);
    driver = cache_driver_find("memcached");
    if (!driver)
        skip(); /* not in this build */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    shm_unlink(page);
    return 0;
}

static struct cache *open_cache(const char *servers)
{
    struct cache_options options = {.servers = servers, .ttl_max_s = 60, .coherence = coherence};
    error[0] = '\0';
    return driver->open(&arena, &options, error, sizeof error);
}

static void test_cache_memcached__is_opened_without_a_server(void **state)
{
    (void)state;
    struct cache *cache = open_cache("/no/such/socket,127.0.0.1:1");
    assert_string_equal(error, "");
    assert_string_equal(cache->name, "memcached");
    for (int id = 0; id < 26; id++) {
        char key[] = {(char)('a' + id), '\0'};
        struct cache_item item = {.key = key};
        cache->fetch(cache, &context, &item, 1);
        assert_null(item.value);
        assert_int_equal(item.lease, 0);
        cache->invalidate(cache, &context, key);
    }
    assert_string_equal(cache->state(cache, &context), "down");
}

static void test_cache_memcached__says_in_a_line_which_server_cannot_be(void **state)
{
    (void)state;
    assert_null(open_cache("localhost:11211,a b:1"));
    assert_string_equal(error, "\"a b:1\" is neither host:port nor the path of a socket");
    assert_null(open_cache(""));
    assert_null(strchr(error, '\n'));
}

static void test_cache_memcached__takes_as_many_servers_as_the_page_has_places(void **state)
{
    (void)state;
    char servers[2 * (COHERENCE_SERVERS + 1)];
    memset(servers, ',', sizeof servers);
    for (size_t i = 0; i < sizeof servers; i += 2)
        servers[i] = 'a';
    servers[sizeof servers - 1] = '\0';
    assert_null(open_cache(servers));
    servers[sizeof servers - 3] = '\0';
    assert_non_null(open_cache(servers));
}

static void test_cache_memcached__needs_memory_and_coherence(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 1; i < 20; i++) {
        arena.fail_after = i;
        struct cache *cache = open_cache("a,b");
        arena.fail_after = 0;
        failures += !cache;
        assert_int_equal(cache == NULL, error[0] != '\0');
    }
    assert_in_range(failures, 3, 18);
    coherence = NULL;
    assert_null(open_cache("a"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cache_memcached__is_opened_without_a_server),
        CASE(test_cache_memcached__says_in_a_line_which_server_cannot_be),
        CASE(test_cache_memcached__takes_as_many_servers_as_the_page_has_places),
        CASE(test_cache_memcached__needs_memory_and_coherence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
