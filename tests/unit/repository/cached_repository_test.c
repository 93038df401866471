/* cached_repository_test.c: what comes from the cache, what from the repository behind it, and what a write voids. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "domain/author.h"
#include "domain/book.h"
#include "driver/cache.h"
#include "fake_cache.h"
#include "fake_store.h"
#include "repository/cached_repository.h"
#include "schema/schema.h"
#include "usecase/query.h"
#include "usecase/repository.h"
#include "usecase/unit_of_work.h"

#define TTL_S 60

static struct arena arena;
static struct context context;
static struct fake_store *store;
static struct unit_of_work *unit;
static struct repository *inner;
static struct fake_cache *cache;
static const struct fake_counts *counts;
static struct repository *authors; /* the one under test */

static struct author author = {.name = "Octavia E. Butler", .bio = "", .birthdate = {1947, 6, 22}};

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 64 * 1024 * 1024);
    context_init(&context, &arena, 0);
    store = fake_store_new(&arena);
    unit = fake_unit_of_work(store);
    inner = fake_repository_new(store, &author_schema);
    cache = fake_cache_new(&arena);
    counts = fake_cache_counts(cache);
    authors = cached_repository_new(&arena, inner, fake_cache_port(cache), unit, "space", TTL_S);
    assert_non_null(authors);
    for (int i = 0; i < 3; i++) /* ids 1 to 3 */
        assert_int_equal(inner->insert(inner, &context, &author), OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct author *find(int64_t id)
{
    void *record = &author;
    assert_int_equal(authors->find(authors, &context, id, &record), OK);
    return record;
}

static void test_cached_find__asks_the_repository_once(void **state)
{
    (void)state;
    unsigned calls = fake_calls(store);
    for (int i = 0; i < 3; i++) {
        const struct author *found = find(2);
        assert_int_equal(found->id, 2);
        assert_string_equal(found->name, author.name);
        assert_int_equal(found->birthdate.day, 22);
    }
    assert_int_equal(fake_calls(store), calls + 1);
    assert_int_equal(context.tally.cache_hits, 2);
    assert_int_equal(context.tally.cache_misses, 1);
}

static void test_cached_find__names_its_keys_by_space_schema_fingerprint_and_id(void **state)
{
    (void)state;
    find(2);
    char *key = arena_printf(&arena, "space:author:%08x:2", (unsigned)schema_fingerprint(&author_schema));
    assert_string_equal(fake_cache_find(cache, "2")->key, key);
    find(INT64_MAX);
    assert_non_null(fake_cache_find(cache, ":9223372036854775807"));
}

static void test_cached_find__keeps_a_record_for_its_time_less_up_to_a_tenth(void **state)
{
    (void)state;
    find(2);
    assert_in_range(fake_cache_find(cache, ":2")->ttl_s, TTL_S - TTL_S / 10, TTL_S);
}

static void test_cached_find__believes_that_there_is_none_only_briefly(void **state)
{
    (void)state;
    unsigned calls = fake_calls(store);
    assert_null(find(9));
    assert_null(find(9));
    assert_int_equal(fake_calls(store), calls + 1);
    assert_in_range(fake_cache_find(cache, ":9")->ttl_s, 1, NEGATIVE_TTL_S);
}

static void test_cached_find__fills_nothing_in_without_the_lease(void **state)
{
    (void)state;
    find(2);
    struct fake_entry *entry = fake_cache_find(cache, ":2");
    entry->value = NULL;
    entry->lease = 77; /* somebody else's */
    assert_non_null(find(2));
    assert_int_equal(counts->fills, 1);
    assert_null(entry->value);
}

static void test_cached_find__gives_the_lease_back_when_the_repository_fails(void **state)
{
    (void)state;
    fake_fail(store, UNAVAILABLE, 0, 1);
    void *record = &author;
    assert_int_equal(authors->find(authors, &context, 2, &record), UNAVAILABLE);
    assert_ptr_equal(record, &author);
    assert_int_equal(counts->abandons, 1);
    assert_non_null(find(2));
    assert_non_null(fake_cache_find(cache, ":2")->value);
}

static void test_cached_find__replaces_what_it_cannot_read(void **state)
{
    (void)state;
    find(2);
    fake_cache_find(cache, ":2")->value[5] ^= 1;
    assert_string_equal(find(2)->name, author.name);
    assert_null(fake_cache_find(cache, ":2"));
    find(2);
    find(2);
    assert_int_equal(counts->fills, 2);
    assert_int_equal(context.tally.cache_hits, 1);
}

static void find_many(const int64_t *ids, size_t n)
{
    void *records[FIND_MANY_MAX];
    assert_int_equal(authors->find_many(authors, &context, ids, n, records), OK);
    for (size_t i = 0; i < n; i++) {
        const struct author *found = records[i];
        assert_int_equal(found ? found->id : 0, ids[i] <= 3 ? ids[i] : 0);
        if (found)
            assert_string_equal(found->name, author.name);
    }
}

static void test_cached_find_many__asks_the_cache_once_and_the_repository_once_for_the_rest(void **state)
{
    (void)state;
    find(2);
    unsigned calls = fake_calls(store);
    find_many((int64_t[]){3, 2, 9, 3, 1, 2}, 6);
    assert_int_equal(fake_calls(store), calls + 1);
    assert_int_equal(counts->fetches, 2);
    assert_int_equal(counts->keys, 1 + 4);
    find_many((int64_t[]){9, 1, 2, 3}, 4);
    find_many(NULL, 0);
    assert_int_equal(fake_calls(store), calls + 1);
    assert_int_equal(counts->fills, 4);
    assert_int_equal(context.tally.cache_hits, 1 + 4);
}

static void test_cached_find_many__takes_as_many_ids_as_it_may(void **state)
{
    (void)state;
    int64_t ids[FIND_MANY_MAX];
    for (int64_t i = 0; i < FIND_MANY_MAX; i++)
        ids[i] = FIND_MANY_MAX - i;
    unsigned calls = fake_calls(store);
    find_many(ids, FIND_MANY_MAX);
    find_many(ids, FIND_MANY_MAX);
    assert_int_equal(fake_calls(store), calls + 1);
}

static void test_cached_find_many__gives_all_leases_back_when_the_repository_fails(void **state)
{
    (void)state;
    void *records[] = {&author, &author};
    find(2);
    fake_fail(store, TIMED_OUT, 0, 1);
    assert_int_equal(authors->find_many(authors, &context, (int64_t[]){1, 3}, 2, records), TIMED_OUT);
    assert_ptr_equal(records[0], &author);
    assert_int_equal(counts->abandons, 2);
    find_many((int64_t[]){1, 2, 3}, 3);
}

static void test_cached_find_many__replaces_what_it_cannot_read(void **state)
{
    (void)state;
    find_many((int64_t[]){1, 2, 3}, 3);
    fake_cache_find(cache, ":2")->value[5] ^= 1;
    find_many((int64_t[]){1, 2, 3}, 3);
    assert_null(fake_cache_find(cache, ":2"));
    find_many((int64_t[]){1, 2, 3}, 3);
    assert_non_null(fake_cache_find(cache, ":2")->value);
}

static void test_cached_update__voids_the_record(void **state)
{
    (void)state;
    find(2);
    struct author changed = author;
    changed.id = 2;
    changed.name = "Octavia Estelle Butler";
    assert_int_equal(authors->update(authors, &context, &changed, ALL_FIELDS), OK);
    assert_string_equal(find(2)->name, changed.name);
    changed.bio = "not stored";
    changed.name = "Octavia";
    assert_int_equal(authors->update(authors, &context, &changed, 1U << 1), OK);
    assert_string_equal(find(2)->name, "Octavia");
    assert_string_not_equal(find(2)->bio, changed.bio);
}

static void test_cached_remove__voids_the_record(void **state)
{
    (void)state;
    find(2);
    assert_int_equal(authors->remove(authors, &context, 2), OK);
    assert_null(find(2));
}

static void test_cached_insert__voids_that_there_is_none(void **state)
{
    (void)state;
    assert_null(find(4));
    struct author new = author;
    assert_int_equal(authors->insert(authors, &context, &new), OK);
    assert_int_equal(find(4)->id, 4);
}

/* After a write that gives `code`, is the record still cached? */
static bool is_kept_after(enum code code)
{
    struct author changed = author;
    changed.id = 2;
    find(2);
    fake_fail(store, code, 0, 1);
    assert_int_equal(authors->update(authors, &context, &changed, ALL_FIELDS), code);
    bool updated = fake_cache_find(cache, ":2");
    find(2);
    fake_fail(store, code, 0, 1);
    assert_int_equal(authors->remove(authors, &context, 2), code);
    assert_int_equal(fake_cache_find(cache, ":2") != NULL, updated);
    return updated;
}

static void test_cached_write__voids_the_record_when_it_may_have_happened(void **state)
{
    (void)state;
    static const enum code maybe[] = {UNAVAILABLE, TIMED_OUT, NO_MEMORY, INTERNAL};
    static const enum code never[] = {CONFLICT, NO_REFERENCE, CONTENDED};
    for (size_t i = 0; i < sizeof maybe / sizeof *maybe; i++)
        assert_false(is_kept_after(maybe[i]));
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_true(is_kept_after(never[i]));
}

static void test_cached_write__does_not_happen_without_memory_to_void_the_record(void **state)
{
    (void)state;
    struct arena small;
    arena_init(&small, 0);
    struct context poor;
    context_init(&poor, &small, 0);
    struct author changed = author;
    unsigned calls = fake_calls(store);
    assert_int_equal(authors->insert(authors, &poor, &changed), NO_MEMORY);
    assert_int_equal(authors->update(authors, &poor, &changed, ALL_FIELDS), NO_MEMORY);
    assert_int_equal(authors->remove(authors, &poor, 2), NO_MEMORY);
    assert_int_equal(fake_calls(store), calls);
    arena_release(&small);
}

/* Reads and writes as one unit of work; the argument is the code that it ends with. */
static enum code work(struct context *any, void *argument)
{
    struct author changed = author;
    struct author new = author;
    struct ids removed = {0};
    void *record = NULL;
    void *records[1];
    struct filter filter = {.field = schema_find(&author_schema, "name"),
                            .value = {.type = FIELD_TEXT, .text = author.name}};
    changed.id = 2;
    changed.name = "changed";
    assert_int_equal(authors->update(authors, any, &changed, ALL_FIELDS), OK);
    assert_int_equal(authors->find(authors, any, 2, &record), OK);
    assert_string_equal(((struct author *)record)->name, "changed");
    assert_int_equal(authors->find_for_update(authors, any, 2, &record), OK);
    assert_int_equal(authors->find_many(authors, any, (int64_t[]){2}, 1, records), OK);
    assert_string_equal(((struct author *)records[0])->name, "changed");
    assert_int_equal(authors->insert(authors, any, &new), OK);
    assert_int_equal(authors->remove(authors, any, 1), OK);
    assert_int_equal(authors->remove_where(authors, any, &filter, &removed), OK);
    assert_int_equal(removed.n, 2); /* 3, and the new 4 */
    assert_int_equal(counts->invalidations, 0);
    return *(const enum code *)argument;
}

static void test_cached_write__voids_records_after_the_commit_and_not_before(void **state)
{
    (void)state;
    enum code code = OK;
    find_many((int64_t[]){1, 2, 3, 4}, 4);
    unsigned fetches = counts->fetches;
    assert_int_equal(unit->run(unit, &context, work, &code), OK);
    assert_int_equal(counts->fetches, fetches);
    assert_int_equal(counts->invalidations, 5);
    assert_string_equal(find(2)->name, "changed");
    for (int64_t id = 1; id <= 4; id++)
        assert_int_equal(find(id) != NULL, id == 2);
}

static void test_cached_write__voids_nothing_when_the_unit_of_work_is_rolled_back(void **state)
{
    (void)state;
    enum code code = CONFLICT;
    find(2);
    assert_int_equal(unit->run(unit, &context, work, &code), CONFLICT);
    assert_int_equal(counts->invalidations, 0);
    assert_string_equal(find(2)->name, author.name);
}

static void test_cached_list__goes_to_the_repository(void **state)
{
    (void)state;
    struct query query = {.sort = &author_schema.fields[0], .page = 1, .size = 10};
    struct page page;
    assert_int_equal(authors->list(authors, &context, &query, &page), OK);
    assert_int_equal(page.n, 3);
    assert_int_equal(counts->fetches, 0);
}

static void test_cached_repository_new__refuses_a_space_that_makes_no_key(void **state)
{
    (void)state;
    char longest[CACHE_KEY_MAX];
    memset(longest, 's', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_null(cached_repository_new(&arena, inner, fake_cache_port(cache), unit, "a space", TTL_S));
    assert_null(cached_repository_new(&arena, inner, fake_cache_port(cache), unit, longest, TTL_S));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cached_find__asks_the_repository_once),
        CASE(test_cached_find__names_its_keys_by_space_schema_fingerprint_and_id),
        CASE(test_cached_find__keeps_a_record_for_its_time_less_up_to_a_tenth),
        CASE(test_cached_find__believes_that_there_is_none_only_briefly),
        CASE(test_cached_find__fills_nothing_in_without_the_lease),
        CASE(test_cached_find__gives_the_lease_back_when_the_repository_fails),
        CASE(test_cached_find__replaces_what_it_cannot_read),
        CASE(test_cached_find_many__asks_the_cache_once_and_the_repository_once_for_the_rest),
        CASE(test_cached_find_many__takes_as_many_ids_as_it_may),
        CASE(test_cached_find_many__gives_all_leases_back_when_the_repository_fails),
        CASE(test_cached_find_many__replaces_what_it_cannot_read),
        CASE(test_cached_update__voids_the_record),
        CASE(test_cached_remove__voids_the_record),
        CASE(test_cached_insert__voids_that_there_is_none),
        CASE(test_cached_write__voids_the_record_when_it_may_have_happened),
        CASE(test_cached_write__does_not_happen_without_memory_to_void_the_record),
        CASE(test_cached_write__voids_records_after_the_commit_and_not_before),
        CASE(test_cached_write__voids_nothing_when_the_unit_of_work_is_rolled_back),
        CASE(test_cached_list__goes_to_the_repository),
        CASE(test_cached_repository_new__refuses_a_space_that_makes_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
