/*
 * directory_write_test.c: what is in the folders after an addition, after one that failed half-way, and after a process
 * that was killed half-way. renameat() is this file's own, so that it can fail or end the process at a chosen call.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "core/arena.h"
#include "core/context.h"
#include "folder.h"
#include "folder_tree.h"
#include "migrate/directory.h"
#include "migrate/directory_write.h"

static struct arena arena;
static struct context context;
static char left[96];
static char right[96];
static int renames;      /* done so far */
static int fail_rename;  /* the one that fails, from 1; 0: none */
static bool kill_rename; /* it kills the process instead */

int renameat(int __oldfd, const char *__old, int __newfd, const char *__new)
{
    if (++renames == fail_rename) {
        if (kill_rename)
            raise(SIGKILL);
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_renameat2, __oldfd, __old, __newfd, __new, 0);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    context_init(&context, &arena, 0);
    renames = fail_rename = 0;
    kill_rename = false;
    if (folder_make() != 0)
        return -1;
    snprintf(left, sizeof left, "%s/left", folder);
    snprintf(right, sizeof right, "%s/right", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return tree_remove(folder);
}

static void write_text(const char *path, const char *name, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", path, name);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_from(const char *path, const char *name)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", path, name);
    unlink(full);
}

/* All that is in the folder: names and texts. */
static const char *snapshot(void)
{
    char *text = tree_text(folder);
    const char *copy = arena_text(&arena, text);
    free(text);
    assert_non_null(copy);
    return copy;
}

/* Does the folder's atlas.sum fit, and how many files has it? */
static size_t check_folder(const char *path)
{
    struct migration_directory directory;
    assert_int_equal(directory_read(&context, path, &directory), OK);
    assert_int_equal(directory_check(&context, path, &directory), OK);
    return directory.n_files;
}

static enum code add_both(const char *name)
{
    const struct addition additions[] = {{left, "SELECT 1;\n"}, {right, "SELECT 2;\n"}};
    return directory_add(&context, name, additions, 2);
}

/* Two folders with one file each. */
static void make_both(void)
{
    assert_int_equal(add_both("1_a.sql"), OK);
    renames = 0;
}

static void assert_unchanged(enum code expected, enum code code, const char *before, const char *detail)
{
    assert_int_equal(code, expected);
    assert_string_equal(snapshot(), before);
    if (!strstr(context.error.detail, detail))
        fail_msg("\"%s\" is not in: %s", detail, context.error.detail);
}

static void test_add__makes_folders_and_writes_files_and_sums(void **state)
{
    (void)state;
    struct migration_directory directory;

    snprintf(right, sizeof right, "%s/deep/er/right", folder);
    assert_int_equal(add_both("1_a.sql"), OK);
    assert_int_equal(add_both("2.sql"), OK);
    assert_int_equal(check_folder(left), 2);
    assert_int_equal(check_folder(right), 2);
    assert_int_equal(directory_read(&context, right, &directory), OK);
    assert_string_equal(directory.files[1].name, "2.sql");
    assert_string_equal(directory.files[1].text, "SELECT 2;\n");
    assert_null(strstr(snapshot(), ".new"));
}

