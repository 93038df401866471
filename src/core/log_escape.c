/* core/log_escape.c: each character becomes a short piece, which is written whole or not at all. */

#include "core/log_escape.h"

#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

#define PIECE_MAX 8 /* bytes: the longest escape and its NUL */

/* Appends the piece if there is room for it. */
static int add(char *to, size_t room, size_t *at, const char *piece, size_t size)
{
    if (size > room - *at)
        return -1;
    memcpy(to + *at, piece, size);
    *at += size;
    return 0;
}

/* The character that starts here, as JSON has it, into `piece`; gives the size of the piece. */
static size_t json_piece(const char *text, size_t length, char piece[PIECE_MAX])
{
    unsigned char first = (unsigned char)*text;
    unsigned char second = length > 1 ? (unsigned char)text[1] : 0;

    if (length == 0)
        return (size_t)snprintf(piece, PIECE_MAX, "\\ufffd");
    if (first == '"' || first == '\\')
        return (size_t)snprintf(piece, PIECE_MAX, "\\%c", first);
    if (first < 0x20 || first == 0x7F)
        return (size_t)snprintf(piece, PIECE_MAX, "\\u%04x", first);
    if (length == 2 && first == 0xC2 && second < 0xA0)
        return (size_t)snprintf(piece, PIECE_MAX, "\\u%04x", second);
    memcpy(piece, text, length);
    return length;
}

size_t log_escape_json(char *to, size_t room, const char *text, size_t size)
{
    size_t written = 0;

    for (size_t i = 0; i < size;) {
        char piece[PIECE_MAX];
        size_t length = utf8_sequence(text + i, size - i);
        size_t piece_size = json_piece(text + i, length, piece);
        if (add(to, room, &written, piece, piece_size) != 0)
            break;
        i += length ? length : 1;
    }
    return written;
}

static size_t apache_piece(unsigned char c, char piece[PIECE_MAX])
{
    static const char named[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\v'] = 'v', ['\r'] = 'r'};

    if (c < sizeof named && named[c])
        return (size_t)snprintf(piece, PIECE_MAX, "\\%c", named[c]);
    if (c < 0x20 || c >= 0x7F)
        return (size_t)snprintf(piece, PIECE_MAX, "\\x%02x", c);
    return (size_t)snprintf(piece, PIECE_MAX, c == '"' || c == '\\' ? "\\%c" : "%c", c);
}

size_t log_escape_apache(char *to, size_t room, const char *text, size_t size)
{
    size_t written = 0;

    for (size_t i = 0; i < size; i++) {
        char piece[PIECE_MAX];
        size_t piece_size = apache_piece((unsigned char)text[i], piece);
        if (add(to, room, &written, piece, piece_size) != 0)
            break;
    }
    return written;
}
