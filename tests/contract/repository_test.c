/* repository_test.c: what every repository does, whatever it stores records in. */

#include "store.h"

static void test_insert__gives_each_record_an_id(void **state)
{
    struct store *store = *state;
    int64_t first = add_author(store, "A");
    int64_t second = add_author(store, "A");

    assert_true(second > first);
}

static void test_insert__stores_every_field(void **state)
{
    struct store *store = *state;
    int64_t author_id = add_author(store, "A");
    struct book book = {.title = "T", .description = "D", .publish_date = {1974, 5, 1}, .author_id = author_id};

    assert_int_equal(store->books->insert(store->books, &store->context, &book), OK);
    const struct book *found = find(store, store->books, book.id);
    assert_non_null(found);
    assert_int_equal(found->id, book.id);
    assert_string_equal(found->title, "T");
    assert_string_equal(found->description, "D");
    assert_int_equal(date_compare(found->publish_date, book.publish_date), 0);
    assert_int_equal(found->author_id, author_id);
}

static void test_insert__refuses_a_book_of_no_author(void **state)
{
    struct store *store = *state;
    struct book book = {.title = "T", .description = "", .publish_date = {1974, 5, 1}, .author_id = 4711};
    struct query query = {.sort = &book_schema.fields[0], .page = 1, .size = 10};
    struct page page;

    assert_int_equal(store->books->insert(store->books, &store->context, &book), NO_REFERENCE);
    assert_int_equal(store->books->list(store->books, &store->context, &query, &page), OK);
    assert_int_equal(page.total, 0);
}

static void test_null__comes_back_as_null(void **state)
{
    struct store *store = *state;
    struct author author = {.name = "A"};

    assert_int_equal(store->authors->insert(store->authors, &store->context, &author), OK);
    const struct author *found = find(store, store->authors, author.id);
    assert_null(found->bio);
    assert_true(date_is_none(found->birthdate));
}

/* Texts that something on the way to the disk may take for more than text. */
static const char *const texts[] = {
    "",
    " leading and trailing  ",
    "it's \"quoted\" `so`",
    "back\\slash \\' \\0 \\n \\%",
    "100% _ ? $1 :name @x",
    "'; DROP TABLE book; --",
    "line\r\nbreak\ttab\x01\x1f\x7f",
    "caf\xc3\xa9 cafe\xcc\x81",
    "\xf0\x9f\x93\x9a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 \xf4\x8f\xbf\xbf",
    "\xe6\x9c\xac \xd7\xa1\xd7\xa4\xd7\xa8 \xef\xbb\xbf\xe2\x80\xae",
};

static void test_text__comes_back_byte_for_byte(void **state)
{
    struct store *store = *state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct author author = {.name = texts[i], .bio = texts[i], .birthdate = {1, 1, 1}};
        assert_int_equal(store->authors->insert(store->authors, &store->context, &author), OK);
        const struct author *found = find(store, store->authors, author.id);
        assert_string_equal(found->name, texts[i]);
        assert_string_equal(found->bio, texts[i]);
        found = find(store, store->authors, author.id);
        assert_string_equal(found->name, texts[i]);
    }
}

static void test_text__of_65535_bytes_comes_back(void **state)
{
    struct store *store = *state;
    char *bio = arena_printf(&store->arena, "%065531d\xf0\x9f\x93\x9a", 1);
    struct author author = {.name = "A", .bio = bio, .birthdate = {9999, 12, 31}};

    assert_int_equal(strlen(bio), 65535);
    assert_int_equal(store->authors->insert(store->authors, &store->context, &author), OK);
    const struct author *found = find(store, store->authors, author.id);
    assert_string_equal(found->bio, bio);
    assert_int_equal(date_compare(found->birthdate, author.birthdate), 0);
}

static void test_find__gives_none_where_there_is_none(void **state)
{
    struct store *store = *state;
    int64_t id = add_author(store, "A");

    assert_null(find(store, store->authors, id + 1));
    assert_null(find(store, store->authors, INT64_MAX));
    assert_null(find(store, store->books, id));
}

