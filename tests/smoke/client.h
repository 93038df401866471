#ifndef SMOKE_CLIENT_H
#define SMOKE_CLIENT_H

/*
 * client.h: speaks HTTP to the service at BASE_URL, and says what it asked, expected and got where the two differ.
 *
 * The code stands in the header because every smoke program is a single object. Include it after <cmocka.h>. Answers
 * and texts live until the end of the test that made them. With RECORD=FILE every exchange is added to that file, as a
 * line of JSON, for tests/docs/check_exchanges.mjs.
 */

#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define HEADERS_MAX 8
#define TESTS_MAX 512
#define SHOWN_MAX 2000 /* bytes of a body in a complaint */
#define ANSWER_TIMEOUT_S 60

struct request {
    const char *method; /* NULL: GET */
    const char *path;   /* or a whole URL */
    const char *body;   /* NULL: none */
    size_t size;        /* 0: up to the NUL */
    const char *headers[HEADERS_MAX];
    bool no_type; /* do not declare the body to be JSON */
};

struct answer {
    const char *request; /* for complaints */
    long status;
    char *headers; /* as received, last response only */
    size_t headers_size;
    char *body;
    size_t size;
    struct json_object *json; /* NULL: the body is not JSON */
};

/* Something to release at the end of the test. */
struct kept {
    struct kept *next;
    void (*release)(void *);
    void *handle;
};

static struct {
    CURL *curl;
    struct kept *kept;
    struct CMUnitTest tests[TESTS_MAX];
    size_t n_tests;
    unsigned counter;
} client;

static inline const char *base_url(void)
{
    const char *url = getenv("BASE_URL");

    if (!url) {
        fprintf(stderr, "BASE_URL is not set\n");
        exit(2);
    }
    return url;
}

/* The prefix in BASE_URL: "" or "/shop". What the service says of paths starts with it. */
static inline const char *base_path(void)
{
    const char *host = strstr(base_url(), "://");

    return host && strchr(host + 3, '/') ? strchr(host + 3, '/') : "";
}

/* In what a web server, by its nature, differs from the contract. docs/deployment.md lists the same for people. */
enum difference {
    ANSWERS_TRACE = 1 << 0,   /* itself: 405 without a request id, without a true Allow */
    HTML_PAGES = 1 << 1,      /* its own errors are HTML */
    SLASH_IS_404 = 1 << 2,    /* %2F in a path */
    NUL_IS_404 = 1 << 3,      /* %00 in a path, not 400 */
    HEADERS_ARE_400 = 1 << 4, /* too large ones, not 431 */
    BODY_128_KIB = 1 << 5,    /* a longer one is 500, or 413 */
    HEAD_LENGTH = 1 << 6,     /* HEAD may come without Content-Length */
};

/* By the recipe of docs/deployment.md, in SERVER; others do as the contract says. */
static const struct {
    const char *recipe;
    unsigned differences;
} servers[] = {
    {"apache-balancer", ANSWERS_TRACE | NUL_IS_404 | HEADERS_ARE_400},
    {"apache-fcgid", ANSWERS_TRACE | HTML_PAGES | SLASH_IS_404 | NUL_IS_404 | HEADERS_ARE_400 | BODY_128_KIB},
    {"apache-cgid", ANSWERS_TRACE | HTML_PAGES | SLASH_IS_404 | NUL_IS_404 | HEADERS_ARE_400 | HEAD_LENGTH},
    {"nginx-balanced", ANSWERS_TRACE},
};

static inline bool differs(enum difference difference)
{
    const char *recipe = getenv("SERVER");

    for (size_t i = 0; recipe && i < sizeof servers / sizeof *servers; i++) {
        if (strcmp(servers[i].recipe, recipe) == 0)
            return servers[i].differences & (unsigned)difference;
    }
    return false;
}

static inline void *keep(void (*release)(void *), void *handle)
{
    struct kept *kept = calloc(1, sizeof *kept);

    if (!kept || !handle)
        abort();
    *kept = (struct kept){.next = client.kept, .release = release, .handle = handle};
    client.kept = kept;
    return handle;
}

