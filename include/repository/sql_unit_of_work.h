#ifndef REPOSITORY_SQL_UNIT_OF_WORK_H
#define REPOSITORY_SQL_UNIT_OF_WORK_H

/* repository/sql_unit_of_work.h: the unit of work as a transaction of one connection, which the repositories share. */

struct arena;
struct db;
struct unit_of_work;

/* In the arena, which must outlive it, as must the connection. NULL without memory. */
struct unit_of_work *sql_unit_of_work_new(struct arena *arena, struct db *db);

#endif
