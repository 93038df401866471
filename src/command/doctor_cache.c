/*
 * command/doctor_cache.c: asks each cache server by itself, so that the line names the one that is away, and without
 * the shared page: a pause that a worker has begun says what was, not what is.
 */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/doctor.h"
#include "core/arena.h"
#include "core/clock.h"
#include "driver/cache.h"
#include "driver/coherence.h"

#define CHECK_MS 2000
#define NO_OBJECT "" /* a name that no shared memory object can have */

static void check_server(struct doctor *doctor, const struct cache_driver *driver, const char *server)
{
    const struct config *config = &doctor->config;
    bool shared = false;
    char error[256] = "out of memory";
    const struct cache_options options = {
        .servers = server,
        .ttl_max_s = (unsigned)config->cache_ttl_s,
        .memory_items = (size_t)config->cache_memory_items,
        .coherence = coherence_open(doctor->arena, NO_OBJECT, &shared),
    };
    struct cache *cache = options.coherence ? driver->open(doctor->arena, &options, error, sizeof error) : NULL;

    if (!cache) {
        doctor_say(doctor, VERDICT_BAD, "%s: %s; the service does not start", driver->name, error);
        return;
    }
    doctor->context.deadline_ms = clock_ms() + CHECK_MS;
    const char *state = cache->state(cache, &doctor->context);
    doctor->context.deadline_ms = 0;
    if (strcmp(state, "down") == 0)
        doctor_say(doctor, VERDICT_BAD,
                   "%s at %s does not answer; is it up, and does MEMCACHED_SERVERS name it? The "
                   "service goes on without, and slower",
                   driver->name, server);
    else if (strcmp(driver->name, "memcached") == 0)
        doctor_say(doctor, VERDICT_OK, "%s at %s answers", driver->name, server);
    else
        doctor_say(doctor, VERDICT_OK, "%s, which needs no server", driver->name);
}

void doctor_check_cache(struct doctor *doctor)
{
    const struct cache_driver *driver = cache_driver_find(doctor->config.cache);
    char *servers = arena_text(doctor->arena, doctor->config.memcached_servers);
    char *rest = NULL;

    if (!driver || !servers) {
        doctor_say(doctor, VERDICT_BAD, "CACHE is %s: this build has no such driver; see quire version",
                   doctor->config.cache);
        return;
    }
    if (strcmp(driver->name, "memcached") != 0 || !*servers) {
        check_server(doctor, driver, servers);
        return;
    }
    for (const char *server = strtok_r(servers, ", ", &rest); server; server = strtok_r(NULL, ", ", &rest))
        check_server(doctor, driver, server);
}

/* The pages that are there: those of this user by their names must be its own alone. */
static bool check_pages(struct doctor *doctor)
{
    char pattern[64];
    glob_t found = {.gl_pathc = 0};
    bool good = true;

    snprintf(pattern, sizeof pattern, "/dev/shm/quire-%u-*", (unsigned)geteuid());
    if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
        found.gl_pathc = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat status;
        if (lstat(found.gl_pathv[i], &status) != 0 ||
            (status.st_uid == geteuid() && S_ISREG(status.st_mode) && !(status.st_mode & 077)))
            continue;
        doctor_say(doctor, VERDICT_BAD,
                   "%s is not this user's alone, so the caches of different workers do not agree; "
                   "remove it while the service is stopped",
                   found.gl_pathv[i]);
        good = false;
    }
    globfree(&found);
    return good;
}

void doctor_check_shared_memory(struct doctor *doctor)
{
    char name[64];

    snprintf(name, sizeof name, "/quire-doctor-%u-%ld", (unsigned)geteuid(), (long)getpid());
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    int error = fd < 0 || ftruncate(fd, 1) != 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
        shm_unlink(name);
    }
    if (error)
        doctor_say(doctor, VERDICT_WARN,
                   "there is none for this user: %s; caches agree among the workers of one "
                   "supervisor only; mount /dev/shm, or use no CGI and one supervisor",
                   strerror(error));
    else if (check_pages(doctor))
        doctor_say(doctor, VERDICT_OK, "can be had");
}
