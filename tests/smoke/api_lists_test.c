/*
 * api_lists_test.c: lists: pages, order, filters, keys, links. Every test lists the books of an author of its own, or
 * the authors of a name of its own, so that other records do not matter.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

#define BOOKS 7

/* Seven books of one author, made in the order a to g; two share a title, dates fall as ids rise. */
struct shelf {
    int64_t author;
    int64_t books[BOOKS];
};

static struct shelf *make_shelf(void)
{
    static const char *const titles[BOOKS] = {"delta", "alpha", "foxtrot", "alpha", "golf", "bravo", "charlie"};
    struct shelf *shelf = keep(free, calloc(1, sizeof *shelf));

    shelf->author = make_author(unique("author"));
    for (int i = 0; i < BOOKS; i++)
        shelf->books[i] = make("/api/books", json("{'title':'%s','description':'d','publish_date':'19%d-01-01',"
                                                  "'author_id':%" PRId64 "}",
                                                  titles[i], 90 - i, shelf->author));
    return shelf;
}

/* `more` may have "@2": the id of the book at place 2. */
static const char *shelf_path(const struct shelf *shelf, const char *more)
{
    int before = (int)strcspn(more, "@");

    if (!more[before])
        return text("/api/books?author_id=%" PRId64 "%s", shelf->author, more);
    return text("/api/books?author_id=%" PRId64 "%.*s%" PRId64 "%s", shelf->author, before, more,
                shelf->books[more[before + 1] - '0'], more + before + 2);
}

/* The place on the shelf of each listed book, as digits. */
static const char *places(const struct answer *answer, const struct shelf *shelf)
{
    struct json_object *books = member(expect_status(answer, 200), answer->json, "books");
    char *made = keep(free, calloc(json_object_array_length(books) + 1, 1));

    for (size_t i = 0; i < json_object_array_length(books); i++) {
        int64_t id = json_object_get_int64(member(answer, json_object_array_get_idx(books, i), "id"));

        made[i] = '?';
        for (int j = 0; j < BOOKS; j++)
            made[i] = (char)(shelf->books[j] == id ? '0' + j : made[i]);
    }
    return made;
}

/* The target of the link with this relation (RFC 8288), as a path below the prefix; NULL when there is none. */
static const char *link_to(const struct answer *answer, const char *relation)
{
    const char *value = header(answer, "Link");
    const char *wanted = text("rel=\"%s\"", relation);

    while (value && (value = strchr(value, '<'))) {
        const char *end = strchr(value, '>');
        size_t parameters = end ? strcspn(end, ",") : 0;

        if (!end)
            return NULL;
        if (memmem(end, parameters, wanted, strlen(wanted))) {
            size_t prefix = strlen(base_path());

            assert_memory_equal(value + 1, base_path(), prefix);
            return text("%.*s", (int)(end - value - 1 - (ptrdiff_t)prefix), value + 1 + prefix);
        }
        value = end;
    }
    return NULL;
}

/* Follows the links of a relation from `path` on; a stroke after each page. */
static const char *walk(const char *path, const char *relation, const struct shelf *shelf)
{
    const char *seen = "";

    for (int pages = 0; path; pages++) {
        const struct answer *answer = get(path);

        assert_true(pages < 20);
        seen = text("%s%s/", seen, places(answer, shelf));
        path = link_to(answer, relation);
    }
    return seen;
}

