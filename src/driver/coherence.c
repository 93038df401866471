/*
 * driver/coherence.c: the shared page.
 *
 * All of it is 64-bit atomics that start at zero, which is what a new shared memory object holds: whoever maps it
 * first need not initialise anything but the random base, and that by compare-and-swap, so that two agree.
 */

#include "driver/coherence.h"

#include <stdatomic.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/random.h"
#include "driver/shared_page.h"

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

static size_t group_of(const char *key)
{
    return hash_text(key) % COHERENCE_VERSIONS;
}

unsigned coherence_server(const char *name)
{
    return (unsigned)(hash_text(name) % COHERENCE_SERVERS);
}

/* Never 0, and far from wrapping. */
static uint64_t random_base(void)
{
    return (random_number() >> 2) + 1;
}

static void initialise(struct page *page)
{
    int64_t never = 0;
    atomic_compare_exchange_strong(&page->made_ms, &never, clock_ms());
    uint64_t none = 0;
    if (!atomic_load(&page->base))
        atomic_compare_exchange_strong(&page->base, &none, random_base());
}

struct coherence *coherence_open(struct arena *arena, const char *name, bool *ret_shared)
{
    struct coherence *coherence = arena_alloc(arena, sizeof *coherence);
    if (!coherence)
        return NULL;
    struct shared_page *shared = shared_page_open(arena, name, sizeof(struct page));
    if (!shared)
        return NULL;
    struct page *page = shared->bytes;
    initialise(page);
    coherence->page = page;
    *ret_shared = shared->shared;
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
