/*
 * migrate/type_change.c: types by what they hold, from one table for all databases.
 *
 * A name that means one thing here and another there has the meaning under which the answer is right for both: a text
 * holds more than any varchar and less than a mediumtext, although PostgreSQL's has no end.
 */

#include "migrate/type_change.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 80

/* What is compared: nothing beyond the name, bits, or characters. */
enum family { OTHER, INTEGER, FLOATING, EXACT, TEXT, BYTES };

static const struct known {
    const char *name;
    enum family family;
    long long room; /* 0: the number in parentheses, or no end */
} known[] = {
    {"tinyint", INTEGER, 8},
    {"smallint", INTEGER, 16},
    {"mediumint", INTEGER, 24},
    {"int", INTEGER, 32},
    {"integer", INTEGER, 32},
    {"bigint", INTEGER, 64},
    {"float", FLOATING, 24},
    {"real", FLOATING, 24},
    {"double", FLOATING, 53},
    {"double precision", FLOATING, 53},
    {"decimal", EXACT, 0},
    {"numeric", EXACT, 0},
    {"char", TEXT, 0},
    {"varchar", TEXT, 0},
    {"character", TEXT, 0},
    {"character varying", TEXT, 0},
    {"text", TEXT, (1 << 24) - 2},
    {"mediumtext", TEXT, (1 << 24) - 1},
    {"longtext", TEXT, (1LL << 32) - 1},
    {"binary", BYTES, 0},
    {"varbinary", BYTES, 0},
    {"tinyblob", BYTES, 255},
    {"blob", BYTES, (1 << 24) - 2},
    {"mediumblob", BYTES, (1 << 24) - 1},
    {"longblob", BYTES, (1LL << 32) - 1},
};

/* Names with no number hold as much as a text does. */
#define NO_END ((1 << 24) - 2)

struct type {
    char name[NAME_SIZE]; /* with the words after the parentheses */
    enum family family;
    long long room;
    long long fraction; /* the second number in the parentheses */
    bool is_unsigned;
    char collation[NAME_SIZE]; /* "": that of the database */
};

static const struct known *find_known(const char *name)
{
    static const struct known other = {.family = OTHER};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return &other;
}

/* Moves the text after `word`, if it is there, to ret_rest, and takes it and the word off. */
static bool cut(char *text, const char *word, char ret_rest[NAME_SIZE])
{
    char *found = strstr(text, word);

    if (!found)
        return false;
    snprintf(ret_rest, NAME_SIZE, "%s", found + strlen(word));
    *found = '\0';
    return true;
}

static struct type parse(const char *text)
{
    struct type type = {.room = 0};
    char rest[NAME_SIZE] = "", numbers[NAME_SIZE] = "";

    snprintf(type.name, sizeof type.name, "%s", text);
    cut(type.name, " COLLATE ", type.collation);
    type.is_unsigned = cut(type.name, " unsigned", rest);
    if (cut(type.name, "(", numbers)) {
        char *end = numbers;
        type.room = strtoll(numbers, &end, 10);
        type.fraction = *end == ',' ? strtoll(end + 1, &end, 10) : 0;
        size_t size = strlen(type.name);
        snprintf(type.name + size, sizeof type.name - size, "%s", *end == ')' ? end + 1 : end);
    }
    const struct known *of_name = find_known(type.name);
    type.family = of_name->family;
    if (of_name->room)
        type.room = of_name->room;
    else if (type.room == 0 && of_name->family != OTHER)
        type.room = NO_END;
    return type;
}

/* A signed integer has a bit less for what is above zero. */
static bool integer_widens(const struct type *from, const struct type *to)
{
    return from->is_unsigned && !to->is_unsigned ? to->room > from->room : to->room >= from->room;
}

static bool starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The characters of a collation, which is named after their set: the more, the higher. */
static int repertoire(const char *collation)
{
    static const char *const all[] = {"utf8mb4", "utf16", "utf32"};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (starts(collation, all[i]))
            return 3;
    return starts(collation, "utf8") || starts(collation, "ucs2") ? 2 : 1;
}

/* The set of a MySQL collation ends at the first `_`. In PostgreSQL there is one set, and most names are quoted. */
static bool collation_widens(const char *from, const char *to)
{
    size_t size = strcspn(from, "_");

    if (*from == '"' || *to == '"' || !strchr(from, '_') || !strchr(to, '_'))
        return true;
    if (strncmp(from, to, size) == 0 && to[size] == '_')
        return true;
    return starts(from, "ascii_") || repertoire(to) > repertoire(from) || repertoire(to) == 3;
}

bool type_widens(const char *from_text, const char *to_text)
{
    if (strcmp(from_text, to_text) == 0)
        return true;

    const struct type from = parse(from_text), to = parse(to_text);
    if (from.family != to.family || (to.is_unsigned && !from.is_unsigned))
        return false;
    switch (from.family) {
    case INTEGER:
        return integer_widens(&from, &to);
    case EXACT:
        return to.fraction >= from.fraction && to.room - to.fraction >= from.room - from.fraction;
    case TEXT:
        return to.room >= from.room && collation_widens(from.collation, to.collation);
    case FLOATING:
    case BYTES:
        return to.room >= from.room;
    case OTHER:
        break;
    }
    return strcmp(from.name, to.name) == 0 && from.room > 0 && to.room >= from.room;
}