static void test_find__sees_the_record_that_comes_after_a_miss(void **state)
{
    struct store *store = *state;
    int64_t id = add_author(store, "A");

    assert_null(find(store, store->authors, id + 1));
    int64_t next = add_author(store, "B");
    assert_non_null(find(store, store->authors, next));
}

static void test_update__is_seen_by_every_read(void **state)
{
    struct store *store = *state;
    struct author author = {.name = "Old", .bio = "b", .birthdate = {1929, 10, 21}};

    assert_int_equal(store->authors->insert(store->authors, &store->context, &author), OK);
    find(store, store->authors, author.id);
    author.name = "New";
    author.bio = NULL;
    author.birthdate = (struct date){1930, 1, 2};
    assert_int_equal(store->authors->update(store->authors, &store->context, &author, ALL_FIELDS), OK);
    for (int i = 0; i < 2; i++) {
        const struct author *found = find(store, store->authors, author.id);
        assert_string_equal(found->name, "New");
        assert_null(found->bio);
        assert_int_equal(date_compare(found->birthdate, author.birthdate), 0);
    }
}

static void test_update__touches_no_field_beyond_the_set(void **state)
{
    struct store *store = *state;
    struct author author = {.name = "Old", .bio = "b", .birthdate = {1929, 10, 21}};

    assert_int_equal(store->authors->insert(store->authors, &store->context, &author), OK);
    find(store, store->authors, author.id);
    struct author changes = {.id = author.id, .name = "New", .bio = "c", .birthdate = {1930, 1, 2}};
    assert_int_equal(store->authors->update(store->authors, &store->context, &changes, 0), OK);
    assert_int_equal(store->authors->update(store->authors, &store->context, &changes, 1U << 0 | 1U << 2), OK);
    const struct author *found = find(store, store->authors, author.id);
    assert_int_equal(found->id, author.id);
    assert_string_equal(found->name, "Old");
    assert_string_equal(found->bio, "c");
    assert_int_equal(date_compare(found->birthdate, author.birthdate), 0);
}

/* U+0000 in a text ends it when it is read; written back, what follows would be lost. PostgreSQL's texts have none. */
static void test_update__leaves_a_text_with_a_nul_as_it_is(void **state)
{
    struct store *store = *state;
    int64_t id = add_author(store, "A");
    struct db_result result;

    if (!store->db || store->db->driver == db_driver_find("postgresql"))
        return;
    assert_int_equal(db_run(store->db, &store->context, "UPDATE author SET name = CAST(X'780079' AS CHAR)"), OK);
    struct author *author = find(store, store->authors, id);
    assert_string_equal(author->name, "x");
    author->bio = "new";
    assert_int_equal(store->authors->update(store->authors, &store->context, author, 1U << 2), OK);
    assert_int_equal(
        db_execute(store->db, &store->context, DB_READ, "SELECT HEX(name), bio FROM author", NULL, 0, &result), OK);
    assert_string_equal(result.cells[0].text, "780079");
    assert_string_equal(result.cells[1].text, "new");
}

static void test_update__of_nothing_changes_nothing(void **state)
{
    struct store *store = *state;
    int64_t id = add_author(store, "A");
    struct author other = {.id = id + 1, .name = "B"};

    assert_int_equal(store->authors->update(store->authors, &store->context, &other, ALL_FIELDS), OK);
    assert_null(find(store, store->authors, id + 1));
    assert_string_equal(((struct author *)find(store, store->authors, id))->name, "A");
}

