/* log_test.c: one event, one line, that no client can forge. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"

static char folder[] = "/tmp/quire-log-XXXXXX";
static char path[64];
static char content[16384];

static int group_setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int setup(void **state)
{
    (void)state;
    return log_open(path, LOG_LEVEL_INFO);
}

static int teardown(void **state)
{
    (void)state;
    log_open(NULL, LOG_LEVEL_INFO);
    return unlink(path);
}

/* All that was logged. */
static const char *read_log(void)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t size = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[size] = '\0';
    return content;
}

/* What stands after "level: ". */
static const char *logged_text(void)
{
    const char *text = strstr(read_log(), "info: ");
    assert_non_null(text);
    return text + strlen("info: ");
}

static void format_now(char ret_text[32])
{
    time_t now = time(NULL);
    struct tm utc = {0};
    strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &utc));
}

static void test_log_line__has_time_process_and_level(void **state)
{
    (void)state;
    char before[32];
    char after[32];
    char rest[64];
    format_now(before);
    log_line(LOG_LEVEL_WARNING, "%s is %d", "answer", 42);
    format_now(after);
    snprintf(rest, sizeof rest, "Z [%d] warning: answer is 42\n", (int)getpid());

    read_log();
    assert_true(memcmp(content, before, 19) >= 0 && memcmp(content, after, 19) <= 0);
    assert_int_equal(content[19], '.');
    assert_int_equal(strspn(content + 20, "0123456789"), 3);
    assert_string_equal(content + 23, rest);
}

static void test_log_line__leaves_out_what_is_below_the_level(void **state)
{
    (void)state;
    log_line(LOG_LEVEL_DEBUG, "no");
    assert_string_equal(read_log(), "");
    log_open(path, LOG_LEVEL_DEBUG);
    log_line(LOG_LEVEL_DEBUG, "yes");
    assert_non_null(strstr(read_log(), "debug: yes\n"));
}

static void test_log_line__replaces_what_could_forge_a_line(void **state)
{
    (void)state;
    log_line(LOG_LEVEL_INFO, "a\nb\r\tc\x1B[0m\x7F \xC2\x9B \xFF\xC3 \xC3\xA4\xE2\x82\xAC");
    assert_string_equal(logged_text(), "a?b??c?[0m? ?? ?? \xC3\xA4\xE2\x82\xAC\n");
}

static void test_log_line__cuts_a_long_text_and_still_ends_the_line(void **state)
{
    (void)state;
    static char text[8000];
    memset(text, 'x', sizeof text - 1);
    log_line(LOG_LEVEL_INFO, "%s", text);
    log_line(LOG_LEVEL_INFO, "next");
    const char *first_end = strchr(read_log(), '\n');
    assert_non_null(first_end);
    assert_in_range(first_end - content, 4000, 4096);
    assert_int_equal(first_end[-1], 'x');
    assert_non_null(strstr(first_end, "info: next\n"));
}

static void test_log_line__keeps_errno(void **state)
{
    (void)state;
    errno = ENOENT;
    log_line(LOG_LEVEL_INFO, "x");
    assert_int_equal(errno, ENOENT);
}

static void test_log_open__appends(void **state)
{
    (void)state;
    log_line(LOG_LEVEL_INFO, "first");
    assert_int_equal(log_open(path, LOG_LEVEL_INFO), 0);
    log_line(LOG_LEVEL_INFO, "second");
    assert_non_null(strstr(strstr(read_log(), "first\n"), "second\n"));
}

static void test_log_open__says_when_a_file_cannot_be_opened_and_keeps_the_old_one(void **state)
{
    (void)state;
    assert_int_equal(log_open("/nonexistent/log", LOG_LEVEL_INFO), -1);
    assert_int_equal(errno, ENOENT);
    log_line(LOG_LEVEL_INFO, "still here");
    assert_string_equal(logged_text(), "still here\n");
}

static void test_log_open__without_a_file_logs_to_stderr(void **state)
{
    (void)state;
    int saved = dup(STDERR_FILENO);
    assert_non_null(freopen(path, "a", stderr));
    assert_int_equal(log_open("", LOG_LEVEL_INFO), 0);
    log_line(LOG_LEVEL_INFO, "to stderr");
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_string_equal(logged_text(), "to stderr\n");
}

static void test_log_line__is_an_object_in_json(void **state)
{
    (void)state;
    char expected[128];
    log_set_format(LOG_FORMAT_JSON);
    log_line(LOG_LEVEL_ERROR, "a \"b\"\n");
    log_set_format(LOG_FORMAT_TEXT);
    snprintf(expected, sizeof expected, "Z\",\"level\":\"error\",\"pid\":%ld,\"message\":\"a \\\"b\\\"\\u000a\"}\n",
             (long)getpid());
    assert_memory_equal(read_log(), "{\"time\":\"20", 11);
    assert_non_null(strstr(content, expected));
}

static void test_log_line__in_json_cuts_a_long_text_and_still_ends_the_object(void **state)
{
    (void)state;
    char text[5000];
    memset(text, '"', sizeof text);
    text[sizeof text - 1] = '\0';
    log_set_format(LOG_FORMAT_JSON);
    log_line(LOG_LEVEL_INFO, "%s", text);
    log_set_format(LOG_FORMAT_TEXT);
    size_t size = strlen(read_log());
    assert_in_range(size, LOG_LINE_MAX - 8, LOG_LINE_MAX);
    assert_string_equal(content + size - 5, "\\\"\"}\n");
}

static void test_log_open__again_after_a_rename_loses_no_line(void **state)
{
    (void)state;
    char old[80];
    snprintf(old, sizeof old, "%s.1", path);
    log_line(LOG_LEVEL_INFO, "first");
    assert_int_equal(rename(path, old), 0);
    log_line(LOG_LEVEL_INFO, "second");
    assert_int_equal(log_open(path, LOG_LEVEL_INFO), 0);
    log_line(LOG_LEVEL_INFO, "third");
    assert_null(strstr(read_log(), "second"));
    assert_non_null(strstr(content, "third"));
    assert_int_equal(rename(old, path), 0);
    assert_non_null(strstr(read_log(), "first"));
    assert_non_null(strstr(content, "second"));
}

static void test_log_level_names__end_with_null(void **state)
{
    (void)state;
    for (int level = 0; level < LOG_LEVEL__MAX; level++)
        assert_non_null(log_level_names[level]);
    assert_null(log_level_names[LOG_LEVEL__MAX]);
}

static void test_log_is_syslog__knows_its_names_from_those_of_files(void **state)
{
    (void)state;
    assert_true(log_is_syslog("syslog"));
    assert_true(log_is_syslog("syslog:local3"));
    assert_true(log_is_syslog("syslog:nonsense"));
    assert_false(log_is_syslog("syslog.log"));
    assert_false(log_is_syslog("./syslog"));
    assert_false(log_is_syslog(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_is_syslog__knows_its_names_from_those_of_files),
        cmocka_unit_test_setup_teardown(test_log_line__is_an_object_in_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_line__in_json_cuts_a_long_text_and_still_ends_the_object, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_log_open__again_after_a_rename_loses_no_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_line__has_time_process_and_level, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_line__leaves_out_what_is_below_the_level, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_line__replaces_what_could_forge_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_line__cuts_a_long_text_and_still_ends_the_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_line__keeps_errno, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_open__appends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_open__says_when_a_file_cannot_be_opened_and_keeps_the_old_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_log_open__without_a_file_logs_to_stderr, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_level_names__end_with_null, setup, teardown),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
