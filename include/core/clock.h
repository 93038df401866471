#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

/* core/clock.h: time that only moves forward, shared by all processes of a host (CLOCK_BOOTTIME). */

#include <stdint.h>

/* Milliseconds since boot. */
int64_t clock_ms(void);

/* Microseconds since boot. */
int64_t clock_us(void);

#endif
