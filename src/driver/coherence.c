/*
 * driver/coherence.c: the shared page.
 *
 * All of it is 64-bit atomics that start at zero, which is what a new shared memory object holds: whoever maps it
 * first need not initialise anything but the random base, and that by compare-and-swap, so that two agree.
 */

#include "driver/coherence.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics that are locks cannot be shared by processes");

struct server {
    _Atomic uint64_t losses;      /* invalidations that were not delivered */
    _Atomic int64_t lost_ms;      /* when the last one was */
    _Atomic int64_t paused_until; /* 0: the server is in use */
};

struct page {
    _Atomic uint64_t base;   /* versions and epochs count from here; 0: not yet chosen */
    _Atomic int64_t made_ms; /* 0: not yet set */
    _Atomic uint64_t writes[COHERENCE_VERSIONS];
    struct server servers[COHERENCE_SERVERS];
};

struct coherence {
    struct page *page;
};

/* FNV-1a, 64 bits, and a last round, because it mixes the last byte in badly. */
static uint64_t hash(const char *text)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * UINT64_C(1099511628211);
    sum = (sum ^ sum >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 32;
}

static size_t group_of(const char *key)
{
    return hash(key) % COHERENCE_VERSIONS;
}

unsigned coherence_server(const char *name)
{
    return (unsigned)(hash(name) % COHERENCE_SERVERS);
}

char *coherence_name(struct arena *arena, const char *identity)
{
    return arena_printf(arena, "/quire-%u-%016llx", (unsigned)geteuid(), (unsigned long long)hash(identity));
}

/* Is the object ours alone, and of our size? A new one, of size 0, is given its size. */
static bool object_is_ours(int fd)
{
    struct stat status;
    if (fstat(fd, &status) || status.st_uid != geteuid() || !S_ISREG(status.st_mode) || (status.st_mode & 077))
        return false;
    if (!status.st_size && ftruncate(fd, sizeof(struct page)))
        return false;
    return !status.st_size || status.st_size == sizeof(struct page);
}

/* NULL when the object cannot be had. */
static struct page *map_shared(const char *name)
{
    int fd = shm_open(name, O_RDWR | O_CREAT, 0600);
    if (fd < 0)
        return NULL;
    void *page = MAP_FAILED;
    if (object_is_ours(fd))
        page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return page == MAP_FAILED ? NULL : page;
}

static struct page *map_private(void)
{
    void *page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

/* Never 0, and far from wrapping. */
static uint64_t random_base(void)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = (uint64_t)clock_us() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)getpid();
    return (number >> 2) + 1;
}

static void initialise(struct page *page)
{
    int64_t never = 0;
    atomic_compare_exchange_strong(&page->made_ms, &never, clock_ms());
    uint64_t none = 0;
    if (!atomic_load(&page->base))
        atomic_compare_exchange_strong(&page->base, &none, random_base());
}

static void unmap(void *page)
{
    munmap(page, sizeof(struct page));
}

struct coherence *coherence_open(struct arena *arena, const char *name, bool *ret_shared)
{
    struct coherence *coherence = arena_alloc(arena, sizeof *coherence);
    if (!coherence)
        return NULL;
    struct page *page = map_shared(name);
    bool shared = page;
    if (!page && !(page = map_private()))
        return NULL;
    if (arena_defer(arena, unmap, page))
        return NULL;
    initialise(page);
    coherence->page = page;
    *ret_shared = shared;
    return coherence;
}

uint64_t coherence_version(const struct coherence *coherence, const char *key)
{
    struct page *page = coherence->page;
    return atomic_load(&page->base) + atomic_load(&page->writes[group_of(key)]);
}

void coherence_move_on(struct coherence *coherence, const char *key)
{
    atomic_fetch_add(&coherence->page->writes[group_of(key)], 1);
}

uint64_t coherence_epoch(const struct coherence *coherence, unsigned server)
{
    struct page *page = coherence->page;
    return atomic_load(&page->base) + atomic_load(&page->servers[server].losses);
}

bool coherence_believes(const struct coherence *coherence, unsigned server, uint64_t epoch, int64_t lifetime_ms)
{
    struct page *page = coherence->page;
    uint64_t age = coherence_epoch(coherence, server) - epoch;
    if (!age)
        return true;
    if (age <= atomic_load(&page->servers[server].losses))
        return false; /* ours, from an earlier epoch */
    int64_t lost_ms = atomic_load(&page->servers[server].lost_ms);
    int64_t made_ms = atomic_load(&page->made_ms);
    return clock_ms() - (lost_ms > made_ms ? lost_ms : made_ms) >= lifetime_ms;
}

void coherence_distrust(struct coherence *coherence, unsigned server)
{
    atomic_store(&coherence->page->servers[server].lost_ms, clock_ms());
    atomic_fetch_add(&coherence->page->servers[server].losses, 1);
}

bool coherence_enter(struct coherence *coherence, unsigned server)
{
    _Atomic int64_t *paused_until = &coherence->page->servers[server].paused_until;
    int64_t until = atomic_load(paused_until);
    if (!until)
        return true;
    int64_t left = until - clock_ms();
    if (left > 0 && left <= COHERENCE_PAUSE_MS)
        return false;
    return atomic_compare_exchange_strong(paused_until, &until, clock_ms() + COHERENCE_PAUSE_MS);
}

void coherence_pause(struct coherence *coherence, unsigned server)
{
    atomic_store(&coherence->page->servers[server].paused_until, clock_ms() + COHERENCE_PAUSE_MS);
}

void coherence_resume(struct coherence *coherence, unsigned server)
{
    _Atomic int64_t *paused_until = &coherence->page->servers[server].paused_until;
    if (atomic_load(paused_until))
        atomic_store(paused_until, 0);
}
