/* migrate/statement_kind.c: a table of first words, some of which need the second to be told apart. Of what is not in
 * it nothing is believed. */

#include "migrate/statement_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "migrate/sql_text.h"

/* Where a word has several rows, the first that fits counts. */
static const struct word {
    const char *word;
    enum statement_kind kind;
    const char *second; /* only before this word; NULL: before any */
} words[] = {
    {"INSERT", STATEMENT_DATA, NULL},
    {"UPDATE", STATEMENT_DATA, NULL},
    {"DELETE", STATEMENT_DATA, NULL},
    {"REPLACE", STATEMENT_DATA, NULL},
    {"MERGE", STATEMENT_DATA, NULL},
    {"WITH", STATEMENT_DATA, NULL},
    {"SELECT", STATEMENT_DATA, NULL},
    {"VALUES", STATEMENT_DATA, NULL},
    {"TABLE", STATEMENT_DATA, NULL},
    {"LOAD", STATEMENT_DATA, NULL},
    {"COPY", STATEMENT_DATA, NULL},
    {"DO", STATEMENT_DATA, NULL},
    {"SAVEPOINT", STATEMENT_DATA, NULL},
    {"RELEASE", STATEMENT_DATA, NULL},
    {"SHOW", STATEMENT_DATA, NULL},
    {"EXPLAIN", STATEMENT_DATA, NULL},
    {"SET", STATEMENT_SESSION, NULL},
    {"RESET", STATEMENT_SESSION, NULL},
    {"USE", STATEMENT_SESSION, NULL},
    {"PRAGMA", STATEMENT_SESSION, NULL},
    {"PREPARE", STATEMENT_SESSION, NULL},
    {"DEALLOCATE", STATEMENT_SESSION, NULL},
    {"CREATE", STATEMENT_SCHEMA, NULL},
    {"ALTER", STATEMENT_SCHEMA, NULL},
    {"DROP", STATEMENT_SCHEMA, NULL},
    {"TRUNCATE", STATEMENT_SCHEMA, NULL},
    {"RENAME", STATEMENT_SCHEMA, NULL},
    {"COMMENT", STATEMENT_SCHEMA, NULL},
    {"GRANT", STATEMENT_SCHEMA, NULL},
    {"REVOKE", STATEMENT_SCHEMA, NULL},
    {"VACUUM", STATEMENT_SCHEMA, NULL},
    {"REINDEX", STATEMENT_SCHEMA, NULL},
    {"ANALYZE", STATEMENT_SCHEMA, NULL},
    {"ANALYSE", STATEMENT_SCHEMA, NULL},
    {"CLUSTER", STATEMENT_SCHEMA, NULL},
    {"REFRESH", STATEMENT_SCHEMA, NULL},
    {"OPTIMIZE", STATEMENT_SCHEMA, NULL},
    {"REPAIR", STATEMENT_SCHEMA, NULL},
    {"CHECK", STATEMENT_SCHEMA, NULL},
    {"FLUSH", STATEMENT_SCHEMA, NULL},
    {"LOCK", STATEMENT_SCHEMA, NULL},
    {"UNLOCK", STATEMENT_SCHEMA, NULL},
    {"ATTACH", STATEMENT_SCHEMA, NULL},
    {"DETACH", STATEMENT_SCHEMA, NULL},
    {"REASSIGN", STATEMENT_SCHEMA, NULL},
    {"SECURITY", STATEMENT_SCHEMA, NULL},
    {"IMPORT", STATEMENT_SCHEMA, NULL},
    {"INSTALL", STATEMENT_SCHEMA, NULL},
    {"UNINSTALL", STATEMENT_SCHEMA, NULL},
    {"BEGIN", STATEMENT_OTHER, "NOT"}, /* BEGIN NOT ATOMIC: a block of statements (MariaDB) */
    {"BEGIN", STATEMENT_BEGIN, NULL},
    {"START", STATEMENT_BEGIN, "TRANSACTION"},
    {"COMMIT", STATEMENT_COMMIT, NULL},
    {"END", STATEMENT_COMMIT, NULL},
    {"ROLLBACK", STATEMENT_DATA, "TO"}, /* a savepoint, in a transaction that goes on */
    {"ROLLBACK", STATEMENT_ROLLBACK, NULL},
    {"ABORT", STATEMENT_ROLLBACK, NULL},
};

/* Does this word follow, be it after one that says nothing? */
static bool is_followed(const char *at, const char *second)
{
    static const char *const fillers[] = {"WORK", "TRANSACTION", NULL};
    const char *word = sql_skip_blank(at, 0);
    size_t size = sql_word_size(word);

    if (sql_is_word(word, size, second))
        return true;
    const char *next = sql_skip_blank(word + size, 0);
    return sql_is_one_of(word, size, fillers) && sql_is_word(next, sql_word_size(next), second);
}

static enum statement_kind find_kind(const char *sql)
{
    size_t size = sql_word_size(sql);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_is_word(sql, size, words[i].word) && (!words[i].second || is_followed(sql + size, words[i].second)))
            return words[i].kind;
    return STATEMENT_OTHER;
}

/* Of a comment that MySQL runs, by its version, only one that sets something is told. */
enum statement_kind statement_kind(const char *sql)
{
    if (strncmp(sql, "/*", 2) != 0)
        return find_kind(sql);
    const char *mark = sql + 2 + (sql[2] == 'M');
    if (*mark != '!')
        return STATEMENT_OTHER;
    mark += 1 + strspn(mark + 1, "0123456789");
    return find_kind(sql_skip_blank(mark, 0)) == STATEMENT_SESSION ? STATEMENT_SESSION : STATEMENT_OTHER;
}
