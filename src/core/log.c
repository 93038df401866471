/*
 * core/log.c: a line is put together on the stack and written at once: the lines of several processes do not mix.
 *
 * The system's log is syslog(3), so a line waits when its daemon does not keep up.
 */

#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/log_escape.h"
#include "core/utf8.h"

const char *const log_level_names[LOG_LEVEL__MAX + 1] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

const char *const log_format_names[LOG_FORMAT__MAX + 1] = {
    [LOG_FORMAT_TEXT] = "text",
    [LOG_FORMAT_JSON] = "json",
    [LOG_FORMAT_COMBINED] = "combined",
};

static const int syslog_levels[LOG_LEVEL__MAX] = {
    [LOG_LEVEL_ERROR] = LOG_ERR,
    [LOG_LEVEL_WARNING] = LOG_WARNING,
    [LOG_LEVEL_INFO] = LOG_INFO,
    [LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static const struct {
    const char *name;
    int facility;
} facilities[] = {
    {"daemon", LOG_DAEMON}, {"user", LOG_USER},     {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},
};

static int log_fd = STDERR_FILENO;
static bool to_syslog;
static enum log_level most = LOG_LEVEL_INFO;
static enum log_format log_format = LOG_FORMAT_TEXT;

/* The facility of "syslog" or "syslog:NAME"; -1 when there is none of that name, and -2 for a file. */
static int find_facility(const char *file)
{
    if (strcmp(file, "syslog") == 0)
        return LOG_DAEMON;
    if (strncmp(file, "syslog:", 7) != 0)
        return -2;
    for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++) {
        if (strcmp(facilities[i].name, file + 7) == 0)
            return facilities[i].facility;
    }
    return -1;
}

bool log_is_syslog(const char *file)
{
    return find_facility(file) != -2;
}

/* Lines go to this descriptor, or with stderr's to stderr, from now on. */
static void use(int fd)
{
    if (log_fd != STDERR_FILENO)
        close(log_fd);
    if (to_syslog)
        closelog();
    to_syslog = false;
    log_fd = fd;
}

static int open_syslog(int facility)
{
    if (facility < 0) {
        errno = EINVAL;
        return -1;
    }
    use(STDERR_FILENO);
    openlog("quire", LOG_PID, facility);
    to_syslog = true;
    return 0;
}

static int open_file(const char *file)
{
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

    if (fd < 0)
        return -1;
    use(fd);
    return 0;
}

int log_open(const char *file, enum log_level level)
{
    int facility = file && *file ? find_facility(file) : -2;
    int status = 0;

    if (facility != -2)
        status = open_syslog(facility);
    else if (file && *file)
        status = open_file(file);
    else
        use(STDERR_FILENO);
    if (status == 0)
        most = level;
    return status;
}

void log_set_format(enum log_format format)
{
    log_format = format;
}

enum log_format log_get_format(void)
{
    return log_format;
}

void log_time(char ret_time[LOG_TIME_SIZE])
{
    struct timespec now = {0};
    struct tm utc = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t at = strftime(ret_time, LOG_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_time + at, LOG_TIME_SIZE - at, ".%03ldZ", now.tv_nsec / 1000000);
}

/* Replaces control characters, U+0080 to U+009F among them, and what is not UTF-8. */
static void replace_controls(char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = utf8_sequence(text + at, size - at);
        unsigned char first = (unsigned char)text[at];
        bool is_c1 = length == 2 && first == 0xC2 && (unsigned char)text[at + 1] < 0xA0;
        if (length == 0)
            length = 1;
        else if (first >= 0x20 && first != 0x7F && !is_c1) {
            at += length;
            continue;
        }
        memset(text + at, '?', length);
        at += length;
    }
}

/* The line's last byte is followed by room for one more. */
static void write_line(enum log_level level, char *line, size_t size)
{
    ssize_t written = 0;

    if (to_syslog) {
        line[size] = '\0';
        syslog(syslog_levels[level], "%s", line);
        return;
    }
    line[size] = '\n';
    do
        written = write(log_fd, line, size + 1);
    while (written < 0 && errno == EINTR);
}

void log_whole_line(char *line, size_t size)
{
    int saved_errno = errno;

    if (most >= LOG_LEVEL_INFO)
        write_line(LOG_LEVEL_INFO, line, size);
    errno = saved_errno;
}

/* "2024-06-20T05:19:07.123Z [4711] info: text"; to the system's log the text alone. */
static void write_text(enum log_level level, const char *text, size_t size)
{
    char line[LOG_LINE_MAX];
    char time[LOG_TIME_SIZE];
    int start = 0;

    log_time(time);
    if (!to_syslog)
        start = snprintf(line, sizeof line, "%s [%ld] %s: ", time, (long)getpid(), log_level_names[level]);
    size_t room = sizeof line - (size_t)start - 1;
    if (size > room)
        size = utf8_trim(text, room);
    memcpy(line + start, text, size);
    replace_controls(line + start, size);
    write_line(level, line, (size_t)start + size);
}

static void write_json(enum log_level level, const char *text, size_t size)
{
    char line[LOG_LINE_MAX];
    char time[LOG_TIME_SIZE];

    log_time(time);
    size_t at = (size_t)snprintf(line, sizeof line, "{\"time\":\"%s\",\"level\":\"%s\",\"pid\":%ld,\"message\":\"",
                                 time, log_level_names[level], (long)getpid());
    at += log_escape_json(line + at, sizeof line - at - 3, text, size);
    line[at++] = '"';
    line[at++] = '}';
    write_line(level, line, at);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > most)
        return;
    int saved_errno = errno;
    char text[LOG_LINE_MAX];

    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t size = wanted < 0 ? 0 : (size_t)wanted;
    if (size >= sizeof text)
        size = utf8_trim(text, sizeof text - 1);
    if (log_format == LOG_FORMAT_JSON)
        write_json(level, text, size);
    else
        write_text(level, text, size);
    errno = saved_errno;
}