static void test_add__keeps_the_mode_of_atlas_sum_and_what_a_killed_one_left_is_removed(void **state)
{
    (void)state;
    struct stat status;
    char path[128];

    make_both();
    snprintf(path, sizeof path, "%s/atlas.sum", left);
    assert_int_equal(chmod(path, 0640), 0);
    write_text(left, ".atlas.sum.new", "x");
    write_text(left, ".2_b.sql.new", "x");
    assert_int_equal(add_both("2_b.sql"), OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(check_folder(left), 2);
    assert_null(strstr(snapshot(), ".new"));
}

static void test_add__puts_a_name_between_others_where_it_belongs(void **state)
{
    (void)state;
    assert_int_equal(add_both("2.sql"), OK);
    assert_int_equal(add_both("1.sql"), OK);
    assert_int_equal(check_folder(left), 2);
}

static void test_add__refuses_a_folder_that_is_not_what_its_sum_says(void **state)
{
    (void)state;
    make_both();
    write_text(right, "1_a.sql", "edited");
    assert_unchanged(CONFLICT, add_both("2.sql"), snapshot(), "checksum mismatch");
    snprintf(right, sizeof right, "%s/new", folder);
    write_text(left, "1_a.sql", "edited");
    assert_unchanged(CONFLICT, add_both("2.sql"), snapshot(), "checksum mismatch");
}

static void test_add__refuses_a_version_that_is_there(void **state)
{
    (void)state;
    make_both();
    assert_unchanged(CONFLICT, add_both("1_a.sql"), snapshot(), "1_a.sql has this version");
    assert_unchanged(CONFLICT, add_both("1_b.sql"), snapshot(), "1_a.sql has this version");
    assert_unchanged(CONFLICT, add_both("1.sql"), snapshot(), "1_a.sql has this version");
}

static void test_add__says_in_one_line_where_it_cannot_write(void **state)
{
    (void)state;
    char path[128];

    make_both();
    snprintf(path, sizeof path, "%s/atlas.sum", right);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("../left/atlas.sum", path), 0);
    assert_unchanged(UNAVAILABLE, add_both("2.sql"), snapshot(), "right/atlas.sum: not a regular file");

    snprintf(right, sizeof right, "%s/left/1_a.sql", folder);
    assert_unchanged(UNAVAILABLE, add_both("2.sql"), snapshot(), "left/1_a.sql: Not a directory");
    snprintf(right, sizeof right, "%s/left/1_a.sql/below", folder);
    assert_unchanged(UNAVAILABLE, add_both("2.sql"), snapshot(), "left/1_a.sql/below: Not a directory");
    snprintf(right, sizeof right, "/proc/quire/right");
    assert_unchanged(UNAVAILABLE, add_both("2.sql"), snapshot(), "/proc/quire: ");
    snprintf(right, sizeof right, "%s", left);
    assert_unchanged(UNAVAILABLE, add_both("2.sql"), snapshot(), "left: another one is writing there");
}

/* Root may write anywhere, so it becomes another one for that. */
static void test_add__says_so_where_it_may_not_write(void **state)
{
    (void)state;
    const bool is_root = geteuid() == 0;

    make_both();
    const char *before = snapshot();
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(right, 0555), 0);
    assert_int_equal(is_root ? chown(left, 65534, 65534) : 0, 0);
    assert_int_equal(is_root ? seteuid(65534) : 0, 0);
    enum code code = add_both("2.sql");
    assert_int_equal(is_root ? seteuid(0) : 0, 0);
    assert_unchanged(UNAVAILABLE, code, before, "right/2.sql: Permission denied");
    assert_int_equal(chmod(right, 0755), 0);
}

static void test_add__takes_new_folders_back_when_another_one_fails(void **state)
{
    (void)state;
    snprintf(left, sizeof left, "%s/a/b/c", folder);
    snprintf(right, sizeof right, "/proc/quire/right");
    assert_unchanged(UNAVAILABLE, add_both("1.sql"), snapshot(), "/proc/quire: ");
}

