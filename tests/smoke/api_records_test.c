/*
 * api_records_test.c: one record at a time: made, read, replaced, changed, removed, through whatever serves BASE_URL.
 *
 * Success answers are compared byte for byte: clients of the FastAPI service were generated from its documents.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

#define LE_GUIN "'name':'Ursula K. Le Guin','bio':'American author','birthdate':'1929-10-21'"
#define GONE "{\"detail\":\"%s not found\"}"

static int64_t a_book(int64_t *ret_author)
{
    *ret_author = make_author(unique("author"));
    return make_book(unique("book"), *ret_author);
}

static const char *book_members(const char *title, int64_t author_id)
{
    return text("'title':'%s','description':'d','publish_date':'1974-05-01','author_id':%" PRId64, title, author_id);
}

static void author_post__answers_200_with_the_record_and_its_location(void **state)
{
    const struct answer *answer = expect_status(call("POST", "/api/authors", json("{%s}", LE_GUIN)), 200);
    int64_t id = number(answer, "id");

    (void)state;
    expect_body(answer, record_json(id, LE_GUIN));
    expect_header_starts(answer, "Content-Type", "application/json");
    expect_header(answer, "Location", text("%s%s", base_path(), author_path(id)));
    expect_body(expect_status(get(author_path(id)), 200), record_json(id, LE_GUIN));
}

static void book_post__answers_200_with_the_record_and_its_location(void **state)
{
    int64_t author = make_author(unique("author"));
    const char *members = book_members("The Dispossessed", author);
    const struct answer *answer = expect_status(call("POST", "/api/books", json("{%s}", members)), 200);
    int64_t id = number(answer, "id");

    (void)state;
    expect_body(answer, record_json(id, members));
    expect_header(answer, "Location", text("%s%s", base_path(), book_path(id)));
    expect_body(expect_status(get(book_path(id)), 200), record_json(id, members));
}

static void put__replaces_all_fields(void **state)
{
    int64_t id = make_author(unique("author"));
    const char *body = json("{%s}", LE_GUIN);

    (void)state;
    expect_body(expect_status(call("PUT", author_path(id), body), 200), record_json(id, LE_GUIN));
    expect_body(get(author_path(id)), record_json(id, LE_GUIN));
}

static void put__takes_the_id_of_the_path_not_of_the_body(void **state)
{
    int64_t other = make_author("other");
    int64_t id = make_author("mine");

    (void)state;
    expect_body(expect_status(call("PUT", author_path(id), json("{'id':%" PRId64 ",%s}", other, LE_GUIN)), 200),
                record_json(id, LE_GUIN));
    assert_string_equal(json_object_get_string(member(get(author_path(other)), get(author_path(other))->json, "name")),
                        "other");
}

static void post__ignores_an_id_in_the_body(void **state)
{
    const struct answer *answer = call("POST", "/api/authors", json("{'id':9007199254740993,%s}", LE_GUIN));

    (void)state;
    expect_status(answer, 200);
    assert_int_not_equal(number(answer, "id"), INT64_C(9007199254740993));
}

static void put__of_the_same_again_is_still_200(void **state)
{
    int64_t id = make("/api/authors", json("{%s}", LE_GUIN));

    (void)state;
    expect_body(expect_status(call("PUT", author_path(id), json("{%s}", LE_GUIN)), 200), record_json(id, LE_GUIN));
}

static void patch__changes_only_what_is_sent(void **state)
{
    int64_t id = make("/api/authors", json("{%s}", LE_GUIN));
    const char *changed = "'name':'Ursula K. Le Guin','bio':'new','birthdate':'1929-10-21'";

    (void)state;
    expect_body(expect_status(call("PATCH", author_path(id), json("{'bio':'new'}")), 200), record_json(id, changed));
    expect_body(get(author_path(id)), record_json(id, changed));
}

static void patch__of_nothing_changes_nothing(void **state)
{
    int64_t id = make("/api/authors", json("{%s}", LE_GUIN));

    (void)state;
    expect_body(expect_status(call("PATCH", author_path(id), "{}"), 200), record_json(id, LE_GUIN));
}

static void patch__moves_a_book_to_another_author(void **state)
{
    int64_t author = 0;
    int64_t book = a_book(&author);
    int64_t other = make_author(unique("other"));
    const struct answer *answer = call("PATCH", book_path(book), json("{'author_id':%" PRId64 "}", other));

    (void)state;
    expect_status(answer, 200);
    assert_int_equal(number(answer, "author_id"), other);
    expect_status(call("DELETE", author_path(author), NULL), 200);
    expect_status(get(book_path(book)), 200);
}

static void get_and_put_and_patch__of_no_record_are_404(void **state)
{
    static const struct {
        const char *path, *title, *body;
    } kinds[] = {{"/api/authors", "Author", "{" LE_GUIN "}"},
                 {"/api/books", "Book", "{'title':'t','description':'d','publish_date':'1974-05-01','author_id':1}"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *path = text("%s/9007199254740000", kinds[i].path);
        const char *gone = text(GONE, kinds[i].title);

        expect_body(expect_error(get(path), 404), gone);
        expect_body(expect_error(call("PATCH", path, "{}"), 404), gone);
    }
    expect_body(expect_error(call("PUT", "/api/authors/9007199254740000", json("{%s}", LE_GUIN)), 404),
                text(GONE, "Author"));
    expect_body(expect_error(call("PUT", "/api/books/9007199254740000",
                                  json("{%s}", book_members("t", make_author(unique("author"))))),
                             404),
                text(GONE, "Book"));
}

static void delete__answers_the_same_when_it_is_already_gone(void **state)
{
    int64_t id = make_author(unique("author"));

    (void)state;
    for (int i = 0; i < 2; i++)
        expect_body(expect_status(call("DELETE", author_path(id), NULL), 200), "{\"status\":\"ok\"}");
    expect_error(get(author_path(id)), 404);
}

static void delete__of_an_author_takes_the_books_along(void **state)
{
    int64_t author = 0;
    int64_t first = a_book(&author);
    int64_t second = make_book(unique("book"), author);

    (void)state;
    expect_status(get(book_path(first)), 200);
    expect_status(call("DELETE", author_path(author), NULL), 200);
    expect_error(get(author_path(author)), 404);
    expect_error(get(book_path(first)), 404);
    expect_error(get(book_path(second)), 404);
    assert_int_equal(number(get(text("/api/books?author_id=%" PRId64, author)), "total"), 0);
}

static void delete__of_a_book_leaves_its_author(void **state)
{
    int64_t author = 0;
    int64_t book = a_book(&author);

    (void)state;
    expect_body(expect_status(call("DELETE", book_path(book), NULL), 200), "{\"status\":\"ok\"}");
    expect_body(expect_error(get(book_path(book)), 404), text(GONE, "Book"));
    expect_status(get(author_path(author)), 200);
}

static void a_record_that_was_missing__is_found_once_it_is_made(void **state)
{
    int64_t id = make_author(unique("author")) + 1;
    bool found = false;

    (void)state;
    get(author_path(id));
    for (int i = 0; i < 100 && !found; i++)
        found = make_author(unique("author")) >= id;
    assert_true(found);
    expect_status(get(author_path(id)), 200);
}

/* Reads and writes alternate fast enough to meet any worker with its copy of the record. */
static void get__after_a_write_is_never_stale(void **state)
{
    int64_t id = make("/api/authors", json("{%s}", LE_GUIN));

    (void)state;
    for (int i = 0; i < 20; i++) {
        expect_status(call("PATCH", author_path(id), json("{'bio':'version %d'}", i)), 200);
        for (int j = 0; j < 3; j++) {
            const struct answer *answer = expect_status(get(author_path(id)), 200);

            assert_string_equal(json_object_get_string(member(answer, answer->json, "bio")), text("version %d", i));
        }
    }
}

