#ifndef DRIVER_COHERENCE_H
#define DRIVER_COHERENCE_H

/*
 * driver/coherence.h: what the processes of one host must agree on about a cache, in one page of shared memory.
 *
 * Workers started in any way (a supervisor, spawn-fcgi, a web server, plain CGI) meet in a POSIX shared memory object
 * named after the user and the database. It holds two things:
 *
 *   - versions, one per group of keys, moved on by every write. A value kept inside one process is good only as long
 *     as its version is the one it was filled under: this keeps in-process caches truthful across processes;
 *   - for each cache server, until when it is closed, and since when. After a failed operation nobody uses the server
 *     for a moment; after an invalidation that could not be delivered, not before every value that it held has expired.
 *
 * Limit: processes on different hosts, or of different users, do not share it.
 */

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct coherence;

#define COHERENCE_VERSIONS 4096
#define COHERENCE_SERVERS 64

/* Maps the page of `name` (made if need be, mode 0600), unmapped with the arena. Without shared memory it falls back
 * to memory of this process and its children and ret_shared is false. NULL without memory. */
struct coherence *coherence_open(struct arena *arena, const char *name, bool *ret_shared);

/* The name for a database: user id and a hash of `identity`, as shm_open(3) takes it. In the arena. */
char *coherence_name(struct arena *arena, const char *identity);

/* The version of a key's group; never 0. */
uint64_t coherence_version(const struct coherence *coherence, const char *key);
void coherence_move_on(struct coherence *coherence, const char *key);

/* Is the server with this number (0 to COHERENCE_SERVERS - 1) closed at now_ms (clock_ms())? */
bool coherence_closed(const struct coherence *coherence, unsigned server, int64_t now_ms);

/* An operation failed: closed for pause_ms, unless closed longer already. */
void coherence_pause(struct coherence *coherence, unsigned server, int64_t now_ms, int64_t pause_ms);

/* An invalidation was not delivered: closed until distrust_ms after the closure under way began (nothing was filled in
 * since), or after now. */
void coherence_distrust(struct coherence *coherence, unsigned server, int64_t now_ms, int64_t distrust_ms);

/* The server was found restarted, and so empty: open again. */
void coherence_trust(struct coherence *coherence, unsigned server);

#endif
