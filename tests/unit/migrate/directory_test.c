/* directory_test.c: names, headers and atlas.sum. The sums expected here were made by an independent program. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "folder.h"
#include "migrate/directory.h"

#define FIRST "1.sql h1:IftJBhI13RXM2QvY3R+ya0mMFewqa2/thIolFKijXmY=\n"
#define THIRD "3_b.sql h1:bU8fiYGtoZQ6MMOuxtEJCv345RUxP8phMjBM40EGn3w=\n"
#define TOTAL "h1:1UGu2akQKP6z8YV1f40bNDP0TYB8Mu6dad5dxFduBB4=\n"

static struct arena arena;
static struct context context;
static struct migration_directory directory;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    context_init(&context, &arena, 0);
    directory = (struct migration_directory){0};
    return folder_make();
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return folder_remove();
}

static void write_three(void)
{
    folder_write("3_b.sql", "CREATE TABLE b (id int);\n");
    folder_write("1.sql", "CREATE TABLE a (id int);\n");
    folder_write("2_ignored.sql", "-- atlas:sum ignore\nSELECT 1;\n");
    folder_write("README.md", "not a migration");
}

static void assert_refused(enum code code, const char *name, const char *text, const char *detail)
{
    folder_write(name, text);
    assert_int_equal(directory_read(&context, folder, &directory), code);
    assert_non_null(strstr(context.error.detail, detail));
    assert_int_equal(directory.n_files, 0);
    folder_delete(name);
}

static void test_read__takes_version_and_description_from_names_in_order(void **state)
{
    (void)state;
    write_three();
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_int_equal(directory.n_files, 3);
    assert_string_equal(directory.files[0].version, "1");
    assert_string_equal(directory.files[0].description, "");
    assert_string_equal(directory.files[2].name, "3_b.sql");
    assert_string_equal(directory.files[2].version, "3");
    assert_string_equal(directory.files[2].description, "b");
    assert_string_equal(directory.files[2].text, "CREATE TABLE b (id int);\n");
}

static void test_read__chains_sums_and_leaves_ignored_files_out(void **state)
{
    (void)state;
    write_three();
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_string_equal(directory.sum, TOTAL FIRST THIRD);
    assert_string_equal(directory.files[2].hash, "bU8fiYGtoZQ6MMOuxtEJCv345RUxP8phMjBM40EGn3w=");
}

static void test_read__an_edit_changes_the_sums_of_all_later_files(void **state)
{
    (void)state;
    write_three();
    folder_write("1.sql", "CREATE TABLE a (id bigint);\n");
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_string_not_equal(directory.files[2].hash, "bU8fiYGtoZQ6MMOuxtEJCv345RUxP8phMjBM40EGn3w=");
}

static void test_read__an_empty_folder_has_the_sum_of_nothing(void **state)
{
    (void)state;
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_string_equal(directory.sum, "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
}

static void test_read__has_the_order_of_names_whatever_the_versions(void **state)
{
    (void)state;
    folder_write("1_b.sql", "");
    folder_write("10_a.sql", "");
    folder_write("2.sql", "");
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_string_equal(directory.files[0].name, "10_a.sql");
    assert_string_equal(directory.files[1].name, "1_b.sql");
    assert_string_equal(directory.files[2].name, "2.sql");
}

static void test_read__refuses_what_is_no_migration(void **state)
{
    (void)state;
    folder_write("2_a.sql", "");
    assert_refused(MALFORMED, "4_mark.sql", "\xef\xbb\xbfSELECT 1;",
                   "4_mark.sql: starts with a byte order mark; save it as UTF-8 without one");
    assert_refused(MALFORMED, "2_b.sql", "", "2_b.sql: has the version of 2_a.sql");
    assert_refused(MALFORMED, "2.sql", "", "2_a.sql: has the version of 2.sql");
    assert_refused(MALFORMED, "1.sql", "caf\xe9", "1.sql: not UTF-8 text");
    assert_refused(MALFORMED, "3.sql", "-- atlas:txmode all\n\n", "3.sql: atlas:txmode is");
    folder_write("10_b.sql", "");
    folder_write("1_c.sql", "");
    assert_refused(MALFORMED, "10_c.sql", "", "10_c.sql: has the version of 10_b.sql");
}

static void test_read__refuses_a_folder_that_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(directory_read(&context, "/nonexistent/migrations", &directory), NOT_FOUND);
    assert_string_equal(context.error.detail, "/nonexistent/migrations: No such file or directory");
}

static void test_read__survives_every_failed_allocation(void **state)
{
    (void)state;
    enum code code = NO_MEMORY;
    write_three();
    for (size_t after = 1; code != OK; after++) {
        arena_reset(&arena);
        arena.fail_after = after;
        code = directory_read(&context, folder, &directory);
        assert_true(code == OK || code == NO_MEMORY);
        assert_true(after < 200);
    }
}

static void test_check__accepts_a_right_sum(void **state)
{
    (void)state;
    write_three();
    folder_write("atlas.sum", TOTAL FIRST THIRD);
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_int_equal(directory_check(&context, folder, &directory), OK);
}

static void assert_advice(const char *sum, const char *fault)
{
    char expected[512];

    folder_delete("atlas.sum");
    if (sum)
        folder_write("atlas.sum", sum);
    print_message("%s\n", fault);
    assert_int_equal(directory_check(&context, folder, &directory), CONFLICT);
    assert_string_equal(context.error.detail, sum ? "checksum mismatch" : "checksum file not found");
    snprintf(expected, sizeof expected,
             "You have a checksum error in your migration directory.\n%s%s%s"
             "Please check your migration files and run 'quire migrate hash' to re-hash the contents\n\n",
             *fault ? "\n\t" : "", fault, *fault ? "\n\n" : "");
    assert_string_equal(directory_advice(&context, folder, &directory), expected);
}

static void test_check__says_which_line_and_file_differ_in_the_words_of_atlas(void **state)
{
    (void)state;
    write_three();
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_advice(TOTAL "1.sql h1:AAAA\n" THIRD, "L2: 1.sql was edited");
    assert_advice(TOTAL FIRST, "L3: 3_b.sql was added");
    assert_advice(TOTAL THIRD, "L2: 1.sql was added");
    assert_advice(TOTAL FIRST "2.sql h1:AAAA\n" THIRD, "L3: 2.sql was removed");
    assert_advice(TOTAL FIRST THIRD "4.sql h1:AAAA\n", "L4: 4.sql was removed");
    assert_advice(TOTAL FIRST "not a line\n", "L3: not a line was removed");
    assert_advice("", "L2: 1.sql was added");
}

static void test_check__names_no_line_when_none_is_to_blame(void **state)
{
    (void)state;
    write_three();
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_advice("h1:AAAA\n" FIRST THIRD, "");
    assert_advice(TOTAL THIRD FIRST, "");
    assert_advice(NULL, "");
}

static void test_check__overlooks_line_ends_and_spaces(void **state)
{
    (void)state;
    static const char spaced[] = "h1:1UGu2akQKP6z8YV1f40bNDP0TYB8Mu6dad5dxFduBB4=\r\n"
                                 "1.sql   h1:IftJBhI13RXM2QvY3R+ya0mMFewqa2/thIolFKijXmY=\r\n"
                                 "3_b.sql h1:bU8fiYGtoZQ6MMOuxtEJCv345RUxP8phMjBM40EGn3w=";
    write_three();
    folder_write("atlas.sum", spaced);
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_int_equal(directory_check(&context, folder, &directory), OK);
}

static void test_check__a_folder_without_migrations_needs_no_sum(void **state)
{
    (void)state;
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_int_equal(directory_check(&context, folder, &directory), OK);
    assert_advice("h1:AAAA\n", "");
}

/* After a change below migrations/, this prints what its atlas.sum has to be. */
static void test_check__accepts_the_sums_of_this_project(void **state)
{
    (void)state;
    static const char *const paths[] = {"migrations/mysql", "migrations/postgresql", "migrations/sqlite"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(directory_read(&context, paths[i], &directory), OK);
        assert_true(directory.n_files > 0);
        if (directory_check(&context, paths[i], &directory) == OK)
            continue;
        fail_msg("%s: %s; the right %s/atlas.sum is:\n%s", paths[i], context.error.detail, paths[i], directory.sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read__takes_version_and_description_from_names_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read__chains_sums_and_leaves_ignored_files_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read__an_edit_changes_the_sums_of_all_later_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read__an_empty_folder_has_the_sum_of_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read__has_the_order_of_names_whatever_the_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read__refuses_what_is_no_migration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read__refuses_a_folder_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read__survives_every_failed_allocation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check__accepts_a_right_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check__says_which_line_and_file_differ_in_the_words_of_atlas, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_check__names_no_line_when_none_is_to_blame, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check__overlooks_line_ends_and_spaces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check__a_folder_without_migrations_needs_no_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check__accepts_the_sums_of_this_project, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
