/*
 * api_json_test.c: JSON bodies that are not JSON, nearly JSON, too deep, too large or cut short. Strictly RFC 8259:
 * whatever one parser takes and another does not is refused.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <sys/socket.h>

#include "client.h"

#define REST "\"bio\":\"b\",\"birthdate\":\"1929-10-21\"}"
#define ANYWHERE (-1)

static struct fault {
    const char *name;
    const char *body;
    int status;
    int offset;         /* of the fault in bytes; ANYWHERE: not promised */
    const char *reason; /* NULL: not promised */
} faults[] = {
    {.name = "json: {",
     .body = "{",
     .status = 422,
     .offset = 1,
     .reason = "Expecting property name enclosed in double quotes"},
    {.name = "json: apostrophes",
     .body = "{'name':1}",
     .status = 422,
     .offset = 1,
     .reason = "Expecting property name enclosed in double quotes"},
    {.name = "json: no colon", .body = "{\"name\" 1}", .status = 422, .offset = 8, .reason = "Expecting ':' delimiter"},
    {.name = "json: no comma",
     .body = "{\"a\":1 \"b\":2}",
     .status = 422,
     .offset = 7,
     .reason = "Expecting ',' delimiter"},
    {.name = "json: no value", .body = "{\"a\":}", .status = 422, .offset = 5, .reason = "Expecting value"},
    {.name = "json: words", .body = "hello", .status = 422, .offset = 0, .reason = "Expecting value"},
    {.name = "json: more after it", .body = "{} x", .status = 422, .offset = 3, .reason = "Extra data"},
    {.name = "json: two values", .body = "{}{}", .status = 422, .offset = 2, .reason = "Extra data"},
    {.name = "json: a trailing comma", .body = "{\"a\":1,}", .status = 422, .offset = ANYWHERE},
    {.name = "json: a trailing comma in a list", .body = "[1,]", .status = 422, .offset = ANYWHERE},
    {.name = "json: NaN", .body = "{\"name\":NaN," REST, .status = 422, .offset = 8},
    {.name = "json: Infinity", .body = "{\"name\":Infinity," REST, .status = 422, .offset = 8},
    {.name = "json: -Infinity", .body = "{\"name\":-Infinity," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: -01", .body = "{\"x\":-01,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: 01", .body = "{\"x\":01,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: 2.", .body = "{\"x\":2.,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: .5", .body = "{\"x\":.5,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: 1e", .body = "{\"x\":1e,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: +1", .body = "{\"x\":+1,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: 0x1f", .body = "{\"x\":0x1f,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: TRUE", .body = "{\"x\":TRUE,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: nul", .body = "{\"x\":nul,\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: a comment", .body = "{/* x */\"name\":\"n\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: a raw line break in text", .body = "{\"name\":\"a\nb\"," REST, .status = 422, .offset = 10},
    {.name = "json: a raw tab in text", .body = "{\"name\":\"a\tb\"," REST, .status = 422, .offset = 10},
    {.name = "json: an unknown escape", .body = "{\"name\":\"a\\xb\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: a short escape", .body = "{\"name\":\"\\u12\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: a high surrogate alone", .body = "{\"name\":\"\\ud800\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: a low surrogate alone", .body = "{\"name\":\"\\udc00\"," REST, .status = 422, .offset = ANYWHERE},
    {.name = "json: two high surrogates",
     .body = "{\"name\":\"\\ud800\\ud800\"," REST,
     .status = 422,
     .offset = ANYWHERE},
    {.name = "json: a surrogate alone in an ignored field",
     .body = "{\"x\":\"\\ud800\",\"name\":\"n\"," REST,
     .status = 422,
     .offset = ANYWHERE},
    {.name = "json: text without end", .body = "{\"name\":\"n", .status = 422, .offset = ANYWHERE},
    {.name = "json: a form feed as space", .body = "\f{\"name\":\"n\"," REST, .status = 422, .offset = 0},
    {.name = "json: a no-break space as space", .body = "\xc2\xa0{\"name\":\"n\"," REST, .status = 422, .offset = 0},
    {.name = "json: Latin-1", .body = "{\"name\":\"\xe9\"," REST, .status = 400},
    {.name = "json: overlong UTF-8", .body = "{\"name\":\"\xc0\xaf\"," REST, .status = 400},
    {.name = "json: overlong U+0000", .body = "{\"name\":\"\xc0\x80\"," REST, .status = 400},
    {.name = "json: a surrogate in UTF-8", .body = "{\"name\":\"\xed\xa0\x80\"," REST, .status = 400},
    {.name = "json: above U+10FFFF", .body = "{\"name\":\"\xf4\x90\x80\x80\"," REST, .status = 400},
    {.name = "json: UTF-8 cut short", .body = "{\"name\":\"\xf0\x9f\x98\"," REST, .status = 400},
    {.name = "json: not UTF-8 in an ignored field", .body = "{\"x\":\"\xff\",\"name\":\"n\"," REST, .status = 400},
    {.name = "json: UTF-16", .body = "\xff\xfe{", .status = 400},
};

static void expect_json_invalid(const struct answer *answer, const struct fault *row)
{
    struct json_object *detail = member(answer, answer->json, "detail");
    struct json_object *first =
        json_object_get_type(detail) == json_type_array ? json_object_array_get_idx(detail, 0) : NULL;
    struct json_object *loc = member(answer, first, "loc");
    const char *reason = json_object_get_string(member(answer, member(answer, first, "ctx"), "error"));
    int64_t offset = json_object_get_int64(json_object_array_get_idx(loc, 1));

    assert_int_equal(json_object_array_length(detail), 1);
    assert_string_equal(json_object_get_string(member(answer, first, "type")), "json_invalid");
    assert_string_equal(json_object_get_string(member(answer, first, "msg")), "JSON decode error");
    assert_string_equal(json_object_get_string(json_object_array_get_idx(loc, 0)), "body");
    assert_string_equal(json_object_to_json_string_ext(member(answer, first, "input"), JSON_C_TO_STRING_PLAIN), "{}");
    if (row->offset != ANYWHERE && offset != row->offset)
        complain(answer, "offset", text("%d", row->offset), text("%" PRId64, offset));
    if (!reason || (row->reason && strcmp(reason, row->reason) != 0))
        complain(answer, "reason", row->reason ? row->reason : "(any)", reason);
}

static void body__that_is_not_json_is_refused(void **state)
{
    const struct fault *row = *state;
    const struct answer *answer = expect_error(call("POST", "/api/authors", row->body), row->status);

    if (row->status == 422)
        expect_json_invalid(answer, row);
    else if (json_object_get_type(member(answer, answer->json, "detail")) != json_type_string)
        complain(answer, "detail", "a text", answer->body);
}

static void body__with_a_raw_nul_is_refused(void **state)
{
    static const char body[] = "{\"name\":\"a\0b\"," REST;

    (void)state;
    expect_error(REQUEST(.method = "POST", .path = "/api/authors", .body = body, .size = sizeof body - 1), 422);
    expect_error(REQUEST(.method = "POST", .path = "/api/authors", .body = "{}\0{}", .size = 5), 422);
}

/* Sends a body, and expects this status; or that of a web server that takes no such long ones. */
static void expect_status_of_body(const char *body, long status)
{
    const struct answer *answer = call("POST", "/api/authors", body);

    if (strlen(body) > 128 * 1024 && differs(BODY_128_KIB))
        expect_status(answer, 500);
    else if (status == 200)
        expect_status(answer, 200);
    else
        expect_error(answer, status);
}

/* A valid author with an ignored member nested so deep that the whole is `depth` deep. */
static const char *nested(const char *open, const char *close, size_t depth)
{
    return text("{\"x\":%s1%s,\"name\":\"n\"," REST, repeated(open, depth - 1), repeated(close, depth - 1));
}

static void nesting__is_read_to_64_and_refused_beyond(void **state)
{
    (void)state;
    expect_status(call("POST", "/api/authors", nested("[", "]", 64)), 200);
    expect_status(call("POST", "/api/authors", nested("{\"y\":", "}", 64)), 200);
    expect_error(call("POST", "/api/authors", nested("[", "]", 65)), 400);
    expect_error(call("POST", "/api/authors", nested("{\"y\":", "}", 65)), 400);
}

static void nesting__of_100000_is_refused(void **state)
{
    (void)state;
    expect_status_of_body(repeated("[", 100000), 400);
    expect_status_of_body(nested("[", "]", 100000), 400);
    expect_status_of_body(repeated("{\"a\":", 100000), 400);
}

static void body__of_1_mib_is_read_and_more_is_413(void **state)
{
    static const char head[] = "{\"x\":\"", tail[] = "\",\"name\":\"n\"," REST;
    size_t padding = (1 << 20) - (sizeof head - 1) - (sizeof tail - 1);

    (void)state;
    expect_status_of_body(text("%s%s%s", head, repeated("x", padding), tail), 200);
    expect_status_of_body(text("%s%s%s", head, repeated("x", padding + 1), tail), 413);
}

static void body__of_10_mb_is_413_and_the_service_goes_on(void **state)
{
    (void)state;
    expect_status_of_body(repeated("x", 10000000), 413);
    expect_status(get("/"), 200);
}

static void numbers__huge_or_tiny_are_harmless(void **state)
{
    static const char *const numbers[] = {"1e400", "-1e400", "1e-400", "123456789012345678901234567890", "0.1e1"};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        expect_status(call("POST", "/api/authors", text("{\"x\":%s,\"name\":\"n\"," REST, numbers[i])), 200);
        expect_error(call("POST", "/api/authors", text("{\"name\":%s," REST, numbers[i])), 422);
    }
    expect_error(call("POST", "/api/authors", text("{\"name\":%s," REST, repeated("9", 5000))), 422);
}

