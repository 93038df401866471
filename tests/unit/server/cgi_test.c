/* A CGI call runs in a process of its own, between two pipes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/context.h"
#include "http/request.h"
#include "http/response.h"
#include "server/cgi.h"
#include "server/handler.h"

/* Answers with what it was asked: method, URI, a header, and the body and its state. */
static void echo(struct request_handler *self, struct context *context, struct request *request,
                 struct response *response)
{
    const char *accept = request->variable(request, "HTTP_ACCEPT");

    (void)self;
    (void)context;
    response->content_type = "text/plain";
    buffer_printf(&response->body, "%s %s %s %d [%s]", request->method_text, request->uri, accept ? accept : "-",
                  (int)request->body_state, request->body);
}

/* Runs in the child: serves one call with that environment. */
static _Noreturn void serve(const int *in, const int *out, const char *const *environment)
{
    struct request_handler handler = {.answer = echo, .max_body = 10, .request_timeout_ms = 5000};

    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[0]);
    close(in[1]);
    close(out[0]);
    close(out[1]);
    clearenv();
    for (; environment[0]; environment += 2)
        setenv(environment[0], environment[1], 1);
    _exit(cgi_serve(&handler));
}

/* The answer's body to a call with `input` on its standard input, which stays open when `open` is true. */
static const char *call(const char *const *environment, const char *input, bool open)
{
    static char answer[4096];
    int in[2];
    int out[2];
    int status = -1;
    size_t used = 0;
    ssize_t got = 0;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        serve(in, out, environment);
    close(in[0]);
    close(out[1]);
    assert_int_equal(write(in[1], input, strlen(input)), strlen(input));
    if (!open)
        close(in[1]);
    while ((got = read(out[0], answer + used, sizeof answer - 1 - used)) > 0)
        used += (size_t)got;
    answer[used] = '\0';
    close(out[0]);
    if (open)
        close(in[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_memory_equal(answer, "Status: 200 OK\r\n", 16);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    return body + 4;
}

static void test_cgi_serve__passes_method_uri_and_variables(void **state)
{
    (void)state;
    static const char *const environment[] = {"REQUEST_METHOD", "GET", "REQUEST_URI", "/a%20b?c",
                                              "HTTP_ACCEPT",    "x/y", NULL};
    assert_string_equal(call(environment, "", false), "GET /a%20b?c x/y 0 []");
}

static void test_cgi_serve__survives_an_empty_environment(void **state)
{
    (void)state;
    static const char *const environment[] = {NULL};
    assert_string_equal(call(environment, "", false), "  - 0 []");
}

static void test_cgi_serve__body_table(void **state)
{
    (void)state;
    static const struct {
        const char *content_length; /* NULL: none, "chunked": none, and Transfer-Encoding */
        const char *input;
        bool open;
        const char *answer;
    } rows[] = {
        {"5", "hello", false, "P / - 0 [hello]"},
        {"5", "hello", true, "P / - 0 [hello]"},
        {"5", "hello world", true, "P / - 0 [hello]"},
        {"10", "hello", false, "P / - 1 []"},
        {"11", "hello world", false, "P / - 2 []"},
        {"0", "", true, "P / - 0 []"},
        {"-1", "hello", true, "P / - 1 []"},
        {NULL, "", true, "P / - 0 []"},
        {"chunked", "hello", false, "P / - 0 [hello]"},
        {"chunked", "hello world", false, "P / - 2 []"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *length = rows[i].content_length;
        bool chunked = length && strcmp(length, "chunked") == 0;
        const char *const environment[] = {"REQUEST_METHOD",
                                           "P",
                                           "REQUEST_URI",
                                           "/",
                                           !length ? NULL : chunked ? "HTTP_TRANSFER_ENCODING" : "CONTENT_LENGTH",
                                           length,
                                           NULL};
        assert_string_equal(call(environment, rows[i].input, rows[i].open), rows[i].answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cgi_serve__passes_method_uri_and_variables),
        cmocka_unit_test(test_cgi_serve__survives_an_empty_environment),
        cmocka_unit_test(test_cgi_serve__body_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
