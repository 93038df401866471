#ifndef DRIVER_RATE_LIMIT_H
#define DRIVER_RATE_LIMIT_H

/*
 * driver/rate_limit.h: may this client have another answer now? All processes of the service on a host decide together.
 *
 * The generic cell rate algorithm (ITU-T I.371): of each client one time is kept, the one at which it will have had no
 * more than its rate. A request moves it on by one interval; when it is further ahead than a burst allows, the request
 * is refused and moves nothing. So one who was refused may ask again after one interval, a second at most, whatever it
 * did before.
 *
 * A client is an IPv4 address, or the first 64 bits of an IPv6 address, which are one customer's.
 *
 * The times are in a table of fixed size in a shared page. Limit: a client has eight places to be
 * in; when others at once are in all of them, the one whose time is nearest to being over is forgotten. With a burst of
 * 20 this begins at some 4,000 clients at once, and meets one in six of 16,000. Those that ask most are kept longest,
 * and who was forgotten begins anew: limits get softer, and no client ever pays for another one's requests.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct rate_limiter;

/* Clients whose times are kept. */
#define RATE_LIMIT_CLIENTS ((size_t)16384)

/* Maps the page of `name` (driver/shared_page.h), unmapped with the arena. `per_s` requests a second, 1 to
 * RATE_LIMIT_MAX (core/config.h), after `burst` at once, 1 or more; they may differ from those that the page was used
 * with before. Without shared memory only this process and its children decide together, and ret_shared is false. NULL
 * without memory. */
struct rate_limiter *rate_limiter_open(struct arena *arena, const char *name, int64_t per_s, int64_t burst,
                                       bool *ret_shared);

/* Counts a request of the client with this address, at now_us on clock_us(). False: it is one too many, and was not
 * counted. What is no address is always admitted. */
bool rate_limiter_admit(struct rate_limiter *limiter, const char *address, int64_t now_us);

#endif
