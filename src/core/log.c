/* core/log.c: a line is put together on the stack and written at once: the lines of several processes do not mix. */

#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/utf8.h"

#define LINE_MAX_SIZE 4096 /* a longer line is cut */

const char *const log_level_names[LOG_LEVEL__MAX + 1] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

static int log_fd = STDERR_FILENO;
static enum log_level most = LOG_LEVEL_INFO;

int log_open(const char *file, enum log_level level)
{
    int fd = STDERR_FILENO;
    if (file && *file) {
        fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0)
            return -1;
    }
    if (log_fd != STDERR_FILENO)
        close(log_fd);
    log_fd = fd;
    most = level;
    return 0;
}

/* The start of a line, as in RFC 3339: "2024-06-20T05:19:07.123Z [4711] info: ". Gives its size. */
static size_t write_prefix(char *line, size_t size, enum log_level level)
{
    struct timespec now = {0};
    struct tm utc = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t at = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &utc);
    int more = snprintf(line + at, size - at, ".%03ldZ [%ld] %s: ", now.tv_nsec / 1000000, (long)getpid(),
                        log_level_names[level]);
    return at + (size_t)more;
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

void log_line(enum log_level level, const char *format, ...)
{
    if (level > most)
        return;
    int saved_errno = errno;
    char line[LINE_MAX_SIZE];
    size_t start = write_prefix(line, sizeof line, level);
    size_t room = sizeof line - start;

    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(line + start, room, format, args);
    va_end(args);
    size_t size = wanted < 0 ? 0 : (size_t)wanted;
    if (size >= room)
        size = utf8_trim(line + start, room - 1);
    replace_controls(line + start, size);
    line[start + size] = '\n';

    ssize_t written = 0;
    do
        written = write(log_fd, line, start + size + 1);
    while (written < 0 && errno == EINTR);
    errno = saved_errno;
}
