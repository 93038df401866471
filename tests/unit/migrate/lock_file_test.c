/* lock_file_test.c: the lock of a database that is a file: between processes, and with the Atlas CLI. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "folder.h"
#include "migrate/lock_file.h"

#define VALID_MS 10000

static char database[128];

static int setup(void **state)
{
    (void)state;
    if (folder_make() != 0)
        return -1;
    snprintf(database, sizeof database, "%s/test.db", folder);
    return setenv("TMPDIR", folder, 1);
}

static int teardown(void **state)
{
    (void)state;
    unsetenv("TMPDIR");
    return folder_remove();
}

/* What another process gets when it asks. */
static bool another_gets_it(void)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct lock_file lock;
        _exit(lock_file_try(&lock, database, VALID_MS) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status == 0;
}

static void write_expiry(const char *path, const char *sign, int from_now_s)
{
    char text[32];
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    snprintf(text, sizeof text, "%s%lld", sign, ((long long)time(NULL) + from_now_s) * 1000000000LL);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Atlas's file for this database, as quire has named it. */
static void find_own(char ret_path[LOCK_FILE_PATH_MAX])
{
    struct lock_file lock;
    assert_true(lock_file_try(&lock, database, VALID_MS));
    memcpy(ret_path, lock.own, LOCK_FILE_PATH_MAX);
    lock_file_release(&lock);
}

static void test_lock_file__excludes_another_process_until_it_is_released(void **state)
{
    struct lock_file lock;
    (void)state;
    assert_true(lock_file_try(&lock, database, VALID_MS));
    assert_false(another_gets_it());
    lock_file_release(&lock);
    assert_true(another_gets_it());
}

static void test_lock_file__is_not_left_behind_by_a_process_that_dies(void **state)
{
    (void)state;
    assert_true(another_gets_it());
    assert_true(another_gets_it());
}

static void test_lock_file__has_the_name_and_the_time_that_atlas_reads(void **state)
{
    struct lock_file lock;
    char text[32] = "";
    (void)state;
    snprintf(database, sizeof database, "/usr/a.db");
    assert_true(lock_file_try(&lock, database, VALID_MS));
    assert_non_null(strstr(lock.own, "/atlas_migrate_execute_25e504e8.lock"));
    FILE *file = fopen(lock.own, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    long long ahead_s = strtoll(text, NULL, 10) / 1000000000LL - time(NULL);
    assert_true(ahead_s > 5 && ahead_s < 15);
    lock_file_release(&lock);
}

static void test_lock_file__respects_atlas_until_the_time_it_wrote(void **state)
{
    char own[LOCK_FILE_PATH_MAX];
    (void)state;
    find_own(own);
    write_expiry(own, "", 60);
    assert_false(another_gets_it());
    write_expiry(own, "", -1);
    assert_true(another_gets_it());
}

static void test_lock_file__respects_atlas_that_locks_all_databases(void **state)
{
    char shared[LOCK_FILE_PATH_MAX];
    (void)state;
    snprintf(shared, sizeof shared, "%s/atlas_migrate_execute.lock", folder);
    write_expiry(shared, "", 60);
    assert_false(another_gets_it());
    write_expiry(shared, "", -1);
    assert_true(another_gets_it());
}

static void test_lock_file__does_not_wait_for_what_a_killed_quire_has_left(void **state)
{
    char own[LOCK_FILE_PATH_MAX];
    (void)state;
    find_own(own);
    write_expiry(own, "+", 60);
    assert_true(another_gets_it());
}

static void test_lock_file__does_not_follow_a_link_that_lies_in_its_place(void **state)
{
    char own[LOCK_FILE_PATH_MAX];
    char target[128];
    struct lock_file lock;
    struct stat status;
    (void)state;
    find_own(own);
    snprintf(target, sizeof target, "%s/target", folder);
    folder_write("target", "precious");
    assert_int_equal(symlink(target, own), 0);
    assert_true(lock_file_try(&lock, database, VALID_MS));
    lock_file_release(&lock);
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 8);
}

static void test_lock_file__goes_without_where_there_is_no_folder(void **state)
{
    struct lock_file lock;
    (void)state;
    setenv("TMPDIR", "/nowhere", 1);
    assert_true(lock_file_try(&lock, "/nowhere/test.db", VALID_MS));
    assert_int_equal(lock.folder, -1);
    assert_string_equal(lock.own, "");
    lock_file_release(&lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lock_file__excludes_another_process_until_it_is_released),
        TEST(test_lock_file__is_not_left_behind_by_a_process_that_dies),
        TEST(test_lock_file__has_the_name_and_the_time_that_atlas_reads),
        TEST(test_lock_file__respects_atlas_until_the_time_it_wrote),
        TEST(test_lock_file__respects_atlas_that_locks_all_databases),
        TEST(test_lock_file__does_not_wait_for_what_a_killed_quire_has_left),
        TEST(test_lock_file__does_not_follow_a_link_that_lies_in_its_place),
        TEST(test_lock_file__goes_without_where_there_is_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
