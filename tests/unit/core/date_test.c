/* date_test.c: which texts are dates, and why the others are not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/date.h"

static void test_date_parse__keeps_the_day_of_dates_and_date_times(void **state)
{
    (void)state;
    static const struct {
        const char *text, *date;
    } cases[] = {
        {"1974-05-01", "1974-05-01"},
        {"0001-01-01", "0001-01-01"},
        {"9999-12-31", "9999-12-31"},
        {"2000-02-29", "2000-02-29"},
        {"2024-02-29", "2024-02-29"},
        {"2024-06-20T05:19", "2024-06-20"},
        {"2024-06-20t05:19:07", "2024-06-20"},
        {"2024-06-20 23:59:59", "2024-06-20"},
        {"2024-06-20_00:00:00.123456789", "2024-06-20"},
        {"2024-06-20T05:19:07,5", "2024-06-20"},
        {"2024-06-20T05:19Z", "2024-06-20"},
        {"2024-06-20T05:19:07z", "2024-06-20"},
        {"2024-06-20T23:59:59+14:00", "2024-06-20"},
        {"2024-06-20T00:00:00.5-0530", "2024-06-20"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct date date = {0};
        char text[DATE_SIZE];
        assert_null(date_parse(cases[i].text, strlen(cases[i].text), &date));
        date_format(date, text);
        assert_string_equal(text, cases[i].date);
    }
}

static void test_date_parse__says_why_a_text_is_no_date(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "input is too short"},
        {"abc", "input is too short"},
        {"2024-1-1", "input is too short"},
        {"1717200", "input is too short"},
        {"1717200000", "invalid date separator, expected `-`"},
        {"yesterday!", "invalid character in year"},
        {"20x4-01-01", "invalid character in year"},
        {"+024-01-01", "invalid character in year"},
        {"2024/01-01", "invalid date separator, expected `-`"},
        {"2024-01/01", "invalid date separator, expected `-`"},
        {"2024-xx-01", "invalid character in month"},
        {"2024-01-0x", "invalid character in day"},
        {"2024-00-01", "month value is outside expected range of 1-12"},
        {"2024-13-01", "month value is outside expected range of 1-12"},
        {"2024-01-00", "day value is outside expected range"},
        {"2024-01-32", "day value is outside expected range"},
        {"2024-04-31", "day value is outside expected range"},
        {"0000-01-01", "year 0 is out of range"},
        {"2024-01-011", "invalid datetime separator, expected `T`, `t`, `_` or space"},
        {"2024-01-01x05:19", "invalid datetime separator, expected `T`, `t`, `_` or space"},
        {"2024-01-01T", "input is too short"},
        {"2024-01-01T05:1", "input is too short"},
        {"2024-01-01Tx5:19", "invalid character in hour"},
        {"2024-01-01T05x19", "invalid time separator, expected `:`"},
        {"2024-01-01T05:x9", "invalid character in minute"},
        {"2024-01-01T24:00", "hour value is outside expected range of 0-23"},
        {"2024-01-01T05:60", "minute value is outside expected range of 0-59"},
        {"2024-01-01T05:19:", "invalid character in second"},
        {"2024-01-01T05:19:0x", "invalid character in second"},
        {"2024-01-01T05:19:60", "second value is outside expected range of 0-59"},
        {"2024-01-01T05:19:07.", "second fraction digits missing after `.`"},
        {"2024-01-01T05:19:07.x", "second fraction digits missing after `.`"},
        {"2024-01-01T05:19x", "invalid timezone sign"},
        {"2024-01-01T05:19+", "invalid timezone hour"},
        {"2024-01-01T05:19+0x:00", "invalid timezone hour"},
        {"2024-01-01T05:19+05", "invalid timezone minute"},
        {"2024-01-01T05:19+05:6", "invalid timezone minute"},
        {"2024-01-01T05:19+05:60", "timezone minute value is outside expected range of 0-59"},
        {"2024-01-01T05:19-24:00", "timezone offset must be less than 24 hours"},
        {"2024-01-01T05:19Zx", "unexpected extra characters at the end of the input"},
        {"2024-01-01T05:19+05:30 ", "unexpected extra characters at the end of the input"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct date date = {.year = 7};
        const char *why = date_parse(cases[i].text, strlen(cases[i].text), &date);
        assert_non_null(why);
        assert_string_equal(why, cases[i].why);
        assert_int_equal(date.year, 7);
    }
}

static void test_date_parse__refuses_february_29_of_common_years(void **state)
{
    (void)state;
    static const char *const cases[] = {"2023-02-29", "1900-02-29", "2100-02-29", "2024-02-30"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct date date = {0};
        assert_string_equal(date_parse(cases[i], 10, &date), "day value is outside expected range");
    }
}

static void test_date_parse__stops_at_the_size_given(void **state)
{
    (void)state;
    struct date date = {0};
    assert_null(date_parse("2024-06-20999", 10, &date));
    assert_non_null(date_parse("2024-06-20", 9, &date));
    assert_non_null(date_parse("2024-06-20\0", 11, &date));
}

static void test_date_is_none__is_true_of_no_date_only(void **state)
{
    (void)state;
    assert_true(date_is_none((struct date){0}));
    assert_false(date_is_none((struct date){.year = 1, .month = 1, .day = 1}));
}

static void test_date_compare__orders_by_year_month_and_day(void **state)
{
    (void)state;
    static const struct date dates[] = {{1973, 12, 31}, {1974, 1, 31}, {1974, 5, 1}, {1974, 5, 2}};
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < 4; b++) {
            int order = date_compare(dates[a], dates[b]);
            assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date_parse__keeps_the_day_of_dates_and_date_times),
        cmocka_unit_test(test_date_parse__says_why_a_text_is_no_date),
        cmocka_unit_test(test_date_parse__refuses_february_29_of_common_years),
        cmocka_unit_test(test_date_parse__stops_at_the_size_given),
        cmocka_unit_test(test_date_is_none__is_true_of_no_date_only),
        cmocka_unit_test(test_date_compare__orders_by_year_month_and_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
