/* list_query_test.c: query strings of lists, read and written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/list_query.h"
#include "core/arena.h"
#include "core/context.h"
#include "domain/author.h"
#include "domain/book.h"
#include "fake_request.h"
#include "usecase/query.h"

static struct arena arena;
static struct context context;
static struct fake_request fake;
static struct query query;

static enum code get(const struct schema *schema, const char *uri)
{
    arena_reset(&arena);
    context_init(&context, &arena, 0);
    fake_request_init(&fake, "GET", uri, NULL);
    assert_int_equal(request_parse(&fake.request, &context), OK);
    memset(&query, 0, sizeof(query));
    return list_query_read(schema, &context, &fake.request, 100, &query);
}

static void test_list_query_read__has_defaults(void **state)
{
    (void)state;
    assert_int_equal(get(&author_schema, "/?name=&unknown=%2B&Page=7"), OK);
    assert_int_equal(query.page, 1);
    assert_int_equal(query.size, 10);
    assert_int_equal(query.n_filters, 0);
    assert_ptr_equal(query.sort, &author_schema.fields[0]);
    assert_false(query.descending);
    assert_false(query.by_key);
    assert_int_equal(list_query_read(&author_schema, &context, &fake.request, 5, &query), OK);
    assert_int_equal(query.size, 5);
}

static void test_list_query_read__takes_every_parameter(void **state)
{
    (void)state;
    assert_int_equal(get(&author_schema, "/?page=3&pageSize=100&sort=-name&name=Le+Guin"), OK);
    assert_int_equal(query.page, 3);
    assert_int_equal(query.size, 100);
    assert_string_equal(query.sort->name, "name");
    assert_true(query.descending);
    assert_int_equal(query.n_filters, 1);
    assert_string_equal(query.filters[0].field->name, "name");
    assert_string_equal(query.filters[0].value.text, "Le Guin");
    assert_false(query.filters[0].value.is_null);
    assert_int_equal(get(&book_schema, "/?author_id=7&sort=publish_date"), OK);
    assert_int_equal(query.filters[0].value.integer, 7);
    assert_string_equal(query.sort->name, "publish_date");
    assert_int_equal(get(&book_schema, "/?author_id=0"), OK);
    assert_int_equal(query.n_filters, 0);
    assert_int_equal(get(&book_schema, "/?author_id="), OK);
    assert_int_equal(query.n_filters, 0);
}

static void test_list_query_read__does_not_read_the_page_with_a_key(void **state)
{
    (void)state;
    assert_int_equal(get(&author_schema, "/?after=42&page=nonsense"), OK);
    assert_true(query.by_key);
    assert_int_equal(query.anchor, 42);
    assert_int_equal(query.page, 1);
    assert_int_equal(get(&author_schema, "/?after=0&page=7&sort=-id"), OK);
    assert_false(query.by_key);
    assert_int_equal(query.page, 1);
}

static void test_list_query_read__goes_backwards_from_a_key_unless_there_is_one_to_go_on_from(void **state)
{
    (void)state;
    assert_int_equal(get(&author_schema, "/?before=42&page=nonsense"), OK);
    assert_true(query.by_key);
    assert_true(query.backwards);
    assert_int_equal(query.anchor, 42);
    assert_int_equal(query.page, 1);
    assert_int_equal(get(&author_schema, "/?before=nonsense&after=7"), OK);
    assert_true(query.by_key);
    assert_false(query.backwards);
    assert_int_equal(query.anchor, 7);
    assert_int_equal(get(&author_schema, "/?before=9&after=0"), OK);
    assert_false(query.by_key);
    assert_false(query.backwards);
}

static void test_list_query_read__refuses(void **state)
{
    static const struct {
        const char *uri, *field;
        enum violation_kind kind;
        int64_t limit;
    } rows[] = {
        {"/?page=0", "page", TOO_SMALL, 1},
        {"/?page=-1", "page", TOO_SMALL, 1},
        {"/?page=abc", "page", INTEGER_UNREADABLE, 0},
        {"/?page=", "page", INTEGER_UNREADABLE, 0},
        {"/?page=9223372036854775807", "page", TOO_BIG, INT64_MAX / 1000},
        {"/?pageSize=0", "pageSize", TOO_SMALL, 1},
        {"/?pageSize=101", "pageSize", TOO_BIG, 100},
        {"/?after=-1", "after", TOO_SMALL, 0},
        {"/?after=x", "after", INTEGER_UNREADABLE, 0},
        {"/?before=0", "before", TOO_SMALL, 1},
        {"/?before=x", "before", INTEGER_UNREADABLE, 0},
        {"/?author_id=-1", "author_id", TOO_SMALL, 0},
        {"/?author_id=x", "author_id", INTEGER_UNREADABLE, 0},
        {"/?sort=nothing", "sort", UNKNOWN_SORT, 0},
        {"/?sort=description", "sort", UNKNOWN_SORT, 0},
        {"/?sort=--id", "sort", UNKNOWN_SORT, 0},
        {"/?sort=-", "sort", UNKNOWN_SORT, 0},
        {"/?sort=", "sort", UNKNOWN_SORT, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (get(&book_schema, rows[i].uri) != INVALID)
            fail_msg("%s", rows[i].uri);
        assert_string_equal(context.violations->where, "query");
        assert_string_equal(context.violations->field, rows[i].field);
        assert_int_equal(context.violations->kind, rows[i].kind);
        assert_int_equal(context.violations->limit, rows[i].limit);
        assert_null(context.violations->next);
        assert_null(query.sort);
    }
}

static void test_list_query_read__reports_everything_at_once(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(get(&book_schema, "/?page=0&pageSize=0&sort=x&author_id=-1"), INVALID);
    for (const struct violation *v = context.violations; v; v = v->next)
        n++;
    assert_int_equal(n, 4);
}

static void test_list_query_read__says_what_can_be_sorted_by(void **state)
{
    (void)state;
    assert_int_equal(get(&author_schema, "/?sort=%22"), INVALID);
    assert_string_equal(context.violations->reason, "'id', 'name', '-id' or '-name'");
    assert_string_equal(context.violations->input, "\"\\\"\"");
}

/* Both may be NULL. */
static void assert_links(const struct schema *schema, const char *uri, const struct page *page, const char *expected)
{
    const char *links;

    assert_int_equal(get(schema, uri), OK);
    links = list_query_links(schema, &context, &fake.request, &query, page);
    if (links && expected)
        assert_string_equal(links, expected);
    else
        assert_ptr_equal(links, expected);
}

