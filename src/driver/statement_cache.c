/*
 * driver/statement_cache.c: a hash table from SQL text to prepared statement.
 *
 * It uses the heap, not an arena: it lives and dies with a connection, which may be reopened any number of times.
 */

#include "driver/statement_cache.h"

#include <stdlib.h>
#include <string.h>

/* A table without memory stays as it is; the entry is then not in it. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct cached_statement {
    char *sql;
    void *statement;
    UT_hash_handle hh;
};

static struct cached_statement *find(const struct statement_cache *cache, const char *sql)
{
    struct cached_statement *entry = NULL;

    HASH_FIND_STR(cache->statements, sql, entry);
    return entry;
}

static void entry_free(struct cached_statement *entry)
{
    if (entry)
        free(entry->sql);
    free(entry);
}

void *statement_cache_find(const struct statement_cache *cache, const char *sql)
{
    struct cached_statement *entry = find(cache, sql);

    return entry ? entry->statement : NULL;
}

bool statement_cache_keep(struct statement_cache *cache, const char *sql, void *statement)
{
    if (cache->n >= STATEMENTS_MAX)
        return false;
    struct cached_statement *entry = calloc(1, sizeof *entry);
    if (!entry || !(entry->sql = strdup(sql))) {
        entry_free(entry);
        return false;
    }
    entry->statement = statement;
    HASH_ADD_KEYPTR(hh, cache->statements, entry->sql, strlen(entry->sql), entry);
    if (!entry->hh.tbl) {
        entry_free(entry);
        return false;
    }
    cache->n++;
    return true;
}

void statement_cache_forget(struct statement_cache *cache, const char *sql)
{
    struct cached_statement *entry = find(cache, sql);

    if (!entry)
        return;
    HASH_DEL(cache->statements, entry);
    cache->n--;
    entry_free(entry);
}

void statement_cache_release(struct statement_cache *cache, void (*close)(void *statement))
{
    struct cached_statement *entry = cache->statements, *next = NULL;

    HASH_CLEAR(hh, cache->statements);
    for (; entry; entry = next) {
        next = entry->hh.next;
        close(entry->statement);
        entry_free(entry);
    }
    cache->n = 0;
}
