/* metrics_text_test.c: the text that Prometheus reads (exposition format 0.0.4). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "driver/metrics_page.h"
#include "driver/shared_page.h"

static const char *const paths[] = {"/", "none", NULL};
static const char *const methods[] = {"GET", NULL};
static const int statuses[] = {200, 429, 0};
static const struct metrics_labels labels = {paths, methods, statuses, "1.2.3", "a b c", "sq\"l\\ite\n", "memory"};
static struct arena arena;
static char *text;

static int set_up(void **state)
{
    (void)state;
    struct buffer buffer;
    const struct tally tally = {.sql_statements = 2, .sql_us = 1500001};
    const struct tally idle = {.sql_statements = 0};
    arena_init(&arena, (size_t)1024 * 1024);
    struct metrics *metrics = metrics_open(&arena, "text test", &labels);
    memset(metrics->shared->bytes, 0, metrics->shared->size);
    metrics_join(metrics);
    metrics_end(metrics, &(struct metrics_request){0, 0, 200, 700, &tally});
    metrics_end(metrics, &(struct metrics_request){1, 0, 404, 70000, &tally});
    metrics_end(metrics, &(struct metrics_request){0, 0, 429, 10, &idle});
    metrics_end(metrics, &(struct metrics_request){1, 0, 429, 10, &idle});
    buffer_init(&buffer, &arena, METRICS_MAX);
    metrics_write(metrics, &buffer);
    metrics_leave(metrics);
    text = buffer.data;
    return buffer.failed ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* The name of the metric that a line is about, without what a histogram adds. */
static void metric_of(const char *line, char *ret_name, size_t size)
{
    static const char *const endings[] = {"_bucket", "_sum", "_count"};
    snprintf(ret_name, size, "%.*s", (int)strcspn(line, "{ "), line);
    for (size_t i = 0; i < 3; i++) {
        size_t at = strlen(ret_name) - strlen(endings[i]);
        if (strlen(ret_name) > strlen(endings[i]) && strcmp(ret_name + at, endings[i]) == 0)
            ret_name[at] = '\0';
    }
}

static void test_metrics_write__has_help_and_type_once_before_the_samples_of_a_metric(void **state)
{
    (void)state;
    char name[128] = "", type[32] = "", at[128], sampled[128];
    int metrics = 0, samples = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (sscanf(line, "# HELP %127s", at) == 1) {
            assert_string_not_equal(at, name);
            memcpy(name, at, sizeof name);
            metrics++;
        } else if (sscanf(line, "# TYPE %127s %31s", at, type) == 2) {
            assert_string_equal(at, name);
            assert_true(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0 || strcmp(type, "histogram") == 0);
            size_t size = strlen(name);
            assert_int_equal(strcmp(type, "counter") == 0, size > 6 && strcmp(name + size - 6, "_total") == 0);
        } else {
            metric_of(line, sampled, sizeof sampled);
            assert_string_equal(sampled, name);
            samples++;
        }
    }
    assert_in_range(metrics, 16, 32);
    assert_in_range(samples, metrics, 200);
}

static void test_metrics_write__ends_every_line_and_every_line_with_a_number(void **state)
{
    (void)state;
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *end = NULL;
        if (*line == '#')
            continue;
        const char *number = strrchr(line, ' ');
        assert_non_null(number);
        assert_true(strtod(number + 1, &end) >= 0);
        assert_int_equal(*end, '\0');
        assert_int_not_equal(number[1], '\0');
    }
}

static void test_metrics_write__escapes_the_values_of_labels(void **state)
{
    (void)state;
    assert_non_null(strstr(text, "quire_build_info{version=\"1.2.3\",drivers=\"a b c\",database=\"sq\\\"l\\\\ite\\n\","
                                 "cache=\"memory\"} 1\n"));
}

static void test_metrics_write__tells_seconds_with_all_digits(void **state)
{
    (void)state;
    assert_non_null(strstr(text, "\nquire_sql_duration_seconds_total 3.000002\n"));
}

static void test_metrics_write__sums_up_who_was_turned_away(void **state)
{
    (void)state;
    assert_non_null(strstr(text, "\nquire_rate_limited_total 2\n"));
}

static void test_metrics_write__has_buckets_from_a_millisecond_to_ten_seconds(void **state)
{
    (void)state;
    static const char *const bounds[] = {"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
                                         "0.25",  "0.5",    "1",     "2.5",  "5",     "10",   "+Inf"};
    const char *at = text;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        char series[160];
        snprintf(series, sizeof series,
                 "quire_request_duration_seconds_bucket{route=\"/\",method=\"GET\",le=\"%s\"} 2\n", bounds[i]);
        at = strstr(at, series);
        assert_non_null(at);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_metrics_write__has_help_and_type_once_before_the_samples_of_a_metric),
        CASE(test_metrics_write__ends_every_line_and_every_line_with_a_number),
        CASE(test_metrics_write__escapes_the_values_of_labels),
        CASE(test_metrics_write__tells_seconds_with_all_digits),
        CASE(test_metrics_write__sums_up_who_was_turned_away),
        CASE(test_metrics_write__has_buckets_from_a_millisecond_to_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
