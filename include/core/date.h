#ifndef CORE_DATE_H
#define CORE_DATE_H

/*
 * core/date.h: a day of the proleptic Gregorian calendar, years 1 to 9999; or none (NULL in a database).
 *
 * Input follows ISO 8601 and pydantic 2: `YYYY-MM-DD`, or a date-time whose date part is kept, with or without offset
 * or fraction. Output is always `YYYY-MM-DD` (RFC 3339 full-date).
 */

#include <stdbool.h>
#include <stddef.h>

struct date {
    short year; /* 0: no date */
    signed char month;
    signed char day;
};

#define DATE_SIZE 11 /* of the text, with its NUL */

bool date_is_none(struct date date);

/* NULL when `text` is a date; otherwise why not, a static text ("month value is outside expected range of 1-12"). */
const char *date_parse(const char *text, size_t size, struct date *ret_date);

/* Writes `YYYY-MM-DD` and a NUL. The date must not be none. */
void date_format(struct date date, char ret_text[DATE_SIZE]);

/* Below, at or above 0 as a comes before, is, or comes after b. */
int date_compare(struct date a, struct date b);

#endif
