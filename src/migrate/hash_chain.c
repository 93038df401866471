/* migrate/hash_chain.c: a SHA-256 that can be read on the way. SHA256Final() ends its context, so each reading ends a
 * copy. */

#include "migrate/hash_chain.h"

#include <stdint.h>

void hash_chain_init(struct hash_chain *chain)
{
    SHA256Init(&chain->sha);
}

void hash_chain_add(struct hash_chain *chain, const void *data, size_t size)
{
    SHA256Update(&chain->sha, data, size);
}

static void base64_format(const uint8_t *data, size_t size, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        size_t n = size - i < 3 ? size - i : 3;
        unsigned bits = (unsigned)data[i] << 16;
        if (n > 1)
            bits |= (unsigned)data[i + 1] << 8;
        if (n > 2)
            bits |= data[i + 2];
        for (size_t digit = 0; digit < 4; digit++)
            *text++ = digit > n ? '=' : digits[bits >> (18 - 6 * digit) & 63];
    }
    *text = '\0';
}

void hash_chain_format(const struct hash_chain *chain, char ret_text[HASH_TEXT_SIZE])
{
    SHA2_CTX copy = chain->sha;
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256Final(digest, &copy);
    base64_format(digest, sizeof digest, ret_text);
}