static struct order {
    const char *name;
    const char *query;
    const char *expected;
} orders[] = {
    {.name = "list: by id without sort", .query = "", .expected = "0123456"},
    {.name = "list: sort=id", .query = "&sort=id", .expected = "0123456"},
    {.name = "list: sort=-id", .query = "&sort=-id", .expected = "6543210"},
    {.name = "list: sort=title, ties by id", .query = "&sort=title", .expected = "1356024"},
    {.name = "list: sort=-title, ties by id backwards", .query = "&sort=-title", .expected = "4206531"},
    {.name = "list: sort=publish_date", .query = "&sort=publish_date", .expected = "6543210"},
    {.name = "list: sort=-publish_date", .query = "&sort=-publish_date", .expected = "0123456"},
    {.name = "list: page 2 of 3", .query = "&page=2&pageSize=3", .expected = "345"},
    {.name = "list: the last page is shorter", .query = "&page=3&pageSize=3", .expected = "6"},
    {.name = "list: beyond the last page", .query = "&page=4&pageSize=3", .expected = ""},
    {.name = "list: far beyond the last page", .query = "&page=1000000000000&pageSize=100", .expected = ""},
    {.name = "list: a page that ends with the list", .query = "&page=1&pageSize=7", .expected = "0123456"},
    {.name = "list: sorted page", .query = "&page=2&pageSize=2&sort=title", .expected = "56"},
    {.name = "list: after a record", .query = "&after=@2&pageSize=3", .expected = "345"},
    {.name = "list: after the last record", .query = "&after=@6", .expected = ""},
    {.name = "list: after a record, by title", .query = "&after=@1&sort=title", .expected = "356024"},
    {.name = "list: after a record, by title backwards", .query = "&after=@3&sort=-title", .expected = "1"},
    {.name = "list: after the last id", .query = "&after=9223372036854775807", .expected = ""},
    {.name = "list: with after, page is not read", .query = "&after=@0&page=5&pageSize=3", .expected = "123"},
    {.name = "list: before a record", .query = "&before=@4&pageSize=3", .expected = "123"},
    {.name = "list: before a record, all of them", .query = "&before=@4", .expected = "0123"},
    {.name = "list: before the first record", .query = "&before=@0", .expected = ""},
    {.name = "list: before a record, by title", .query = "&before=@6&sort=title&pageSize=2", .expected = "35"},
    {.name = "list: before a record, by title backwards", .query = "&before=@3&sort=-title", .expected = "42065"},
    {.name = "list: with after, before is not read", .query = "&after=@2&before=@2&pageSize=2", .expected = "34"},
    {.name = "list: unknown parameters are ignored", .query = "&x=1&__proto__=2&author=3", .expected = "0123456"},
};

static void list__has_these_records_in_this_order(void **state)
{
    const struct order *row = *state;
    struct shelf *shelf = make_shelf();
    const struct answer *answer = get(shelf_path(shelf, row->query));
    const char *got = places(answer, shelf);

    if (strcmp(got, row->expected) != 0)
        complain(answer, "records, by place", row->expected, got);
    assert_int_equal(number(answer, "total"), BOOKS);
}

static struct order walks[] = {
    {.name = "links: page by page", .query = "&page=1&pageSize=3", .expected = "012/345/6/"},
    {.name = "links: pages without a rest", .query = "&page=1&pageSize=7", .expected = "0123456/"},
    {.name = "links: the parameters are kept", .query = "&pageSize=2&sort=title", .expected = "13/56/02/4/"},
    {.name = "links: key by key", .query = "&after=@0&pageSize=3", .expected = "123/456/"},
    {.name = "links: key by key, one at a time", .query = "&after=@0&pageSize=1", .expected = "1/2/3/4/5/6/"},
    {.name = "links: key by key, by title", .query = "&after=@1&pageSize=2&sort=title", .expected = "35/60/24/"},
    {.name = "links: key by key, by title backwards",
     .query = "&after=@4&pageSize=2&sort=-title",
     .expected = "20/65/31/"},
    {.name = "links: key by key, by date", .query = "&after=@6&pageSize=4&sort=publish_date", .expected = "5432/10/"},
    {.name = "links: key by key, by id backwards", .query = "&after=@6&pageSize=4&sort=-id", .expected = "5432/10/"},
};

static void links__lead_through_all_records_once(void **state)
{
    const struct order *row = *state;
    struct shelf *shelf = make_shelf();

    assert_string_equal(walk(shelf_path(shelf, row->query), "next", shelf), row->expected);
}