static void test_update__refuses_an_author_that_is_not_there(void **state)
{
    struct store *store = *state;
    int64_t author_id = add_author(store, "A");
    int64_t id = add_book(store, "T", (struct date){1974, 5, 1}, author_id);
    struct book book = *(struct book *)find(store, store->books, id);

    book.author_id = author_id + 1;
    book.title = "New";
    assert_int_equal(store->books->update(store->books, &store->context, &book, 1U << 1), OK);
    assert_int_equal(store->books->update(store->books, &store->context, &book, ALL_FIELDS), NO_REFERENCE);
    assert_int_equal(((struct book *)find(store, store->books, id))->author_id, author_id);
}

static void test_remove__takes_the_record_away(void **state)
{
    struct store *store = *state;
    int64_t id = add_author(store, "A");

    assert_non_null(find(store, store->authors, id));
    assert_int_equal(store->authors->remove(store->authors, &store->context, id), OK);
    assert_null(find(store, store->authors, id));
    assert_int_equal(store->authors->remove(store->authors, &store->context, id), OK);
    assert_true(add_author(store, "B") > id);
}

static void test_remove__refuses_an_author_with_books(void **state)
{
    struct store *store = *state;
    int64_t author_id = add_author(store, "A");

    add_book(store, "T", (struct date){1974, 5, 1}, author_id);
    assert_int_equal(store->authors->remove(store->authors, &store->context, author_id), CONFLICT);
    assert_non_null(find(store, store->authors, author_id));
}

static void test_find_many__keeps_order_repeats_and_gaps(void **state)
{
    struct store *store = *state;
    int64_t a = add_author(store, "A"), b = add_author(store, "B"), c = add_author(store, "C");
    const int64_t ids[] = {c, a, c + 100, c, INT64_MAX, b, a};
    static const char *const names[] = {"C", "A", NULL, "C", NULL, "B", "A"};

    for (int i = 0; i < 2; i++) {
        void *found[7];
        assert_int_equal(store->authors->find_many(store->authors, &store->context, ids, 7, found), OK);
        for (size_t j = 0; j < 7; j++) {
            const struct author *author = found[j];
            assert_int_equal(author != NULL, names[j] != NULL);
            if (author)
                assert_string_equal(author->name, names[j]);
        }
    }
}

static void test_find_many__takes_none_and_very_many(void **state)
{
    struct store *store = *state;
    static int64_t ids[FIND_MANY_MAX];
    static void *found[FIND_MANY_MAX];
    int64_t id = add_author(store, "A");

    assert_int_equal(store->authors->find_many(store->authors, &store->context, ids, 0, found), OK);
    for (size_t i = 0; i < FIND_MANY_MAX; i++)
        ids[i] = id + (int64_t)i;
    assert_int_equal(store->authors->find_many(store->authors, &store->context, ids, FIND_MANY_MAX, found), OK);
    assert_non_null(found[0]);
    assert_null(found[FIND_MANY_MAX - 1]);
}

/* The titles of a page, one after the other. */
static const char *list_titles(struct store *store, const struct query *query, struct page *ret_page)
{
    const char *titles = "";

    assert_int_equal(store->books->list(store->books, &store->context, query, ret_page), OK);
    for (size_t i = 0; i < ret_page->n; i++) {
        const struct book *book = page_record(&book_schema, ret_page, i);
        titles = arena_printf(&store->arena, "%s%s", titles, book->title);
    }
    return titles;
}

/* Books B, A, C, A of one author and an X of another one. Returns the first author. */
static int64_t add_books(struct store *store, int64_t ret_ids[5])
{
    int64_t one = add_author(store, "one"), two = add_author(store, "two");

    ret_ids[0] = add_book(store, "B", (struct date){2001, 1, 1}, one);
    ret_ids[1] = add_book(store, "A", (struct date){2003, 1, 1}, one);
    ret_ids[2] = add_book(store, "C", (struct date){2002, 1, 1}, one);
    ret_ids[3] = add_book(store, "A", (struct date){2002, 1, 1}, one);
    ret_ids[4] = add_book(store, "X", (struct date){1999, 1, 1}, two);
    return one;
}

