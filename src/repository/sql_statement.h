#ifndef REPOSITORY_SQL_STATEMENT_H
#define REPOSITORY_SQL_STATEMENT_H

/*
 * repository/sql_statement.h: the SQL that serves a schema, in the words of a dialect.
 *
 * Every statement the service can produce comes from here. The texts depend only on schema, dialect, which filters,
 * order and direction a query has, and which fields an update sets: a bounded set. Values are parameters, without
 * exception.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct context;
struct db_dialect;
struct db_value;
struct filter;
struct query;
struct schema;
struct value;

/* A statement and its parameters, in the context's arena. */
struct statement {
    const char *sql;
    struct db_value *values;
    size_t n_values;
};

enum code statement_find(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                         int64_t id, bool for_update, struct statement *ret_statement);

/* The number of parameters is rounded up to a power of two by repeating the last id, to keep the set of texts small. */
enum code statement_find_many(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                              const int64_t *ids, size_t n, struct statement *ret_statement);

/* One row more than query->size, which tells whether there are more. Backwards, the nearest to the
 * anchor comes first. */
enum code statement_list(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                         const struct query *query, struct statement *ret_statement);
enum code statement_count(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                          const struct query *query, struct statement *ret_statement);
enum code statement_insert(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                           const void *record, struct statement *ret_statement);

/* `set` must hold a field that is not READ_ONLY. One text per set: 2^fields of them at most, and few in practice. */
enum code statement_update(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                           const void *record, uint32_t set, struct statement *ret_statement);

enum code statement_remove(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                           int64_t id, struct statement *ret_statement);

/* The ids that match, locked; and the removal of all that match. */
enum code statement_ids_where(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                              const struct filter *filter, struct statement *ret_statement);
enum code statement_remove_where(const struct schema *schema, const struct db_dialect *dialect, struct context *context,
                                 const struct filter *filter, struct statement *ret_statement);

#endif
