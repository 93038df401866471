/* schema/schema.c: reaching the fields of a record through its table. */

#include "schema/schema.h"

#include <string.h>

static const void *member(const struct field *field, const void *record)
{
    return (const char *)record + field->offset;
}

struct value field_get(const struct field *field, const void *record)
{
    struct value value = {.type = field->type};
    switch (field->type) {
    case FIELD_ID:
        memcpy(&value.integer, member(field, record), sizeof value.integer);
        value.is_null = value.integer == 0;
        break;
    case FIELD_TEXT:
        memcpy(&value.text, member(field, record), sizeof value.text);
        value.is_null = !value.text;
        break;
    case FIELD_DATE:
        memcpy(&value.date, member(field, record), sizeof value.date);
        value.is_null = date_is_none(value.date);
        break;
    case FIELD__MAX:
        break;
    }
    return value;
}

void field_set(const struct field *field, void *record, const struct value *value)
{
    static const struct value null;
    const struct value *from = value->is_null ? &null : value;
    char *to = (char *)record + field->offset;
    switch (field->type) {
    case FIELD_ID:
        memcpy(to, &from->integer, sizeof from->integer);
        break;
    case FIELD_TEXT:
        memcpy(to, &from->text, sizeof from->text);
        break;
    case FIELD_DATE:
        memcpy(to, &from->date, sizeof from->date);
        break;
    case FIELD__MAX:
        break;
    }
}

int value_compare(const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null)
        return (int)b->is_null - (int)a->is_null;
    switch (a->type) {
    case FIELD_ID:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case FIELD_TEXT:
        return strcmp(a->text, b->text);
    case FIELD_DATE:
        return date_compare(a->date, b->date);
    case FIELD__MAX:
        break;
    }
    return 0;
}

uint32_t schema_writable(const struct schema *schema, uint32_t set)
{
    uint32_t writable = 0;

    for (size_t i = 0; i < schema->n_fields; i++) {
        if (!(schema->fields[i].flags & READ_ONLY))
            writable |= set & UINT32_C(1) << i;
    }
    return writable;
}

void schema_merge(const struct schema *schema, void *record, const void *changes, uint32_t set)
{
    uint32_t writable = schema_writable(schema, set);

    for (size_t i = 0; i < schema->n_fields; i++) {
        if (!(writable & UINT32_C(1) << i))
            continue;
        struct value value = field_get(&schema->fields[i], changes);
        field_set(&schema->fields[i], record, &value);
    }
}

const struct field *schema_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (strcmp(schema->fields[i].name, name) == 0)
            return &schema->fields[i];
    }
    return NULL;
}

int64_t record_id(const struct schema *schema, const void *record)
{
    return field_get(&schema->fields[0], record).integer;
}

void record_set_id(const struct schema *schema, void *record, int64_t id)
{
    field_set(&schema->fields[0], record, &(struct value){.type = FIELD_ID, .integer = id});
}

/* FNV-1a over a text and its NUL, so that neighbours do not run together. */
static uint32_t mix_text(uint32_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * UINT32_C(16777619);
    while (*text++);
    return hash;
}

uint32_t schema_fingerprint(const struct schema *schema)
{
    uint32_t hash = mix_text(UINT32_C(2166136261), schema->name);
    for (size_t i = 0; i < schema->n_fields; i++) {
        hash = mix_text(hash, schema->fields[i].name);
        hash = (hash ^ (uint32_t)schema->fields[i].type) * UINT32_C(16777619);
    }
    return hash;
}
