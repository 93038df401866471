#ifndef MIGRATE_HASH_CHAIN_H
#define MIGRATE_HASH_CHAIN_H

/*
 * migrate/hash_chain.h: one running SHA-256 that is read many times: each reading covers everything added so far. Atlas
 * chains the files of a directory in this way, and the statements of a file.
 */

#include <stddef.h>

#include <sha2.h>

struct hash_chain {
    SHA2_CTX sha;
};

#define HASH_TEXT_SIZE 45 /* base64 of 32 bytes, with its NUL */

void hash_chain_init(struct hash_chain *chain);

void hash_chain_add(struct hash_chain *chain, const void *data, size_t size);

/* The sum of all that was added, in base64 (RFC 4648 section 4). More can be added afterwards. */
void hash_chain_format(const struct hash_chain *chain, char ret_text[HASH_TEXT_SIZE]);

#endif