static void book_write__to_an_unknown_author_is_422_and_changes_nothing(void **state)
{
    int64_t author = 0;
    int64_t book = a_book(&author);
    const char *before = text("%s", get(book_path(book))->body);
    const char *body = json("{%s}", book_members("t", INT64_C(9007199254740000)));

    (void)state;
    expect_error(call("POST", "/api/books", body), 422);
    expect_error(call("PUT", book_path(book), body), 422);
    expect_error(call("PATCH", book_path(book), json("{'author_id':9007199254740000}")), 422);
    expect_body(get(book_path(book)), before);
}

static void duplicate_keys__the_last_wins(void **state)
{
    const struct answer *answer =
        call("POST", "/api/authors", json("{'name':5,'name':'first',%s,'bio':'last'}", LE_GUIN));

    (void)state;
    expect_status(answer, 200);
    assert_string_equal(json_object_get_string(member(answer, answer->json, "name")), "Ursula K. Le Guin");
    assert_string_equal(json_object_get_string(member(answer, answer->json, "bio")), "last");
}

static void unknown_keys__are_ignored(void **state)
{
    (void)state;
    expect_status(call("POST", "/api/authors", json("{'x':{'y':[1,2.5e3,null]},%s,'z':true}", LE_GUIN)), 200);
}

static void integers__are_taken_as_pydantic_took_them(void **state)
{
    int64_t author = make_author(unique("author"));
    const char *const forms[] = {text("'%" PRId64 "'", author), text("%" PRId64 ".0", author),
                                 text("%" PRId64, author)};

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *body = json("{'title':'t','description':'d','publish_date':'1974-05-01','author_id':%s}", forms[i]);

        assert_int_equal(number(expect_status(call("POST", "/api/books", body), 200), "author_id"), author);
    }
}

int main(void)
{
    ADD(author_post__answers_200_with_the_record_and_its_location);
    ADD(book_post__answers_200_with_the_record_and_its_location);
    ADD(put__replaces_all_fields);
    ADD(put__takes_the_id_of_the_path_not_of_the_body);
    ADD(post__ignores_an_id_in_the_body);
    ADD(put__of_the_same_again_is_still_200);
    ADD(patch__changes_only_what_is_sent);
    ADD(patch__of_nothing_changes_nothing);
    ADD(patch__moves_a_book_to_another_author);
    ADD(get_and_put_and_patch__of_no_record_are_404);
    ADD(delete__answers_the_same_when_it_is_already_gone);
    ADD(delete__of_an_author_takes_the_books_along);
    ADD(delete__of_a_book_leaves_its_author);
    ADD(a_record_that_was_missing__is_found_once_it_is_made);
    ADD(get__after_a_write_is_never_stale);
    ADD(book_write__to_an_unknown_author_is_422_and_changes_nothing);
    ADD(duplicate_keys__the_last_wins);
    ADD(unknown_keys__are_ignored);
    ADD(integers__are_taken_as_pydantic_took_them);
    return run_suite("one record at a time");
}
