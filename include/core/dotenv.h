#ifndef CORE_DOTENV_H
#define CORE_DOTENV_H

/*
 * core/dotenv.h: the lines of a file `.env`.
 *
 * A line is NAME=VALUE, with or without `export` before it, or empty, or a comment after '#'. A value is one line and
 * may stand between quotes: single ones keep it as it is; between double ones a backslash makes n, r and t a control
 * character and keeps itself and the quote. Without quotes, '#' after a blank starts a comment. Lines may end in CR LF,
 * and the file may start with a byte order mark.
 */

#include <stddef.h>

typedef void dotenv_each(void *argument, const char *name, const char *value);

/*
 * Calls each() for every line that sets something, in order. `text` has `size` bytes and a NUL after them; it is cut up
 * in place, and names and values point into it. NULL, or why a line cannot be read ("is not NAME=VALUE"), with its
 * number from 1 in *ret_line.
 */
const char *dotenv_parse(char *text, size_t size, dotenv_each *each, void *argument, int *ret_line);

#endif