/* The disk is full: files can have ten bytes at most. */
static void test_add__takes_all_back_when_the_disk_is_full(void **state)
{
    (void)state;
    struct rlimit old;

    make_both();
    const char *before = snapshot();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit small = {.rlim_cur = 10, .rlim_max = old.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum code code = add_both("2.sql");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_unchanged(UNAVAILABLE, code, before, "left/atlas.sum: File too large");
}

static void test_add__takes_all_back_whichever_rename_fails(void **state)
{
    (void)state;
    make_both();
    const char *before = snapshot();
    for (fail_rename = 1; fail_rename <= 4; fail_rename++) {
        renames = 0;
        assert_unchanged(UNAVAILABLE, add_both("2.sql"), before, "No space left on device");
    }
    renames = 0;
    assert_int_equal(add_both("2.sql"), OK);
    assert_int_equal(renames, 4);
}

static void test_add__also_where_there_was_no_sum(void **state)
{
    (void)state;
    const char *before = snapshot();
    for (fail_rename = 1; fail_rename <= 4; fail_rename++) {
        renames = 0;
        assert_unchanged(UNAVAILABLE, add_both("2.sql"), before, "No space left on device");
    }
}

/* Each folder is then as it was, or as it was to become, or has a file that its sum does not know yet. */
static void test_add__killed_at_any_moment_leaves_folders_that_can_be_read(void **state)
{
    (void)state;
    static const char *const expected[] = {"old old",         "old old",     "unknown old",
                                           "unknown unknown", "new unknown", "new new"};
    kill_rename = true;
    make_both();
    for (int at = 1; at <= 5; at++) {
        const char *paths[] = {left, right};
        const char *states[] = {"", ""};
        char found[64];
        pid_t child = fork();
        if (child == 0) {
            renames = 0;
            fail_rename = at;
            _exit(add_both("2.sql") == OK ? 0 : 1);
        }
        int child_status = 0;
        assert_int_equal(waitpid(child, &child_status, 0), child);
        assert_int_equal(WIFSIGNALED(child_status), at <= 4);
        for (size_t i = 0; i < 2; i++) {
            struct migration_directory directory;
            assert_int_equal(directory_read(&context, paths[i], &directory), OK);
            enum code code = directory_check(&context, paths[i], &directory);
            states[i] = code != OK ? "unknown" : directory.n_files == 1 ? "old" : "new";
        }
        snprintf(found, sizeof found, "%s %s", states[0], states[1]);
        assert_string_equal(found, expected[at]);
        remove_from(left, "2.sql");
        remove_from(right, "2.sql");
        assert_int_equal(directory_rehash(&context, left), OK);
        assert_int_equal(directory_rehash(&context, right), OK);
    }
}

static void test_add__waits_for_no_other_one(void **state)
{
    (void)state;
    make_both();
    int fd = open(right, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_unchanged(UNAVAILABLE, add_both("2.sql"), snapshot(), "right: another one is writing there; try again");
    close(fd);
    assert_int_equal(add_both("2.sql"), OK);
}

static void test_rehash__writes_the_sum_that_fits(void **state)
{
    (void)state;
    make_both();
    write_text(left, "1_a.sql", "edited");
    write_text(left, "3.sql", "new");
    assert_int_equal(directory_rehash(&context, left), OK);
    assert_int_equal(check_folder(left), 2);
    assert_int_equal(renames, 1);
    assert_int_equal(directory_rehash(&context, left), OK);
    assert_int_equal(renames, 1);
}

static void test_rehash__leaves_the_sum_when_it_fails(void **state)
{
    (void)state;
    make_both();
    write_text(left, "1_a.sql", "edited");
    fail_rename = 1;
    assert_unchanged(UNAVAILABLE, directory_rehash(&context, left), snapshot(), "left/atlas.sum: No space left");
    write_text(left, "1_b.sql", "");
    assert_unchanged(MALFORMED, directory_rehash(&context, left), snapshot(), "1_b.sql: has the version of 1_a.sql");
    assert_int_equal(directory_rehash(&context, "/nonexistent"), UNAVAILABLE);
    assert_string_equal(context.error.detail, "/nonexistent: No such file or directory");
}

static void test_add__survives_every_failed_allocation(void **state)
{
    (void)state;
    enum code code = NO_MEMORY;

    make_both();
    for (size_t after = 1; code != OK; after++) {
        arena_reset(&arena);
        arena.fail_after = after;
        code = add_both("2.sql");
        assert_true(code == OK || code == NO_MEMORY);
        assert_true(after < 200);
    }
    arena.fail_after = 0;
    assert_int_equal(check_folder(left), 2);
    assert_int_equal(check_folder(right), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add__makes_folders_and_writes_files_and_sums, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__keeps_the_mode_of_atlas_sum_and_what_a_killed_one_left_is_removed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__puts_a_name_between_others_where_it_belongs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__refuses_a_folder_that_is_not_what_its_sum_says, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__refuses_a_version_that_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__says_in_one_line_where_it_cannot_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__says_so_where_it_may_not_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__takes_new_folders_back_when_another_one_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__takes_all_back_when_the_disk_is_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__takes_all_back_whichever_rename_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__also_where_there_was_no_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__killed_at_any_moment_leaves_folders_that_can_be_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_add__waits_for_no_other_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rehash__writes_the_sum_that_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rehash__leaves_the_sum_when_it_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_add__survives_every_failed_allocation, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
