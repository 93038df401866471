#ifndef SCHEMA_JSON_SCAN_H
#define SCHEMA_JSON_SCAN_H

/*
 * schema/json_scan.h: is this text JSON, strictly?
 *
 * Every body passes here before the JSON library sees it: the RFC 8259 grammar, UTF-8 as RFC 3629 has it, no lone
 * surrogate in an escape, nesting to JSON_DEPTH_MAX. It reads the text once for UTF-8 and once for the grammar,
 * allocates nothing and does not recurse.
 */

#include <stddef.h>

#define JSON_DEPTH_MAX 64

enum json_fault {
    JSON_GOOD,
    JSON_BAD_UTF8,     /* the whole body is unreadable: 400 */
    JSON_TOO_DEEP,     /* 400 */
    JSON_BAD_SYNTAX,   /* 422 json_invalid */
    JSON_BAD_SURROGATE /* 422 json_invalid: an escape that is half a pair */
};

/*
 * The first fault; bad UTF-8 anywhere comes before all others. ret_offset is then the byte where it lies and ret_reason
 * a static text that says why, in the words of Python's json module where it has any.
 */
enum json_fault json_scan(const char *text, size_t size, size_t *ret_offset, const char **ret_reason);

#endif