/* A query by page number, its titles, and whether there is more. */
static const struct {
    const char *sort;
    int64_t page;
    int size;
    bool descending;
    bool more;
    const char *titles;
} pages[] = {
    {"id", 1, 10, false, false, "BACAX"},
    {"id", 1, 5, false, false, "BACAX"},
    {"id", 1, 2, false, true, "BA"},
    {"id", 2, 2, false, true, "CA"},
    {"id", 3, 2, false, false, "X"},
    {"id", 4, 2, false, false, ""},
    {"id", INT64_MAX, 100, false, false, ""},
    {"id", 1, 3, true, true, "XAC"},
    {"title", 1, 10, false, false, "AABCX"},
    {"title", 1, 3, true, true, "XCB"},
    {"publish_date", 1, 10, false, false, "XBCAA"},
    {"publish_date", 1, 10, true, false, "AACBX"},
};

static void test_list__pages_by_number(void **state)
{
    struct store *store = *state;
    int64_t ids[5];

    add_books(store, ids);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct query query = {.sort = schema_find(&book_schema, pages[i].sort),
                              .descending = pages[i].descending,
                              .page = pages[i].page,
                              .size = pages[i].size};
        struct page page;
        assert_string_equal(list_titles(store, &query, &page), pages[i].titles);
        assert_int_equal(page.more, pages[i].more);
        assert_int_equal(page.total, 5);
    }
}

static void test_list__breaks_ties_by_id_in_the_same_direction(void **state)
{
    struct store *store = *state;
    struct query query = {.sort = schema_find(&book_schema, "title"), .page = 1, .size = 2};
    struct page page;
    int64_t ids[5];

    add_books(store, ids);
    list_titles(store, &query, &page);
    assert_int_equal(record_id(&book_schema, page_record(&book_schema, &page, 0)), ids[1]);
    assert_int_equal(record_id(&book_schema, page_record(&book_schema, &page, 1)), ids[3]);
    query.descending = true;
    query.page = 2;
    query.size = 3;
    list_titles(store, &query, &page);
    assert_int_equal(record_id(&book_schema, page_record(&book_schema, &page, 0)), ids[3]);
    assert_int_equal(record_id(&book_schema, page_record(&book_schema, &page, 1)), ids[1]);
}

/* A query by key: after which of the five books, and what comes. 5: an id that nobody has. */
static const struct {
    const char *sort;
    int after;
    int size;
    bool descending;
    bool more;
    const char *titles;
} keys[] = {
    {"id", 0, 10, false, false, "ACAX"},
    {"id", 0, 2, false, true, "AC"},
    {"id", 4, 2, false, false, ""},
    {"id", 5, 2, false, false, ""},
    {"id", 4, 3, true, true, "ACA"},
    {"id", 5, 2, true, true, "XA"},
    {"title", 1, 10, false, false, "ABCX"},
    {"title", 3, 2, false, true, "BC"},
    {"title", 3, 2, true, false, "A"},
    {"title", 4, 3, true, true, "CBA"},
    {"title", 5, 3, false, false, ""},
    {"publish_date", 2, 10, false, false, "AA"},
    {"publish_date", 3, 10, true, false, "CBX"},
    {"publish_date", 4, 10, true, false, ""},
};

static void test_list__pages_by_key(void **state)
{
    struct store *store = *state;
    int64_t ids[6];

    add_books(store, ids);
    ids[5] = ids[4] + 1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct query query = {.sort = schema_find(&book_schema, keys[i].sort),
                              .descending = keys[i].descending,
                              .by_key = true,
                              .anchor = ids[keys[i].after],
                              .size = keys[i].size};
        struct page page;
        assert_string_equal(list_titles(store, &query, &page), keys[i].titles);
        assert_int_equal(page.more, keys[i].more);
        assert_int_equal(page.total, 5);
    }
}

