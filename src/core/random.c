/* core/random.c: random numbers, from whoever has some. */

#include "core/random.h"

#include <sys/random.h>
#include <unistd.h>

#include "core/clock.h"

uint64_t random_number(void)
{
    uint64_t number = 0;

    if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = (uint64_t)clock_us() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)getpid();
    return number;
}
