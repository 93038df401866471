/* log_syslog_test.c: the system's log. The functions of libc are replaced by ones that remember. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "core/log.h"

static char opened_as[32];
static int opened_for;
static int priority;
static char message[LOG_LINE_MAX + 1];

void __syslog_chk(int given_priority, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));

void openlog(const char *ident, int option, int facility)
{
    (void)option;
    snprintf(opened_as, sizeof opened_as, "%s", ident);
    opened_for = facility;
}

void closelog(void)
{
    opened_as[0] = '\0';
}

static void remember(int given_priority, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void remember(int given_priority, const char *format, va_list args)
{
    priority = given_priority;
    vsnprintf(message, sizeof message, format, args);
}

/* With _FORTIFY_SOURCE and clang it is a macro. */
#undef syslog
void syslog(int pri, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    remember(pri, fmt, args);
    va_end(args);
}

/* What syslog() is with _FORTIFY_SOURCE. */
void __syslog_chk(int given_priority, int flag, const char *format, ...)
{
    va_list args;
    (void)flag;
    va_start(args, format);
    remember(given_priority, format, args);
    va_end(args);
}

static int tear_down(void **state)
{
    (void)state;
    log_set_format(LOG_FORMAT_TEXT);
    return log_open(NULL, LOG_LEVEL_INFO);
}

static void test_log_open__takes_the_facility_of_the_system_log(void **state)
{
    (void)state;
    assert_int_equal(log_open("syslog", LOG_LEVEL_INFO), 0);
    assert_string_equal(opened_as, "quire");
    assert_int_equal(opened_for, LOG_DAEMON);
    assert_int_equal(log_open("syslog:local7", LOG_LEVEL_INFO), 0);
    assert_string_equal(opened_as, "quire");
    assert_int_equal(opened_for, LOG_LOCAL7);
    assert_int_equal(log_open("", LOG_LEVEL_INFO), 0);
    assert_string_equal(opened_as, "");
}

static void test_log_open__refuses_a_facility_that_there_is_not(void **state)
{
    (void)state;
    assert_int_equal(log_open("syslog:", LOG_LEVEL_INFO), -1);
    assert_int_equal(log_open("syslog:kern", LOG_LEVEL_INFO), -1);
    assert_int_equal(errno, EINVAL);
}

static void test_log_line__leaves_time_and_level_to_the_system_log(void **state)
{
    (void)state;
    log_open("syslog", LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_WARNING, "%%s %d\n", 7);
    assert_int_equal(priority, LOG_WARNING);
    assert_string_equal(message, "%s 7?");
    log_line(LOG_LEVEL_DEBUG, "no");
    assert_string_equal(message, "%s 7?");
}

static void test_log_whole_line__goes_to_the_system_log_as_it_is(void **state)
{
    (void)state;
    char line[] = "{\"a\":\"%n\"} ";
    log_open("syslog", LOG_LEVEL_INFO);
    log_whole_line(line, strlen(line) - 1);
    assert_int_equal(priority, LOG_INFO);
    assert_string_equal(message, "{\"a\":\"%n\"}");
    message[0] = '\0';
    log_open("syslog", LOG_LEVEL_WARNING);
    log_whole_line(line, strlen(line));
    assert_string_equal(message, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_log_open__takes_the_facility_of_the_system_log, tear_down),
        cmocka_unit_test_teardown(test_log_open__refuses_a_facility_that_there_is_not, tear_down),
        cmocka_unit_test_teardown(test_log_line__leaves_time_and_level_to_the_system_log, tear_down),
        cmocka_unit_test_teardown(test_log_whole_line__goes_to_the_system_log_as_it_is, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
