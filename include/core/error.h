#ifndef CORE_ERROR_H
#define CORE_ERROR_H

/*
 * core/error.h: every way a call can end.
 *
 * The set is closed: a new code needs a new meaning to the caller. "No more rows" and "not in the cache" are results,
 * not codes. http/problem.c has the one table from codes to HTTP statuses.
 */

#include <stddef.h>
#include <stdint.h>

enum code {
    OK = 0,
    MALFORMED,        /* the request cannot be read: bad UTF-8, too deep, a bad percent-escape */
    INVALID,          /* it can be read and breaks rules; the context's violations say which */
    NO_ROUTE,         /* no such path */
    NO_METHOD,        /* the path exists, the method does not */
    NOT_ACCEPTABLE,   /* no type the client accepts */
    UNSUPPORTED_TYPE, /* a body of a type we do not read */
    BODY_TOO_LARGE,   /* over MAX_BODY */
    URI_TOO_LONG,
    HEADERS_TOO_LARGE,
    RATE_LIMITED, /* this client asks too often; after a while it may again */
    NOT_FOUND,    /* no such record */
    CHANGED,      /* If-Match: the record is no longer the one the client knows */
    CONFLICT,     /* a constraint of the database says no */
    NO_REFERENCE, /* a record this one refers to does not exist (foreign key) */
    CONTENDED,    /* deadlock or lock timeout; all rolled back, a rerun may succeed */
    UNAVAILABLE,  /* the database or a needed part is away */
    TIMED_OUT,    /* the request's budget is used up */
    NO_MEMORY,    /* out of memory, or over an arena's ceiling */
    INTERNAL,     /* our fault */
    CODE__MAX
};

/* The name of a code, as in this file, for logs. */
const char *code_name(enum code code);

#define ERROR_TEXT_MAX 256

/* What went wrong. `detail` may be shown to a client; `native` is the driver's own text and goes to the log only. */
struct error {
    enum code code;
    char detail[ERROR_TEXT_MAX]; /* empty: the code's default text */
    char native[ERROR_TEXT_MAX];
};

/* What is known of a failure, for a person: its detail, else the driver's text, else the code's name. */
const char *error_text(const struct error *error);

/* What it came from: the driver's text, else the detail, else the code's name. */
const char *error_cause(const struct error *error);

/* The kinds of violation: pydantic 2's error types. violation.c has the one table of their messages. */
enum violation_kind {
    JSON_INVALID,
    MISSING,
    NOT_AN_OBJECT,      /* model_attributes_type */
    NOT_TEXT,           /* string_type */
    TEXT_TOO_LONG,      /* string_too_long */
    TEXT_TOO_SHORT,     /* string_too_short */
    TEXT_HAS_NUL,       /* value_error */
    TEXT_BLANK,         /* value_error: only white space */
    NOT_A_DATE,         /* date_type: neither text nor number */
    DATE_UNREADABLE,    /* date_from_datetime_parsing */
    NOT_AN_INTEGER,     /* int_type */
    INTEGER_UNREADABLE, /* int_parsing */
    INTEGER_FRACTION,   /* int_from_float */
    INTEGER_TOO_LARGE,  /* int_parsing_size: beyond 64 bits */
    TOO_SMALL,          /* greater_than_equal */
    TOO_BIG,            /* less_than_equal */
    UNKNOWN_REFERENCE,  /* value_error: refers to no record */
    UNKNOWN_SORT,       /* enum: not a field that can be sorted by */
    VIOLATION__MAX
};

/* One broken rule. All pointers live as long as the context's arena or longer. */
struct violation {
    enum violation_kind kind;
    const char *where;  /* "body", "path" or "query" */
    const char *field;  /* NULL: the whole of it */
    int64_t offset;     /* JSON_INVALID: byte offset of the fault */
    int64_t limit;      /* the number the rule names: max_length, min_length, ge, le */
    const char *reason; /* why, or what is expected; NULL when the kind has none */
    const char *input;  /* what was sent, as JSON text; NULL is null */
    struct violation *next;
};

/* The texts of a kind, for whoever writes a violation out. */
struct violation_text {
    const char *type;       /* "string_too_long" */
    const char *message;    /* {limit}, {reason} and {s}, a plural's s unless the limit is 1, are filled in */
    const char *limit_key;  /* the key of the limit in "ctx": "max_length"; NULL: the kind has no limit */
    const char *reason_key; /* the key of the reason in "ctx": "error", "expected"; NULL: the kind has no reason */
};
const struct violation_text *violation_text(enum violation_kind kind);

/* Writes the message of a violation, formatted, as far as `size` allows, always NUL-terminated. */
void violation_message(const struct violation *violation, char *ret_text, size_t size);

#endif
