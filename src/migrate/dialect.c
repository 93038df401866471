/* migrate/dialect.c: the table of databases. The revisions' columns are those the Atlas CLI makes and expects. */

#include "migrate/dialect.h"

#include <stddef.h>
#include <string.h>

#include "migrate/ddl_writer.h"
#include "migrate/model.h"
#include "migrate/model_queries.h"
#include "migrate/scratch.h"
#include "migrate/statement_split.h"

/* Atlas takes these very locks, so the two exclude each other. The number is what it makes of the name for PostgreSQL:
 * FNV-1 of 32 bits. */
#define LOCK_NAME "'atlas_migrate_execute'"
#define LOCK_NUMBER "2686470616"

/* What AUTO_INCREMENT has reached, sizes and times are left out: rows change them; and the text of checks, which not
 * every server tells: adding the same one twice comes to the same. */
#define MYSQL_STATE                                                                                                    \
    "SELECT CONCAT_WS('|', 'table', table_name, table_type, engine, row_format, table_collation, create_options, "     \
    "table_comment) FROM information_schema.tables "                                                                   \
    "WHERE table_schema = DATABASE() AND table_name <> 'atlas_schema_revisions' "                                      \
    "UNION ALL SELECT CONCAT_WS('|', 'column', table_name, ordinal_position, column_name, column_type, is_nullable, "  \
    "IFNULL(column_default, ''), column_default IS NULL, extra, collation_name, column_comment, "                      \
    "generation_expression) FROM information_schema.columns "                                                          \
    "WHERE table_schema = DATABASE() AND table_name <> 'atlas_schema_revisions' "                                      \
    "UNION ALL SELECT CONCAT_WS('|', 'index', table_name, index_name, seq_in_index, column_name, non_unique, "         \
    "sub_part, collation, index_type, index_comment) FROM information_schema.statistics "                              \
    "WHERE table_schema = DATABASE() AND table_name <> 'atlas_schema_revisions' "                                      \
    "UNION ALL SELECT CONCAT_WS('|', 'constraint', table_name, constraint_name, constraint_type) "                     \
    "FROM information_schema.table_constraints "                                                                       \
    "WHERE table_schema = DATABASE() AND table_name <> 'atlas_schema_revisions' "                                      \
    "UNION ALL SELECT CONCAT_WS('|', 'key', table_name, constraint_name, ordinal_position, column_name, "              \
    "referenced_table_name, referenced_column_name) FROM information_schema.key_column_usage "                         \
    "WHERE table_schema = DATABASE() AND table_name <> 'atlas_schema_revisions' "                                      \
    "UNION ALL SELECT CONCAT_WS('|', 'reference', table_name, constraint_name, referenced_table_name, update_rule, "   \
    "delete_rule) FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() "               \
    "UNION ALL SELECT CONCAT_WS('|', 'partition', table_name, partition_name, subpartition_name, partition_method, "   \
    "partition_expression, partition_description) FROM information_schema.partitions "                                 \
    "WHERE table_schema = DATABASE() AND partition_name IS NOT NULL "                                                  \
    "UNION ALL SELECT CONCAT_WS('|', 'trigger', trigger_name, event_object_table, action_timing, event_manipulation, " \
    "action_statement) FROM information_schema.triggers WHERE trigger_schema = DATABASE() "                            \
    "UNION ALL SELECT CONCAT_WS('|', 'routine', routine_type, routine_name, routine_definition, dtd_identifier, "      \
    "is_deterministic, sql_data_access, security_type, routine_comment) FROM information_schema.routines "             \
    "WHERE routine_schema = DATABASE() "                                                                               \
    "UNION ALL SELECT CONCAT_WS('|', 'parameter', specific_name, ordinal_position, parameter_mode, parameter_name, "   \
    "dtd_identifier) FROM information_schema.parameters WHERE specific_schema = DATABASE() "                           \
    "UNION ALL SELECT CONCAT_WS('|', 'view', table_name, view_definition, check_option, security_type) "               \
    "FROM information_schema.views WHERE table_schema = DATABASE() "                                                   \
    "UNION ALL SELECT CONCAT_WS('|', 'event', event_name, event_definition, interval_value, interval_field, status) "  \
    "FROM information_schema.events WHERE event_schema = DATABASE() "                                                  \
    "ORDER BY 1"