static void white_space__around_is_allowed(void **state)
{
    (void)state;
    expect_status(
        call("POST", "/api/authors", "\r\n\t { \"name\" : \"n\" , \"bio\":\"b\",\n\"birthdate\":\"1929-10-21\" } \n"),
        200);
}

static int connect_to_service(void)
{
    const char *host = strstr(base_url(), "://") + 3;
    const char *colon = strchr(host, ':');
    const char *port = text("%.*s", (int)strcspn(colon ? colon + 1 : "", "/"), colon ? colon + 1 : "");
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int fd = -1;

    assert_non_null(colon);
    assert_int_equal(getaddrinfo(text("%.*s", (int)(colon - host), host), port, &hints, &found), 0);
    fd = socket(found->ai_family, found->ai_socktype, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, found->ai_addr, found->ai_addrlen), 0);
    freeaddrinfo(found);
    return fd;
}

/* The part that arrives is valid JSON: only its length tells that something is missing. */
/* Sent as such, not escaped, it ends the text that CGI can pass. It must not be taken for the end of the URL. */
static void url__with_a_raw_nul_names_nothing(void **state)
{
    static const char *const targets[] = {"/api/authors/1%c2", "/api/authors/%c", "/api/authors?name=%c", "/%cx"};

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char request[256];
        char answer[64] = "";
        int fd = connect_to_service();
        int target = snprintf(request, sizeof request, "GET %s%s", base_path(), targets[i]);
        char *nul = strstr(request, "%c");

        memmove(nul + 1, nul + 2, strlen(nul + 2) + 1);
        *nul = '\0';
        size_t size = (size_t)target - 1;
        size += (size_t)snprintf(request + size, sizeof request - size,
                                 " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert_int_equal(send(fd, request, size, MSG_NOSIGNAL), size);
        assert_int_equal(recv(fd, answer, 12, MSG_WAITALL), 12);
        assert_string_equal(answer, "HTTP/1.1 400");
        close(fd);
    }
}

