/*
 * migrate/model_queries.c: the tables of queries.
 *
 * Databases spell one and the same thing in one way only, whoever wrote it: the queries keep what they say, and put
 * together what they keep apart. What an index has beyond plain columns (a prefix, an order, an expression, a
 * condition) is in the text of its parts.
 */

#include "migrate/model_queries.h"

#include <stddef.h>

#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"

#define REVISIONS "'atlas_schema_revisions'"

#define SQLITE_TABLES "t.type = 'table' AND t.name NOT LIKE 'sqlite|_%' ESCAPE '|' AND t.name <> " REVISIONS

/* SQLite says neither the collation of a column nor the expression of a generated one. The key of a table that is kept
 * by it has no index, and then cannot be NULL, whatever the column says. */
static const char sqlite_columns[] =
    "SELECT t.name, c.name, lower(c.type) || CASE WHEN c.hidden > 1 THEN ' GENERATED' ELSE '' END, "
    "CASE WHEN upper(c.dflt_value) = 'NULL' THEN NULL ELSE c.dflt_value END, "
    "NOT c.\"notnull\" AND (c.pk = 0 OR EXISTS (SELECT 1 FROM pragma_index_list(t.name) WHERE origin = 'pk')), 0, '' "
    "FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c WHERE " SQLITE_TABLES " AND c.hidden <> 1 ORDER BY c.cid";

/* An expression (cid -2) or a condition stands only in the text of the index. */
static const char sqlite_indexes[] =
    "SELECT t.name, '', c.pk, c.name, 1, 1 FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c "
    "WHERE " SQLITE_TABLES " AND c.pk > 0 "
    "UNION ALL "
    "SELECT i.of_table, i.name, k.seqno + 1, CASE WHEN i.by_text THEN substr(d.sql, instr(d.sql, '(')) ELSE k.name || "
    "CASE WHEN k.coll <> 'BINARY' THEN ' COLLATE ' || upper(k.coll) ELSE '' END || "
    "CASE WHEN k.\"desc\" THEN ' DESC' ELSE '' END END, i.is_unique, 0 "
    "FROM (SELECT t.name AS of_table, l.name AS name, l.\"unique\" AS is_unique, "
    "l.partial OR (SELECT min(cid) FROM pragma_index_xinfo(l.name) WHERE key) = -2 AS by_text "
    "FROM sqlite_master t JOIN pragma_index_list(t.name) l WHERE " SQLITE_TABLES " AND l.origin <> 'pk') i "
    "JOIN pragma_index_xinfo(i.name) k LEFT JOIN sqlite_master d ON d.type = 'index' AND d.name = i.name "
    "WHERE k.key AND (k.seqno = 0 OR NOT i.by_text) ORDER BY 2, 3";

static const char sqlite_foreign_keys[] =
    "SELECT t.name, NULL, f.seq + 1, f.\"from\", f.\"table\", "
    "coalesce(f.\"to\", (SELECT p.name FROM pragma_table_xinfo(f.\"table\") p WHERE p.pk = f.seq + 1)), "
    "f.on_delete, f.on_update "
    "FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE " SQLITE_TABLES " ORDER BY f.id, f.seq";

static const char sqlite_checks[] = "SELECT t.name, NULL, t.sql FROM sqlite_master t WHERE " SQLITE_TABLES;

/* Only MariaDB gives defaults as expressions, and one of NULL as that word. */
#define MYSQL_COLUMNS(standard)                                                                                        \
    "SELECT c.table_name, c.column_name, CONCAT_WS(' ', c.column_type, CONCAT('COLLATE ', c.collation_name), "         \
    "CONCAT('AS (', NULLIF(c.generation_expression, ''), ')'), "                                                       \
    "NULLIF(TRIM(REPLACE(REPLACE(c.extra, 'auto_increment', ''), 'DEFAULT_GENERATED', '')), '')), " standard           \
    ", c.is_nullable = 'YES', c.extra LIKE '%auto_increment%', CONCAT('COLLATE ', t.table_collation) "                 \
    "FROM information_schema.tables t JOIN information_schema.columns c "                                              \
    "ON c.table_schema = t.table_schema AND c.table_name = t.table_name "                                              \
    "WHERE t.table_schema = DATABASE() AND c.table_schema = DATABASE() "                                               \
    "AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND t.table_name <> " REVISIONS                            \
    " ORDER BY c.ordinal_position"

/* Only MySQL indexes expressions, in which it escapes quotes. */
#define MYSQL_INDEXES(part)                                                                                            \
    "SELECT table_name, index_name, seq_in_index, CONCAT(" part ", IFNULL(CONCAT('(', sub_part, ')'), ''), "           \
    "IF(collation = 'D', ' DESC', ''), IF(index_type IN ('FULLTEXT', 'SPATIAL'), CONCAT(' ', index_type), '')), "      \
    "non_unique = 0, index_name = 'PRIMARY' "                                                                          \
    "FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY index_name, seq_in_index"

/* To InnoDB, no action is to restrict; the servers differ in which of them they call the default. */
#define MYSQL_RULE(column) "REPLACE(r." column ", 'NO ACTION', 'RESTRICT')"

