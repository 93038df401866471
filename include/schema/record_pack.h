#ifndef SCHEMA_RECORD_PACK_H
#define SCHEMA_RECORD_PACK_H

/*
 * schema/record_pack.h: a record as bytes, for caches.
 *
 * The form is private to quire: a magic number, the schema's fingerprint, the fields, and a checksum over all of it.
 * Whatever does not check out in full is refused, so that a foreign or damaged value is a miss and never a wrong
 * record.
 * An absent record ("there is none with this id") has a form of its own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct buffer;
struct context;
struct schema;

/* `record` NULL: there is none with this id. */
void record_pack(const struct schema *schema, int64_t id, const void *record, struct buffer *buffer);

/*
 * True when `data` is a packed record of this schema and id. *ret_record is then a record, or NULL for "there is none".
 * The record and its texts are in the context's arena. False when it is not, or memory ended.
 */
bool record_unpack(const struct schema *schema, struct context *context, int64_t id, const void *data, size_t size,
                   void **ret_record);

#endif
