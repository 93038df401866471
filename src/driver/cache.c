/* driver/cache.c: the table of cache drivers, and what they have in common. */

#include "driver/cache.h"

#include <string.h>
#include <unistd.h>

#include "core/clock.h"

const struct cache_driver *const cache_drivers[] = {
#ifdef HAVE_MEMCACHED
    &cache_memcached,
#endif
    &cache_memory,
    &cache_none,
    NULL,
};

const struct cache_driver *cache_driver_find(const char *name)
{
    for (size_t i = 0; cache_drivers[i]; i++)
        if (strcmp(cache_drivers[i]->name, name) == 0)
            return cache_drivers[i];
    return NULL;
}

size_t cache_key_size(const char *key)
{
    size_t size = 0;
    for (; key[size]; size++)
        if (size == CACHE_KEY_MAX || key[size] < '!' || key[size] > '~')
            return 0;
    return size;
}

unsigned cache_jitter(unsigned ttl_s)
{
    uint32_t random;
    if (getentropy(&random, sizeof random))
        random = (uint32_t)clock_us();
    unsigned jittered_s = ttl_s - random % (ttl_s / 10 + 1);
    return jittered_s ? jittered_s : 1;
}
