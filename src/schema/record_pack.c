/*
 * schema/record_pack.c: numbers are 64 bits, little-endian; texts have their length before them.
 *
 *   magic  fingerprint  id  present  field...  checksum
 *
 * A date is a text, so that date_parse() vouches for it. The checksum guards against damage, not against attack: who
 * can write to the cache can write records.
 */

#include "schema/record_pack.h"

#include <endian.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "core/utf8.h"
#include "schema/schema.h"

#define MAGIC UINT64_C(0x0100526572697571) /* "quireR" and, in the highest byte, the version of this form */
#define NULL_TEXT UINT64_MAX               /* in place of a length */
#define WORD sizeof(uint64_t)

static uint64_t load_word(const unsigned char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

/* One to one in either argument, so that a change within one word never goes unseen. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* Four sums side by side: a processor need not wait for one to add to the next. */
static uint64_t checksum(const void *data, size_t size)
{
    const unsigned char *at = data;
    uint64_t sums[4] = {size, 1, 2, 3};
    for (; size >= sizeof sums; at += sizeof sums, size -= sizeof sums) {
        for (size_t i = 0; i < 4; i++)
            sums[i] = mix(sums[i], load_word(at + i * WORD));
    }
    unsigned char rest[sizeof sums] = {0};
    memcpy(rest, at, size);
    for (size_t i = 0; i < 4; i++)
        sums[i] = mix(sums[i], load_word(rest + i * WORD));
    return mix(mix(mix(sums[0], sums[1]), sums[2]), sums[3]);
}

static void put_word(struct buffer *buffer, uint64_t word)
{
    word = htole64(word);
    buffer_add(buffer, &word, sizeof word);
}

static void put_text(struct buffer *buffer, const char *text)
{
    size_t length = strlen(text);
    put_word(buffer, length);
    buffer_add(buffer, text, length);
}

static void put_field(struct buffer *buffer, const struct value *value)
{
    char date[DATE_SIZE];
    if (value->is_null) {
        put_word(buffer, value->type == FIELD_ID ? 0 : NULL_TEXT);
        return;
    }
    switch (value->type) {
    case FIELD_ID:
        put_word(buffer, (uint64_t)value->integer);
        break;
    case FIELD_TEXT:
        put_text(buffer, value->text);
        break;
    case FIELD_DATE:
        date_format(value->date, date);
        put_text(buffer, date);
        break;
    case FIELD__MAX:
        break;
    }
}

void record_pack(const struct schema *schema, int64_t id, const void *record, struct buffer *buffer)
{
    size_t start = buffer->size;
    put_word(buffer, MAGIC);
    put_word(buffer, schema_fingerprint(schema));
    put_word(buffer, (uint64_t)id);
    put_word(buffer, record != NULL);
    for (size_t i = 0; record && i < schema->n_fields; i++) {
        struct value value = field_get(&schema->fields[i], record);
        put_field(buffer, &value);
    }
    put_word(buffer, checksum(buffer->data + start, buffer->size - start));
}

/* What is left to read. */
struct packed {
    const unsigned char *at;
    size_t size;
    struct arena *arena; /* for texts */
};

static bool take_word(struct packed *packed, uint64_t *ret_word)
{
    if (packed->size < WORD)
        return false;
    *ret_word = load_word(packed->at);
    packed->at += WORD;
    packed->size -= WORD;
    return true;
}

static bool expect_word(struct packed *packed, uint64_t expected)
{
    uint64_t word = 0;
    return take_word(packed, &word) && word == expected;
}

/* Borrowed bytes; NULL for the null text. */
static bool take_text(struct packed *packed, const char **ret_text, size_t *ret_length)
{
    uint64_t length = 0;
    if (!take_word(packed, &length))
        return false;
    *ret_text = NULL;
    *ret_length = 0;
    if (length == NULL_TEXT)
        return true;
    if (length > packed->size)
        return false;
    *ret_text = (const char *)packed->at;
    *ret_length = (size_t)length;
    packed->at += length;
    packed->size -= (size_t)length;
    return true;
}

static bool take_field(struct packed *packed, const struct field *field, struct value *ret_value)
{
    struct value value = {.type = field->type};
    const char *text = NULL;
    size_t length = 0;
    uint64_t word = 0;
    if (field->type == FIELD_ID ? !take_word(packed, &word) : !take_text(packed, &text, &length))
        return false;

    value.is_null = field->type == FIELD_ID ? word == 0 : !text;
    value.integer = (int64_t)word;
    if (text && field->type == FIELD_DATE && (length != DATE_SIZE - 1 || date_parse(text, length, &value.date)))
        return false;
    if (text && field->type == FIELD_TEXT) {
        if (memchr(text, '\0', length) || !utf8_is_valid(text, length))
            return false;
        value.text = arena_copy(packed->arena, text, length);
        if (!value.text)
            return false;
    }
    *ret_value = value;
    return true;
}

static void *take_record(struct packed *packed, const struct schema *schema, int64_t id)
{
    void *record = arena_alloc(packed->arena, schema->size);
    for (size_t i = 0; record && i < schema->n_fields; i++) {
        struct value value = {0};
        if (!take_field(packed, &schema->fields[i], &value))
            return NULL;
        field_set(&schema->fields[i], record, &value);
    }
    return record && record_id(schema, record) == id ? record : NULL;
}

bool record_unpack(const struct schema *schema, struct context *context, int64_t id, const void *data, size_t size,
                   void **ret_record)
{
    struct packed packed = {.at = data, .size = size, .arena = context->arena};
    if (size < WORD)
        return false;
    packed.size -= WORD;
    if (load_word(packed.at + packed.size) != checksum(data, packed.size))
        return false;

    uint64_t present = 0;
    if (!expect_word(&packed, MAGIC) || !expect_word(&packed, schema_fingerprint(schema)) ||
        !expect_word(&packed, (uint64_t)id) || !take_word(&packed, &present) || present > 1)
        return false;
    void *record = present ? take_record(&packed, schema, id) : NULL;
    if ((present && !record) || packed.size > 0)
        return false;
    *ret_record = record;
    return true;
}
