#ifndef MIGRATE_DDL_WRITER_H
#define MIGRATE_DDL_WRITER_H

/*
 * migrate/ddl_writer.h: what the dialects of ddl.h share: a list of statements that grows, and the pieces of SQL that
 * they are made of.
 *
 * A writer that runs out of memory has `failed` set, and stays so; the texts it gives are then "": write freely, check
 * once at the end. All texts live in the context's arena. Names are those of the model, and are quoted here.
 */

#include <stdbool.h>
#include <stddef.h>

#include "migrate/change.h"
#include "migrate/ddl.h"
#include "migrate/model.h"

struct context;
struct db;
struct ddl_writer;

/* How a database says it; a row per database. */
struct ddl_dialect {
    char quote;                  /* around a name */
    const char *numbered;        /* follows the type of a column that the database numbers */
    bool numbered_is_key;        /* that is also its primary key */
    bool checks_with_column;     /* a column's checks are written with it */
    bool indexes_in_table;       /* CREATE TABLE has the indexes */
    const char *drop_constraint; /* what comes before the name of a foreign key */
    /* Is the change seen to in another way than by its maker? NULL: none is. */
    bool (*takes)(struct ddl_writer *writer, const struct change *change);
    /* By kind; NULL: it comes with another change. */
    void (*makers[CHANGE__MAX])(struct ddl_writer *writer, const struct change *change);
    void (*end)(struct ddl_writer *writer);                             /* after all changes; NULL: nothing */
    enum code (*check)(const struct ddl_writer *writer, struct db *db); /* of ddl_check(); NULL: there is nothing */
};

extern const struct ddl_dialect ddl_sqlite;
extern const struct ddl_dialect ddl_mysql;
extern const struct ddl_dialect ddl_postgresql;

struct ddl_writer {
    struct context *context;
    const struct ddl_dialect *dialect;
    const struct changes *changes; /* this and what follows: as given to ddl_change() */
    const struct model *has;
    const struct model *wanted;
    struct ddl ddl;
    bool failed;
};

const char *ddl_text(struct ddl_writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A name, or names separated by ", ", in quotes. */
const char *ddl_name(struct ddl_writer *writer, const char *name);
const char *ddl_names(struct ddl_writer *writer, const char *names);

/* A text in single quotes. Not for MySQL, where a backslash escapes in it. */
const char *ddl_quoted(struct ddl_writer *writer, const char *text);

/* Adds a statement. A line break or another control character in the comment becomes a space. */
void ddl_step(struct ddl_writer *writer, const char *comment, const char *sql);

/* What stands for a column in CREATE TABLE after its name: type, numbering, nullability, default. */
const char *ddl_column(struct ddl_writer *writer, const struct column *column);

/* [CONSTRAINT name] FOREIGN KEY ... */
const char *ddl_foreign_key(struct ddl_writer *writer, const struct foreign_key *key);

/* REFERENCES ... ON DELETE ... ON UPDATE ... */
const char *ddl_references(struct ddl_writer *writer, const struct foreign_key *key);

/* Adds CREATE TABLE, under the name `as`. Indexes are not in it, but for dialects of indexes_in_table. */
void ddl_create_table(struct ddl_writer *writer, const struct table *table, const char *as);

void ddl_create_index(struct ddl_writer *writer, const struct index *index, const char *table);

/* The table and column of a change as `wanted` has them: ddl_change() has seen to it that they are there. */
const struct table *ddl_wanted_table(const struct ddl_writer *writer, const struct change *change);
const struct column *ddl_wanted_column(const struct ddl_writer *writer, const struct change *change);

/* Is `name` among names separated by ", "? */
bool ddl_is_among(const char *names, const char *name);

/* The changes that all databases make alike, or all but SQLite. */
void ddl_add_table(struct ddl_writer *writer, const struct change *change);
void ddl_drop_table(struct ddl_writer *writer, const struct change *change);
void ddl_drop_column(struct ddl_writer *writer, const struct change *change);
void ddl_add_index(struct ddl_writer *writer, const struct change *change);
void ddl_add_foreign_key(struct ddl_writer *writer, const struct change *change);
void ddl_drop_foreign_key(struct ddl_writer *writer, const struct change *change);
void ddl_add_check(struct ddl_writer *writer, const struct change *change);
void ddl_drop_check(struct ddl_writer *writer, const struct change *change);

#endif
