/*
 * core/date.c: reads the dates pydantic 2 reads, and refuses the others in its words.
 *
 * The time of a date-time is checked and then dropped; its offset does not move the day.
 */

#include "core/date.h"

static const char too_short[] = "input is too short";
static const char extra_characters[] = "unexpected extra characters at the end of the input";

/* What is left to read. */
struct scan {
    const char *at;
    const char *end;
};

static size_t left(const struct scan *scan)
{
    return (size_t)(scan->end - scan->at);
}

/* Reads `digits` digits. NULL, or `otherwise` when there is something else or nothing. */
static const char *scan_number(struct scan *scan, int digits, const char *otherwise, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < digits; i++, scan->at++) {
        if (left(scan) == 0 || *scan->at < '0' || *scan->at > '9')
            return otherwise;
        number = number * 10 + (*scan->at - '0');
    }
    *ret_number = number;
    return NULL;
}

/* Steps over one of `accepted`. */
static bool scan_any(struct scan *scan, const char *accepted)
{
    for (; left(scan) > 0 && *accepted; accepted++) {
        if (*scan->at == *accepted) {
            scan->at++;
            return true;
        }
    }
    return false;
}

static int days_in_month(int year, int month)
{
    static const signed char days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month] + (month == 2 && leap);
}

static const char *scan_day(struct scan *scan, struct date *ret_date)
{
    static const char bad_separator[] = "invalid date separator, expected `-`";
    int year = 0, month = 0, day = 0;
    const char *why = NULL;

    if (left(scan) < DATE_SIZE - 1)
        return too_short;
    if ((why = scan_number(scan, 4, "invalid character in year", &year)))
        return why;
    if (!scan_any(scan, "-"))
        return bad_separator;
    if ((why = scan_number(scan, 2, "invalid character in month", &month)))
        return why;
    if (!scan_any(scan, "-"))
        return bad_separator;
    if ((why = scan_number(scan, 2, "invalid character in day", &day)))
        return why;
    if (month < 1 || month > 12)
        return "month value is outside expected range of 1-12";
    if (day < 1 || day > days_in_month(year, month))
        return "day value is outside expected range";
    if (year == 0)
        return "year 0 is out of range";
    *ret_date = (struct date){.year = (short)year, .month = (signed char)month, .day = (signed char)day};
    return NULL;
}

/* `:SS` and its fraction. */
static const char *scan_seconds(struct scan *scan)
{
    int second = 0;
    const char *why = scan_number(scan, 2, "invalid character in second", &second);
    if (why)
        return why;
    if (second > 59)
        return "second value is outside expected range of 0-59";
    if (!scan_any(scan, ".,"))
        return NULL;
    if (!scan_any(scan, "0123456789"))
        return "second fraction digits missing after `.`";
    while (scan_any(scan, "0123456789"))
        ;
    return NULL;
}

/* `Z`, or a sign and `HH:MM` or `HHMM`. */
static const char *scan_offset(struct scan *scan)
{
    int hour = 0, minute = 0;
    const char *why = NULL;
    if (scan_any(scan, "Zz"))
        return NULL;
    if (!scan_any(scan, "+-"))
        return "invalid timezone sign";
    if ((why = scan_number(scan, 2, "invalid timezone hour", &hour)))
        return why;
    scan_any(scan, ":");
    if ((why = scan_number(scan, 2, "invalid timezone minute", &minute)))
        return why;
    if (minute > 59)
        return "timezone minute value is outside expected range of 0-59";
    return hour > 23 ? "timezone offset must be less than 24 hours" : NULL;
}

static const char *scan_time(struct scan *scan)
{
    int hour = 0, minute = 0;
    const char *why = NULL;
    if (left(scan) < sizeof "HH:MM" - 1)
        return too_short;
    if ((why = scan_number(scan, 2, "invalid character in hour", &hour)))
        return why;
    if (!scan_any(scan, ":"))
        return "invalid time separator, expected `:`";
    if ((why = scan_number(scan, 2, "invalid character in minute", &minute)))
        return why;
    if (hour > 23)
        return "hour value is outside expected range of 0-23";
    if (minute > 59)
        return "minute value is outside expected range of 0-59";
    if (scan_any(scan, ":") && (why = scan_seconds(scan)))
        return why;
    if (left(scan) > 0 && (why = scan_offset(scan)))
        return why;
    return left(scan) > 0 ? extra_characters : NULL;
}

const char *date_parse(const char *text, size_t size, struct date *ret_date)
{
    struct scan scan = {.at = text, .end = text + size};
    struct date date = {0};
    const char *why = scan_day(&scan, &date);
    if (!why && left(&scan) > 0)
        why =
            scan_any(&scan, "Tt _") ? scan_time(&scan) : "invalid datetime separator, expected `T`, `t`, `_` or space";
    if (!why)
        *ret_date = date;
    return why;
}

bool date_is_none(struct date date)
{
    return date.year == 0;
}

/* Writes the last `digits` digits of `number`. */
static void put_number(char *ret_text, int number, int digits)
{
    for (; digits > 0; number /= 10)
        ret_text[--digits] = (char)('0' + number % 10);
}

void date_format(struct date date, char ret_text[DATE_SIZE])
{
    put_number(ret_text, date.year, 4);
    ret_text[4] = '-';
    put_number(ret_text + 5, date.month, 2);
    ret_text[7] = '-';
    put_number(ret_text + 8, date.day, 2);
    ret_text[10] = '\0';
}

int date_compare(struct date a, struct date b)
{
    int years = a.year - b.year;
    int months = a.month - b.month;
    return years ? years : months ? months : a.day - b.day;
}
