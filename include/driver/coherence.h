#ifndef DRIVER_COHERENCE_H
#define DRIVER_COHERENCE_H

/*
 * driver/coherence.h: what the processes of one host must agree on about a cache, in one page of shared memory.
 *
 * Workers started in any way (a supervisor, spawn-fcgi, a web server, plain CGI) meet in a POSIX shared memory object
 * named after the user and the database. It holds:
 *
 *   - versions, one per group of keys, moved on by every write. A value kept inside one process is good only as long
 *     as its version is the one it was filled under: this keeps in-process caches truthful across processes;
 *   - epochs, one per cache server, moved on by every invalidation that could not be delivered. A value stored on the
 *     server carries the epoch its lease was given in, and is believed in that epoch only. So a server that was away
 *     and comes back with its memory is used again at once, and what it holds from before is not believed. A time of
 *     closure would not do: a fill that waits in the socket of a frozen server is stored, and lives, from the thaw on;
 *   - pauses, one per cache server: after a failure nobody uses it for a moment, and then one process tries it first.
 *
 * Versions and epochs count from a random number, so that those of two hosts differ. A value from another host is
 * believed too, except for a time after an invalidation was lost or the page was made.
 *
 * Limit: processes on different hosts, or of different users, do not share it. What one of them could not deliver, the
 * other does not learn until the old value expires.
 */

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct coherence;

#define COHERENCE_VERSIONS 4096
#define COHERENCE_SERVERS 64

/* Maps the page of `name` (driver/shared_page.h), unmapped with the arena. Without shared memory it falls back to
 * memory of this process and its children and ret_shared is false. NULL without memory. */
struct coherence *coherence_open(struct arena *arena, const char *name, bool *ret_shared);

/* The version of a key's group; never 0. */
uint64_t coherence_version(const struct coherence *coherence, const char *key);
void coherence_move_on(struct coherence *coherence, const char *key);

/* The number of a cache server, 0 to COHERENCE_SERVERS - 1, from its name. Two servers may share one: they are then
 * paused and distrusted together. */
unsigned coherence_server(const char *name);

/* The epoch of a server, for a lease given now; never 0. */
uint64_t coherence_epoch(const struct coherence *coherence, unsigned server);

/* May a value that carries this epoch be believed? One of this host: in that epoch. One of another host: unless an
 * invalidation was lost, or the page was made, less than lifetime_ms ago. */
bool coherence_believes(const struct coherence *coherence, unsigned server, uint64_t epoch, int64_t lifetime_ms);

/* An invalidation was not delivered: the next epoch begins. */
void coherence_distrust(struct coherence *coherence, unsigned server);

/* May the caller use the server now? Not during a pause. After it one caller may, and the others when that one has
 * called coherence_resume() or another pause is over. */
bool coherence_enter(struct coherence *coherence, unsigned server);

/* An operation failed: nobody uses the server for COHERENCE_PAUSE_MS. */
void coherence_pause(struct coherence *coherence, unsigned server);

/* An operation succeeded: no pause. */
void coherence_resume(struct coherence *coherence, unsigned server);

#define COHERENCE_PAUSE_MS 1000

#endif