/* A query by key backwards: before which of the five books, and what comes. 5: an id that nobody has. */
static const struct {
    const char *sort;
    int before;
    int size;
    bool descending;
    bool more;
    const char *titles;
} keys_backwards[] = {
    {"id", 4, 10, false, false, "BACA"},
    {"id", 4, 2, false, true, "CA"},
    {"id", 5, 2, false, true, "AX"},
    {"id", 0, 2, false, false, ""},
    {"id", 1, 3, true, false, "XAC"},
    {"id", 0, 2, true, true, "CA"},
    {"title", 4, 10, false, false, "AABC"},
    {"title", 4, 2, false, true, "BC"},
    {"title", 3, 2, false, false, "A"},
    {"title", 1, 3, true, true, "CBA"},
    {"title", 5, 3, false, false, ""},
    {"publish_date", 1, 2, false, true, "CA"},
    {"publish_date", 4, 10, true, false, "AACB"},
};

static void test_list__pages_by_key_backwards(void **state)
{
    struct store *store = *state;
    int64_t ids[6];

    add_books(store, ids);
    ids[5] = ids[4] + 1;
    for (size_t i = 0; i < sizeof keys_backwards / sizeof *keys_backwards; i++) {
        struct query query = {.sort = schema_find(&book_schema, keys_backwards[i].sort),
                              .descending = keys_backwards[i].descending,
                              .by_key = true,
                              .backwards = true,
                              .anchor = ids[keys_backwards[i].before],
                              .size = keys_backwards[i].size};
        struct page page;
        assert_string_equal(list_titles(store, &query, &page), keys_backwards[i].titles);
        assert_int_equal(page.more, keys_backwards[i].more);
        assert_int_equal(page.total, 5);
    }
}

#define WALK_MAX 32

/* Walks by key to the end of the list, in one direction, from the page that `query` asks for; puts the ids where they
 * belong in the list, and returns how many. */
static size_t walk(struct store *store, struct query query, int64_t ret_ids[WALK_MAX])
{
    size_t n = 0;

    for (bool more = true; more;) {
        struct page page;
        assert_int_equal(store->books->list(store->books, &store->context, &query, &page), OK);
        assert_true(page.n > 0 && n + page.n <= WALK_MAX);
        if (query.backwards)
            memmove(ret_ids + page.n, ret_ids, n * sizeof *ret_ids);
        for (size_t i = 0; i < page.n; i++)
            ret_ids[query.backwards ? i : n + i] = record_id(&book_schema, page_record(&book_schema, &page, i));
        n += page.n;
        more = page.more;
        query.by_key = true;
        query.anchor = ret_ids[query.backwards ? 0 : n - 1];
    }
    return n;
}

/* There and back again: the walk back starts before the last record. */
static void assert_walks_agree(struct store *store, struct query query, size_t expected)
{
    int64_t there[WALK_MAX] = {0}, back[WALK_MAX] = {0};
    size_t n = walk(store, query, there);

    assert_int_equal(n, expected);
    query.by_key = true;
    query.backwards = true;
    query.anchor = there[n - 1];
    assert_int_equal(walk(store, query, back), n - 1);
    assert_memory_equal(there, back, (n - 1) * sizeof *there);
}

static void test_list__leads_back_over_the_records_that_led_there(void **state)
{
    struct store *store = *state;
    static const char *const sorts[] = {"id", "title", "publish_date"};
    static const int sizes[] = {1, 3, 4, 100};
    int64_t authors[2] = {add_author(store, "one"), add_author(store, "two")};

    for (int i = 0; i < 14; i++)
        add_book(store, (const char *[]){"B", "A", "C"}[i % 3], (struct date){2000 + i * 7 % 4, 1, 1}, authors[i % 2]);
    for (size_t i = 0; i < 3 * 4 * 2 * 2; i++) {
        struct query query = {.sort = schema_find(&book_schema, sorts[i % 3]),
                              .descending = i / 3 % 2,
                              .n_filters = i / 6 % 2,
                              .page = 1,
                              .size = sizes[i / 12]};
        query.filters[0] =
            (struct filter){schema_find(&book_schema, "author_id"), {.type = FIELD_ID, .integer = authors[1]}};
        assert_walks_agree(store, query, query.n_filters ? 7 : 14);
    }
}