static void links__lead_back_too(void **state)
{
    struct shelf *shelf = make_shelf();

    (void)state;
    assert_string_equal(walk(shelf_path(shelf, "&page=3&pageSize=3"), "prev", shelf), "6/345/012/");
    assert_null(link_to(get(shelf_path(shelf, "&page=1&pageSize=3")), "prev"));
    assert_null(link_to(get(shelf_path(shelf, "&page=3&pageSize=3")), "next"));
}

static struct order walks_back[] = {
    {.name = "links back: key by key", .query = "&after=@5&pageSize=3", .expected = "6/345/012/"},
    {.name = "links back: one at a time", .query = "&before=@3&pageSize=1", .expected = "2/1/0/"},
    {.name = "links back: by title", .query = "&after=@2&pageSize=2&sort=title", .expected = "4/02/56/13/"},
    {.name = "links back: by title backwards", .query = "&after=@3&pageSize=3&sort=-title", .expected = "1/653/420/"},
    {.name = "links back: by date", .query = "&before=@0&pageSize=4&sort=publish_date", .expected = "4321/65/"},
};

static void links__lead_back_through_all_records_once(void **state)
{
    const struct order *row = *state;
    struct shelf *shelf = make_shelf();

    assert_string_equal(walk(shelf_path(shelf, row->query), "prev", shelf), row->expected);
}

/* Forwards by key from the start, and at its end back again. */
static void links__lead_back_the_way_they_led_on(void **state)
{
    struct shelf *shelf = make_shelf();
    const char *path = shelf_path(shelf, "&after=0&pageSize=3&sort=title");
    const char *next = path;

    (void)state;
    assert_null(link_to(get(path), "prev"));
    for (int pages = 0; next && pages < 20; pages++) {
        path = next;
        next = link_to(get(path), "next");
    }
    assert_string_equal(walk(path, "prev", shelf), "4/602/135/");
    path = link_to(get(path), "prev");
    assert_string_equal(walk(path, "next", shelf), "602/4/");
}

static void list__by_key_says_when_its_key_is_gone(void **state)
{
    struct shelf *shelf = make_shelf();
    const char *gone = text("%" PRId64, shelf->books[2]);

    (void)state;
    expect_status(call("DELETE", book_path(shelf->books[2]), NULL), 200);
    expect_body(
        expect_status(get(shelf_path(shelf, text("&sort=title&after=%s", gone))), 422),
        json("{'detail':[{'type':'value_error','loc':['query','after'],'msg':'Value error, no book has this id',"
             "'input':'%s','ctx':{'error':'no book has this id'}}]}",
             gone));
    expect_body(
        expect_status(get(shelf_path(shelf, text("&sort=-publish_date&before=%s", gone))), 422),
        json("{'detail':[{'type':'value_error','loc':['query','before'],'msg':'Value error, no book has this id',"
             "'input':'%s','ctx':{'error':'no book has this id'}}]}",
             gone));
    assert_string_equal(places(get(shelf_path(shelf, text("&before=%s", gone))), shelf), "01");
}

static void list__by_key_has_no_gap_when_its_key_is_deleted(void **state)
{
    struct shelf *shelf = make_shelf();

    (void)state;
    expect_status(call("DELETE", book_path(shelf->books[2]), NULL), 200);
    assert_string_equal(places(get(shelf_path(shelf, text("&after=%" PRId64 "&pageSize=2", shelf->books[2]))), shelf),
                        "34");
}

static void authors_list__is_exactly_this(void **state)
{
    const char *name = unique("list");
    int64_t first = make_author(name);
    int64_t second = make_author(name);
    const char *members = text("'name':'%s','bio':'b','birthdate':'1929-10-21'", name);

    (void)state;
    expect_body(expect_status(get(text("/api/authors?name=%s", escaped(name))), 200),
                json("{'authors':[%s,%s],'page':1,'pageSize':10,'total':2}", record_json(first, members),
                     record_json(second, members)));
    expect_body(get(text("/api/authors?name=%s&page=2&pageSize=1", escaped(name))),
                json("{'authors':[%s],'page':2,'pageSize':1,'total':2}", record_json(second, members)));
}

