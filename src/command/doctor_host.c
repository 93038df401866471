/* command/doctor_host.c: what the host gives to processes of this user. */

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/doctor.h"

#define FILES_MIN 64               /* descriptors: the log, connections, the socket, and room for libraries */
#define EXTRA_PROCESSES 2          /* the supervisor, and one worker that is replaced */
#define WORKER_KB ((int64_t)16384) /* what a worker with its cache may come to need */

void doctor_check_user(struct doctor *doctor)
{
    if (geteuid() == 0)
        doctor_say(doctor, VERDICT_WARN,
                   "this is root: what follows says nothing of the rights of the service's user; run "
                   "this as that user, and the service never as root");
    else
        doctor_say(doctor, VERDICT_OK, "not root");
}

void doctor_check_umask(struct doctor *doctor)
{
    mode_t mask = umask(077);
    struct stat status;

    umask(mask);
    if (!(mask & S_IWOTH))
        doctor_say(doctor, VERDICT_BAD, "it is %04o: everybody could write to files that quire makes; set 0027",
                   (unsigned)mask);
    else
        doctor_say(doctor, VERDICT_OK, "it is %04o", (unsigned)mask);
    if (strcmp(doctor->config.db, "sqlite") == 0 && stat(doctor->config.db_path, &status) == 0 &&
        status.st_mode & S_IWOTH)
        doctor_say(doctor, VERDICT_BAD, "everybody on this host can write to %s; chmod o-w it", doctor->config.db_path);
}

/* Threads of this user's processes, as far as /proc shows them. */
static uint64_t count_threads(void)
{
    DIR *folder = opendir("/proc");
    uint64_t n = 0;

    for (const struct dirent *entry = NULL; folder && (entry = readdir(folder));) {
        char path[300];
        struct stat status;
        snprintf(path, sizeof path, "/proc/%s/task", entry->d_name);
        if (*entry->d_name >= '1' && *entry->d_name <= '9' && stat(path, &status) == 0 && status.st_uid == geteuid())
            n += status.st_nlink - 2;
    }
    if (folder)
        closedir(folder);
    return n;
}

/* Root's processes are not limited. */
static bool check_processes(struct doctor *doctor)
{
    struct rlimit limit;
    uint64_t needed = (uint64_t)doctor->config.workers + EXTRA_PROCESSES;

    if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return true;
    uint64_t used = count_threads();
    if (used + needed <= limit.rlim_cur)
        return true;
    doctor_say(doctor, VERDICT_BAD,
               "this user may have %ju processes and has %" PRIu64 "; WORKERS=%" PRId64 " needs %" PRIu64
               " more; raise RLIMIT_NPROC (ulimit -u) or lower WORKERS",
               (uintmax_t)limit.rlim_cur, used, doctor->config.workers, needed);
    return false;
}

void doctor_check_limits(struct doctor *doctor)
{
    struct rlimit files;
    bool good = check_processes(doctor);

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_MIN) {
        doctor_say(doctor, VERDICT_BAD, "a process may open %ju files; raise RLIMIT_NOFILE (ulimit -n) to %d or more",
                   (uintmax_t)files.rlim_cur, FILES_MIN);
        good = false;
    }
    if (good)
        doctor_say(doctor, VERDICT_OK, "processes and open files suffice");
}

/* In kB; -1: not known. */
static int64_t find_available(void)
{
    static const char name[] = "MemAvailable:";
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    int64_t number = -1;

    while (file && number < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, sizeof name - 1) == 0)
            number = strtoll(line + sizeof name - 1, NULL, 10);
    if (file)
        fclose(file);
    return number;
}

void doctor_check_memory(struct doctor *doctor)
{
    int64_t available = find_available();
    int64_t needed = WORKER_KB * doctor->config.workers;

    if (available < 0)
        return;
    doctor_say(doctor, available < needed ? VERDICT_WARN : VERDICT_OK,
               "%" PRId64 " MB can be had; WORKERS=%" PRId64 " may need %" PRId64 " MB", available / 1024,
               doctor->config.workers, needed / 1024);
}
