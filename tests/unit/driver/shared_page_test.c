/* shared_page_test.c: memory that processes find by a name. What may be wrong with an object is in coherence_test.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/shared_page.h"
#include "page_case.h"

#define SIZE ((size_t)4096)

static void test_shared_page_name__is_of_the_user_and_the_identity(void **state)
{
    (void)state;
    char *first = shared_page_name(&arena, "mysql://a");
    char *second = shared_page_name(&arena, "mysql://b");
    char start[32];
    snprintf(start, sizeof start, "/quire-%u-", (unsigned)geteuid());
    assert_memory_equal(first, start, strlen(start));
    assert_string_not_equal(first, second);
    assert_string_equal(first, shared_page_name(&arena, "mysql://a"));
    assert_null(strchr(first + 1, '/'));
}

static void test_shared_page_open__gives_zeroes_that_all_see_change(void **state)
{
    (void)state;
    struct shared_page *mine = shared_page_open(&arena, name, SIZE);
    struct shared_page *other = shared_page_open(&arena, name, SIZE);
    assert_true(mine->shared && other->shared);
    assert_int_equal(((char *)mine->bytes)[SIZE - 1], 0);
    ((char *)mine->bytes)[SIZE - 1] = 7;
    assert_int_equal(((char *)other->bytes)[SIZE - 1], 7);
}

static void test_shared_page_open__does_not_use_a_page_of_another_size(void **state)
{
    (void)state;
    assert_true(shared_page_open(&arena, name, SIZE)->shared);
    assert_false(shared_page_open(&arena, name, 2 * SIZE)->shared);
}

/* A page that gets its memory when it is written to may find that there is none left: SIGBUS. */
static void test_shared_page_open__has_all_its_memory_at_once(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(fstat(shared_page_open(&arena, name, 16 * SIZE)->fd, &status), 0);
    assert_true((size_t)status.st_blocks * 512 >= 16 * SIZE);
}

static void test_shared_page_open__without_a_name_is_shared_with_children(void **state)
{
    (void)state;
    struct shared_page *page = shared_page_open(&arena, "/no/such/name", SIZE);
    assert_non_null(page);
    assert_false(page->shared);
    pid_t child = fork();
    if (child == 0) {
        memcpy(page->bytes, "child", 6);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_string_equal(page->bytes, "child");
}

static void test_shared_page_open__closes_its_descriptor_with_the_arena_and_on_exec(void **state)
{
    (void)state;
    int fd = shared_page_open(&arena, name, SIZE)->fd;
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    arena_reset(&arena);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_shared_page_open__gives_up_without_memory(void **state)
{
    (void)state;
    arena.fail_after = 1;
    assert_null(shared_page_open(&arena, name, SIZE));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, page_setup, page_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_shared_page_name__is_of_the_user_and_the_identity),
        CASE(test_shared_page_open__gives_zeroes_that_all_see_change),
        CASE(test_shared_page_open__does_not_use_a_page_of_another_size),
        CASE(test_shared_page_open__has_all_its_memory_at_once),
        CASE(test_shared_page_open__without_a_name_is_shared_with_children),
        CASE(test_shared_page_open__closes_its_descriptor_with_the_arena_and_on_exec),
        CASE(test_shared_page_open__gives_up_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
