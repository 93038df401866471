/*
 * schema/json_scan.c: the grammar of RFC 8259, read front to back.
 *
 * Open arrays and objects are bits in one word, which is why nesting ends at 64. Where Python's json module would stop
 * and what it would say there is what is reported here.
 */

#include "schema/json_scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

_Static_assert(JSON_DEPTH_MAX <= 64, "one bit per level");

#define END (-1) /* what is read beyond the last byte */

struct scan {
    const char *text;
    size_t size;
    size_t at;
    size_t depth;
    uint64_t objects; /* the lowest bit: the innermost open level is an object */
    enum json_fault fault;
    size_t offset;
    const char *reason;
};

/* Every function below gives false once it has called this. */
static bool refuse(struct scan *scan, enum json_fault fault, size_t offset, const char *reason)
{
    scan->fault = fault;
    scan->offset = offset;
    scan->reason = reason;
    return false;
}

static bool refuse_syntax(struct scan *scan, size_t offset, const char *reason)
{
    return refuse(scan, JSON_BAD_SYNTAX, offset, reason);
}

static int peek(const struct scan *scan, size_t ahead)
{
    return ahead < scan->size - scan->at ? (unsigned char)scan->text[scan->at + ahead] : END;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* RFC 8259 section 2: insignificant white space. */
static int peek_token(struct scan *scan)
{
    int c = peek(scan, 0);
    while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        scan->at++;
        c = peek(scan, 0);
    }
    return c;
}

static bool scan_utf8(struct scan *scan)
{
    if (utf8_is_valid(scan->text, scan->size))
        return true;
    size_t at = 0;
    size_t length = 0;
    while ((length = utf8_sequence(scan->text + at, scan->size - at)) > 0)
        at += length;
    return refuse(scan, JSON_BAD_UTF8, at, "Invalid UTF-8");
}