static void books_list__embeds_each_author_and_is_exactly_this(void **state)
{
    const char *name = unique("author");
    int64_t author = make_author(name);
    int64_t book = make_book("t", author);

    (void)state;
    expect_body(expect_status(get(text("/api/books?author_id=%" PRId64, author)), 200),
                json("{'books':[{'id':%" PRId64 ",'title':'t','description':'d','publish_date':'1974-05-01',"
                     "'author_id':%" PRId64 ",'author':{'id':%" PRId64
                     ",'name':'%s','bio':'b','birthdate':'1929-10-21'}}],'page':1,'pageSize':10,'total':1}",
                     book, author, author, name));
}

static void list__of_nothing_is_empty_not_404(void **state)
{
    (void)state;
    expect_body(expect_status(get(text("/api/authors?name=%s", escaped(unique("nobody")))), 200),
                "{\"authors\":[],\"page\":1,\"pageSize\":10,\"total\":0}");
    expect_body(expect_status(get("/api/books?author_id=9007199254740000"), 200),
                "{\"books\":[],\"page\":1,\"pageSize\":10,\"total\":0}");
}

static void books_list__author_id_0_is_all(void **state)
{
    struct shelf *shelf = make_shelf();
    const struct answer *all = get("/api/books?pageSize=1");

    (void)state;
    assert_true(number(all, "total") >= BOOKS);
    expect_status(get("/api/books?author_id=0&pageSize=1"), 200);
    assert_int_equal(number(get("/api/books?author_id=0&pageSize=1"), "pageSize"), 1);
    assert_true(number(get("/api/books?author_id=0"), "total") >= BOOKS);
    assert_int_equal(number(get(shelf_path(shelf, "")), "total"), BOOKS);
}

static void authors_list__an_empty_name_is_no_filter(void **state)
{
    (void)state;
    make_author(unique("author"));
    make_author(unique("author"));
    assert_true(number(expect_status(get("/api/authors?name="), 200), "total") >= 2);
}

static void list__shows_a_write_at_once(void **state)
{
    struct shelf *shelf = make_shelf();
    const char *path = shelf_path(shelf, "&pageSize=100");

    (void)state;
    get(path);
    expect_status(call("PATCH", author_path(shelf->author), json("{'bio':'fresh'}")), 200);
    expect_status(call("DELETE", book_path(shelf->books[0]), NULL), 200);
    assert_string_equal(places(get(path), shelf), "123456");
    assert_non_null(strstr(get(path)->body, "\"bio\":\"fresh\""));
    assert_null(strstr(get(path)->body, "\"bio\":\"b\""));
}

static void list__sorts_authors_by_name(void **state)
{
    const char *name = unique("same");

    (void)state;
    make_author(name);
    make_author(name);
    expect_status(get(text("/api/authors?name=%s&sort=name", escaped(name))), 200);
    expect_status(get(text("/api/authors?name=%s&sort=-name&after=0&pageSize=1", escaped(name))), 200);
}

int main(void)
{
    ADD_ROWS(list__has_these_records_in_this_order, orders);
    ADD_ROWS(links__lead_through_all_records_once, walks);
    ADD(links__lead_back_too);
    ADD_ROWS(links__lead_back_through_all_records_once, walks_back);
    ADD(links__lead_back_the_way_they_led_on);
    ADD(list__by_key_says_when_its_key_is_gone);
    ADD(list__by_key_has_no_gap_when_its_key_is_deleted);
    ADD(authors_list__is_exactly_this);
    ADD(books_list__embeds_each_author_and_is_exactly_this);
    ADD(list__of_nothing_is_empty_not_404);
    ADD(books_list__author_id_0_is_all);
    ADD(authors_list__an_empty_name_is_no_filter);
    ADD(list__shows_a_write_at_once);
    ADD(list__sorts_authors_by_name);
    return run_suite("lists");
}