static void test_list_query_links__lead_on_and_back(void **state)
{
    struct author authors[2] = {{.id = 4}, {.id = 9}};
    struct page more = {.records = authors, .n = 2, .total = 45, .more = true};
    struct page last = {.records = authors, .n = 2, .total = 12, .more = false};
    struct page none = {.records = authors, .n = 0, .total = 0, .more = false};
    struct page beyond = {.records = authors, .n = 0, .total = 20, .more = false};

    (void)state;
    assert_links(&author_schema, "/a", &none, NULL);
    assert_links(&author_schema, "/a/", &more, "</a?page=2&pageSize=10>; rel=\"next\"");
    assert_links(&author_schema, "/a?page=2&x=1", &last, "</a?page=1&pageSize=10>; rel=\"prev\"");
    assert_links(&author_schema, "/a?page=3&pageSize=2&sort=-name&name=a%26%22%C3%A9>+b", &more,
                 "</a?page=4&pageSize=2&sort=-name&name=a%26%22%C3%A9%3E%20b>; rel=\"next\", "
                 "</a?page=2&pageSize=2&sort=-name&name=a%26%22%C3%A9%3E%20b>; rel=\"prev\"");
    assert_links(&author_schema, "/a?page=1000", &beyond, "</a?page=2&pageSize=10>; rel=\"prev\"");
    assert_links(&author_schema, "/a?page=2", &none, "</a?page=1&pageSize=10>; rel=\"prev\"");
    assert_links(&book_schema, "/a?author_id=3&sort=id", &more,
                 "</a?page=2&pageSize=10&sort=id&author_id=3>; rel=\"next\"");
}

static void test_list_query_links__go_on_by_key(void **state)
{
    struct author authors[2] = {{.id = 4}, {.id = 9}};
    struct page more = {.records = authors, .n = 2, .total = 45, .more = true};
    struct page last = {.records = authors, .n = 2, .total = 45, .more = false};
    struct page none = {.records = authors, .n = 0, .total = 45, .more = false};

    (void)state;
    assert_links(&author_schema, "/a?after=0&pageSize=2", &more, "</a?after=9&pageSize=2>; rel=\"next\"");
    assert_links(&author_schema, "/a?after=2&sort=name&page=7", &more,
                 "</a?after=9&pageSize=10&sort=name>; rel=\"next\", "
                 "</a?before=4&pageSize=10&sort=name>; rel=\"prev\"");
    assert_links(&author_schema, "/a?after=2", &last, "</a?before=4&pageSize=10>; rel=\"prev\"");
    assert_links(&author_schema, "/a?after=0", &last, NULL);
    assert_links(&author_schema, "/a?after=9", &none, NULL);
}

static void test_list_query_links__go_back_by_key(void **state)
{
    struct author authors[2] = {{.id = 4}, {.id = 9}};
    struct page more = {.records = authors, .n = 2, .total = 45, .more = true};
    struct page first = {.records = authors, .n = 2, .total = 45, .more = false};
    struct page none = {.records = authors, .n = 0, .total = 45, .more = false};

    (void)state;
    assert_links(&author_schema, "/a?before=12&pageSize=2&name=x&sort=-id", &more,
                 "</a?after=9&pageSize=2&sort=-id&name=x>; rel=\"next\", "
                 "</a?before=4&pageSize=2&sort=-id&name=x>; rel=\"prev\"");
    assert_links(&author_schema, "/a?before=12", &first, "</a?after=9&pageSize=10>; rel=\"next\"");
    assert_links(&author_schema, "/a?before=4", &none, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_query_read__has_defaults),
        cmocka_unit_test(test_list_query_read__takes_every_parameter),
        cmocka_unit_test(test_list_query_read__does_not_read_the_page_with_a_key),
        cmocka_unit_test(test_list_query_read__goes_backwards_from_a_key_unless_there_is_one_to_go_on_from),
        cmocka_unit_test(test_list_query_read__refuses),
        cmocka_unit_test(test_list_query_read__reports_everything_at_once),
        cmocka_unit_test(test_list_query_read__says_what_can_be_sorted_by),
        cmocka_unit_test(test_list_query_links__lead_on_and_back),
        cmocka_unit_test(test_list_query_links__go_on_by_key),
        cmocka_unit_test(test_list_query_links__go_back_by_key),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
