/* request_id_test.c: the names of requests. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/context.h"
#include "fake_request.h"
#include "http/request_id.h"

static struct arena arena;
static struct context context;

static const char *choose(const char *given)
{
    struct fake_request fake;

    context_init(&context, &arena, 0);
    fake_request_init(&fake, "GET", "/", NULL);
    if (given)
        fake_request_set(&fake, "HTTP_X_REQUEST_ID", given);
    return request_id_choose(&context, &fake.request);
}

static void test_request_id_choose__takes_a_sane_one(void **state)
{
    static char longest[129];

    (void)state;
    memset(longest, 'a', 128);
    assert_string_equal(choose("abc-DEF_1.2"), "abc-DEF_1.2");
    assert_string_equal(choose(longest), longest);
}

static void test_request_id_choose__replaces_others(void **state)
{
    static char longer[130];
    const char *const given[] = {NULL, "", "a b", "a\r\nb", "a/b", "\xC3\xA9", longer};

    (void)state;
    memset(longer, 'a', 129);
    for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
        const char *id = choose(given[i]);
        assert_int_equal(strlen(id), 32);
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    }
}

static void test_request_id_choose__never_repeats_itself(void **state)
{
    enum { N = 200 };
    const char *ids[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        ids[i] = choose(NULL);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void test_request_id_choose__differs_after_a_fork(void **state)
{
    char theirs[33] = "";
    int pipes[2];
    pid_t child;

    (void)state;
    choose(NULL);
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(write(pipes[1], choose(NULL), 32) != 32);
    assert_int_equal(read(pipes[0], theirs, 32), 32);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(strncmp(choose(NULL), theirs, 16) != 0);
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_id_choose__takes_a_sane_one),
        cmocka_unit_test(test_request_id_choose__replaces_others),
        cmocka_unit_test(test_request_id_choose__never_repeats_itself),
        cmocka_unit_test(test_request_id_choose__differs_after_a_fork),
    };
    int failures;

    arena_init(&arena, (size_t)1 << 20);
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failures;
}
