#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

/*
 * schema/schema.h: one description per record.
 *
 * A record is a plain struct; its schema is a table with one row per field. Decoding, encoding, SQL, filters and cache
 * entries are all made from that table: nothing about a field is written down anywhere else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/date.h"

enum field_type {
    FIELD_ID,   /* int64_t, 1 to 2^63-1; 0 is NULL */
    FIELD_TEXT, /* const char *, valid UTF-8 without U+0000; NULL is NULL */
    FIELD_DATE, /* struct date; none is NULL */
    FIELD__MAX
};

enum field_flag {
    READ_ONLY = 1 << 0, /* the server sets it; in a body it is ignored */
    REQUIRED = 1 << 1,  /* must be in every whole body, and not null */
    NOT_BLANK = 1 << 2, /* text: at least one character that is not white space */
    FILTER = 1 << 3,    /* a list can be filtered by it, for equality */
    SORT = 1 << 4,      /* a list can be sorted by it; never NULL in the database */
    NULLABLE = 1 << 5,  /* REQUIRED, but NULL in old rows: it may be null on the way out, never on the way in */
};

struct schema;

struct field {
    const char *name; /* in JSON, in SQL and in the query string */
    enum field_type type;
    unsigned flags;                  /* of enum field_flag */
    size_t offset;                   /* in the record */
    size_t min, max;                 /* text: characters; a max of 0 is none */
    size_t max_bytes;                /* text: bytes; 0 is none */
    const char *example;             /* a value, as text */
    const char *summary;             /* one sentence, for people */
    const struct schema *references; /* id: the kind of record it refers to */
    const char *embed;               /* id: the name under which that record is embedded in lists; NULL: it is not */
};

struct schema {
    const char *name;   /* "author": table, cache key */
    const char *plural; /* "authors": key of lists */
    const char *title;  /* "Author": in messages and documents */
    const struct field *fields;
    size_t n_fields; /* at most FIELDS_MAX; the first is the id */
    size_t size;     /* of the record, in bytes */
};

#define FIELDS_MAX 32

/* What is said of one record; the schema's title is filled in. */
#define RECORD_NOT_FOUND "%s not found"
#define RECORD_CHANGED "%s has changed"

/* A row of a field table; the flags come first of what follows the type:
 * FIELD(author, name, FIELD_TEXT, REQUIRED | FILTER, .max = 255) */
#define FIELD(record, member, kind, ...)                                                                               \
    {                                                                                                                  \
        .name = #member, .type = (kind), .offset = offsetof(struct record, member), .flags = __VA_ARGS__               \
    }

/* A schema over a field table: SCHEMA(author, authors, "Author", author_fields) */
#define SCHEMA(record, many, heading, table)                                                                           \
    {                                                                                                                  \
        .name = #record, .plural = #many, .title = (heading), .fields = (table),                                       \
        .n_fields = sizeof(table) / sizeof(*(table)), .size = sizeof(struct record)                                    \
    }

/* The value of any field. */
struct value {
    enum field_type type;
    bool is_null;
    int64_t integer;  /* FIELD_ID */
    const char *text; /* FIELD_TEXT */
    struct date date; /* FIELD_DATE */
};

/* Texts are borrowed from the record, or by it. */
struct value field_get(const struct field *field, const void *record);
void field_set(const struct field *field, void *record, const struct value *value);

/* Below, at or above 0, in the order of the databases: numbers, days, bytes; NULL first. */
int value_compare(const struct value *a, const struct value *b);

/* A set of fields: bit i stands for fields[i]. */
#define ALL_FIELDS UINT32_MAX

/* The fields of the schema that are in `set` and not READ_ONLY. */
uint32_t schema_writable(const struct schema *schema, uint32_t set);

/* Copies the fields in `set`, except READ_ONLY ones. Texts are borrowed. */
void schema_merge(const struct schema *schema, void *record, const void *changes, uint32_t set);

/* NULL when there is no such field. */
const struct field *schema_find(const struct schema *schema, const char *name);

int64_t record_id(const struct schema *schema, const void *record);
void record_set_id(const struct schema *schema, void *record, int64_t id);

/* A number that changes with the names, types and order of the fields: stored copies made under another one are void.
 * It reads all the names: whoever needs it often keeps it. */
uint32_t schema_fingerprint(const struct schema *schema);

#endif
