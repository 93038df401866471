#ifndef CORE_HASH_H
#define CORE_HASH_H

/* core/hash.h: a number for a text, the same in every process and on every machine. Not for secrets. */

#include <stdint.h>

/* FNV-1a, 64 bits, and a last round, because it mixes the last byte in badly. */
uint64_t hash_text(const char *text);

#endif
