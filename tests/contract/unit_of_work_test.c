/* unit_of_work_test.c: all or nothing, whatever records are stored in. */

#include "store.h"

#undef fail /* cmocka's macro; here it is ours */

/* What a piece of work is given, and what it leaves behind. */
struct job {
    struct store *store;
    int64_t author_id;
    enum code code; /* what it ends with */
    int hooks_called;
};

static void count_hook(struct context *context, void *argument)
{
    (void)context;
    ((struct job *)argument)->hooks_called++;
}

/* Adds an author, renames it, asks to be told; in between, reads see what was written. */
static enum code add_and_rename(struct context *context, void *argument)
{
    struct job *job = argument;
    struct store *store = job->store;

    assert_true(store->unit->active(store->unit));
    job->author_id = add_author(store, "Old");
    struct author *author = find(store, store->authors, job->author_id);
    assert_string_equal(author->name, "Old");
    author->name = "New";
    assert_int_equal(store->authors->update(store->authors, context, author, ALL_FIELDS), OK);
    author = find(store, store->authors, job->author_id);
    assert_string_equal(author->name, "New");
    assert_int_equal(store->unit->after_commit(store->unit, context, count_hook, job), OK);
    assert_int_equal(job->hooks_called, 0);
    return job->code == OK ? OK : fail(context, job->code, NULL);
}

static void test_run__commits_all_of_it(void **state)
{
    struct store *store = *state;
    struct job job = {.store = store};

    assert_int_equal(store->unit->run(store->unit, &store->context, add_and_rename, &job), OK);
    assert_false(store->unit->active(store->unit));
    assert_string_equal(((struct author *)find(store, store->authors, job.author_id))->name, "New");
    assert_int_equal(job.hooks_called, 1);
}

static void test_run__leaves_nothing_of_a_failure(void **state)
{
    struct store *store = *state;
    struct job job = {.store = store, .code = NOT_FOUND};
    int64_t before = add_author(store, "Before");

    assert_int_equal(store->unit->run(store->unit, &store->context, add_and_rename, &job), NOT_FOUND);
    assert_int_equal(store->context.error.code, NOT_FOUND);
    assert_null(find(store, store->authors, job.author_id));
    assert_non_null(find(store, store->authors, before));
    assert_int_equal(job.hooks_called, 0);
}

static enum code remove_author_with_books(struct context *context, void *argument)
{
    struct job *job = argument;
    struct store *store = job->store;
    const struct filter filter = {schema_find(&book_schema, "author_id"),
                                  {.type = FIELD_ID, .integer = job->author_id}};
    struct ids removed = {.n = 99};
    void *author = NULL;

    assert_int_equal(store->authors->find_for_update(store->authors, context, job->author_id, &author), OK);
    assert_non_null(author);
    assert_int_equal(store->books->remove_where(store->books, context, &filter, &removed), OK);
    assert_int_equal(removed.n, 2);
    assert_true(removed.items[0] != removed.items[1]);
    for (size_t i = 0; i < removed.n; i++)
        assert_null(find(store, store->books, removed.items[i]));
    assert_int_equal(store->books->remove_where(store->books, context, &filter, &removed), OK);
    assert_int_equal(removed.n, 0);
    assert_int_equal(store->authors->remove(store->authors, context, job->author_id), OK);
    return job->code == OK ? OK : fail(context, job->code, NULL);
}

/* An author with two books, and one with one. */
static struct job add_two_authors(struct store *store, int64_t ret_books[3])
{
    struct job job = {.store = store, .author_id = add_author(store, "one")};
    int64_t other = add_author(store, "two");

    ret_books[0] = add_book(store, "A", (struct date){2001, 1, 1}, job.author_id);
    ret_books[1] = add_book(store, "B", (struct date){2001, 1, 1}, job.author_id);
    ret_books[2] = add_book(store, "C", (struct date){2001, 1, 1}, other);
    for (int i = 0; i < 3; i++)
        assert_non_null(find(store, store->books, ret_books[i]));
    return job;
}

