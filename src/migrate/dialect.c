/* migrate/dialect.c: the table of databases. The revisions' columns are those the Atlas CLI makes and expects. */

#include "migrate/dialect.h"

#include <stddef.h>
#include <string.h>

/* Atlas takes this very name, so the two exclude each other. */
#define LOCK_NAME "'atlas_migrate_execute'"

static const struct migrate_dialect dialects[] = {
    {
        .name = "sqlite",
        .transactional = true,
        .utc = "+00:00",
        .create_revisions = "CREATE TABLE atlas_schema_revisions ("
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
        .find_table = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite|_%' ESCAPE '|' "
                      "AND name <> 'atlas_schema_revisions' ORDER BY name LIMIT 1",
    },
    {
        .name = "mysql",
        .backslashes = true,
        .utc = "",
        .create_revisions = "CREATE TABLE atlas_schema_revisions ("
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
                          "WHERE table_schema = DATABASE() AND table_name = 'atlas_schema_revisions'",
        .find_table = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
                      "AND table_name <> 'atlas_schema_revisions' ORDER BY table_name LIMIT 1",
        .lock = "SELECT GET_LOCK(" LOCK_NAME ", 1)",
        .lock_held = "SELECT IS_USED_LOCK(" LOCK_NAME ") = CONNECTION_ID()",
        .unlock = "SELECT RELEASE_LOCK(" LOCK_NAME ")",
    },
};

const struct migrate_dialect *migrate_dialect_find(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++)
        if (strcmp(dialects[i].name, name) == 0)
            return &dialects[i];
    return NULL;
}
