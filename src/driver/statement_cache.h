#ifndef DRIVER_STATEMENT_CACHE_H
#define DRIVER_STATEMENT_CACHE_H

/*
 * driver/statement_cache.h: prepared statements of one connection, by their text.
 *
 * The statements are the driver's own handles. At most STATEMENTS_MAX are kept; nothing is ever pushed out, as the set
 * of texts is meant to be smaller than that. A statement that is not kept belongs to the caller. Initialised by zeroes.
 */

#include <stdbool.h>
#include <stddef.h>

struct cached_statement;

struct statement_cache {
    struct cached_statement *statements; /* a hash table */
    size_t n;
};

#define STATEMENTS_MAX 256

/* The statement prepared from this text; NULL when there is none. */
void *statement_cache_find(const struct statement_cache *cache, const char *sql);

/* Keeps a statement whose text is not there yet. False when the cache is full or memory ended. */
bool statement_cache_keep(struct statement_cache *cache, const char *sql, void *statement);

/* Takes the statement of this text, if there, out of the cache and leaves it to the caller. */
void statement_cache_forget(struct statement_cache *cache, const char *sql);

/* Calls close() for each statement and empties the cache. */
void statement_cache_release(struct statement_cache *cache, void (*close)(void *statement));

#endif
