/* core/installation.c: what was installed is found from where the program is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/installation.h"

#define NAME "installation_test"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* The folder above that of this program, with `rest` after it. */
static const char *beside(const char *rest)
{
    char program[PATH_MAX];

    assert_non_null(realpath("/proc/self/exe", program));
    *strrchr(program, '/') = '\0';
    *strrchr(program, '/') = '\0';
    const char *path = arena_printf(&arena, "%s%s", program, rest);
    assert_non_null(path);
    return path;
}

static void test_installation_find__misses_what_is_not_there(void **state)
{
    (void)state;
    assert_null(installation_find(&arena, "nothing-of-this-name"));
}

static void test_installation_find__finds_the_share_folder_beside_that_of_the_program(void **state)
{
    static const char *const folders[] = {"/share", "/share/quire", ("/share/quire/" NAME)};

    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        mkdir(beside(folders[i]), 0755);
    const char *path = installation_find(&arena, NAME);
    for (size_t i = sizeof folders / sizeof *folders; i > 0; i--)
        rmdir(beside(folders[i - 1]));
    assert_non_null(path);
    assert_string_equal(path, beside(folders[2]));
}

static void test_installation_find__misses_without_memory(void **state)
{
    (void)state;
    arena.fail_after = 1;
    assert_null(installation_find(&arena, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_installation_find__misses_what_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_installation_find__finds_the_share_folder_beside_that_of_the_program,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_installation_find__misses_without_memory, setup, teardown),
    };

    return cmocka_run_group_tests_name("core/installation", tests, NULL, NULL);
}
