#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

/* core/random.h: a number that no other process draws. Not for secrets. */

#include <stdint.h>

/* 64 bits of the system's; where it gives none (getrandom(2)), of the time and the process. */
uint64_t random_number(void);

#endif