static void body__cut_short_makes_nothing(void **state)
{
    const char *name = unique("cut");
    const char *body = text("{\"name\":\"%s\"," REST, name);
    const char *bytes = text("POST %s/api/authors HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n%s",
                             base_path(), strlen(body) + 10, body);

    (void)state;
    for (int i = 0; i < 5; i++) {
        int fd = connect_to_service();

        assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), strlen(bytes));
        shutdown(fd, SHUT_WR);
        close(fd);
        assert_int_equal(number(get(text("/api/authors?name=%s", escaped(name))), "total"), 0);
        usleep(100000);
        assert_int_equal(number(get(text("/api/authors?name=%s", escaped(name))), "total"), 0);
    }
}

int main(void)
{
    ADD_ROWS(body__that_is_not_json_is_refused, faults);
    ADD(body__with_a_raw_nul_is_refused);
    ADD(nesting__is_read_to_64_and_refused_beyond);
    ADD(nesting__of_100000_is_refused);
    ADD(body__of_1_mib_is_read_and_more_is_413);
    ADD(body__of_10_mb_is_413_and_the_service_goes_on);
    ADD(numbers__huge_or_tiny_are_harmless);
    ADD(white_space__around_is_allowed);
    ADD(url__with_a_raw_nul_names_nothing);
    ADD(body__cut_short_makes_nothing);
    return run_suite("JSON bodies");
}
