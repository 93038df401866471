/*
 * migrate/lock_file.c: Atlas reads the time in a lock file as a decimal number of nanoseconds since 1970, and takes one
 * with a `+` before it as well. quire writes that `+`: under the folder's lock, such a file can only be what a quire
 * that was killed has left, and nobody has to wait until it expires.
 */

#include "migrate/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME "atlas_migrate_execute"

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL

/* Adler-32 (RFC 1950 section 9). */
static uint32_t adler32(const char *text)
{
    uint32_t a = 1;
    uint32_t b = 0;

    for (; *text; text++) {
        a = (a + (unsigned char)*text) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* The folder that a path is in, as an absolute path without links; "" when it cannot be told. */
static void find_folder(const char *path, char ret_folder[PATH_MAX])
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int size = slash ? (int)(slash - path) : 0;

    ret_folder[0] = '\0';
    if (size >= PATH_MAX - 1)
        return;
    snprintf(folder, sizeof folder, "%.*s", slash ? size + (size == 0) : 1, slash ? path : ".");
    if (!realpath(folder, ret_folder))
        ret_folder[0] = '\0';
}

/* Atlas's names. `own` stays "" when it does not fit. */
static void name_files(const char *folder, const char *path, char ret_own[LOCK_FILE_PATH_MAX],
                       char ret_shared[LOCK_FILE_PATH_MAX])
{
    const char *temporary = getenv("TMPDIR");
    const char *slash = strrchr(path, '/');
    char whole[PATH_MAX + NAME_MAX + sizeof "file:/"];

    if (!temporary || !*temporary)
        temporary = "/tmp";
    snprintf(whole, sizeof whole, "file:%s/%.*s", strcmp(folder, "/") == 0 ? "" : folder, NAME_MAX,
             slash ? slash + 1 : path);
    int own_size = snprintf(ret_own, LOCK_FILE_PATH_MAX, "%s/" LOCK_NAME "_%x.lock", temporary, adler32(whole));
    int shared_size = snprintf(ret_shared, LOCK_FILE_PATH_MAX, "%s/" LOCK_NAME ".lock", temporary);
    if (own_size >= LOCK_FILE_PATH_MAX)
        ret_own[0] = '\0';
    if (shared_size >= LOCK_FILE_PATH_MAX)
        ret_shared[0] = '\0';
}

/* Does an Atlas hold this file? One that cannot be read, or not understood, is nobody's. */
static bool is_held(const char *path)
{
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    return size > 0 && text[0] != '+' && strtoll(text, NULL, 10) > now_ns();
}

/* Takes what the kernel keeps. False: another process has it. */
static bool lock_folder(struct lock_file *lock, const char *folder)
{
    lock->folder = *folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (lock->folder < 0 || flock(lock->folder, LOCK_EX | LOCK_NB) == 0)
        return true;
    bool taken = errno == EWOULDBLOCK;
    close(lock->folder);
    lock->folder = -1;
    return !taken;
}

static void write_own(struct lock_file *lock, const char *path, int valid_ms)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return;
    dprintf(fd, "+%lld", (long long)(now_ns() + valid_ms * NS_PER_MS));
    close(fd);
    snprintf(lock->own, sizeof lock->own, "%s", path);
}

bool lock_file_try(struct lock_file *lock, const char *path, int valid_ms)
{
    char folder[PATH_MAX];
    char own[LOCK_FILE_PATH_MAX];
    char shared[LOCK_FILE_PATH_MAX];

    *lock = (struct lock_file){.folder = -1};
    find_folder(path, folder);
    name_files(folder, path, own, shared);
    if (!lock_folder(lock, folder))
        return false;
    if (is_held(own) || is_held(shared)) {
        lock_file_release(lock);
        return false;
    }
    if (*own)
        write_own(lock, own, valid_ms);
    return true;
}

void lock_file_release(struct lock_file *lock)
{
    if (lock->own[0])
        unlink(lock->own);
    if (lock->folder >= 0)
        close(lock->folder);
    *lock = (struct lock_file){.folder = -1};
}
