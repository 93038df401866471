#ifndef STORE_H
#define STORE_H

/* store.h: the implementations that the contract suites run against, each empty at the start of a case. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/context.h"
#include "database.h"
#include "domain/author.h"
#include "domain/book.h"
#include "driver/cache.h"
#include "driver/coherence.h"
#include "driver/db.h"
#include "driver/shared_page.h"
#include "fake_store.h"
#include "repository/cached_repository.h"
#include "repository/sql_repository.h"
#include "repository/sql_unit_of_work.h"
#include "schema/schema.h"
#include "usecase/query.h"
#include "usecase/repository.h"
#include "usecase/unit_of_work.h"

struct implementation {
    const char *name;
    const char *db; /* of databases[]; NULL: the fake */
    bool cached;
};

struct store {
    struct arena arena;
    struct context context;
    struct repository *authors;
    struct repository *books;
    struct unit_of_work *unit;
    struct db *db;         /* of an SQL database; NULL: the fake */
    const char *coherence; /* the shared page of the cache; NULL: none */
};

static const struct implementation implementations[] = {
    {.name = "fake"},
    {.name = "fake, cached", .cached = true},
    {.name = "sqlite", .db = "sqlite"},
    {.name = "sqlite, cached", .db = "sqlite", .cached = true},
    {.name = "mysql", .db = "mysql"},
    {.name = "mysql, cached", .db = "mysql", .cached = true},
    {.name = "postgresql", .db = "postgresql"},
    {.name = "postgresql, cached", .db = "postgresql", .cached = true},
};

#define N_IMPLEMENTATIONS (sizeof implementations / sizeof *implementations)

/* Why an implementation cannot take part; NULL: it can. */
static inline const char *reason_to_leave_out(const struct implementation *implementation)
{
    return implementation->db ? database_missing(database_find(implementation->db)) : NULL;
}

static inline void open_sql(struct store *store, const struct implementation *implementation)
{
    struct db *db = own_database_prepare(&store->context, database_find(implementation->db));

    store->db = db;
    store->authors = sql_repository_new(&store->arena, &author_schema, db);
    store->books = sql_repository_new(&store->arena, &book_schema, db);
    store->unit = sql_unit_of_work_new(&store->arena, db);
}

static inline void open_fake(struct store *store)
{
    struct fake_store *fake = fake_store_new(&store->arena);

    store->authors = fake_repository_new(fake, &author_schema);
    store->books = fake_repository_new(fake, &book_schema);
    store->unit = fake_unit_of_work(fake);
}

/* Puts a memory cache in front of the repositories. */
static inline void add_cache(struct store *store)
{
    struct arena *arena = &store->arena;
    char error[128] = "";
    bool shared = false;

    store->coherence = shared_page_name(arena, arena_printf(arena, "contract %d", (int)getpid()));
    struct cache_options options = {.ttl_max_s = 60, .memory_items = 1000};
    options.coherence = coherence_open(arena, store->coherence, &shared);
    struct cache *cache = cache_driver_find("memory")->open(arena, &options, error, sizeof error);
    assert_non_null(cache);
    store->authors = cached_repository_new(arena, store->authors, cache, store->unit, "contract", 60);
    store->books = cached_repository_new(arena, store->books, cache, store->unit, "contract", 60);
}

/* The case's initial state is the implementation; from here on it is the store. */
static inline int store_open(void **state)
{
    const struct implementation *implementation = *state;
    struct store *store = calloc(1, sizeof *store);

    if (!store)
        return -1;
    arena_init(&store->arena, (size_t)64 << 20);
    context_init(&store->context, &store->arena, 0);
    if (implementation->db)
        open_sql(store, implementation);
    else
        open_fake(store);
    if (implementation->cached)
        add_cache(store);
    *state = store;
    return 0;
}

static inline int store_close(void **state)
{
    struct store *store = *state;

    if (store->coherence)
        shm_unlink(store->coherence);
    arena_release(&store->arena);
    free(store);
    return 0;
}

struct contract_case {
    const char *name;
    void (*test)(void **state);
};

#define CASE(function)                                                                                                 \
    {                                                                                                                  \
#function, function                                                                                            \
    }

/* Runs each case against each implementation. The result is that of main(). */
static inline int store_run_cases(const struct contract_case *cases, size_t n)
{
    static struct CMUnitTest tests[256];
    static char names[256][128];
    size_t n_tests = 0;
    int missing = 0;

    for (size_t i = 0; i < N_IMPLEMENTATIONS; i++) {
        const struct implementation *implementation = &implementations[i];
        if (reason_to_leave_out(implementation))
            continue;
        for (size_t j = 0; j < n; j++, n_tests++) {
            snprintf(names[n_tests], sizeof *names, "%s: %s", implementation->name, cases[j].name);
            tests[n_tests] = (struct CMUnitTest){.name = names[n_tests],
                                                 .test_func = cases[j].test,
                                                 .setup_func = store_open,
                                                 .teardown_func = store_close,
                                                 .initial_state = (void *)(uintptr_t)implementation};
        }
    }
    int failed = _cmocka_run_group_tests("contract", tests, n_tests, NULL, own_databases_drop);
    for (size_t i = 0; i < N_IMPLEMENTATIONS; i++)
        if (reason_to_leave_out(&implementations[i]))
            missing |= report_left_out(implementations[i].name, reason_to_leave_out(&implementations[i]));
    return failed ? failed : missing;
}

static inline int64_t add_author(struct store *store, const char *name)
{
    struct author author = {.name = name, .bio = "bio", .birthdate = {1929, 10, 21}};

    assert_int_equal(store->authors->insert(store->authors, &store->context, &author), OK);
    assert_true(author.id > 0);
    return author.id;
}

static inline int64_t add_book(struct store *store, const char *title, struct date published, int64_t author_id)
{
    struct book book = {.title = title, .description = "", .publish_date = published, .author_id = author_id};

    assert_int_equal(store->books->insert(store->books, &store->context, &book), OK);
    assert_true(book.id > 0);
    return book.id;
}

/* NULL when there is none. */
static inline void *find(struct store *store, struct repository *repository, int64_t id)
{
    void *record = store;

    assert_int_equal(repository->find(repository, &store->context, id, &record), OK);
    return record;
}

#endif
