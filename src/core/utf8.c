/* core/utf8.c: the table of RFC 3629 section 4, and Unicode's white space. */

#include "core/utf8.h"

#include <stdint.h>
#include <string.h>

/* By first byte: how long the sequence is and what its second byte may be. Later bytes are 80 to BF. */
static const struct {
    unsigned char first, last, bytes, low, high;
} sequences[] = {
    {0x00, 0x7F, 1, 0x00, 0x00},                              /* ASCII */
    {0xC2, 0xDF, 2, 0x80, 0xBF},                              /* C0 and C1 would be overlong */
    {0xE0, 0xE0, 3, 0xA0, 0xBF},                              /* overlong below A0 */
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F}, /* surrogates above 9F */
    {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF}, /* overlong below 90 */
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F}, /* beyond U+10FFFF above 8F */
};

/* White space by Python's str.isspace(). */
static const struct {
    uint32_t first, last;
} spaces[] = {
    {0x0009, 0x000D}, {0x001C, 0x0020}, {0x0085, 0x0085}, {0x00A0, 0x00A0}, {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t utf8_sequence(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        if (bytes[0] < sequences[i].first || bytes[0] > sequences[i].last)
            continue;
        size_t length = sequences[i].bytes;
        if (length == 1)
            return 1;
        if (length > size || bytes[1] < sequences[i].low || bytes[1] > sequences[i].high)
            return 0;
        for (size_t k = 2; k < length; k++) {
            if (!is_continuation(bytes[k]))
                return 0;
        }
        return length;
    }
    return 0;
}

/* Bytes of ASCII at the start, in steps of eight: most text is all ASCII. */
static size_t ascii_run(const char *text, size_t size)
{
    size_t at = 0;
    uint64_t eight = 0;
    for (; size - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text + at, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return at;
}

bool utf8_is_valid(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        at += ascii_run(text + at, size - at);
        if (at == size)
            break;
        size_t length = utf8_sequence(text + at, size - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

size_t utf8_length(const char *text, size_t size)
{
    size_t length = 0;
    for (size_t at = 0; at < size; at++)
        length += !is_continuation((unsigned char)text[at]);
    return length;
}

/* The code point of a valid sequence of `length` bytes. */
static uint32_t decode(const char *text, size_t length)
{
    static const unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t character = (unsigned char)text[0] & first_bits[length];
    for (size_t k = 1; k < length; k++)
        character = character << 6 | ((unsigned char)text[k] & 0x3F);
    return character;
}

static bool is_space(uint32_t character)
{
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        if (character >= spaces[i].first && character <= spaces[i].last)
            return true;
    }
    return false;
}

bool utf8_is_blank(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = utf8_sequence(text + at, size - at);
        if (length == 0 || !is_space(decode(text + at, length)))
            return false;
        at += length;
    }
    return true;
}

size_t utf8_trim(const char *text, size_t size)
{
    size_t start = size;
    while (start > 0 && size - start < 3 && is_continuation((unsigned char)text[start - 1]))
        start--;
    if (start == 0)
        return size;
    start--;
    unsigned char first = (unsigned char)text[start];
    size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    return wanted > size - start ? start : size;
}
