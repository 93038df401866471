/* collection_test.c: the rules of every collection, over authors and books in a fake store. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "domain/author.h"
#include "domain/book.h"
#include "fake_store.h"
#include "schema/schema.h"
#include "usecase/catalogue.h"
#include "usecase/repository.h"

static struct arena arena;
static struct context context;
static struct fake_store *store;
static struct catalogue catalogue;
static struct collection *authors, *books;

static int start(void **state)
{
    (void)state;
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    store = fake_store_new(&arena);
    assert_true(fake_catalogue(store, &catalogue));
    authors = catalogue_find(&catalogue, &author_schema);
    books = catalogue_find(&catalogue, &book_schema);
    return 0;
}

static int64_t author_new(const char *name)
{
    struct author author = {.name = name, .bio = "bio", .birthdate = {1929, 10, 21}};

    assert_int_equal(collection_create(authors, &context, &author), OK);
    return author.id;
}

static int64_t book_new(const char *title, int64_t author_id)
{
    struct book book = {.title = title, .description = "d", .publish_date = {1974, 5, 1}, .author_id = author_id};

    assert_int_equal(collection_create(books, &context, &book), OK);
    return book.id;
}

static struct listing list(struct collection *collection, int64_t page, int size)
{
    struct query query = {.sort = &collection->schema->fields[0], .page = page, .size = size};
    struct listing listing = {0};

    assert_int_equal(collection_list(collection, &context, &query, &listing), OK);
    return listing;
}

static int64_t count(struct collection *collection)
{
    return list(collection, 1, 1).page.total;
}

static bool never(const struct precondition *self, struct context *unused, const struct schema *schema,
                  const void *record)
{
    (void)self, (void)unused, (void)schema, (void)record;
    return false;
}

static bool is_named_ann(const struct precondition *self, struct context *unused, const struct schema *schema,
                         const void *record)
{
    (void)self, (void)unused;
    assert_ptr_equal(schema, &author_schema);
    return strcmp(((const struct author *)record)->name, "Ann") == 0;
}

static void test_list__embeds_with_one_more_call(void **state)
{
    int64_t ann = author_new("Ann");
    int64_t bob = author_new("Bob");
    struct listing listing;
    unsigned before;

    (void)state;
    for (int i = 0; i < 3; i++) {
        book_new("a", bob);
        book_new("b", ann);
    }
    before = fake_calls(store);
    listing = list(books, 1, 5);
    assert_int_equal(fake_calls(store) - before, 2);
    assert_int_equal(listing.page.n, 5);
    assert_int_equal(listing.page.total, 6);
    assert_true(listing.page.more);
    for (size_t i = 0; i < 5; i++) {
        const struct author *author = listing.embedded[i][0];
        assert_string_equal(author->name, i % 2 == 0 ? "Bob" : "Ann");
    }
}

/* They differ in their ids only, also from a name that is no longer there. */
static void test_list__orders_by_id_what_is_filtered_by_its_order(void **state)
{
    int64_t ids[] = {author_new("Ann"), author_new("Ann"), author_new("Bob"), author_new("Ann")};
    const struct field *name = schema_find(&author_schema, "name");
    struct query query = {.sort = name, .descending = true, .by_key = true, .size = 5, .n_filters = 1};
    struct listing listing = {0};

    (void)state;
    query.filters[0] = (struct filter){name, {.type = FIELD_TEXT, .text = "Ann"}};
    query.anchor = ids[3];
    assert_int_equal(collection_remove(authors, &context, ids[3], NULL), OK);
    assert_int_equal(collection_list(authors, &context, &query, &listing), OK);
    assert_int_equal(listing.page.n, 2);
    assert_int_equal(record_id(&author_schema, page_record(&author_schema, &listing.page, 0)), ids[1]);
    assert_int_equal(record_id(&author_schema, page_record(&author_schema, &listing.page, 1)), ids[0]);
}

static enum code (*real_find_many)(struct repository *, struct context *, const int64_t *, size_t, void **);
static size_t asked_for;

