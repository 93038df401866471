/*
 * api_conditional_test.c: entity tags, the conditions made with them (RFC 9110 section 13), and HEAD.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

#define CHANGED "{\"name\":\"changed\",\"bio\":\"b\",\"birthdate\":\"1929-10-21\"}"

static const char *tag_of(const char *path)
{
    const struct answer *answer = expect_status(get(path), 200);
    const char *tag = header(answer, "ETag");

    if (!tag || strlen(tag) < 10 || *tag != '"' || tag[strlen(tag) - 1] != '"')
        complain(answer, "ETag", "a strong tag", tag);
    return tag;
}

static const char *a_list(void)
{
    const char *name = unique("list");

    make_author(name);
    return text("/api/authors?name=%s", escaped(name));
}

static void etag__is_the_same_until_the_record_changes(void **state)
{
    const char *path = author_path(make_author(unique("author")));
    const char *before = tag_of(path);

    (void)state;
    assert_string_equal(tag_of(path), before);
    expect_status(call("PATCH", path, CHANGED), 200);
    assert_string_not_equal(tag_of(path), before);
}

static void etag__of_a_list_changes_with_the_list(void **state)
{
    int64_t author = make_author(unique("author"));
    const char *path = text("/api/books?author_id=%" PRId64, author);
    const char *before = tag_of(path);
    const char *with_book = NULL;

    (void)state;
    make_book("t", author);
    with_book = tag_of(path);
    assert_string_not_equal(with_book, before);
    expect_status(call("PATCH", author_path(author), CHANGED), 200);
    assert_string_not_equal(tag_of(path), with_book);
}

static void if_none_match__is_304_while_nothing_changed(void **state)
{
    const char *record = author_path(make_author(unique("author")));
    const char *const paths[] = {record, a_list()};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *tag = tag_of(paths[i]);
        const char *const conditions[] = {tag, "*", text("W/%s", tag), text("\"x\", %s", tag), text("%s , \"y\"", tag)};

        for (size_t j = 0; j < sizeof conditions / sizeof *conditions; j++) {
            const struct answer *answer =
                REQUEST(.path = paths[i], .headers = {text("If-None-Match: %s", conditions[j])});

            expect_header(expect_body(expect_status(answer, 304), ""), "ETag", tag);
        }
        expect_status(REQUEST(.path = paths[i], .headers = {"If-None-Match: \"x\""}), 200);
    }
    expect_status(call("PATCH", record, CHANGED), 200);
}

static void if_none_match__is_200_once_changed(void **state)
{
    const char *path = author_path(make_author(unique("author")));
    const char *condition = text("If-None-Match: %s", tag_of(path));

    (void)state;
    expect_status(REQUEST(.path = path, .headers = {condition}), 304);
    expect_status(REQUEST(.method = "HEAD", .path = path, .headers = {condition}), 304);
    expect_status(call("PATCH", path, CHANGED), 200);
    expect_status(REQUEST(.path = path, .headers = {condition}), 200);
}

static struct attempt {
    const char *name;
    const char *method;
    const char *body;
} attempts[] = {
    {.name = "if-match: PUT", .method = "PUT", .body = CHANGED},
    {.name = "if-match: PATCH", .method = "PATCH", .body = "{\"bio\":\"changed\"}"},
    {.name = "if-match: DELETE", .method = "DELETE"},
};

static const struct answer *attempt(const struct attempt *row, const char *path, const char *condition)
{
    return REQUEST(.method = row->method, .path = path, .body = row->body,
                   .headers = {text("If-Match: %s", condition)});
}

static void if_match__guards_a_write(void **state)
{
    const struct attempt *row = *state;
    const char *path = author_path(make_author(unique("author")));
    const char *before = get(path)->body;
    const char *tag = tag_of(path);
    const char *now = NULL;

    expect_error(attempt(row, path, "\"0123456789abcdef\""), 412);
    expect_error(attempt(row, path, text("W/%s", tag)), 412);
    expect_body(expect_status(get(path), 200), before);
    expect_status(call("PATCH", path, "{\"name\":\"meanwhile\"}"), 200);
    expect_error(attempt(row, path, tag), 412);
    now = tag_of(path);
    expect_status(attempt(row, path, text("\"x\", %s", now)), 200);
    expect_error(attempt(row, path, now), 412);
}

static void if_match__star_needs_only_that_it_exists(void **state)
{
    const struct attempt *row = *state;
    const char *path = author_path(make_author(unique("author")));

    expect_status(attempt(row, path, "*"), 200);
}

static void if_match__a_change_back_has_the_old_tag_again(void **state)
{
    const char *path = author_path(make("/api/authors", CHANGED));
    const char *tag = tag_of(path);

    (void)state;
    expect_status(call("PATCH", path, "{\"bio\":\"other\"}"), 200);
    expect_status(call("PATCH", path, "{\"bio\":\"b\"}"), 200);
    assert_string_equal(tag_of(path), tag);
}

static void if_match__of_a_book_guards_it_too(void **state)
{
    const char *path = book_path(make_book("t", make_author(unique("author"))));
    const char *tag = tag_of(path);

    (void)state;
    expect_status(
        REQUEST(.method = "PATCH", .path = path, .body = "{\"title\":\"u\"}", .headers = {text("If-Match: %s", tag)}),
        200);
    expect_error(
        REQUEST(.method = "PATCH", .path = path, .body = "{\"title\":\"v\"}", .headers = {text("If-Match: %s", tag)}),
        412);
}

/* Paths whose HEAD must tell what GET tells. */
static const char *const compared[] = {"Content-Type",  "Content-Length", "ETag", "Link",
                                       "Cache-Control", "Vary",           "Allow"};

static void head__is_get_without_the_body(void **state)
{
    int64_t author = make_author(unique("author"));
    const char *const paths[] = {"/",
                                 "/api/authors?pageSize=1",
                                 text("/api/books?author_id=%" PRId64 "&pageSize=1", author),
                                 author_path(author),
                                 "/api/authors/abc",
                                 "/api/authors/9007199254740000",
                                 "/nothing",
                                 "/livez"};

    (void)state;
    make_book("t", author);
    make_book("u", author);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct answer *full = get(paths[i]);
        const struct answer *head = call("HEAD", paths[i], NULL);

        expect_body(expect_status(head, full->status), "");
        for (size_t j = 0; j < sizeof compared / sizeof *compared; j++) {
            if (header(head, compared[j]) || strcmp(compared[j], "Content-Length") != 0 || !differs(HEAD_LENGTH))
                expect_header(head, compared[j], header(full, compared[j]));
        }
    }
}

int main(void)
{
    ADD(etag__is_the_same_until_the_record_changes);
    ADD(etag__of_a_list_changes_with_the_list);
    ADD(if_none_match__is_304_while_nothing_changed);
    ADD(if_none_match__is_200_once_changed);
    ADD_ROWS(if_match__guards_a_write, attempts);
    ADD_ROWS(if_match__star_needs_only_that_it_exists, attempts);
    ADD(if_match__a_change_back_has_the_old_tag_again);
    ADD(if_match__of_a_book_guards_it_too);
    ADD(head__is_get_without_the_body);
    return run_suite("conditions");
}