static void test_list__filters_by_reference(void **state)
{
    struct store *store = *state;
    int64_t ids[5];
    int64_t author_id = add_books(store, ids);
    struct query query = {.sort = &book_schema.fields[0], .page = 1, .size = 2, .n_filters = 1};
    struct page page;

    query.filters[0] =
        (struct filter){schema_find(&book_schema, "author_id"), {.type = FIELD_ID, .integer = author_id}};
    assert_string_equal(list_titles(store, &query, &page), "BA");
    assert_int_equal(page.total, 4);
    assert_true(page.more);
    query.by_key = true;
    query.anchor = ids[2];
    assert_string_equal(list_titles(store, &query, &page), "A");
    assert_int_equal(page.total, 4);
    assert_false(page.more);
    query.filters[0].value.integer = author_id + 100;
    assert_string_equal(list_titles(store, &query, &page), "");
    assert_int_equal(page.total, 0);
}

/* Texts that some collation or comparison takes for the same. */
static const char *const names[] = {
    "a",  "a ",       " a", "A",   "aa", "e", "\xc3\xa9", "e\xcc\x81", "\xf0\x9f\x93\x9a", "\xf0\x9f\x93\x97",
    "ss", "\xc3\x9f", "1",  "1.0", "%",  "_", "''",       "\\",
};

#define N_NAMES (sizeof names / sizeof *names)

static void test_list__filters_text_by_its_bytes(void **state)
{
    struct store *store = *state;
    struct query query = {.sort = &author_schema.fields[0], .page = 1, .size = 10, .n_filters = 1};
    struct page page;

    for (size_t i = 0; i < N_NAMES; i++)
        add_author(store, names[i]);
    for (size_t i = 0; i < N_NAMES; i++) {
        query.filters[0] = (struct filter){schema_find(&author_schema, "name"), {.type = FIELD_TEXT, .text = names[i]}};
        assert_int_equal(store->authors->list(store->authors, &store->context, &query, &page), OK);
        assert_int_equal(page.total, 1);
        assert_int_equal(page.n, 1);
        assert_string_equal(((struct author *)page.records)->name, names[i]);
    }
}

int main(void)
{
    static const struct contract_case cases[] = {
        CASE(test_insert__gives_each_record_an_id),
        CASE(test_insert__stores_every_field),
        CASE(test_insert__refuses_a_book_of_no_author),
        CASE(test_null__comes_back_as_null),
        CASE(test_text__comes_back_byte_for_byte),
        CASE(test_text__of_65535_bytes_comes_back),
        CASE(test_find__gives_none_where_there_is_none),
        CASE(test_find__sees_the_record_that_comes_after_a_miss),
        CASE(test_update__is_seen_by_every_read),
        CASE(test_update__touches_no_field_beyond_the_set),
        CASE(test_update__leaves_a_text_with_a_nul_as_it_is),
        CASE(test_update__of_nothing_changes_nothing),
        CASE(test_update__refuses_an_author_that_is_not_there),
        CASE(test_remove__takes_the_record_away),
        CASE(test_remove__refuses_an_author_with_books),
        CASE(test_find_many__keeps_order_repeats_and_gaps),
        CASE(test_find_many__takes_none_and_very_many),
        CASE(test_list__pages_by_number),
        CASE(test_list__breaks_ties_by_id_in_the_same_direction),
        CASE(test_list__pages_by_key),
        CASE(test_list__pages_by_key_backwards),
        CASE(test_list__leads_back_over_the_records_that_led_there),
        CASE(test_list__filters_by_reference),
        CASE(test_list__filters_text_by_its_bytes),
    };
    return store_run_cases(cases, sizeof cases / sizeof *cases);
}
