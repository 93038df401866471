#ifndef CORE_UTF8_H
#define CORE_UTF8_H

/* core/utf8.h: UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that starts `text`, 1 to 4; 0 when it is not valid or is cut short. `size` is at least 1. */
size_t utf8_sequence(const char *text, size_t size);

bool utf8_is_valid(const char *text, size_t size);

/* Characters (code points) in valid UTF-8. */
size_t utf8_length(const char *text, size_t size);

/* True when every character is Unicode white space (Python's str.isspace()), also for no character at all. */
bool utf8_is_blank(const char *text, size_t size);

/* `size`, or less when `text` ends in the middle of a character: what is left when that piece is dropped. */
size_t utf8_trim(const char *text, size_t size);

#endif
