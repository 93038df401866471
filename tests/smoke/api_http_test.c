/*
 * api_http_test.c: methods, paths, media types, request ids, CORS and problem documents.
 *
 * What a web server refuses on its own before quire sees it (a bad path, headers too large) is only held to its status.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

#define LE_GUIN "'name':'Ursula K. Le Guin','bio':'American author','birthdate':'1929-10-21'"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"};

static struct route {
    const char *name;
    const char *path;
    const char *allowed; /* with a space around each */
} routes[] = {
    {.name = "methods: /", .path = "/", .allowed = " GET HEAD OPTIONS "},
    {.name = "methods: authors", .path = "/api/authors", .allowed = " GET HEAD POST OPTIONS "},
    {.name = "methods: an author",
     .path = "/api/authors/9007199254740000",
     .allowed = " GET HEAD PUT PATCH DELETE OPTIONS "},
    {.name = "methods: books", .path = "/api/books", .allowed = " GET HEAD POST OPTIONS "},
    {.name = "methods: a book",
     .path = "/api/books/9007199254740000",
     .allowed = " GET HEAD PUT PATCH DELETE OPTIONS "},
    {.name = "methods: livez", .path = "/livez", .allowed = " GET HEAD OPTIONS "},
    {.name = "methods: metrics", .path = "/metrics", .allowed = " GET HEAD OPTIONS "},
    {.name = "methods: readyz", .path = "/readyz", .allowed = " GET HEAD OPTIONS "},
};

/* Is every method of the list in the other, and no more? */
static void expect_methods(const struct answer *answer, const char *expected)
{
    const char *value = header(answer, "Allow");
    char *got = keep(free, value ? strdup(value) : calloc(1, 1));
    size_t n = 0, wanted = 0;

    for (char *save = NULL, *word = strtok_r(got, ", ", &save); word; word = strtok_r(NULL, ", ", &save), n++)
        if (!strstr(expected, text(" %s ", word)))
            complain(answer, "Allow", expected, value);
    for (const char *c = expected + 1; *c; c++)
        wanted += *c == ' ';
    if (n != wanted)
        complain(answer, "Allow", expected, value);
}

static void methods__are_answered_as_allow_says(void **state)
{
    const struct route *row = *state;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const char *body = strstr("POST PUT PATCH", methods[i]) ? "{}" : NULL;
        const struct answer *answer = call(methods[i], row->path, body);

        if (strstr(row->allowed, text(" %s ", methods[i]))) {
            if (answer->status == 405 || answer->status >= 500)
                complain(answer, "status", "not 405", text("%ld", answer->status));
            if (!strcmp(methods[i], "OPTIONS"))
                expect_methods(answer, row->allowed);
        } else if (strcmp(methods[i], "TRACE") == 0 && differs(ANSWERS_TRACE)) {
            expect_status(answer, 405);
        } else {
            expect_body(expect_error(answer, 405), "{\"detail\":\"Method Not Allowed\"}");
            expect_methods(answer, row->allowed);
        }
    }
}

