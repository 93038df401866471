#ifndef CORE_LOG_H
#define CORE_LOG_H

/*
 * core/log.h: one line per event, to stderr, to a file or to the system's log. Inner layers do not log; the request
 * loop, the supervisor and the commands do.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL__MAX };

/* "error", "warning", "info", "debug"; NULL ends the table. */
extern const char *const log_level_names[LOG_LEVEL__MAX + 1];

/* How lines are written. COMBINED is for requests alone (http/access_log.h): all other lines are then as in TEXT. */
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_COMBINED, LOG_FORMAT__MAX };

/* "text", "json", "combined"; NULL ends the table. */
extern const char *const log_format_names[LOG_FORMAT__MAX + 1];

/*
 * `file` is appended to; NULL or "" is stderr; "syslog" and "syslog:FACILITY" are the system's log, with the facilities
 * daemon (the default), user and local0 to local7. -1 with errno when it cannot be opened: the old one stays. EINVAL:
 * no such facility.
 */
int log_open(const char *file, enum log_level level);

/* Does this name mean the system's log, as log_open() takes it? */
bool log_is_syslog(const char *file);

void log_set_format(enum log_format format);
enum log_format log_get_format(void);

/* Writes one line with time, process id and level, in one write(2). Line breaks and control characters in the text are
 * replaced: a client cannot forge a line. The system's log adds time and level itself. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The longest line, in bytes: more might be cut or torn by a pipe. */
#define LOG_LINE_MAX 4096

/* Writes a line as it is, at LOG_LEVEL_INFO. It has no line break at its end, no control character, and room for a byte
 * after `size`. */
void log_whole_line(char *line, size_t size);

#define LOG_TIME_SIZE 32

/* The time of now as RFC 3339 has it: "2024-06-20T05:19:07.123Z". */
void log_time(char ret_time[LOG_TIME_SIZE]);

#endif
