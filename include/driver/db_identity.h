#ifndef DRIVER_DB_IDENTITY_H
#define DRIVER_DB_IDENTITY_H

/*
 * driver/db_identity.h: which database is it? What processes share (cached records, counters) goes by this text.
 *
 * Equal for all processes that name the database alike, different for other databases: what is on this machine has the
 * machine's name in it, a socket its path, and a file its number, which a new file of the same name does not have.
 * Limit: a server under two names, or under an address and a socket, is two.
 */

struct arena;
struct db;

/* A text in the arena; the database is not asked. NULL without memory. */
const char *db_identity(struct arena *arena, const struct db *db);

#endif
