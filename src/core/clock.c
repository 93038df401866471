/* core/clock.c: CLOCK_BOOTTIME, read through the vDSO; it also counts the time a host is suspended. */

#include "core/clock.h"

#include <time.h>

static int64_t now_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_ms(void)
{
    return now_ns() / 1000000;
}

int64_t clock_us(void)
{
    return now_ns() / 1000;
}
