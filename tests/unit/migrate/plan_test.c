/* plan_test.c: which files are pending, by what the directory has and what the database says. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "context_case.h"
#include "core/buffer.h"
#include "migrate/directory.h"
#include "migrate/plan.h"
#include "migrate/revision.h"

#define FILES_MAX 8

static struct migration_file files[FILES_MAX];
static struct revision items[FILES_MAX];
static struct migration_directory directory;
static struct revisions revisions;

/* Words with a space between them; the first letter tells: `c` a checkpoint, `p` a revision in part, `b` a baseline;
 * any other letter, as `v`, belongs to none. */
static void arrange(const char *names, const char *versions)
{
    memset(files, 0, sizeof files);
    memset(items, 0, sizeof items);
    directory = (struct migration_directory){.files = files};
    revisions = (struct revisions){.items = items};
    for (char *word = strtok(arena_text(&arena, names), " "); word; word = strtok(NULL, " "))
        files[directory.n_files++] = (struct migration_file){
            .name = word + 1, .version = word + 1, .text = "", .hash = "h", .checkpoint = *word == 'c'};
    for (char *word = strtok(arena_text(&arena, versions), " "); word; word = strtok(NULL, " "))
        items[revisions.n++] = (struct revision){.version = word + 1,
                                                 .type = *word == 'b' ? REVISION_BASELINE : REVISION_EXECUTE,
                                                 .applied = *word == 'b' ? 0 : 1,
                                                 .total = *word == 'p' ? 2 : *word != 'b',
                                                 .hash = *word == 'b' ? "" : "h",
                                                 .executed_at = "t"};
}

static const char *list(const struct migration_file **list_of, size_t n)
{
    struct buffer text;
    buffer_init(&text, &arena, 256);
    for (size_t i = 0; i < n; i++)
        buffer_printf(&text, "%s%s", i ? " " : "", list_of[i]->name);
    return text.data;
}

static const struct plan_case {
    const char *names;
    const char *versions;
    const char *pending; /* with ORDER_LINEAR */
    const char *late;
    const char *non_linear;
} cases[] = {
    {"", "", "", "", ""},
    {"v1 v2", "", "1 2", "", "1 2"},
    {"v1 v2", "v1", "2", "", "2"},
    {"v1 v2", "v1 v2", "", "", ""},
    {"v1 v2 v3", "b2", "3", "", "3"},
    {"v1 v2 v3", "v1 v3", "", "2", "2"},
    {"v1 v2 v3 v4", "v2", "3 4", "", "3 4"},
    {"v1 v2 v3 v4", "v1 v3", "4", "2", "2 4"},
    {"v1 v2 v3", "v1 p2", "2 3", "", "2 3"},
    {"v1 v2 v3", "p1 v2", "1 3", "", "1 3"},
    /* a new database starts from the last checkpoint, any other has no use for one */
    {"v1 c2 v3 c4 v5", "", "4 5", "", "4 5"},
    {"v1 c2 v3 c4 v5", "v1", "3 5", "", "3 5"},
    {"v1 c2 v3 c4 v5", "v4", "5", "", "5"},
    {"v1 c2 v3 c4 v5", "p4", "4 5", "", "4 5"},
    /* the place in the directory decides, not the version */
    {"v10 v1", "v10", "1", "", "1"},
    {"v10 v1", "v1", "", "10", "10"},
    /* the files of revisions are gone */
    {"v3 v5", "v1 v2", "3 5", "", "3 5"},
    {"v3 v5", "v1 v4", "5", "3", "3 5"},
    {"v0 v3", "v1 v2", "3", "", "3"},
};

static void test_plan_make__finds_what_is_pending(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct plan_case *c = &cases[i];
        struct migration_plan plan;
        struct migration_plan skipping;
        struct migration_plan loose;
        arrange(c->names, c->versions);
        assert_int_equal(plan_make(&context, &directory, &revisions, ORDER_LINEAR, &plan), OK);
        assert_int_equal(plan_make(&context, &directory, &revisions, ORDER_LINEAR_SKIP, &skipping), OK);
        assert_int_equal(plan_make(&context, &directory, &revisions, ORDER_NON_LINEAR, &loose), OK);
        if (strcmp(list(plan.pending, plan.n_pending), c->pending) != 0 ||
            strcmp(list(plan.late, plan.n_late), c->late) != 0 ||
            strcmp(list(skipping.pending, skipping.n_pending), c->pending) != 0 ||
            strcmp(list(loose.pending, loose.n_pending), c->non_linear) != 0)
            fail_msg("%s with %s: pending %s, late %s, non-linear %s", c->names, c->versions,
                     list(plan.pending, plan.n_pending), list(plan.late, plan.n_late),
                     list(loose.pending, loose.n_pending));
    }
}

static void test_plan_check__names_all_that_came_late(void **state)
{
    struct migration_plan plan;
    (void)state;
    arrange("v1 v2 v3 v4", "v1 v4");
    assert_int_equal(plan_make(&context, &directory, &revisions, ORDER_LINEAR, &plan), OK);
    assert_int_equal(plan_check(&context, &plan, &directory, &revisions), CONFLICT);
    assert_string_equal(context.error.detail, "migration files 2, 3 were added out of order. See: "
                                              "https://atlasgo.io/versioned/apply#non-linear-error");
}

static void test_plan_limit__leaves_the_first_ones(void **state)
{
    struct migration_plan plan;
    (void)state;
    arrange("v1 v2 v3 v4", "v1");
    assert_int_equal(plan_make(&context, &directory, &revisions, ORDER_LINEAR, &plan), OK);
    assert_int_equal(plan_limit(&context, &plan, &revisions, 0, NULL), OK);
    assert_int_equal(plan.n_pending, 3);
    assert_int_equal(plan_limit(&context, &plan, &revisions, 9, "3"), OK);
    assert_string_equal(list(plan.pending, plan.n_pending), "2 3");
    assert_int_equal(plan_limit(&context, &plan, &revisions, 1, "3"), OK);
    assert_string_equal(list(plan.pending, plan.n_pending), "2");
    assert_int_equal(plan_limit(&context, &plan, &revisions, 0, "1"), OK);
    assert_int_equal(plan.n_pending, 0);
    assert_int_equal(plan_limit(&context, &plan, &revisions, 0, "7"), CONFLICT);
}

static void test_plan_make__survives_every_failed_allocation(void **state)
{
    struct migration_plan plan;
    (void)state;
    arrange("v1 v2", "v1");
    for (size_t after = 1; after <= 2; after++) {
        arena.fail_after = after;
        assert_int_equal(plan_make(&context, &directory, &revisions, ORDER_LINEAR, &plan), NO_MEMORY);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_setup, context_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plan_make__finds_what_is_pending),
        TEST(test_plan_check__names_all_that_came_late),
        TEST(test_plan_limit__leaves_the_first_ones),
        TEST(test_plan_make__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
