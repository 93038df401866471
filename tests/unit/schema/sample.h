#ifndef SAMPLE_H
#define SAMPLE_H

/* sample.h: a small record with every type of field and every rule, and one it refers to. */

#include "schema/schema.h"

struct keeper {
    int64_t id;
    const char *name;
};

struct animal {
    int64_t id;
    const char *name;
    const char *note;
    const char *nick;
    struct date born;
    int64_t keeper_id;
};

static const struct field keeper_fields[] = {
    FIELD(keeper, id, FIELD_ID, READ_ONLY),
    FIELD(keeper, name, FIELD_TEXT, REQUIRED),
};

static const struct schema keeper_schema = SCHEMA(keeper, keepers, "Keeper", keeper_fields);

enum { ANIMAL_ID, ANIMAL_NAME, ANIMAL_NOTE, ANIMAL_NICK, ANIMAL_BORN, ANIMAL_KEEPER_ID };

static const struct field animal_fields[] = {
    FIELD(animal, id, FIELD_ID, READ_ONLY | SORT),
    FIELD(animal, name, FIELD_TEXT, REQUIRED | NOT_BLANK | FILTER, .min = 1, .max = 5),
    FIELD(animal, note, FIELD_TEXT, REQUIRED, .max_bytes = 8),
    FIELD(animal, nick, FIELD_TEXT, 0),
    FIELD(animal, born, FIELD_DATE, REQUIRED | SORT),
    FIELD(animal, keeper_id, FIELD_ID, REQUIRED | FILTER, .references = &keeper_schema, .embed = "keeper"),
};

static const struct schema animal_schema = SCHEMA(animal, animals, "Animal", animal_fields);

#endif
