#ifndef CORE_LOG_H
#define CORE_LOG_H

/*
 * core/log.h: one line per event, to stderr or to a file. Inner layers do not log; the request loop, the supervisor
 * and the commands do.
 */

#include "core/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL__MAX };

/* "error", "warning", "info", "debug"; NULL ends the table. */
extern const char *const log_level_names[LOG_LEVEL__MAX + 1];

/* `file` is appended to; NULL or "" is stderr. -1 with errno when it cannot be opened. */
int log_open(const char *file, enum log_level level);

/* Writes one line with time, process id and level, in one write(2). Line breaks and control characters in the text are
 * replaced: a client cannot forge a line. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