static enum code counting_find_many(struct repository *self, struct context *unused, const int64_t *ids, size_t n,
                                    void **ret_records)
{
    asked_for = n;
    return real_find_many(self, unused, ids, n, ret_records);
}

static void test_list__asks_for_each_record_once(void **state)
{
    int64_t ann = author_new("Ann");
    int64_t bob = author_new("Bob");

    (void)state;
    for (int i = 0; i < 4; i++)
        book_new("t", i % 2 ? ann : bob);
    real_find_many = authors->repository->find_many;
    authors->repository->find_many = counting_find_many;
    list(books, 1, 10);
    assert_int_equal(asked_for, 2);
}

static void test_list__embeds_null_for_no_reference(void **state)
{
    int64_t ann = author_new("Ann");
    struct listing listing;

    (void)state;
    book_new("a", 0);
    book_new("b", ann);
    listing = list(books, 1, 10);
    assert_null(listing.embedded[0][0]);
    assert_non_null(listing.embedded[1][0]);
    listing = list(books, 1, 1);
    assert_null(listing.embedded[0][0]);
}

static unsigned readings;

/* The author is removed after the page was read and before the authors are. */
static enum code find_many_after_removal(struct repository *self, struct context *unused, const int64_t *ids, size_t n,
                                         void **ret_records)
{
    if (readings++ == 0)
        assert_int_equal(collection_remove(authors, unused, 1, NULL), OK);
    return real_find_many(self, unused, ids, n, ret_records);
}

static void test_list__reads_again_when_an_author_went_meanwhile(void **state)
{
    int64_t ann = author_new("Ann");
    int64_t bob = author_new("Bob");
    struct listing listing;

    (void)state;
    book_new("a", ann);
    book_new("b", bob);
    readings = 0;
    real_find_many = authors->repository->find_many;
    authors->repository->find_many = find_many_after_removal;
    listing = list(books, 1, 10);
    assert_int_equal(readings, 2);
    assert_int_equal(listing.page.n, 1);
    assert_int_equal(listing.page.total, 1);
    assert_string_equal(((const struct author *)listing.embedded[0][0])->name, "Bob");
}

static enum code find_many_nothing(struct repository *self, struct context *unused, const int64_t *ids, size_t n,
                                   void **ret_records)
{
    (void)self, (void)unused, (void)ids;
    readings++;
    for (size_t i = 0; i < n; i++)
        ret_records[i] = NULL;
    return OK;
}

static void test_list__reads_no_more_than_twice(void **state)
{
    struct listing listing;

    (void)state;
    book_new("a", author_new("Ann"));
    readings = 0;
    authors->repository->find_many = find_many_nothing;
    listing = list(books, 1, 10);
    assert_int_equal(readings, 2);
    assert_int_equal(listing.page.n, 1);
    assert_null(listing.embedded[0][0]);
}

static void test_list__refuses_an_anchor_that_is_gone_unless_the_order_is_by_id(void **state)
{
    struct query query = {.sort = &author_schema.fields[1], .by_key = true, .anchor = 7, .size = 10};
    struct listing listing = {0};

    (void)state;
    author_new("Ann");
    for (int i = 0; i < 2; i++) {
        context_clear(&context);
        query.backwards = i;
        assert_int_equal(collection_list(authors, &context, &query, &listing), INVALID);
        assert_int_equal(context.violations->kind, UNKNOWN_REFERENCE);
        assert_string_equal(context.violations->where, "query");
        assert_string_equal(context.violations->field, i ? "before" : "after");
        assert_string_equal(context.violations->reason, "no author has this id");
        assert_string_equal(context.violations->input, "\"7\"");
        assert_null(context.violations->next);
        assert_null(listing.page.records);
    }
    query.anchor = 1; /* the only one: nothing before it, and that is true */
    assert_int_equal(collection_list(authors, &context, &query, &listing), OK);
    query.anchor = 7;
    query.sort = &author_schema.fields[0];
    query.backwards = false;
    assert_int_equal(collection_list(authors, &context, &query, &listing), OK);
    assert_int_equal(listing.page.n, 0);
}