/* Paths as they stand: nothing on the client's side tidies them up. */
static struct place {
    const char *name;
    const char *path;
    int status;       /* 0: any of 400 to 499 */
    bool server_said; /* the web server may have answered, in its own words */
    enum difference else_404;
} places[] = {
    {.name = "path: unknown", .path = "/nothing", .status = 404},
    {.name = "path: /api", .path = "/api", .status = 404},
    {.name = "path: a prefix of a route", .path = "/api/author", .status = 404},
    {.name = "path: a route with more", .path = "/api/authorsx", .status = 404},
    {.name = "path: another case", .path = "/API/authors", .status = 404},
    {.name = "path: below a record", .path = "/api/authors/1/books", .status = 404},
    {.name = "path: deep", .path = "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z", .status = 404},
    {.name = "path: id 2^63", .path = "/api/authors/9223372036854775808", .status = 422},
    {.name = "path: id 2^64+1", .path = "/api/authors/18446744073709551617", .status = 422},
    {.name = "path: id 12abc", .path = "/api/authors/12abc", .status = 422},
    {.name = "path: id %61bc", .path = "/api/authors/%61bc", .status = 422},
    {.name = "path: a slash in an id", .path = "/api/authors/1%2F2", .server_said = true, .else_404 = SLASH_IS_404},
    {.name = "path: %00", .path = "/api/authors/1%00", .status = 400, .server_said = true, .else_404 = NUL_IS_404},
    {.name = "path: %00 in the query", .path = "/api/authors?name=a%00b", .status = 400, .server_said = true},
    {.name = "path: a bad escape", .path = "/api/authors/%zz", .status = 400, .server_said = true},
    {.name = "path: an escape cut short", .path = "/api/authors/1%2", .status = 400, .server_said = true},
    {.name = "path: % alone", .path = "/api/authors/%", .status = 400, .server_said = true},
    {.name = "path: a bad escape in the query", .path = "/api/authors?name=%zz", .status = 400, .server_said = true},
    {.name = "path: % at the end of the query", .path = "/api/authors?name=%", .status = 400, .server_said = true},
    {.name = "path: not UTF-8", .path = "/api/authors/%ff", .status = 400, .server_said = true},
    {.name = "path: not UTF-8 in the query", .path = "/api/authors?name=%ff", .status = 400, .server_said = true},
    {.name = "path: overlong UTF-8 in the query",
     .path = "/api/authors?name=%c0%af",
     .status = 400,
     .server_said = true},
    {.name = "path: a raw byte that is not UTF-8", .path = "/api/authors/\xff", .server_said = true},
    {.name = "path: // before", .path = "//api/authors", .server_said = true},
    {.name = "path: // within", .path = "/api//authors", .server_said = true},
    {.name = "path: // after", .path = "/api/authors//", .server_said = true},
    {.name = "path: ..", .path = "/api/books/../authors", .server_said = true},
    {.name = "path: .. above the root", .path = "/../../etc/passwd", .server_said = true},
    {.name = "path: %2e%2e", .path = "/api/books/%2e%2e/authors", .server_said = true},
    {.name = "path: .", .path = "/api/./authors", .server_said = true},
    {.name = "path: a backslash", .path = "/api\\authors", .server_said = true},
    {.name = "path: ;", .path = "/api/authors/1;x=1", .status = 422},
};

static void path__is_read_as_it_stands(void **state)
{
    const struct place *row = *state;
    const struct answer *answer = get(row->path);

    if (row->else_404 && differs(row->else_404))
        expect_status(answer, 404);
    else if (row->status && !row->server_said)
        expect_error(answer, row->status);
    else if (row->status)
        expect_status(answer, row->status);
    if (answer->status < 400 || answer->status > 499)
        complain(answer, "status", "4xx", text("%ld", answer->status));
    if (answer->status == 404 && !(row->else_404 && differs(row->else_404) && differs(HTML_PAGES)))
        expect_json(answer, "{\"detail\":\"Not Found\"}");
    expect_status(get("/livez"), 200);
}

static void path__with_a_trailing_slash_is_the_same(void **state)
{
    static const char *const paths[] = {"/api/authors?pageSize=1&x=/", "/api/books", "/livez", "/readyz"};
    int64_t id = make_author(unique("author"));

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int path = (int)strcspn(paths[i], "?");

        expect_status(get(text("%.*s/%s", path, paths[i], paths[i] + path)), 200);
    }
    expect_body(get(text("%s/", author_path(id))), get(author_path(id))->body);
    expect_status(call("PATCH", text("%s/", author_path(id)), "{}"), 200);
    expect_status(call("PUT", text("%s/", author_path(id)), json("{%s}", LE_GUIN)), 200);
    expect_status(call("POST", "/api/authors/", json("{%s}", LE_GUIN)), 200);
    expect_status(call("DELETE", text("%s/", author_path(id)), NULL), 200);
    expect_error(get(text("%s/", author_path(id))), 404);
}

static void path__escapes_are_decoded(void **state)
{
    int64_t id = make_author(unique("author"));

    (void)state;
    expect_status(get(text("/%%61pi/author%%73/%" PRId64, id)), 200);
    expect_status(get("/api/authors?page%53ize=1"), 200);
}

static void path__too_long_is_414_or_431(void **state)
{
    const struct answer *answer = get(text("/api/authors?name=%s", repeated("n", 60000)));

    (void)state;
    if (answer->status != 414 && answer->status != 431)
        complain(answer, "status", "414 or 431", text("%ld", answer->status));
}

static void headers__too_large_are_431(void **state)
{
    (void)state;
    expect_status(REQUEST(.path = "/", .headers = {text("X-Large: %s", repeated("x", 100000))}),
                  differs(HEADERS_ARE_400) ? 400 : 431);
}

static void root__says_that_it_works(void **state)
{
    (void)state;
    expect_header_starts(expect_body(expect_status(get("/"), 200), "\"service is working\""), "Content-Type",
                         "application/json");
}

static void health__is_good(void **state)
{
    (void)state;
    expect_status(get("/livez"), 200);
    assert_non_null(expect_status(get("/readyz"), 200)->json);
}

