/* metrics_test.c: counters that processes share and that outlive them, and what is known of those that live. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "driver/metrics.h"
#include "driver/metrics_page.h"
#include "driver/shared_page.h"

#define WRITERS 4
#define ROUNDS 20000

static const char *const paths[] = {"/", "/api/books/{id}", "none", NULL};
static const char *const methods[] = {"GET", "HEAD", "other", NULL};
static const int statuses[] = {200, 404, 0};
static const struct metrics_labels labels = {paths, methods, statuses, "1.2.3", "a b c", "sq\"l\\ite\n", "memory"};
static const struct tally no_tally;

static struct arena arena;
static struct metrics *metrics;
static int pipes[2]; /* a child says here that it is ready */

static int set_up(void **state)
{
    (void)state;
    char identity[64];
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    snprintf(identity, sizeof identity, "test %d", (int)getpid());
    metrics = metrics_open(&arena, identity, &labels);
    return metrics && pipe(pipes) == 0 ? 0 : -1;
}

/* A page of its own for each test: what the object held is gone. */
static int tear_down(void **state)
{
    (void)state;
    metrics_leave(metrics);
    memset(metrics->shared->bytes, 0, metrics->shared->size);
    arena_release(&arena);
    close(pipes[0]);
    close(pipes[1]);
    return 0;
}

static const char *told(void)
{
    struct buffer text;
    buffer_init(&text, &arena, METRICS_MAX);
    metrics_write(metrics, &text);
    assert_false(text.failed);
    return text.data;
}

/* The number of the line that starts so; 0 when there is none. */
static double number_in(const char *text, const char *series)
{
    size_t size = strlen(series);
    for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL)
        if (strncmp(line, series, size) == 0 && line[size] == ' ')
            return strtod(line + size, NULL);
    return 0;
}

static double number_of(const char *series)
{
    return number_in(told(), series);
}

static void count(size_t route, size_t method, int status, int64_t us)
{
    metrics_begin(metrics);
    metrics_end(metrics, &(struct metrics_request){route, method, status, us, &no_tally});
}

static _Noreturn void write_much(void)
{
    const struct tally tally = {1, 2, 3, 4, 5, 1000000};
    metrics_join(metrics);
    for (int i = 0; i < ROUNDS; i++) {
        metrics_begin(metrics);
        metrics_end(metrics, &(struct metrics_request){1, 0, 200, 3000, &tally});
    }
    metrics_leave(metrics);
    _exit(0);
}

static void test_metrics_end__counts_by_route_method_and_status(void **state)
{
    (void)state;
    count(0, 0, 200, 1);
    count(1, 1, 404, 1);
    count(1, 1, 404, 1);
    count(2, 2, 599, 1);
    const char *text = told();
    assert_int_equal(number_in(text, "quire_requests_total{route=\"/\",method=\"GET\",status=\"200\"}"), 1);
    assert_int_equal(number_in(text, "quire_requests_total{route=\"/api/books/{id}\",method=\"HEAD\",status=\"404\"}"),
                     2);
    assert_int_equal(number_in(text, "quire_requests_total{route=\"none\",method=\"other\",status=\"other\"}"), 1);
    assert_null(strstr(text, "quire_requests_total{route=\"/\",method=\"HEAD\""));
}

static void test_metrics_end__puts_a_time_into_its_bucket_and_all_above(void **state)
{
    (void)state;
    count(0, 0, 200, 1000);     /* on the bound of the first */
    count(0, 0, 200, 1001);     /* in the second */
    count(0, 0, 200, 99000000); /* beyond the last */
    const char *text = told();
#define BUCKET(le) "quire_request_duration_seconds_bucket{route=\"/\",method=\"GET\",le=\"" le "\"}"
    assert_int_equal(number_in(text, BUCKET("0.001")), 1);
    assert_int_equal(number_in(text, BUCKET("0.0025")), 2);
    assert_int_equal(number_in(text, BUCKET("10")), 2);
    assert_int_equal(number_in(text, BUCKET("+Inf")), 3);
    assert_int_equal(number_in(text, "quire_request_duration_seconds_count{route=\"/\",method=\"GET\"}"), 3);
    assert_non_null(strstr(text, "quire_request_duration_seconds_sum{route=\"/\",method=\"GET\"} 99.002001\n"));
}

static void test_metrics_write__never_goes_down_and_loses_nothing_with_many_writers(void **state)
{
    (void)state;
    double last = 0;
    int left = WRITERS;
    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0)
            write_much();
    while (left > 0) {
        struct buffer text;
        char room[64];
        snprintf(room, sizeof room, "%s", "quire_cache_waits_total");
        buffer_init(&text, &arena, METRICS_MAX);
        metrics_write(metrics, &text);
        double now = number_in(text.data, room);
        assert_true(now >= last);
        last = now;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            left--;
        usleep(2000);
    }
    const char *text = told();
    const double n = (double)WRITERS * ROUNDS;
    assert_true(number_in(text, "quire_requests_total{route=\"/api/books/{id}\",method=\"GET\",status=\"200\"}") == n);
    assert_true(number_in(text, "quire_sql_statements_total") == n);
    assert_true(number_in(text, "quire_cache_hits_total") == 2 * n);
    assert_true(number_in(text, "quire_cache_misses_total") == 3 * n);
    assert_true(number_in(text, "quire_cache_waits_total") == 4 * n);
    assert_true(number_in(text, "quire_cache_races_total") == 5 * n);
    assert_true(number_in(text, "quire_sql_duration_seconds_total") == n);
    assert_true(number_in(text, "quire_worker_starts_total") == WRITERS);
    assert_true(number_in(text, "quire_worker_deaths_total") == 0);
    assert_true(number_in(text, "quire_requests_in_flight") == 0);
}

