/*
 * api_validation_test.c: every violation of the contract, with the exact answer to it.
 *
 * JSON is written with apostrophes. In bodies and answers #256# is that many letters n; in answers $BODY is the body
 * sent.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

#define AUTHOR "'bio':'b','birthdate':'1929-10-21'"
#define NAMED "'name':'n','bio':'b'"
#define BOOK "'title':'t','description':'d','publish_date':'1974-05-01'"

#define MISSING(at) "{'type':'missing','loc':['body'," at "],'msg':'Field required','input':$BODY}"
#define NO_BODY "{'type':'missing','loc':['body'],'msg':'Field required','input':null}"
#define NO_OBJECT                                                                                                      \
    "{'type':'model_attributes_type','loc':['body'],'msg':'Input should be a valid dictionary or object to extract "   \
    "fields from','input':$BODY}"
#define NO_TEXT(at, in) "{'type':'string_type','loc':[" at "],'msg':'Input should be a valid string','input':" in "}"
#define LONG(in)                                                                                                       \
    "{'type':'string_too_long','loc':['body','name'],'msg':'String should have at most 255 characters','input':" in    \
    ",'ctx':{'max_length':255}}"
#define SHORT(at)                                                                                                      \
    "{'type':'string_too_short','loc':['body'," at "],'msg':'String should have at least 1 character','input':'',"     \
    "'ctx':{'min_length':1}}"
#define BAD_DATE(at, in, why)                                                                                          \
    "{'type':'date_from_datetime_parsing','loc':['body'," at "],'msg':'Input should be a valid date or datetime, " why \
    "','input':" in ",'ctx':{'error':'" why "'}}"
#define BAD_INT(at, in)                                                                                                \
    "{'type':'int_parsing','loc':[" at                                                                                 \
    "],'msg':'Input should be a valid integer, unable to parse string as an integer','input':" in "}"
#define LOW(at, in, least)                                                                                             \
    "{'type':'greater_than_equal','loc':[" at "],'msg':'Input should be greater than or equal to " least               \
    "','input':" in ",'ctx':{'ge':" least "}}"
#define HIGH(at, in, most)                                                                                             \
    "{'type':'less_than_equal','loc':[" at "],'msg':'Input should be less than or equal to " most "','input':" in      \
    ",'ctx':{'le':" most "}}"
#define WHY_MONTH "month value is outside expected range of 1-12"
#define WHY_DAY "day value is outside expected range"

static struct fault {
    const char *name;
    const char *method; /* NULL: POST */
    const char *path;   /* NULL: /api/authors */
    const char *body;
    const char *detail; /* the list, exactly */
} faults[] = {
    {.name = "body: none", .body = "", .detail = NO_BODY},
    {.name = "body: null", .body = "null", .detail = NO_BODY},
    {.name = "body: []", .body = "[]", .detail = NO_OBJECT},
    {.name = "body: text", .body = "'name'", .detail = NO_OBJECT},
    {.name = "body: a number", .body = "5", .detail = NO_OBJECT},
    {.name = "body: true", .body = "true", .detail = NO_OBJECT},
    {.name = "body: {}", .body = "{}", .detail = MISSING("'name'") "," MISSING("'bio'") "," MISSING("'birthdate'")},
    {.name = "a field is missing", .body = "{'name':'n','birthdate':'1929-10-21'}", .detail = MISSING("'bio'")},
    {.name = "put: a field is missing",
     .method = "PUT",
     .path = "/api/authors/1",
     .body = "{" NAMED "}",
     .detail = MISSING("'birthdate'")},
    {.name = "names are case-sensitive", .body = "{'Name':'n'," AUTHOR "}", .detail = MISSING("'name'")},
    {.name = "text: a number", .body = "{'name':5," AUTHOR "}", .detail = NO_TEXT("'body','name'", "5")},
    {.name = "text: null", .body = "{'name':null," AUTHOR "}", .detail = NO_TEXT("'body','name'", "null")},
    {.name = "text: a list", .body = "{'name':['n']," AUTHOR "}", .detail = NO_TEXT("'body','name'", "['n']")},
    {.name = "text: an object", .body = "{'name':{'a':1}," AUTHOR "}", .detail = NO_TEXT("'body','name'", "{'a':1}")},
    {.name = "text: true", .body = "{'name':true," AUTHOR "}", .detail = NO_TEXT("'body','name'", "true")},
    {.name = "patch: text null",
     .method = "PATCH",
     .path = "/api/authors/1",
     .body = "{'bio':null}",
     .detail = NO_TEXT("'body','bio'", "null")},
    {.name = "text: 256 characters", .body = "{'name':'#256#'," AUTHOR "}", .detail = LONG("'#256#'")},
    {.name = "patch: text of 256 characters",
     .method = "PATCH",
     .path = "/api/authors/1",
     .body = "{'name':'#256#'}",
     .detail = LONG("'#256#'")},
    {.name = "text: no character", .body = "{'name':''," AUTHOR "}", .detail = SHORT("'name'")},
    {.name = "title: no character",
     .method = "PATCH",
     .body = "{'title':''}",
     .path = "/api/books/1",
     .detail = SHORT("'title'")},
    {.name = "date: month 13",
     .body = "{" NAMED ",'birthdate':'2020-13-45'}",
     .detail = BAD_DATE("'birthdate'", "'2020-13-45'", WHY_MONTH)},
    {.name = "date: February 30",
     .body = "{" NAMED ",'birthdate':'2020-02-30'}",
     .detail = BAD_DATE("'birthdate'", "'2020-02-30'", WHY_DAY)},
    {.name = "date: February 29 of a common year",
     .body = "{" NAMED ",'birthdate':'1900-02-29'}",
     .detail = BAD_DATE("'birthdate'", "'1900-02-29'", WHY_DAY)},
    {.name = "date: empty",
     .body = "{" NAMED ",'birthdate':''}",
     .detail = BAD_DATE("'birthdate'", "''", "input is too short")},
    {.name = "date: null",
     .body = "{" NAMED ",'birthdate':null}",
     .detail = "{'type':'date_type','loc':['body','birthdate'],'msg':'Input should be a valid date','input':null}"},
    {.name = "date: a list",
     .body = "{" NAMED ",'birthdate':[]}",
     .detail = "{'type':'date_type','loc':['body','birthdate'],'msg':'Input should be a valid date','input':[]}"},
    {.name = "reference: text",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':'abc'}",
     .detail = BAD_INT("'body','author_id'", "'abc'")},
    {.name = "reference: null",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':null}",
     .detail = "{'type':'int_type','loc':['body','author_id'],'msg':'Input should be a valid integer','input':null}"},
    {.name = "reference: a fraction",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':5.5}",
     .detail =
         "{'type':'int_from_float','loc':['body','author_id'],'msg':'Input should be a valid integer, got a number "
         "with a fractional part','input':5.5}"},
    {.name = "reference: 0",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':0}",
     .detail = LOW("'body','author_id'", "0", "1")},
    {.name = "reference: missing", .path = "/api/books", .body = "{" BOOK "}", .detail = MISSING("'author_id'")},
    {.name = "all at once",
     .body = "{'name':'','bio':5,'birthdate':'2020-13-45'}",
     .detail = SHORT("'name'") "," NO_TEXT("'body','bio'", "5") "," BAD_DATE("'birthdate'", "'2020-13-45'", WHY_MONTH)},
    {.name = "all at once, path and body",
     .method = "PUT",
     .path = "/api/authors/abc",
     .body = "{'name':5," AUTHOR "}",
     .detail = BAD_INT("'path','id'", "'abc'") "," NO_TEXT("'body','name'", "5")},
    {.name = "id: get abc", .method = "GET", .path = "/api/authors/abc", .detail = BAD_INT("'path','id'", "'abc'")},
    {.name = "id: get 12abc", .method = "GET", .path = "/api/books/12abc", .detail = BAD_INT("'path','id'", "'12abc'")},
    {.name = "id: delete abc", .method = "DELETE", .path = "/api/books/abc", .detail = BAD_INT("'path','id'", "'abc'")},
    {.name = "id: patch abc",
     .method = "PATCH",
     .path = "/api/books/abc",
     .body = "{}",
     .detail = BAD_INT("'path','id'", "'abc'")},
    {.name = "id: 0", .method = "GET", .path = "/api/authors/0", .detail = LOW("'path','id'", "'0'", "1")},
    {.name = "id: -1", .method = "GET", .path = "/api/authors/-1", .detail = LOW("'path','id'", "'-1'", "1")},
    {.name = "page: 0", .method = "GET", .path = "/api/authors?page=0", .detail = LOW("'query','page'", "'0'", "1")},
    {.name = "page: -1", .method = "GET", .path = "/api/books?page=-1", .detail = LOW("'query','page'", "'-1'", "1")},
    {.name = "page: x", .method = "GET", .path = "/api/authors?page=x", .detail = BAD_INT("'query','page'", "'x'")},
    {.name = "pageSize: 0",
     .method = "GET",
     .path = "/api/books?pageSize=0",
     .detail = LOW("'query','pageSize'", "'0'", "1")},
    {.name = "pageSize: 101",
     .method = "GET",
     .path = "/api/authors?pageSize=101",
     .detail = HIGH("'query','pageSize'", "'101'", "100")},
    {.name = "author_id: x",
     .method = "GET",
     .path = "/api/books?author_id=x",
     .detail = BAD_INT("'query','author_id'", "'x'")},
    {.name = "after: x", .method = "GET", .path = "/api/books?after=x", .detail = BAD_INT("'query','after'", "'x'")},
    {.name = "before: x", .method = "GET", .path = "/api/books?before=x", .detail = BAD_INT("'query','before'", "'x'")},
    {.name = "before: 0",
     .method = "GET",
     .path = "/api/books?before=0",
     .detail = LOW("'query','before'", "'0'", "1")},
    {.name = "query: all at once",
     .method = "GET",
     .path = "/api/authors?page=0&pageSize=x",
     .detail = LOW("'query','page'", "'0'", "1") "," BAD_INT("'query','pageSize'", "'x'")},
};

