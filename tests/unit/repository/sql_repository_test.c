/* sql_repository_test.c: rows to records, and statements saved; what all repositories share is in tests/contract. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/context.h"
#include "db_values.h"
#include "domain/author.h"
#include "domain/book.h"
#include "driver/db.h"
#include "fake_db.h"
#include "repository/sql_repository.h"
#include "schema/schema.h"
#include "usecase/query.h"
#include "usecase/repository.h"

static struct arena arena;
static struct context context;
static struct repository *authors;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    fake_db_reset();
    struct db *db = db_new(&arena, &fake_db_driver, &(struct db_options){.name = "test"});
    authors = db ? sql_repository_new(&arena, &author_schema, db) : NULL;
    if (!authors || db_ping(db, &context) != OK)
        return -1;
    fake_db_trace();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void answer(struct db_value *cells, size_t n_rows, size_t n_columns)
{
    fake_db_set_result(&(struct db_result){.cells = cells, .n_rows = n_rows, .n_columns = n_columns});
}

static void test_find__turns_a_row_into_a_record(void **state)
{
    (void)state;
    struct db_value cells[] = {INTEGER(7), TEXT("Name"), NOTHING, TEXT("1929-10-21")};
    struct author *author = NULL;

    answer(cells, 1, 4);
    assert_int_equal(authors->find(authors, &context, 7, (void **)&author), OK);
    assert_int_equal(author->id, 7);
    assert_string_equal(author->name, "Name");
    assert_null(author->bio);
    assert_int_equal(author->birthdate.year, 1929);
}

static void test_find__takes_a_date_that_is_none_for_none(void **state)
{
    (void)state;
    struct db_value cells[] = {INTEGER(7), TEXT("Name"), TEXT(""), TEXT("next spring")};
    struct author *author = NULL;

    answer(cells, 1, 4);
    assert_int_equal(authors->find(authors, &context, 7, (void **)&author), OK);
    assert_true(date_is_none(author->birthdate));
}

static void test_find__gives_no_record_without_a_row(void **state)
{
    (void)state;
    void *record = &arena;

    assert_int_equal(authors->find(authors, &context, 7, &record), OK);
    assert_null(record);
}

static void test_find__passes_the_drivers_code_on(void **state)
{
    (void)state;
    void *record = &arena;

    fake_db_plan(CONTENDED, false);
    assert_int_equal(authors->find(authors, &context, 7, &record), CONTENDED);
    assert_ptr_equal(record, &arena);
}

static void test_list__does_not_read_a_page_beyond_the_count(void **state)
{
    (void)state;
    struct db_value cells[] = {INTEGER(20), TEXT("Name"), NOTHING, NOTHING}; /* a count, and an author */
    struct query query = {.sort = &author_schema.fields[0], .page = 3, .size = 10};
    struct page page = {.n = 9};

    answer(cells, 1, 4);
    assert_int_equal(authors->list(authors, &context, &query, &page), OK);
    assert_string_equal(fake_db_trace(), "SELECT COUNT(*) FROM author");
    assert_int_equal(page.n, 0);
    assert_int_equal(page.total, 20);
    assert_false(page.more);
    query.page = INT64_MAX;
    assert_int_equal(authors->list(authors, &context, &query, &page), OK);
    assert_string_equal(fake_db_trace(), "SELECT COUNT(*) FROM author");
    query.page = 2;
    assert_int_equal(authors->list(authors, &context, &query, &page), OK);
    assert_int_equal(context.tally.sql_statements, 4);
}

static void test_list__refuses_a_count_that_is_none(void **state)
{
    (void)state;
    struct query query = {.sort = &author_schema.fields[0], .page = 1, .size = 10};
    struct page page;

    assert_int_equal(authors->list(authors, &context, &query, &page), INTERNAL);
}

static void test_update__of_no_field_runs_nothing(void **state)
{
    (void)state;
    struct author author = {.id = 7, .name = "Name"};

    assert_int_equal(authors->update(authors, &context, &author, 0), OK);
    assert_int_equal(authors->update(authors, &context, &author, 1U << 0), OK);
    assert_string_equal(fake_db_trace(), "");
    assert_int_equal(authors->update(authors, &context, &author, 1U << 1), OK);
    assert_string_equal(fake_db_trace(), "UPDATE author SET name = ? WHERE id = ?");
}

static void test_find_many__of_nothing_asks_nothing(void **state)
{
    (void)state;
    assert_int_equal(authors->find_many(authors, &context, NULL, 0, NULL), OK);
    assert_string_equal(fake_db_trace(), "");
}

static void test_locking_calls__are_refused_outside_a_unit_of_work(void **state)
{
    (void)state;
    const struct filter filter = {.field = &book_schema.fields[4], .value = {.type = FIELD_ID, .integer = 1}};
    struct ids removed;
    void *record;

    assert_int_equal(authors->remove_where(authors, &context, &filter, &removed), INTERNAL);
    assert_int_equal(authors->find_for_update(authors, &context, 1, &record), INTERNAL);
    assert_string_equal(fake_db_trace(), "");
}

static void test_find__says_when_memory_ends(void **state)
{
    (void)state;
    struct db_value cells[] = {INTEGER(7), TEXT("Name"), TEXT(""), NOTHING};
    void *record = NULL;

    answer(cells, 1, 4);
    for (size_t after = 1; after <= 3; after++) {
        arena.fail_after = after;
        assert_int_equal(authors->find(authors, &context, 7, &record), NO_MEMORY);
    }
    assert_int_equal(authors->find(authors, &context, 7, &record), OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_find__turns_a_row_into_a_record),
        TEST(test_find__takes_a_date_that_is_none_for_none),
        TEST(test_find__gives_no_record_without_a_row),
        TEST(test_find__passes_the_drivers_code_on),
        TEST(test_list__does_not_read_a_page_beyond_the_count),
        TEST(test_list__refuses_a_count_that_is_none),
        TEST(test_update__of_no_field_runs_nothing),
        TEST(test_find_many__of_nothing_asks_nothing),
        TEST(test_locking_calls__are_refused_outside_a_unit_of_work),
        TEST(test_find__says_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
