/* coherence_test.c: what processes agree on. Two handles of one page stand for two processes; some tests fork. */

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

#include "core/clock.h"
#include "driver/coherence.h"
#include "page_case.h"

#define FOREVER_MS ((int64_t)1 << 40)

static struct coherence *mine;
static struct coherence *other;

static struct coherence *open_page(bool expected_to_be_shared)
{
    bool shared = !expected_to_be_shared;
    struct coherence *coherence = coherence_open(&arena, name, &shared);
    assert_non_null(coherence);
    assert_int_equal(shared, expected_to_be_shared);
    return coherence;
}

static int set_up(void **state)
{
    page_setup(state);
    mine = open_page(true);
    other = open_page(true);
    return 0;
}

static void test_coherence_version__is_the_same_for_every_process(void **state)
{
    (void)state;
    uint64_t before = coherence_version(mine, "key");
    assert_int_not_equal(before, 0);
    assert_int_equal(coherence_version(other, "key"), before);
    coherence_move_on(other, "key");
    assert_int_equal(coherence_version(mine, "key"), before + 1);
}

static void test_coherence_version__moves_on_for_few_other_keys(void **state)
{
    (void)state;
    uint64_t base = coherence_version(mine, "key");
    unsigned moved = 0;
    coherence_move_on(mine, "key");
    for (int i = 0; i < COHERENCE_VERSIONS; i++) {
        char key[32];
        snprintf(key, sizeof key, "space:author:0:%d", i);
        moved += coherence_version(mine, key) != base;
    }
    assert_in_range(moved, 0, 10); /* 1 is expected */
}

static void test_coherence_version__outlives_the_process_but_not_the_page(void **state)
{
    (void)state;
    coherence_move_on(mine, "key");
    uint64_t version = coherence_version(mine, "key");
    arena_release(&arena);
    assert_int_equal(coherence_version(open_page(true), "key"), version);
    shm_unlink(name);
    assert_int_not_equal(coherence_version(open_page(true), "key"), version);
}

static void test_coherence_open__is_agreed_upon_by_many_at_once(void **state)
{
    (void)state;
    enum { PROCESSES = 8 };
    shm_unlink(name);
    int go[2], results[2];
    assert_int_equal(pipe(go) + pipe(results), 0);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() > 0)
            continue;
        char c;
        close(go[1]);
        ssize_t n = read(go[0], &c, 1); /* ends for all at once */
        bool shared = false;
        struct coherence *coherence = coherence_open(&arena, name, &shared);
        uint64_t version = n == 0 && coherence && shared ? coherence_version(coherence, "key") : 0;
        _exit(write(results[1], &version, sizeof version) == sizeof version ? 0 : 1);
    }
    close(go[1]);
    uint64_t version = 0, first = 0;
    for (int i = 0; i < PROCESSES; i++) {
        assert_int_equal(read(results[0], &version, sizeof version), sizeof version);
        first = i ? first : version;
        assert_int_equal(version, first);
        wait(NULL);
    }
    assert_int_not_equal(first, 0);
    close(go[0]);
    close(results[0]);
    close(results[1]);
}