static inline int release_kept(void **state)
{
    (void)state;
    while (client.kept) {
        struct kept *kept = client.kept;

        client.kept = kept->next;
        kept->release(kept->handle);
        free(kept);
    }
    return 0;
}

static inline const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *text(const char *format, ...)
{
    char *made = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&made, format, args) < 0)
        abort();
    va_end(args);
    return keep(free, made);
}

/* A text that no other test and no other run has. */
static inline const char *unique(const char *prefix)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return text("%s %lld-%ld-%d-%u", prefix, (long long)now.tv_sec, now.tv_nsec, (int)getpid(), ++client.counter);
}

/* `n` times `unit`. */
static inline const char *repeated(const char *unit, size_t n)
{
    char *made = keep(free, calloc(n * strlen(unit) + 1, 1));
    char *end = made;

    while (n-- > 0)
        end = stpcpy(end, unit);
    return made;
}

/* JSON written with apostrophes instead of quotation marks. */
static inline const char *json(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *json(const char *format, ...)
{
    char *made = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&made, format, args) < 0)
        abort();
    va_end(args);
    for (char *c = made; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return keep(free, made);
}

/* A JSON string of any text; only what must be is escaped. */
static inline const char *quoted(const char *from)
{
    char *made = keep(free, calloc(strlen(from) * 6 + 3, 1));
    char *to = made;

    *to++ = '"';
    for (; *from; from++) {
        if (*from == '"' || *from == '\\')
            to += sprintf(to, "\\%c", *from);
        else if ((unsigned char)*from < 0x20)
            to += sprintf(to, "\\u%04x", (unsigned char)*from);
        else
            *to++ = *from;
    }
    *to = '"';
    return made;
}

/* Percent-encoded, for a query. */
static inline const char *escaped(const char *from)
{
    char *made = keep(free, calloc(strlen(from) * 3 + 1, 1));
    char *to = made;

    for (; *from; from++)
        to += sprintf(to, "%%%02X", (unsigned char)*from);
    return made;
}

static inline size_t grow(char **bytes, size_t *size, const char *data, size_t added)
{
    char *grown = realloc(*bytes, *size + added + 1);

    if (!grown)
        return 0;
    if (added)
        memcpy(grown + *size, data, added);
    *bytes = grown;
    *size += added;
    grown[*size] = '\0';
    return added;
}

static inline size_t on_body(char *data, size_t unit, size_t n, void *argument)
{
    struct answer *answer = argument;

    return grow(&answer->body, &answer->size, data, unit * n);
}

/* Keeps the headers of the last response: "100 Continue" is one of its own. */
static inline size_t on_header(char *data, size_t unit, size_t n, void *argument)
{
    struct answer *answer = argument;

    if (unit * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
        answer->headers_size = 0;
    return grow(&answer->headers, &answer->headers_size, data, unit * n);
}

static inline void answer_free(void *handle)
{
    struct answer *answer = handle;

    json_object_put(answer->json);
    free(answer->headers);
    free(answer->body);
    free(answer);
}

static inline struct curl_slist *request_headers(const struct request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");

    if (request->body)
        list = curl_slist_append(list, request->no_type ? "Content-Type:" : "Content-Type: application/json");
    for (size_t i = 0; i < HEADERS_MAX && request->headers[i]; i++)
        list = curl_slist_append(list, request->headers[i]);
    return list;
}

static inline void request_set(CURL *curl, const struct request *request, const struct answer *answer)
{
    const char *method = request->method ? request->method : "GET";
    const char *url = strncmp(request->path, "http", 4) == 0 ? request->path : text("%s%s", base_url(), request->path);

    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_TIMEOUT_S);
    if (request->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(request->size ? request->size : strlen(request->body)));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
}

/* NULL when the whole of `body` is not one JSON value. */
static inline struct json_object *json_read(const char *body, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(200);
    struct json_object *object = NULL;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, body, (int)size + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success) {
        json_object_put(object);
        object = NULL;
    }
    json_tokener_free(tokener);
    return object;
}

static inline void record_text(struct json_object *line, const char *name, const char *bytes, size_t size)
{
    json_object_object_add(line, name, bytes ? json_object_new_string_len(bytes, (int)size) : NULL);
}