/* An index that is not valid was left by a CREATE INDEX CONCURRENTLY that did not come to its end. */
#define POSTGRESQL_STATE                                                                                               \
    "SELECT concat_ws('|', 'relation', c.relname, c.relkind, c.relpersistence, c.reloptions, "                         \
    "obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END) "           \
    "FROM pg_class c WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind <> 'i' "              \
    "AND c.relname <> 'atlas_schema_revisions' "                                                                       \
    "UNION ALL SELECT concat_ws('|', 'column', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), " \
    "a.attnotnull, a.attidentity, a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid), "                   \
    "col_description(c.oid, a.attnum)) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "                     \
    "LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum "                                              \
    "WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p', 'f', 'c') "             \
    "AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'atlas_schema_revisions' "                               \
    "UNION ALL SELECT concat_ws('|', 'index', c.relname, pg_get_indexdef(i.indexrelid), i.indisprimary, "              \
    "i.indisunique, i.indisclustered, i.indisreplident) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "      \
    "WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND i.indisvalid "                                  \
    "UNION ALL SELECT concat_ws('|', 'constraint', conrelid, contypid, conname, pg_get_constraintdef(oid), "           \
    "convalidated) FROM pg_constraint WHERE connamespace = CAST(current_schema() AS regnamespace) "                    \
    "UNION ALL SELECT concat_ws('|', 'trigger', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t "             \
    "JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal "                                                   \
    "AND c.relnamespace = CAST(current_schema() AS regnamespace) "                                                     \
    "UNION ALL SELECT concat_ws('|', 'routine', oid, proname, prosrc, pg_get_function_arguments(oid), "                \
    "pg_get_function_result(oid)) FROM pg_proc WHERE pronamespace = CAST(current_schema() AS regnamespace) "           \
    "UNION ALL SELECT concat_ws('|', 'type', t.typname, t.typtype, t.typnotnull, t.typdefault, "                       \
    "(SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) "        \
    "FROM pg_type t WHERE t.typnamespace = CAST(current_schema() AS regnamespace) "                                    \
    "UNION ALL SELECT concat_ws('|', 'sequence', c.relname, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, "          \
    "s.seqcycle) FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid "                                            \
    "WHERE c.relnamespace = CAST(current_schema() AS regnamespace) "                                                   \
    "UNION ALL SELECT concat_ws('|', 'extension', extname, extversion) FROM pg_extension "                             \
    "UNION ALL SELECT concat_ws('|', 'schema', nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg|_%' ESCAPE '|' "  \
    "UNION ALL SELECT concat_ws('|', 'policy', polrelid, polname, polcmd, pg_get_expr(polqual, polrelid), "            \
    "pg_get_expr(polwithcheck, polrelid)) FROM pg_policy ORDER BY 1"