static void test_list__passes_on_a_failure_to_look_the_anchor_up(void **state)
{
    struct query query = {.sort = &author_schema.fields[1], .by_key = true, .anchor = 7, .size = 10};
    struct listing listing = {0};

    (void)state;
    fake_fail(store, TIMED_OUT, 1, 1);
    assert_int_equal(collection_list(authors, &context, &query, &listing), TIMED_OUT);
    assert_null(context.violations);
}

static void test_list__embeds_nothing_where_nothing_is_referred_to(void **state)
{
    unsigned before;

    (void)state;
    before = fake_calls(store);
    assert_int_equal(list(books, 1, 10).page.n, 0);
    assert_null(list(authors, 1, 10).embedded);
    assert_int_equal(fake_calls(store) - before, 2);
}

static void test_list__passes_failures_on(void **state)
{
    struct query query = {.sort = &book_schema.fields[0], .page = 1, .size = 10};
    struct listing listing = {0};

    (void)state;
    book_new("a", author_new("Ann"));
    for (unsigned after = 0; after < 2; after++) {
        fake_fail(store, TIMED_OUT, after, 1);
        assert_int_equal(collection_list(books, &context, &query, &listing), TIMED_OUT);
        assert_null(listing.page.records);
    }
}

static void test_list__survives_the_end_of_memory(void **state)
{
    struct query query = {.sort = &book_schema.fields[0], .page = 1, .size = 10};
    struct listing listing = {0};
    enum code code = NO_MEMORY;

    (void)state;
    book_new("a", author_new("Ann"));
    for (size_t failing = 1; code == NO_MEMORY; failing++) {
        arena.fail_after = failing;
        code = collection_list(books, &context, &query, &listing);
        arena.fail_after = 0;
        assert_int_equal(code == OK, listing.page.records != NULL);
    }
    assert_int_equal(code, OK);
}

static void test_get__names_what_is_not_there(void **state)
{
    void *record = NULL;
    int64_t id = author_new("Ann");

    (void)state;
    assert_int_equal(collection_get(authors, &context, id, &record), OK);
    assert_string_equal(((struct author *)record)->name, "Ann");
    record = NULL;
    assert_int_equal(collection_get(authors, &context, id + 1, &record), NOT_FOUND);
    assert_string_equal(context.error.detail, "Author not found");
    assert_int_equal(collection_get(books, &context, id, &record), NOT_FOUND);
    assert_string_equal(context.error.detail, "Book not found");
    assert_null(record);
}

static void assert_unknown_author(const char *id)
{
    assert_non_null(context.violations);
    assert_null(context.violations->next);
    assert_int_equal(context.violations->kind, UNKNOWN_REFERENCE);
    assert_string_equal(context.violations->where, "body");
    assert_string_equal(context.violations->field, "author_id");
    assert_string_equal(context.violations->reason, "no author has this id");
    assert_string_equal(context.violations->input, id);
}

static void test_create__names_the_unknown_reference(void **state)
{
    struct book book = {.title = "t", .description = "d", .author_id = 77};

    (void)state;
    assert_int_equal(collection_create(books, &context, &book), INVALID);
    assert_unknown_author("77");
    assert_int_equal(count(books), 0);
}

static struct author stale = {.id = 77, .name = "Gone"};

/* Like a cache that has not heard yet that a record is gone: reads of a unit of work go past it. */
static enum code find_stale(struct repository *self, struct context *unused, int64_t id, void **ret_record)
{
    struct unit_of_work *unit = fake_unit_of_work(store);

    (void)self, (void)unused;
    *ret_record = !unit->active(unit) && id == stale.id ? &stale : NULL;
    return OK;
}

static void test_create__looks_references_up_past_any_cache(void **state)
{
    struct book book = {.title = "t", .description = "d", .author_id = 77};

    (void)state;
    authors->repository->find = find_stale;
    assert_int_equal(collection_create(books, &context, &book), INVALID);
    assert_unknown_author("77");
}