/* Each of the ways to run quire tells that it came, where it comes through. */
static void health__tells_of_authorization(void **state)
{
    (void)state;
    const struct answer *answer =
        send_request(&(struct request){.path = "/livez", .headers = {"Authorization: Bearer t"}});
    expect_header(expect_status(answer, 200), "X-Authorization", "received");
}

/* Type of a body, or types accepted, and the status that follows. */
static struct media {
    const char *name;
    const char *header; /* NULL: none is sent */
    int status;
} sent[] =
    {
        {.name = "type: none", .status = 200},
        {.name = "type: application/json", .header = "Content-Type: application/json", .status = 200},
        {.name = "type: with charset", .header = "Content-Type: application/json; charset=utf-8", .status = 200},
        {.name = "type: in capitals", .header = "Content-Type: APPLICATION/JSON", .status = 200},
        {.name = "type: +json", .header = "Content-Type: application/vnd.api+json", .status = 200},
        {.name = "type: text/plain", .header = "Content-Type: text/plain", .status = 415},
        {.name = "type: a form", .header = "Content-Type: application/x-www-form-urlencoded", .status = 415},
        {.name = "type: multipart", .header = "Content-Type: multipart/form-data; boundary=x", .status = 415},
        {.name = "type: jsonp", .header = "Content-Type: application/jsonp", .status = 415},
},
  accepted[] = {
      {.name = "accept: nothing said", .header = "Accept:", .status = 200},
      {.name = "accept: */*", .header = "Accept: */*", .status = 200},
      {.name = "accept: application/json", .header = "Accept: application/json", .status = 200},
      {.name = "accept: application/*", .header = "Accept: application/*;q=0.1", .status = 200},
      {.name = "accept: as browsers", .header = "Accept: text/html,application/xhtml+xml,*/*;q=0.8", .status = 200},
      {.name = "accept: xml", .header = "Accept: application/xml", .status = 406},
      {.name = "accept: html", .header = "Accept: text/html, image/*", .status = 406},
      {.name = "accept: not JSON", .header = "Accept: application/json;q=0", .status = 406},
      {.name = "accept: all but JSON", .header = "Accept: */*, application/json;q=0", .status = 406},
};

static void body__of_this_type_is_read_or_refused(void **state)
{
    const struct media *row = *state;
    const struct answer *answer = REQUEST(.method = "POST", .path = "/api/authors", .body = json("{%s}", LE_GUIN),
                                          .no_type = true, .headers = {row->header});

    if (row->status == 200)
        expect_status(answer, 200);
    else
        expect_error(answer, row->status);
}

static void answer__is_of_a_type_the_client_accepts(void **state)
{
    const struct media *row = *state;
    const char *path = author_path(make_author(unique("author")));

    if (row->status == 200)
        expect_header_starts(expect_status(REQUEST(.path = path, .headers = {row->header}), 200), "Content-Type",
                             "application/json");
    else
        expect_error(REQUEST(.path = path, .headers = {row->header}), row->status);
}

static void get__with_a_body_works(void **state)
{
    const char *path = author_path(make_author(unique("author")));
    const struct answer *answer = REQUEST(.path = path, .body = "{\"a\":1}");

    (void)state;
    expect_body(expect_status(answer, 200), get(path)->body);
}

static void request_id__that_is_sane_is_echoed(void **state)
{
    static const char *const ids[] = {"abc-123", "01J9Z3K4.x_y", "7f2c1b1e-8c0a-4c39-9a55-2f6d6f6b3a11"};

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const char *sent_id = text("X-Request-ID: %s", ids[i]);

        expect_header(REQUEST(.path = "/", .headers = {sent_id}), "X-Request-ID", ids[i]);
        expect_header(REQUEST(.path = "/nothing", .headers = {sent_id}), "X-Request-ID", ids[i]);
    }
}

static void request_id__that_is_not_sane_is_replaced(void **state)
{
    const char *const ids[] = {"a b", "<script>", "a\"b", "a\tb", "\xc3\xa9", repeated("x", 1000)};

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct answer *answer = REQUEST(.path = "/", .headers = {text("X-Request-ID: %s", ids[i])});
        const char *got = header(expect_status(answer, 200), "X-Request-ID");

        if (!got || !*got || !strcmp(got, ids[i]))
            complain(answer, "X-Request-ID", "one made by the service", got);
    }
}

static void request_id__is_another_for_each_request(void **state)
{
    const char *first = header(get("/"), "X-Request-ID");
    const char *second = header(get("/"), "X-Request-ID");

    (void)state;
    assert_non_null(first);
    assert_non_null(second);
    assert_string_not_equal(first, second);
    assert_true(strlen(first) >= 16);
}

