/*
 * driver/rate_limit.c: a set-associative table of times, changed by compare-and-swap alone.
 *
 * The surprising choice: the word with a client's time has 16 bits of the client's key in it, too. A place changes
 * hands in two steps, key and time, and a process may be anywhere between them, or be killed there. A time with another
 * tag than the key's is nobody's and counts as over: what goes wrong at such a moment is forgotten and not charged to
 * another client, unless both have the same tag, by a chance of one in 65,536.
 */

#include "driver/rate_limit.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <string.h>

#include "core/arena.h"
#include "core/random.h"
#include "driver/shared_page.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics that are locks cannot be shared by processes");

#define WAYS ((size_t)8) /* places that a client may have */
#define SETS (RATE_LIMIT_CLIENTS / WAYS)
#define TAG_BITS 16 /* the other 48 have the microseconds of almost nine years */
#define TAG_MASK (((uint64_t)1 << TAG_BITS) - 1)

struct place {
    _Atomic uint64_t key;  /* of the client; 0: nobody yet */
    _Atomic uint64_t time; /* microseconds on clock_us(), and below them the tag */
};

struct page {
    _Atomic uint64_t seed; /* 0: not yet chosen */
    _Alignas(64) struct place sets[SETS][WAYS];
};

struct rate_limiter {
    struct page *page;
    uint64_t seed;
    uint64_t interval_us;
    uint64_t burst;
};

/* The seed of the page, chosen by whoever comes first: nobody can know which clients share a set. */
static uint64_t choose_seed(struct page *page)
{
    uint64_t none = 0;

    atomic_compare_exchange_strong(&page->seed, &none, random_number() | 1);
    return atomic_load(&page->seed);
}

struct rate_limiter *rate_limiter_open(struct arena *arena, const char *name, int64_t per_s, int64_t burst,
                                       bool *ret_shared)
{
    struct rate_limiter *limiter = arena_alloc(arena, sizeof *limiter);
    struct shared_page *shared = limiter ? shared_page_open(arena, name, sizeof(struct page)) : NULL;

    if (!shared)
        return NULL;
    *limiter = (struct rate_limiter){
        .page = shared->bytes,
        .seed = choose_seed(shared->bytes),
        .interval_us = 1000000 / (uint64_t)per_s,
        .burst = (uint64_t)burst,
    };
    *ret_shared = shared->shared;
    return limiter;
}

/* The client's number, a different one for each: the first half of its IPv6 address; for an IPv4 address, however
 * written, a half that no IPv6 address has (0000::/8 is reserved). False: it is no address. */
static bool parse_client(const char *address, uint64_t *ret_number)
{
    static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    unsigned char bytes[16] = {[2] = 0xff, [3] = 0xff};
    char text[INET6_ADDRSTRLEN];
    size_t size = strcspn(address, "%"); /* a zone follows (RFC 4007 section 11) */
    uint64_t number = 0;

    if (size >= sizeof text)
        return false;
    memcpy(text, address, size);
    text[size] = '\0';
    if (inet_pton(AF_INET, text, bytes + 4) != 1) {
        if (inet_pton(AF_INET6, text, bytes) != 1)
            return false;
        if (memcmp(bytes, mapped, sizeof mapped) == 0) {
            memcpy(bytes + 4, bytes + 12, 4);
            bytes[2] = bytes[3] = 0xff;
        }
    }
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    *ret_number = number;
    return true;
}

/* Mixes all bits into all others. Each step can be undone, so different clients have different keys. Never 0. */
static uint64_t client_key(const struct rate_limiter *limiter, uint64_t number)
{
    uint64_t key = number ^ limiter->seed;

    for (int i = 0; i < 3; i++)
        key = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    key ^= key >> 32;
    return key ? key : 1;
}

/* The client's place; a new client takes that of its set which is over for longest, or else will be first. */
static struct place *find_place(const struct rate_limiter *limiter, uint64_t key)
{
    struct place *set = limiter->page->sets[(key >> TAG_BITS) % SETS];

    for (;;) {
        struct place *first = set;
        for (size_t i = 0; i < WAYS; i++) {
            if (atomic_load(&set[i].key) == key)
                return &set[i];
            if (atomic_load(&set[i].time) >> TAG_BITS < atomic_load(&first->time) >> TAG_BITS)
                first = &set[i];
        }
        uint64_t other = atomic_load(&first->key);
        uint64_t word = atomic_load(&first->time);
        if (other == key)
            return first;
        if (atomic_compare_exchange_strong(&first->key, &other, key)) {
            atomic_compare_exchange_strong(&first->time, &word, key & TAG_MASK);
            return first;
        }
    }
}

/* The time in a word, as it counts for a client: not over, and not further ahead than requests can have moved it, which
 * it is when the settings were others or the clock went back. */
static uint64_t effective_time(const struct rate_limiter *limiter, uint64_t word, uint64_t key, uint64_t now_us)
{
    uint64_t most_us = now_us + limiter->burst * limiter->interval_us;
    uint64_t time_us = word >> TAG_BITS;

    if ((word & TAG_MASK) != (key & TAG_MASK) || time_us < now_us)
        return now_us;
    return time_us < most_us ? time_us : most_us;
}

bool rate_limiter_admit(struct rate_limiter *limiter, const char *address, int64_t now_us)
{
    uint64_t number = 0;

    if (!parse_client(address, &number))
        return true;
    uint64_t key = client_key(limiter, number);
    struct place *place = find_place(limiter, key);
    uint64_t word = atomic_load(&place->time);
    bool admitted = false;
    uint64_t next = 0;
    do {
        uint64_t time_us = effective_time(limiter, word, key, (uint64_t)now_us);
        admitted = time_us - (uint64_t)now_us <= (limiter->burst - 1) * limiter->interval_us;
        next = (time_us + (admitted ? limiter->interval_us : 0)) << TAG_BITS | (key & TAG_MASK);
    } while (!atomic_compare_exchange_weak(&place->time, &word, next));
    return admitted;
}