/* A child that has joined, begun a request and opened a connection. */
static pid_t start_child(void)
{
    char byte = 0;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        metrics_join(metrics);
        metrics_begin(metrics);
        metrics_connections(metrics, 2);
        if (write(pipes[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    return child;
}

static void kill_child(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_metrics_write__tells_who_is_alive_and_what_they_have(void **state)
{
    (void)state;
    metrics_join(metrics);
    pid_t first = start_child(), second = start_child();
    const char *text = told();
    assert_int_equal(number_in(text, "quire_workers"), 3);
    assert_int_equal(number_in(text, "quire_requests_in_flight"), 2);
    assert_int_equal(number_in(text, "quire_database_connections"), 4);
    assert_true(number_in(text, "process_start_time_seconds") > 1.7e9);
    kill_child(first);
    kill_child(second);
}

static void test_metrics_write__forgets_a_killed_process_and_counts_its_death_once(void **state)
{
    (void)state;
    metrics_join(metrics);
    count(0, 0, 200, 1);
    kill_child(start_child());
    for (int i = 0; i < 2; i++) {
        const char *text = told();
        assert_int_equal(number_in(text, "quire_workers"), 1);
        assert_int_equal(number_in(text, "quire_requests_in_flight"), 0);
        assert_int_equal(number_in(text, "quire_database_connections"), 0);
        assert_int_equal(number_in(text, "quire_worker_deaths_total"), 1);
        assert_int_equal(number_in(text, "quire_worker_starts_total"), 2);
        assert_int_equal(number_in(text, "quire_requests_total{route=\"/\",method=\"GET\",status=\"200\"}"), 1);
    }
}

static void test_metrics_join__takes_the_place_of_a_dead_process_and_counts_the_death(void **state)
{
    (void)state;
    kill_child(start_child());
    metrics_join(metrics);
    assert_ptr_equal(metrics->place, &metrics->page->places[0]);
    assert_int_equal(number_of("quire_worker_deaths_total"), 1);
    assert_int_equal(number_of("quire_requests_in_flight"), 0);
}

static void test_metrics_join__counts_also_when_all_places_are_taken(void **state)
{
    (void)state;
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = METRICS_PLACES};
    char byte = 0;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fcntl(metrics->shared->fd, F_SETLK, &all) == 0 && write(pipes[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    metrics_join(metrics);
    assert_null(metrics->place);
    metrics_connections(metrics, 1);
    count(0, 0, 200, 1);
    assert_int_equal(number_of("quire_requests_total{route=\"/\",method=\"GET\",status=\"200\"}"), 1);
    assert_int_equal(number_of("quire_requests_in_flight"), 0);
    kill_child(child);
}

static void test_metrics_open__finds_the_same_page_again_and_another_for_other_labels(void **state)
{
    (void)state;
    char identity[64];
    struct metrics_labels others = labels;
    snprintf(identity, sizeof identity, "test %d", (int)getpid());
    count(0, 0, 200, 1);
    struct metrics *again = metrics_open(&arena, identity, &labels);
    assert_int_equal(*metrics_kind(again, 0, 0).statuses, 1);
    others.version = "1.2.4";
    again = metrics_open(&arena, identity, &others);
    assert_int_equal(*metrics_kind(again, 0, 0).statuses, 0);
    others.version = labels.version;
    again = metrics_open(&arena, "another", &others);
    assert_int_equal(*metrics_kind(again, 0, 0).statuses, 0);
}

static void test_metrics_open__gives_up_without_memory(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        arena.fail_after = n;
        assert_null(metrics_open(&arena, "x", &labels));
    }
    arena.fail_after = 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_metrics_end__counts_by_route_method_and_status),
        CASE(test_metrics_end__puts_a_time_into_its_bucket_and_all_above),
        CASE(test_metrics_write__never_goes_down_and_loses_nothing_with_many_writers),
        CASE(test_metrics_write__tells_who_is_alive_and_what_they_have),
        CASE(test_metrics_write__forgets_a_killed_process_and_counts_its_death_once),
        CASE(test_metrics_join__takes_the_place_of_a_dead_process_and_counts_the_death),
        CASE(test_metrics_join__counts_also_when_all_places_are_taken),
        CASE(test_metrics_open__finds_the_same_page_again_and_another_for_other_labels),
        CASE(test_metrics_open__gives_up_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
