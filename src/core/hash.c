/* core/hash.c: a number for a text. */

#include "core/hash.h"

uint64_t hash_text(const char *text)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * UINT64_C(1099511628211);
    sum = (sum ^ sum >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 32;
}