/* Replaces each `mark` by `by`. */
static const char *replaced(const char *from, const char *mark, const char *by)
{
    const char *at = strstr(from, mark);

    return at ? text("%.*s%s%s", (int)(at - from), from, by, replaced(at + strlen(mark), mark, by)) : from;
}

static void fault__is_answered_exactly(void **state)
{
    const struct fault *row = *state;
    const char *letters = repeated("n", 256);
    const char *body = row->body ? replaced(json("%s", row->body), "#256#", letters) : NULL;
    const char *detail = replaced(replaced(json("%s", row->detail), "#256#", letters), "$BODY", body ? body : "null");

    expect_json(
        expect_error(call(row->method ? row->method : "POST", row->path ? row->path : "/api/authors", body), 422),
        text("{\"detail\":[%s]}", detail));
}

/* Violations whose wording is the service's own: only what is named here is promised. */
static struct place {
    const char *name;
    const char *method;
    const char *path;
    const char *body;
    const char *type;
    const char *loc;
    const char *message;
} places[] = {
    {.name = "name: U+0000",
     .method = "POST",
     .path = "/api/authors",
     .body = "{'name':'a\\u0000b'," AUTHOR "}",
     .type = "value_error",
     .loc = "['body','name']",
     .message = "Value error, text may not contain U+0000"},
    {.name = "name: only white space",
     .method = "POST",
     .path = "/api/authors",
     .body = "{'name':' \\t\\n\\u00a0\\u3000'," AUTHOR "}",
     .type = "value_error",
     .loc = "['body','name']"},
    {.name = "title: only white space",
     .method = "PATCH",
     .path = "/api/books/1",
     .body = "{'title':' '}",
     .type = "value_error",
     .loc = "['body','title']"},
    {.name = "reference: unknown author",
     .method = "POST",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':9007199254740000}",
     .type = "value_error",
     .loc = "['body','author_id']"},
    {.name = "reference: -1",
     .method = "POST",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':-1}",
     .type = "greater_than_equal",
     .loc = "['body','author_id']"},
    {.name = "reference: 2^63",
     .method = "POST",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':9223372036854775808}",
     .type = "int_parsing_size",
     .loc = "['body','author_id']"},
    {.name = "reference: 2^64+1",
     .method = "POST",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':18446744073709551617}",
     .type = "int_parsing_size",
     .loc = "['body','author_id']"},
    {.name = "reference: a list",
     .method = "POST",
     .path = "/api/books",
     .body = "{" BOOK ",'author_id':[1]}",
     .type = "int_type",
     .loc = "['body','author_id']"},
    {.name = "id: 2^63",
     .method = "GET",
     .path = "/api/authors/9223372036854775808",
     .type = "int_parsing_size",
     .loc = "['path','id']"},
    {.name = "id: 2^64+1",
     .method = "DELETE",
     .path = "/api/books/18446744073709551617",
     .type = "int_parsing_size",
     .loc = "['path','id']"},
    {.name = "page: 2^64",
     .method = "GET",
     .path = "/api/books?page=18446744073709551616",
     .type = "int_parsing_size",
     .loc = "['query','page']"},
    {.name = "sort: unknown field", .method = "GET", .path = "/api/books?sort=nothing", .loc = "['query','sort']"},
    {.name = "sort: a field that is not sortable",
     .method = "GET",
     .path = "/api/books?sort=-description",
     .loc = "['query','sort']"},
    {.name = "sort: not SQL",
     .method = "GET",
     .path = "/api/books?sort=id;DROP%20TABLE%20book",
     .loc = "['query','sort']"},
    {.name = "bio: 65,536 bytes",
     .method = "POST",
     .path = "/api/authors",
     .body = "{'name':'n','birthdate':'1929-10-21','bio':'#65536#'}",
     .loc = "['body','bio']"},
    {.name = "description: 65,536 bytes",
     .method = "PATCH",
     .path = "/api/books/1",
     .body = "{'description':'#65536#'}",
     .loc = "['body','description']"},
    {.name = "bio: U+0000",
     .method = "PATCH",
     .path = "/api/authors/1",
     .body = "{'bio':'\\u0000'}",
     .type = "value_error",
     .loc = "['body','bio']"},
    {.name = "date: not a date",
     .method = "PATCH",
     .path = "/api/authors/1",
     .body = "{'birthdate':'yesterday'}",
     .type = "date_from_datetime_parsing",
     .loc = "['body','birthdate']"},
    {.name = "date: more after it",
     .method = "PATCH",
     .path = "/api/authors/1",
     .body = "{'birthdate':'2020-01-01x'}",
     .type = "date_from_datetime_parsing",
     .loc = "['body','birthdate']"},
    {.name = "date: hour 24 and minute 60",
     .method = "PATCH",
     .path = "/api/authors/1",
     .body = "{'birthdate':'2020-01-01T24:60:00'}",
     .type = "date_from_datetime_parsing",
     .loc = "['body','birthdate']"},
    {.name = "date: U+0000 after it",
     .method = "PATCH",
     .path = "/api/authors/1",
     .body = "{'birthdate':'2020-01-01\\u0000'}",
     .loc = "['body','birthdate']"},
};