static void test_remove_where__takes_all_that_match_and_says_which(void **state)
{
    struct store *store = *state;
    int64_t books[3];
    struct job job = add_two_authors(store, books);

    assert_int_equal(store->unit->run(store->unit, &store->context, remove_author_with_books, &job), OK);
    assert_null(find(store, store->authors, job.author_id));
    assert_null(find(store, store->books, books[0]));
    assert_null(find(store, store->books, books[1]));
    assert_non_null(find(store, store->books, books[2]));
}

static void test_remove_where__is_undone_with_its_unit_of_work(void **state)
{
    struct store *store = *state;
    int64_t books[3];
    struct job job = add_two_authors(store, books);

    job.code = CHANGED;
    assert_int_equal(store->unit->run(store->unit, &store->context, remove_author_with_books, &job), CHANGED);
    assert_non_null(find(store, store->authors, job.author_id));
    for (int i = 0; i < 3; i++)
        assert_non_null(find(store, store->books, books[i]));
}

/* A constraint says no, and the work goes on without that step. */
static enum code fail_and_go_on(struct context *context, void *argument)
{
    struct job *job = argument;
    struct store *store = job->store;
    struct book book = {.title = "T", .description = "", .publish_date = {2001, 1, 1}, .author_id = 4711};

    assert_int_equal(store->books->insert(store->books, context, &book), NO_REFERENCE);
    job->author_id = add_author(store, "after");
    return OK;
}

static void test_run__goes_on_after_a_constraint(void **state)
{
    struct store *store = *state;
    struct job job = {.store = store};

    assert_int_equal(store->unit->run(store->unit, &store->context, fail_and_go_on, &job), OK);
    assert_non_null(find(store, store->authors, job.author_id));
}

static enum code find_one_that_is_gone(struct context *context, void *argument)
{
    struct job *job = argument;
    void *record = job;

    assert_int_equal(job->store->authors->find_for_update(job->store->authors, context, 4711, &record), OK);
    assert_null(record);
    return OK;
}

static void test_find_for_update__gives_none_where_there_is_none(void **state)
{
    struct store *store = *state;
    struct job job = {.store = store};

    assert_int_equal(store->unit->run(store->unit, &store->context, find_one_that_is_gone, &job), OK);
}

static enum code run_again_inside(struct context *context, void *argument)
{
    struct job *job = argument;

    return job->store->unit->run(job->store->unit, context, add_and_rename, argument);
}

static void test_run__refuses_to_nest(void **state)
{
    struct store *store = *state;
    struct job job = {.store = store};

    assert_int_equal(store->unit->run(store->unit, &store->context, run_again_inside, &job), INTERNAL);
    assert_int_equal(job.author_id, 0);
}

static void test_after_commit__outside_a_run_is_called_at_once(void **state)
{
    struct store *store = *state;
    struct job job = {.store = store};

    assert_int_equal(store->unit->after_commit(store->unit, &store->context, count_hook, &job), OK);
    assert_int_equal(job.hooks_called, 1);
}

/* Asks for a rerun as many times as `code` counts down. */
static enum code contend(struct context *context, void *argument)
{
    int *left = argument;

    return (*left)-- > 0 ? fail(context, CONTENDED, NULL) : OK;
}

static void test_run__reruns_contended_work_three_times(void **state)
{
    struct store *store = *state;
    int left = 3;

    assert_int_equal(store->unit->run(store->unit, &store->context, contend, &left), OK);
    assert_int_equal(store->context.error.code, OK);
    left = 100;
    assert_int_equal(store->unit->run(store->unit, &store->context, contend, &left), UNAVAILABLE);
    assert_int_equal(left, 96); /* one run and three reruns */
}

int main(void)
{
    static const struct contract_case cases[] = {
        CASE(test_run__commits_all_of_it),
        CASE(test_run__leaves_nothing_of_a_failure),
        CASE(test_remove_where__takes_all_that_match_and_says_which),
        CASE(test_remove_where__is_undone_with_its_unit_of_work),
        CASE(test_run__goes_on_after_a_constraint),
        CASE(test_find_for_update__gives_none_where_there_is_none),
        CASE(test_run__refuses_to_nest),
        CASE(test_after_commit__outside_a_run_is_called_at_once),
        CASE(test_run__reruns_contended_work_three_times),
    };
    return store_run_cases(cases, sizeof cases / sizeof *cases);
}
