/* migrate/statement_kind.c: a table of first words. What is not in it is taken for a change of the schema. */

#include "migrate/statement_kind.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct word {
    const char *word;
    enum statement_kind kind;
} words[] = {
    {"INSERT", STATEMENT_DATA},       {"UPDATE", STATEMENT_DATA},     {"DELETE", STATEMENT_DATA},
    {"REPLACE", STATEMENT_DATA},      {"MERGE", STATEMENT_DATA},      {"WITH", STATEMENT_DATA},
    {"SELECT", STATEMENT_DATA},       {"LOAD", STATEMENT_DATA},       {"CALL", STATEMENT_DATA},
    {"DO", STATEMENT_DATA},           {"SET", STATEMENT_SESSION},     {"USE", STATEMENT_SESSION},
    {"PRAGMA", STATEMENT_SESSION},    {"PREPARE", STATEMENT_SESSION}, {"BEGIN", STATEMENT_BEGIN},
    {"START", STATEMENT_BEGIN},       {"COMMIT", STATEMENT_COMMIT},   {"END", STATEMENT_COMMIT},
    {"ROLLBACK", STATEMENT_ROLLBACK}, {"ABORT", STATEMENT_ROLLBACK},
};

enum statement_kind statement_kind(const char *sql)
{
    size_t size = 0;

    while (isalpha((unsigned char)sql[size]))
        size++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == size && strncasecmp(words[i].word, sql, size) == 0)
            return words[i].kind;
    return STATEMENT_SCHEMA;
}