static void fault__is_found_at_its_place(void **state)
{
    const struct place *row = *state;
    const char *body = row->body ? replaced(json("%s", row->body), "#65536#", repeated("n", 65536)) : NULL;
    const struct answer *answer = expect_error(call(row->method, row->path, body), 422);
    struct json_object *detail = member(answer, answer->json, "detail");
    struct json_object *first =
        json_object_get_type(detail) == json_type_array ? json_object_array_get_idx(detail, 0) : NULL;
    const char *loc = json_object_to_json_string_ext(member(answer, first, "loc"), JSON_C_TO_STRING_PLAIN);

    if (strcmp(loc, json("%s", row->loc)) != 0)
        complain(answer, "loc", json("%s", row->loc), loc);
    if (row->type && strcmp(json_object_get_string(member(answer, first, "type")), row->type) != 0)
        complain(answer, "type", row->type, json_object_get_string(member(answer, first, "type")));
    if (row->message)
        assert_string_equal(json_object_get_string(member(answer, first, "msg")), row->message);
    assert_true(json_object_get_string_len(member(answer, first, "msg")) > 5);
    assert_true(json_object_object_get_ex(first, "input", NULL));
    assert_int_equal(json_object_array_length(detail), 1);
}

static struct date_form {
    const char *name;
    const char *sent;
    const char *stored;
} dates[] = {
    {.name = "date: 1929-10-21", .sent = "1929-10-21", .stored = "1929-10-21"},
    {.name = "date: the first day", .sent = "0001-01-01", .stored = "0001-01-01"},
    {.name = "date: the last day", .sent = "9999-12-31", .stored = "9999-12-31"},
    {.name = "date: a leap day", .sent = "2000-02-29", .stored = "2000-02-29"},
    {.name = "date: midnight", .sent = "1929-10-21T00:00:00", .stored = "1929-10-21"},
    {.name = "date: with a time", .sent = "1929-10-21T15:30:59", .stored = "1929-10-21"},
    {.name = "date: with a time after a space", .sent = "1929-10-21 15:30:59", .stored = "1929-10-21"},
    {.name = "date: without seconds", .sent = "1929-10-21T15:30", .stored = "1929-10-21"},
    {.name = "date: with a fraction", .sent = "1929-10-21T15:30:59.123456", .stored = "1929-10-21"},
    {.name = "date: in UTC", .sent = "1929-10-21T15:30:59Z", .stored = "1929-10-21"},
    {.name = "date: the date part is kept, whatever the offset",
     .sent = "1929-10-21T23:30:00-08:00",
     .stored = "1929-10-21"},
    {.name = "date: fraction and offset", .sent = "1929-10-21T00:30:00.5+05:30", .stored = "1929-10-21"},
};

static void date__is_taken_and_answered_as_a_day(void **state)
{
    const struct date_form *row = *state;
    const char *sent = text("{\"name\":\"n\",\"bio\":\"b\",\"birthdate\":\"%s\"}", row->sent);
    const char *members = text("'name':'n','bio':'b','birthdate':'%s'", row->stored);
    const struct answer *answer = expect_status(call("POST", "/api/authors", sent), 200);
    int64_t id = number(answer, "id");

    expect_body(answer, record_json(id, members));
    expect_body(expect_status(call("PUT", author_path(id), sent), 200), record_json(id, members));
    expect_body(get(author_path(id)), record_json(id, members));
}

int main(void)
{
    ADD_ROWS(fault__is_answered_exactly, faults);
    ADD_ROWS(fault__is_found_at_its_place, places);
    ADD_ROWS(date__is_taken_and_answered_as_a_day, dates);
    return run_suite("validation");
}