/* Adds the exchange to the file RECORD in one piece: other programs may be adding to it too. */
static inline void record_exchange(const struct request *request, const struct answer *answer)
{
    const char *name = getenv("RECORD");
    int file = name && *name ? open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    struct json_object *line = json_object_new_object();
    struct json_object *headers = json_object_new_array();
    const char *method = request->method ? request->method : "GET";
    size_t size = request->body && !request->size ? strlen(request->body) : request->size;

    for (size_t i = 0; i < HEADERS_MAX && request->headers[i]; i++)
        json_object_array_add(headers, json_object_new_string(request->headers[i]));
    record_text(line, "method", method, strlen(method));
    record_text(line, "path", request->path, strlen(request->path));
    json_object_object_add(line, "request_headers", headers);
    record_text(line, "request_body", request->body, size);
    json_object_object_add(line, "status", json_object_new_int64(answer->status));
    record_text(line, "headers", answer->headers, answer->headers_size);
    record_text(line, "body", answer->body, answer->size);
    if (file >= 0) {
        const char *written = text("%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));

        if (write(file, written, strlen(written)) != (ssize_t)strlen(written))
            fail_msg("%s cannot be written", name);
        close(file);
    }
    json_object_put(line);
}

/* Sends the request and waits for its answer; no answer at all ends the test. */
static inline const struct answer *send_request(const struct request *request)
{
    struct answer *answer = keep(answer_free, calloc(1, sizeof(struct answer)));
    struct curl_slist *headers = request_headers(request);
    CURLcode code = CURLE_FAILED_INIT;

    if (!client.curl)
        client.curl = curl_easy_init();
    answer->request = text("%s %s %.*s", request->method ? request->method : "GET", request->path, SHOWN_MAX,
                           request->body ? request->body : "");
    on_body(NULL, 0, 0, answer);
    on_header(NULL, 0, 0, answer);
    request_set(client.curl, request, answer);
    curl_easy_setopt(client.curl, CURLOPT_HTTPHEADER, headers);
    code = curl_easy_perform(client.curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK)
        fail_msg("%s: %s", answer->request, curl_easy_strerror(code));
    curl_easy_getinfo(client.curl, CURLINFO_RESPONSE_CODE, &answer->status);
    answer->json = json_read(answer->body, answer->size);
    record_exchange(request, answer);
    return answer;
}

#define REQUEST(...) send_request(&(struct request){__VA_ARGS__})

static inline const struct answer *get(const char *path)
{
    return REQUEST(.path = path);
}

static inline const struct answer *call(const char *method, const char *path, const char *body)
{
    return REQUEST(.method = method, .path = path, .body = body);
}

/* The value of the first header of this name; NULL when there is none. */
static inline const char *header(const struct answer *answer, const char *name)
{
    size_t size = strlen(name);

    for (const char *line = answer->headers; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : line) {
        if (strncasecmp(line, name, size) == 0 && line[size] == ':') {
            line += size + 1;
            line += strspn(line, " \t");
            return text("%.*s", (int)strcspn(line, "\r\n"), line);
        }
    }
    return NULL;
}

/* Ends the test, with all that is needed to see why. */
static inline void complain(const struct answer *answer, const char *what, const char *expected, const char *got)
{
    fail_msg("%s\n#   request:  %.*s\n#   expected: %.*s\n#   got:      %.*s\n#   answer:   %ld %.*s", what, SHOWN_MAX,
             answer->request, SHOWN_MAX, expected, SHOWN_MAX, got ? got : "(nothing)", answer->status, SHOWN_MAX,
             answer->body);
}

static inline const struct answer *expect_status(const struct answer *answer, long status)
{
    if (answer->status != status)
        complain(answer, "status", text("%ld", status), text("%ld", answer->status));
    return answer;
}

/* The body, byte for byte. */
static inline const struct answer *expect_body(const struct answer *answer, const char *body)
{
    if (answer->size != strlen(body) || memcmp(answer->body, body, answer->size) != 0)
        complain(answer, "body", body, answer->body);
    return answer;
}

/* The body as a value: spaces and the order of keys do not matter. */
static inline const struct answer *expect_json(const struct answer *answer, const char *body)
{
    struct json_object *expected = json_read(body, strlen(body));
    bool equal = answer->json && json_object_equal(answer->json, expected);

    if (!expected && strcmp(body, "null") != 0)
        fail_msg("the test expects what is not JSON: %s", body);
    json_object_put(expected);
    if (!equal)
        complain(answer, "JSON", body, answer->body);
    return answer;
}

/* `value` NULL: the header must not be there. */
static inline const struct answer *expect_header(const struct answer *answer, const char *name, const char *value)
{
    const char *got = header(answer, name);

    if ((got && value) ? strcmp(got, value) != 0 : got != value)
        complain(answer, name, value ? value : "(no such header)", got);
    return answer;
}

/* The start of the value; parameters of a media type may follow. */
static inline const struct answer *expect_header_starts(const struct answer *answer, const char *name,
                                                        const char *start)
{
    const char *got = header(answer, name);

    if (!got || strncasecmp(got, start, strlen(start)) != 0)
        complain(answer, name, start, got);
    return answer;
}

/* An error as every error is: JSON, with a detail and a request id. */
static inline const struct answer *expect_error(const struct answer *answer, long status)
{
    struct json_object *detail = NULL;

    expect_status(answer, status);
    expect_header_starts(answer, "Content-Type", "application/json");
    if (!answer->json || !json_object_object_get_ex(answer->json, "detail", &detail) || !detail)
        complain(answer, "error", "{\"detail\":...}", answer->body);
    if (!header(answer, "X-Request-ID"))
        complain(answer, "error", "X-Request-ID", NULL);
    return answer;
}

/* The member of an object in the answer; the test ends when it is not there. */
static inline struct json_object *member(const struct answer *answer, struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    if (!object || !json_object_object_get_ex(object, key, &value))
        complain(answer, "member", key, NULL);
    return value;
}

static inline int64_t number(const struct answer *answer, const char *key)
{
    return json_object_get_int64(member(answer, answer->json, key));
}

static inline const char *record_json(int64_t id, const char *members)
{
    return json("{'id':%" PRId64 ",%s}", id, members);
}

/* Makes a record of valid JSON and gives its id. */
static inline int64_t make(const char *path, const char *body)
{
    return number(expect_status(call("POST", path, body), 200), "id");
}

static inline int64_t make_author(const char *name)
{
    return make("/api/authors", text("{\"name\":%s,\"bio\":\"b\",\"birthdate\":\"1929-10-21\"}", quoted(name)));
}

static inline int64_t make_book(const char *title, int64_t author_id)
{
    return make("/api/books", text("{\"title\":%s,\"description\":\"d\",\"publish_date\":\"1974-05-01\","
                                   "\"author_id\":%" PRId64 "}",
                                   quoted(title), author_id));
}

static inline const char *author_path(int64_t id)
{
    return text("/api/authors/%" PRId64, id);
}

static inline const char *book_path(int64_t id)
{
    return text("/api/books/%" PRId64, id);
}

static inline void add_test(const char *name, CMUnitTestFunction test, void *row)
{
    if (client.n_tests == TESTS_MAX)
        abort();
    client.tests[client.n_tests++] =
        (struct CMUnitTest){.name = name, .test_func = test, .teardown_func = release_kept, .initial_state = row};
}

#define ADD(test) add_test(#test, test, NULL)

/* One test per row of a table; a row starts with `const char *name`. */
#define ADD_ROWS(test, rows)                                                                                           \
    for (size_t i_ = 0; i_ < sizeof(rows) / sizeof *(rows); i_++)                                                      \
    add_test((rows)[i_].name, test, &(rows)[i_])

static inline int run_suite(const char *group)
{
    int failed = 0;

    curl_global_init(CURL_GLOBAL_ALL);
    failed = _cmocka_run_group_tests(group, client.tests, client.n_tests, NULL, NULL);
    curl_easy_cleanup(client.curl);
    curl_global_cleanup();
    return failed != 0;
}

#endif