static void cors__any_origin_may_read_without_credentials(void **state)
{
    static const char *const paths[] = {"/", "/api/authors", "/nothing", "/api/authors/abc"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct answer *answer = REQUEST(.path = paths[i], .headers = {"Origin: https://app.example"});

        expect_header(answer, "Access-Control-Allow-Origin", "*");
        expect_header(answer, "Access-Control-Allow-Credentials", NULL);
        if (!header(answer, "Access-Control-Expose-Headers"))
            complain(answer, "Access-Control-Expose-Headers", "ETag, Link, Location, X-Request-ID", NULL);
    }
}

static void cors__preflight_is_answered(void **state)
{
    const struct answer *answer =
        REQUEST(.method = "OPTIONS", .path = "/api/authors/1",
                .headers = {"Origin: https://app.example", "Access-Control-Request-Method: PUT",
                            "Access-Control-Request-Headers: content-type, if-match"});
    const char *allowed = header(answer, "Access-Control-Allow-Methods");
    const char *headers = header(answer, "Access-Control-Allow-Headers");

    (void)state;
    if (answer->status != 200 && answer->status != 204)
        complain(answer, "status", "200 or 204", text("%ld", answer->status));
    expect_header(answer, "Access-Control-Allow-Origin", "*");
    if (!allowed || !strstr(allowed, "PUT") || !strstr(allowed, "PATCH") || !strstr(allowed, "DELETE"))
        complain(answer, "Access-Control-Allow-Methods", "PUT, PATCH, DELETE, ...", allowed);
    if (!headers || (!strcasestr(headers, "content-type") && strcmp(headers, "*") != 0) ||
        (!strcasestr(headers, "if-match") && strcmp(headers, "*") != 0))
        complain(answer, "Access-Control-Allow-Headers", "content-type, if-match", headers);
}

static struct media problems[] = {
    {.name = "problem: beside JSON", .header = "Accept: application/json, application/problem+json"},
    {.name = "problem: nothing else", .header = "Accept: application/problem+json"},
};

/* `detail` of a problem is a text, and for violations there is a list of JSON pointers. */
static void problem__is_rfc_9457_when_asked_for(void **state)
{
    const char *accept = ((const struct media *)*state)->header;
    const struct answer *gone = REQUEST(.path = "/api/authors/9007199254740000", .headers = {accept});
    const struct answer *bad =
        REQUEST(.method = "POST", .path = "/api/authors", .body = "{\"name\":5}", .headers = {accept});
    struct json_object *first = NULL;

    expect_header_starts(expect_status(gone, 404), "Content-Type", "application/problem+json");
    assert_int_equal(number(gone, "status"), 404);
    assert_string_equal(json_object_get_string(member(gone, gone->json, "detail")), "Author not found");
    assert_int_equal(json_object_get_type(member(gone, gone->json, "type")), json_type_string);
    assert_int_equal(json_object_get_type(member(gone, gone->json, "title")), json_type_string);
    expect_header_starts(expect_status(bad, 422), "Content-Type", "application/problem+json");
    assert_int_equal(number(bad, "status"), 422);
    assert_int_equal(json_object_get_type(member(bad, bad->json, "detail")), json_type_string);
    assert_int_equal(json_object_array_length(member(bad, bad->json, "errors")), 3);
    first = json_object_array_get_idx(member(bad, bad->json, "errors"), 0);
    if (!strstr(json_object_to_json_string_ext(first, JSON_C_TO_STRING_NOSLASHESCAPE), "/name\""))
        complain(bad, "errors[0]", "a pointer to /name", json_object_to_json_string(first));
}

int main(void)
{
    ADD_ROWS(methods__are_answered_as_allow_says, routes);
    ADD_ROWS(path__is_read_as_it_stands, places);
    ADD(path__with_a_trailing_slash_is_the_same);
    ADD(path__escapes_are_decoded);
    ADD(path__too_long_is_414_or_431);
    ADD(headers__too_large_are_431);
    ADD(root__says_that_it_works);
    ADD(health__is_good);
    ADD(health__tells_of_authorization);
    ADD_ROWS(body__of_this_type_is_read_or_refused, sent);
    ADD_ROWS(answer__is_of_a_type_the_client_accepts, accepted);
    ADD(get__with_a_body_works);
    ADD(request_id__that_is_sane_is_echoed);
    ADD(request_id__that_is_not_sane_is_replaced);
    ADD(request_id__is_another_for_each_request);
    ADD(cors__any_origin_may_read_without_credentials);
    ADD(cors__preflight_is_answered);
    ADD_ROWS(problem__is_rfc_9457_when_asked_for, problems);
    return run_suite("HTTP");
}