static void test_create__conflicts_when_the_reference_is_back(void **state)
{
    struct book book = {.title = "t", .description = "d", .author_id = author_new("Ann")};

    (void)state;
    fake_fail(store, NO_REFERENCE, 0, 1);
    assert_int_equal(collection_create(books, &context, &book), CONFLICT);
    assert_int_equal(context.error.code, CONFLICT);
    fake_fail(store, NO_REFERENCE, 0, 1);
    assert_int_equal(collection_create(authors, &context, &(struct author){.name = "x"}), CONFLICT);
}

static void test_create__passes_on_a_failure_to_look_the_reference_up(void **state)
{
    struct book book = {.title = "t", .description = "d", .author_id = 77};

    (void)state;
    fake_fail(store, UNAVAILABLE, 1, 1);
    assert_int_equal(collection_create(books, &context, &book), UNAVAILABLE);
}

static void test_update__changes_only_what_is_in_the_set(void **state)
{
    int64_t id = author_new("Ann");
    struct author changes = {.id = 99, .name = "Bea", .bio = "other"};
    void *record = NULL;
    const struct author *author;

    (void)state;
    assert_int_equal(collection_update(authors, &context, id, &changes, 1u << 1, NULL, &record), OK);
    author = record;
    assert_int_equal(author->id, id);
    assert_string_equal(author->name, "Bea");
    assert_string_equal(author->bio, "bio");
    assert_int_equal(author->birthdate.year, 1929);
    assert_int_equal(collection_update(authors, &context, id, &changes, ALL_FIELDS, NULL, &record), OK);
    assert_int_equal(collection_get(authors, &context, id, &record), OK);
    author = record;
    assert_int_equal(author->id, id);
    assert_string_equal(author->bio, "other");
    assert_true(date_is_none(author->birthdate));
}

static enum code (*real_update)(struct repository *, struct context *, const void *, uint32_t);
static uint32_t stored;

static enum code noting_update(struct repository *self, struct context *unused, const void *record, uint32_t set)
{
    stored = set;
    return real_update(self, unused, record, set);
}

static void test_update__stores_no_more_than_the_set(void **state)
{
    int64_t id = author_new("Ann");
    struct author changes = {.bio = "other"};
    void *record = NULL;

    (void)state;
    real_update = authors->repository->update;
    authors->repository->update = noting_update;
    assert_int_equal(collection_update(authors, &context, id, &changes, 1u << 2, NULL, &record), OK);
    assert_int_equal(stored, 1u << 2);
    assert_string_equal(((struct author *)record)->bio, "other");
}

static void test_update__needs_the_record_and_the_precondition(void **state)
{
    static const struct precondition refuse = {never};
    static const struct precondition ann = {is_named_ann};
    struct author changes = {.name = "Bea"};
    int64_t id = author_new("Ann");
    void *record = NULL;

    (void)state;
    assert_int_equal(collection_update(authors, &context, id + 1, &changes, 2, &refuse, &record), NOT_FOUND);
    assert_string_equal(context.error.detail, "Author not found");
    assert_int_equal(collection_update(authors, &context, id, &changes, 2, &refuse, &record), CHANGED);
    assert_null(record);
    assert_int_equal(collection_update(authors, &context, id, &changes, 2, &ann, &record), OK);
    assert_int_equal(collection_update(authors, &context, id, &changes, 2, &ann, &record), CHANGED);
}

static void test_update__names_the_unknown_reference(void **state)
{
    int64_t id = book_new("t", author_new("Ann"));
    struct book changes = {.author_id = 77};
    void *record = NULL;

    (void)state;
    assert_int_equal(collection_update(books, &context, id, &changes, 1u << 4, NULL, &record), INVALID);
    assert_unknown_author("77");
    assert_int_equal(collection_get(books, &context, id, &record), OK);
    assert_int_equal(((struct book *)record)->author_id, 1);
}

static void test_update__is_rerun_when_contended(void **state)
{
    struct author changes = {.name = "Bea"};
    int64_t id = author_new("Ann");
    void *record = NULL;

    (void)state;
    fake_fail(store, CONTENDED, 1, 1);
    assert_int_equal(collection_update(authors, &context, id, &changes, 2, NULL, &record), OK);
    fake_fail(store, CONTENDED, 0, 4);
    assert_int_equal(collection_update(authors, &context, id, &changes, 2, NULL, &record), UNAVAILABLE);
}

