#ifndef REPOSITORY_SQL_REPOSITORY_H
#define REPOSITORY_SQL_REPOSITORY_H

/* repository/sql_repository.h: records of any schema in an SQL database, through any driver. */

struct arena;
struct db;
struct repository;
struct schema;

/* In the arena, which must outlive it, as must the connection. NULL without memory. */
struct repository *sql_repository_new(struct arena *arena, const struct schema *schema, struct db *db);

#endif