static const struct migrate_dialect dialects[] = {
    {
        .name = "sqlite",
        .ddl = &ddl_sqlite,
        .types = &field_types_sqlite,
        .queries = model_queries_sqlite,
        .transactional = true,
        .utc = "+00:00",
        .create_revisions = "CREATE TABLE {table} ("
                            "version text NOT NULL, "
                            "description text NOT NULL, "
                            "type integer NOT NULL DEFAULT 2, "
                            "applied integer NOT NULL DEFAULT 0, "
                            "total integer NOT NULL DEFAULT 0, "
                            "executed_at datetime NOT NULL, "
                            "execution_time integer NOT NULL, "
                            "error text NULL, "
                            "error_stmt text NULL, "
                            "hash text NOT NULL, "
                            "partial_hashes json NULL, "
                            "operator_version text NOT NULL, "
                            "PRIMARY KEY (version))",
        .find_revisions = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'atlas_schema_revisions'",
        .find_table = "SELECT name, NULL FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite|_%' "
                      "ESCAPE '|' AND name <> 'atlas_schema_revisions' ORDER BY name LIMIT 1",
        .state = "SELECT type || '|' || name || '|' || tbl_name || '|' || ifnull(sql, '') FROM sqlite_master "
                 "WHERE tbl_name <> 'atlas_schema_revisions' AND name NOT LIKE 'sqlite|_stat%' ESCAPE '|' ORDER BY 1",
        .references_note = "CREATE TEMP TABLE quire_broken_references AS SELECT * FROM pragma_foreign_key_check",
        .references_mismatch = "foreign key mismatch",
        .references_off = "PRAGMA foreign_keys = OFF",
        .references_broken = "SELECT \"table\", parent FROM (SELECT * FROM pragma_foreign_key_check "
                             "EXCEPT SELECT * FROM temp.quire_broken_references) LIMIT 1",
        .references_forget = "DROP TABLE IF EXISTS temp.quire_broken_references",
        .references_on = "PRAGMA foreign_keys = ON",
    },
    {
        .name = "mysql",
        .ddl = &ddl_mysql,
        .types = &field_types_mysql,
        .queries = model_queries_mysql,
        .scratch = &scratch_mysql,
        .split = SPLIT_BACKSLASHES,
        .utc = "",
        .create_revisions = "CREATE TABLE {table} ("
                            "version varchar(255) NOT NULL, "
                            "description varchar(255) NOT NULL, "
                            "type bigint unsigned NOT NULL DEFAULT 2, "
                            "applied bigint NOT NULL DEFAULT 0, "
                            "total bigint NOT NULL DEFAULT 0, "
                            "executed_at timestamp NOT NULL, "
                            "execution_time bigint NOT NULL, "
                            "error longtext NULL, "
                            "error_stmt longtext NULL, "
                            "hash varchar(255) NOT NULL, "
                            "partial_hashes json NULL, "
                            "operator_version varchar(255) NOT NULL, "
                            "PRIMARY KEY (version)) CHARSET utf8mb4 COLLATE utf8mb4_bin",
        .find_revisions = "SELECT table_name FROM information_schema.tables "
                          "WHERE table_schema = {schema} AND table_name = 'atlas_schema_revisions'",
        .create_schema = "CREATE DATABASE {name}",
        .find_schema = "SELECT schema_name FROM information_schema.schemata WHERE schema_name = {schema}",
        .own_schema = "DATABASE()",
        .find_table = "SELECT table_name, table_schema FROM information_schema.tables "
                      "WHERE table_schema = DATABASE() AND table_name <> 'atlas_schema_revisions' "
                      "ORDER BY table_name LIMIT 1",
        .state = MYSQL_STATE,
        .lock = "SELECT GET_LOCK(" LOCK_NAME ", 1)",
        .lock_held = "SELECT IS_USED_LOCK(" LOCK_NAME ") = CONNECTION_ID()",
        .unlock = "SELECT RELEASE_LOCK(" LOCK_NAME ")",
    },
    {
        .name = "postgresql",
        .ddl = &ddl_postgresql,
        .types = &field_types_postgresql,
        .queries = model_queries_postgresql,
        .scratch = &scratch_postgresql,
        .transactional = true,
        .split = SPLIT_DOLLARS,
        .utc = "+00:00",
        .create_revisions = "CREATE TABLE {table} ("
                            "version character varying NOT NULL, "
                            "description character varying NOT NULL, "
                            "type bigint NOT NULL DEFAULT 2, "
                            "applied bigint NOT NULL DEFAULT 0, "
                            "total bigint NOT NULL DEFAULT 0, "
                            "executed_at timestamptz NOT NULL, "
                            "execution_time bigint NOT NULL, "
                            "error text NULL, "
                            "error_stmt text NULL, "
                            "hash character varying NOT NULL, "
                            "partial_hashes jsonb NULL, "
                            "operator_version character varying NOT NULL, "
                            "PRIMARY KEY (version))",
        .find_revisions = "SELECT tablename FROM pg_tables "
                          "WHERE schemaname = {schema} AND tablename = 'atlas_schema_revisions'",
        .create_schema = "CREATE SCHEMA {name}",
        .find_schema = "SELECT nspname FROM pg_namespace WHERE nspname = {schema}",
        .own_schema = "current_schema()",
        .find_table = "SELECT tablename, schemaname FROM pg_tables WHERE schemaname = current_schema() "
                      "AND tablename <> 'atlas_schema_revisions' ORDER BY tablename LIMIT 1",
        .state = POSTGRESQL_STATE,
        .lock = "SELECT CAST(pg_try_advisory_lock(" LOCK_NUMBER ") AS integer)",
        .lock_held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() "
                     "AND classid = 0 AND objid = " LOCK_NUMBER " AND granted",
        .unlock = "SELECT CAST(pg_advisory_unlock(" LOCK_NUMBER ") AS integer)",
        .aside = "SAVEPOINT quire_aside",
        .aside_end = "ROLLBACK TO SAVEPOINT quire_aside",
    },
};

const struct migrate_dialect *migrate_dialect_find(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++)
        if (strcmp(dialects[i].name, name) == 0)
            return &dialects[i];
    return NULL;
}
