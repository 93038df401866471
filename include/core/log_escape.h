#ifndef CORE_LOG_ESCAPE_H
#define CORE_LOG_ESCAPE_H

/*
 * core/log_escape.h: what a client sent, as a part of a line that it cannot forge.
 *
 * The functions write no NUL. They give the number of bytes written, at most `room`, and never leave an escape or a
 * character half written: a text that is too long is cut.
 */

#include <stddef.h>

/* The inside of a JSON string (RFC 8259). Control characters, those from U+0080 to U+009F too, are \u00XX; bytes that
 * are not UTF-8 are \ufffd. */
size_t log_escape_json(char *to, size_t room, const char *text, size_t size);

/* The inside of a quoted field as Apache's mod_log_config writes it: \" and \\, \b \n \r \t \v, and \xhh for everything
 * else that is not printable ASCII. */
size_t log_escape_apache(char *to, size_t room, const char *text, size_t size);

#endif