/* The four digits of \uXXXX, `ahead` bytes on; -1 when they are not that. */
static int hex4(const struct scan *scan, size_t ahead)
{
    int unit = 0;
    for (size_t i = ahead; i < ahead + 4; i++) {
        int c = peek(scan, i);
        int digit = is_digit(c)            ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* \uXXXX, and the second half when it is the first of a surrogate pair (RFC 8259 section 7). */
static bool scan_unicode(struct scan *scan)
{
    int unit = hex4(scan, 2);
    if (unit < 0)
        return refuse_syntax(scan, scan->at + 1, "Invalid \\uXXXX escape");
    if (unit < 0xD800 || unit > 0xDFFF) {
        scan->at += 6;
        return true;
    }
    int low = peek(scan, 6) == '\\' && peek(scan, 7) == 'u' ? hex4(scan, 8) : -1;
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return refuse(scan, JSON_BAD_SURROGATE, scan->at, "Unpaired surrogate in \\uXXXX escape");
    scan->at += 12;
    return true;
}

static bool scan_string(struct scan *scan)
{
    size_t start = scan->at++;
    for (;;) {
        int c = peek(scan, 0);
        int escaped = c == '\\' ? peek(scan, 1) : 0;
        if (c == END || escaped == END)
            return refuse_syntax(scan, start, "Unterminated string starting at");
        if (c < 0x20)
            return refuse_syntax(scan, scan->at, "Invalid control character at");
        if (escaped == 'u') {
            if (!scan_unicode(scan))
                return false;
        } else if (c == '\\') {
            if (escaped == 0 || !strchr("\"\\/bfnrt", escaped))
                return refuse_syntax(scan, scan->at, "Invalid \\escape");
            scan->at += 2;
        } else {
            scan->at++;
            if (c == '"')
                return true;
        }
    }
}

static size_t count_digits(const struct scan *scan, size_t ahead)
{
    size_t n = 0;
    while (is_digit(peek(scan, ahead + n)))
        n++;
    return n;
}

/* Takes as much as makes a number, as Python does; what is left of `2.` or `01` is a fault to whoever comes next. */
static bool scan_number(struct scan *scan)
{
    size_t sign = peek(scan, 0) == '-';
    if (!is_digit(peek(scan, sign)))
        return refuse_syntax(scan, scan->at, "Expecting value");
    scan->at += sign + (peek(scan, sign) == '0' ? 1 : count_digits(scan, sign));

    size_t digits = peek(scan, 0) == '.' ? count_digits(scan, 1) : 0;
    if (digits > 0)
        scan->at += 1 + digits;

    int e = peek(scan, 0);
    size_t before = 1 + (peek(scan, 1) == '+' || peek(scan, 1) == '-');
    digits = e == 'e' || e == 'E' ? count_digits(scan, before) : 0;
    if (digits > 0)
        scan->at += before + digits;
    return true;
}

static bool scan_word(struct scan *scan, const char *word)
{
    size_t length = strlen(word);
    if (scan->size - scan->at < length || memcmp(scan->text + scan->at, word, length) != 0)
        return refuse_syntax(scan, scan->at, "Expecting value");
    scan->at += length;
    return true;
}

/* A member's name and its colon. */
static bool scan_name(struct scan *scan)
{
    if (peek_token(scan) != '"')
        return refuse_syntax(scan, scan->at, "Expecting property name enclosed in double quotes");
    if (!scan_string(scan))
        return false;
    if (peek_token(scan) != ':')
        return refuse_syntax(scan, scan->at, "Expecting ':' delimiter");
    scan->at++;
    return true;
}

/* The start of an array or object, up to its first value if it has one. */
static bool scan_open(struct scan *scan, bool object, bool *ret_wanted)
{
    if (scan->depth == JSON_DEPTH_MAX)
        return refuse(scan, JSON_TOO_DEEP, scan->at, "Nested too deeply");
    scan->depth++;
    scan->objects = scan->objects << 1 | object;
    scan->at++;
    *ret_wanted = peek_token(scan) != (object ? '}' : ']');
    return !object || !*ret_wanted || scan_name(scan);
}

/* A value; of an array or object only the start. */
static bool scan_value(struct scan *scan, bool *ret_wanted)
{
    *ret_wanted = false;
    switch (peek_token(scan)) {
    case '{':
        return scan_open(scan, true, ret_wanted);
    case '[':
        return scan_open(scan, false, ret_wanted);
    case '"':
        return scan_string(scan);
    case 't':
        return scan_word(scan, "true");
    case 'f':
        return scan_word(scan, "false");
    case 'n':
        return scan_word(scan, "null");
    default:
        return scan_number(scan);
    }
}

/* What follows a value inside an array or object: its end, or a comma and, in an object, the next name. */
static bool scan_after_value(struct scan *scan, bool *ret_wanted)
{
    bool object = scan->objects & 1;
    int c = peek_token(scan);
    if (c == (object ? '}' : ']')) {
        scan->at++;
        scan->depth--;
        scan->objects >>= 1;
        return true;
    }
    if (c != ',')
        return refuse_syntax(scan, scan->at, "Expecting ',' delimiter");
    scan->at++;
    *ret_wanted = true;
    return !object || scan_name(scan);
}

static bool scan_document(struct scan *scan)
{
    bool wanted = true;
    while (wanted || scan->depth > 0) {
        if (!(wanted ? scan_value(scan, &wanted) : scan_after_value(scan, &wanted)))
            return false;
    }
    return peek_token(scan) == END || refuse_syntax(scan, scan->at, "Extra data");
}

enum json_fault json_scan(const char *text, size_t size, size_t *ret_offset, const char **ret_reason)
{
    struct scan scan = {.text = text, .size = size};
    if (scan_utf8(&scan) && scan_document(&scan))
        return JSON_GOOD;
    *ret_offset = scan.offset;
    *ret_reason = scan.reason;
    return scan.fault;
}