static const char mysql_foreign_keys[] =
    "SELECT k.table_name, k.constraint_name, k.ordinal_position, k.column_name, "
    "CONCAT(IF(k.referenced_table_schema = DATABASE(), '', CONCAT(k.referenced_table_schema, '.')), "
    "k.referenced_table_name), k.referenced_column_name, " MYSQL_RULE("delete_rule") ", " MYSQL_RULE(
        "update_rule") " "
                       "FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r "
                       "ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name "
                       "AND r.table_name = k.table_name "
                       "WHERE k.table_schema = DATABASE() AND r.constraint_schema = DATABASE() AND "
                       "k.referenced_table_name IS NOT NULL "
                       "ORDER BY k.constraint_name, k.ordinal_position";

/* Two tables may have a check of the same name in MariaDB, and then in MySQL they may not. */
static const char mariadb_checks[] = "SELECT table_name, constraint_name, check_clause "
                                     "FROM information_schema.check_constraints "
                                     "WHERE constraint_schema = DATABASE()";

static const char mysql_checks[] =
    "SELECT t.table_name, t.constraint_name, c.check_clause "
    "FROM information_schema.table_constraints t JOIN information_schema.check_constraints c "
    "ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name "
    "WHERE t.constraint_schema = DATABASE() AND t.constraint_type = 'CHECK'";

#define POSTGRESQL_TABLES                                                                                              \
    "t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) "                                \
    "AND t.relkind IN ('r', 'p') AND t.relname <> " REVISIONS

static const char postgresql_columns[] =
    "SELECT t.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) || "
    "CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END || "
    "CASE WHEN a.attgenerated <> '' "
    "THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED' ELSE '' END, "
    "CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, "
    "(NOT a.attnotnull)::int, (a.attidentity <> '')::int, '' "
    "FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation "
    "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "WHERE " POSTGRESQL_TABLES " ORDER BY a.attnum";

/* An index is one part: its definition, of which only the columns are kept when there is nothing else to it. */
static const char postgresql_indexes[] =
    "SELECT t.relname::text, x.relname::text, 1, regexp_replace(substring(pg_get_indexdef(x.oid) FROM ' USING (.*)$'), "
    "'^btree \\(([^()]*)\\)$', '\\1'), i.indisunique::int, i.indisprimary::int "
    "FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid "
    "WHERE " POSTGRESQL_TABLES;

#define POSTGRESQL_ACTION(column)                                                                                      \
    "CASE " column                                                                                                     \
    " WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' "            \
    "ELSE 'SET DEFAULT' END"

static const char postgresql_foreign_keys[] =
    "SELECT t.relname::text, c.conname::text, k.position, a.attname::text, "
    "CASE WHEN o.relnamespace = t.relnamespace THEN o.relname::text ELSE o.oid::regclass::text END, "
    "b.attname::text, " POSTGRESQL_ACTION("c.confdeltype") ", " POSTGRESQL_ACTION(
        "c.confupdtype") " "
                         "FROM pg_class t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f' "
                         "JOIN pg_class o ON o.oid = c.confrelid "
                         "CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (here, there, position) "
                         "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here "
                         "JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.there "
                         "WHERE " POSTGRESQL_TABLES " ORDER BY c.conname, k.position";

static const char postgresql_checks[] =
    "SELECT t.relname::text, c.conname::text, pg_get_expr(c.conbin, c.conrelid) "
    "FROM pg_class t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'c' WHERE " POSTGRESQL_TABLES;

const struct model_queries model_queries_sqlite[] = {
    {
        .columns = sqlite_columns,
        .indexes = sqlite_indexes,
        .foreign_keys = sqlite_foreign_keys,
        .checks = sqlite_checks,
        .definitions = true,
    },
};

const struct model_queries model_queries_mysql[] = {
    {
        .applies = "SELECT 1 FROM DUAL WHERE VERSION() LIKE '%MariaDB%'",
        .columns = MYSQL_COLUMNS("NULLIF(c.column_default, 'NULL')"),
        .indexes = MYSQL_INDEXES("column_name"),
        .foreign_keys = mysql_foreign_keys,
        .checks = mariadb_checks,
    },
    {
        .columns = MYSQL_COLUMNS("CASE WHEN c.column_default IS NULL OR c.extra LIKE '%DEFAULT_GENERATED%' "
                                 "THEN c.column_default ELSE QUOTE(c.column_default) END"),
        .indexes = MYSQL_INDEXES("IFNULL(column_name, CONCAT('(', expression, ')'))"),
        .foreign_keys = mysql_foreign_keys,
        .checks = mysql_checks,
    },
};

const struct model_queries model_queries_postgresql[] = {
    {
        .columns = postgresql_columns,
        .indexes = postgresql_indexes,
        .foreign_keys = postgresql_foreign_keys,
        .checks = postgresql_checks,
    },
};

static enum code find_whether_applies(struct context *context, struct db *db, const struct model_queries *queries,
                                      bool *ret_applies)
{
    struct db_result result = {.n_rows = 1};
    enum code code = queries->applies ? db_execute(db, context, DB_READ, queries->applies, NULL, 0, &result) : OK;

    if (code == OK)
        *ret_applies = result.n_rows > 0;
    return code;
}

enum code model_queries_find(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                             const struct model_queries **ret_queries)
{
    const struct model_queries *queries = dialect->queries;
    bool applies = false;
    enum code code = find_whether_applies(context, db, queries, &applies);

    while (code == OK && !applies)
        code = find_whether_applies(context, db, ++queries, &applies);
    if (code == OK)
        *ret_queries = queries;
    return code;
}