static void test_coherence_open__makes_the_page_private_to_the_user(void **state)
{
    (void)state;
    struct stat status;
    int fd = shm_open(name, O_RDWR, 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    close(fd);
}

/* An object that others prepared. */
static void prepare(mode_t mode, off_t size, uid_t owner)
{
    shm_unlink(name);
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(fchown(fd, owner, (gid_t)-1), 0);
    close(fd);
}

static void test_coherence_open__refuses_a_page_that_others_made_or_may_use(void **state)
{
    (void)state;
    struct stat status;
    int fd = shm_open(name, O_RDWR, 0);
    assert_int_equal(fstat(fd, &status), 0);
    close(fd);
    prepare(0600, status.st_size, (uid_t)-1);
    open_page(true);
    prepare(0600, 0, (uid_t)-1);
    open_page(true);
    prepare(0600, status.st_size + 1, (uid_t)-1);
    open_page(false);
    prepare(0660, status.st_size, (uid_t)-1);
    open_page(false);
    prepare(0604, status.st_size, (uid_t)-1);
    open_page(false);
    if (geteuid() != 0)
        return;
    prepare(0600, status.st_size, 65534);
    open_page(false);
}

static void test_coherence_open__falls_back_to_memory_that_children_share(void **state)
{
    (void)state;
    snprintf(name, sizeof name, "/no/such/name");
    struct coherence *coherence = open_page(false);
    uint64_t version = coherence_version(coherence, "key");
    pid_t child = fork();
    if (child == 0) {
        coherence_move_on(coherence, "key");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    assert_int_equal(coherence_version(coherence, "key"), version + 1);
    assert_int_not_equal(coherence_version(open_page(false), "key"), version + 1);
}

static void test_coherence_open__gives_up_without_memory(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 2; i++) {
        bool shared = true;
        arena.fail_after = i;
        assert_null(coherence_open(&arena, name, &shared));
        arena.fail_after = 0;
    }
}

static void test_coherence_server__spreads_names_over_the_numbers(void **state)
{
    (void)state;
    bool seen[COHERENCE_SERVERS] = {false};
    unsigned n_seen = 0;
    for (int port = 11211; port < 11211 + COHERENCE_SERVERS; port++) {
        char server[32];
        snprintf(server, sizeof server, "localhost:%d", port);
        unsigned number = coherence_server(server);
        assert_in_range(number, 0, COHERENCE_SERVERS - 1);
        assert_int_equal(coherence_server(server), number);
        n_seen += !seen[number];
        seen[number] = true;
    }
    assert_in_range(n_seen, COHERENCE_SERVERS / 2, COHERENCE_SERVERS); /* at random: two thirds */
}

static void test_coherence_believes__only_the_epoch_under_way(void **state)
{
    (void)state;
    uint64_t first = coherence_epoch(mine, 3);
    assert_int_not_equal(first, 0);
    assert_true(coherence_believes(other, 3, first, FOREVER_MS));
    coherence_distrust(mine, 3);
    uint64_t second = coherence_epoch(other, 3);
    assert_false(coherence_believes(other, 3, first, 0));
    assert_true(coherence_believes(other, 3, second, FOREVER_MS));
    coherence_distrust(other, 3);
    assert_false(coherence_believes(mine, 3, first, 0));
    assert_false(coherence_believes(mine, 3, second, 0));
    assert_true(coherence_believes(mine, 4, first, FOREVER_MS));
}

static void test_coherence_believes__another_host_when_nothing_was_lost_for_long_enough(void **state)
{
    (void)state;
    uint64_t theirs = coherence_epoch(mine, 3) - 12345;
    assert_false(coherence_believes(mine, 3, theirs, FOREVER_MS)); /* the page is too new */
    assert_true(coherence_believes(mine, 3, theirs, 0));
    int64_t start_ms = clock_ms();
    while (!coherence_believes(mine, 3, theirs, 30))
        assert_in_range(clock_ms() - start_ms, 0, 1000);
    coherence_distrust(other, 3);
    assert_false(coherence_believes(mine, 3, theirs, 30));
    assert_true(coherence_believes(mine, 4, theirs, 30));
    while (!coherence_believes(mine, 3, theirs, 30))
        assert_in_range(clock_ms() - start_ms, 0, 2000);
}

static void test_coherence_enter__lets_nobody_in_during_a_pause_and_one_after_it(void **state)
{
    (void)state;
    assert_true(coherence_enter(mine, 5));
    int64_t start_ms = clock_ms();
    coherence_pause(mine, 5);
    assert_true(coherence_enter(mine, 6));
    while (!coherence_enter(other, 5))
        assert_in_range(clock_ms() - start_ms, 0, 10 * COHERENCE_PAUSE_MS);
    assert_in_range(clock_ms() - start_ms, COHERENCE_PAUSE_MS, 10 * COHERENCE_PAUSE_MS);
    assert_false(coherence_enter(mine, 5));
    coherence_resume(other, 5);
    assert_true(coherence_enter(mine, 5));
    assert_true(coherence_enter(other, 5));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, page_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_coherence_version__is_the_same_for_every_process),
        CASE(test_coherence_version__moves_on_for_few_other_keys),
        CASE(test_coherence_version__outlives_the_process_but_not_the_page),
        CASE(test_coherence_open__is_agreed_upon_by_many_at_once),
        CASE(test_coherence_open__makes_the_page_private_to_the_user),
        CASE(test_coherence_open__refuses_a_page_that_others_made_or_may_use),
        CASE(test_coherence_open__falls_back_to_memory_that_children_share),
        CASE(test_coherence_open__gives_up_without_memory),
        CASE(test_coherence_server__spreads_names_over_the_numbers),
        CASE(test_coherence_believes__only_the_epoch_under_way),
        CASE(test_coherence_believes__another_host_when_nothing_was_lost_for_long_enough),
        CASE(test_coherence_enter__lets_nobody_in_during_a_pause_and_one_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