static void test_remove__takes_the_dependents_along(void **state)
{
    int64_t ann = author_new("Ann");
    int64_t bob = author_new("Bob");

    (void)state;
    book_new("a", ann);
    book_new("b", bob);
    book_new("c", ann);
    assert_int_equal(collection_remove(authors, &context, ann, NULL), OK);
    assert_int_equal(count(authors), 1);
    assert_int_equal(count(books), 1);
    assert_int_equal(collection_remove(books, &context, 2, NULL), OK);
    assert_int_equal(count(books), 0);
    assert_int_equal(count(authors), 1);
}

static void test_remove__is_all_or_nothing(void **state)
{
    int64_t ann = author_new("Ann");

    (void)state;
    book_new("a", ann);
    for (unsigned after = 0; after < 3; after++) {
        fake_fail(store, INTERNAL, after, 1);
        assert_int_equal(collection_remove(authors, &context, ann, NULL), INTERNAL);
        assert_int_equal(count(authors), 1);
        assert_int_equal(count(books), 1);
    }
    assert_int_equal(collection_remove(authors, &context, ann, NULL), OK);
}

static void test_remove__is_ok_for_what_is_gone_unless_there_is_a_precondition(void **state)
{
    static const struct precondition refuse = {never};
    static const struct precondition ann = {is_named_ann};
    int64_t id = author_new("Ann");

    (void)state;
    assert_int_equal(collection_remove(authors, &context, id, &refuse), CHANGED);
    assert_int_equal(count(authors), 1);
    assert_int_equal(collection_remove(authors, &context, id, &ann), OK);
    assert_int_equal(collection_remove(authors, &context, id, NULL), OK);
    assert_int_equal(collection_remove(authors, &context, id, &ann), CHANGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_list__embeds_with_one_more_call, start),
        cmocka_unit_test_setup(test_list__orders_by_id_what_is_filtered_by_its_order, start),
        cmocka_unit_test_setup(test_list__asks_for_each_record_once, start),
        cmocka_unit_test_setup(test_list__embeds_null_for_no_reference, start),
        cmocka_unit_test_setup(test_list__reads_again_when_an_author_went_meanwhile, start),
        cmocka_unit_test_setup(test_list__reads_no_more_than_twice, start),
        cmocka_unit_test_setup(test_list__refuses_an_anchor_that_is_gone_unless_the_order_is_by_id, start),
        cmocka_unit_test_setup(test_list__passes_on_a_failure_to_look_the_anchor_up, start),
        cmocka_unit_test_setup(test_list__embeds_nothing_where_nothing_is_referred_to, start),
        cmocka_unit_test_setup(test_list__passes_failures_on, start),
        cmocka_unit_test_setup(test_list__survives_the_end_of_memory, start),
        cmocka_unit_test_setup(test_get__names_what_is_not_there, start),
        cmocka_unit_test_setup(test_create__names_the_unknown_reference, start),
        cmocka_unit_test_setup(test_create__looks_references_up_past_any_cache, start),
        cmocka_unit_test_setup(test_create__conflicts_when_the_reference_is_back, start),
        cmocka_unit_test_setup(test_create__passes_on_a_failure_to_look_the_reference_up, start),
        cmocka_unit_test_setup(test_update__changes_only_what_is_in_the_set, start),
        cmocka_unit_test_setup(test_update__stores_no_more_than_the_set, start),
        cmocka_unit_test_setup(test_update__needs_the_record_and_the_precondition, start),
        cmocka_unit_test_setup(test_update__names_the_unknown_reference, start),
        cmocka_unit_test_setup(test_update__is_rerun_when_contended, start),
        cmocka_unit_test_setup(test_remove__takes_the_dependents_along, start),
        cmocka_unit_test_setup(test_remove__is_all_or_nothing, start),
        cmocka_unit_test_setup(test_remove__is_ok_for_what_is_gone_unless_there_is_a_precondition, start),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
