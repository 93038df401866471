#ifndef DATABASE_H
#define DATABASE_H

/*
 * database.h: the databases that contract suites run against, and one of our own in each, made by the project's own
 * migrations.
 *
 * A server takes part when its variable says where it is: "socket:user:password:database". Without it the suite says so
 * and fails, unless QUIRE_TEST_PARTIAL=1. Programs run where the folder of migrations is, or MIGRATIONS names it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/context.h"
#include "domain/records.h"
#include "driver/db.h"
#include "migrate/directory.h"
#include "migrate/migrate.h"
#include "schema/schema.h"

struct database {
    const char *driver; /* of db_drivers[] */
    const char *place;  /* the variable; NULL: it is a file */
};

static const struct database databases[] = {
    {"sqlite", NULL},
    {"mysql", "QUIRE_TEST_MYSQL"},
    {"postgresql", "QUIRE_TEST_POSTGRESQL"},
};

#define N_DATABASES (sizeof databases / sizeof *databases)

static inline const struct database *database_find(const char *driver)
{
    for (size_t i = 0; i < N_DATABASES; i++)
        if (strcmp(databases[i].driver, driver) == 0)
            return &databases[i];
    return NULL;
}

/* Why it cannot take part; NULL: it can. */
static inline const char *database_missing(const struct database *database)
{
    static char reason[64];

    if (!db_driver_find(database->driver))
        return "this build has no such driver";
    snprintf(reason, sizeof reason, "%s is not set", database->place ? database->place : "");
    return database->place && !getenv(database->place) ? reason : NULL;
}

/* Says that something does not take part; the exit status that goes with it. */
static inline int report_left_out(const char *what, const char *reason)
{
    const char *allowed = getenv("QUIRE_TEST_PARTIAL");

    fprintf(stderr, "NOT RUN: %s (%s)\n", what, reason);
    return allowed && strcmp(allowed, "1") == 0 ? 0 : 1;
}

/* Where the server is, and a database at it that is everybody's. Of a file, without its path. */
static inline struct db_options database_place(struct arena *arena, const struct database *database)
{
    struct db_options options = {.connect_timeout_ms = 2000, .statement_timeout_ms = 5000, .lock_timeout_ms = 1000};

    if (database->place) {
        char *rest = arena_text(arena, getenv(database->place));
        options.host = strsep(&rest, ":");
        options.user = strsep(&rest, ":");
        options.password = strsep(&rest, ":");
        options.name = strsep(&rest, ":");
        assert_non_null(options.name);
    }
    return options;
}

static inline struct db *database_open(struct arena *arena, const struct database *database)
{
    struct db_options options = database_place(arena, database);

    return db_new(arena, db_driver_find(database->driver), &options);
}

/* --- a database of our own --- */

/* The file, or the database at the server. One for each of databases[]; empty: not made yet. */
static char own_names[N_DATABASES][64];

static inline char *own_name(const struct database *database)
{
    return own_names[database - databases];
}

/* A connection to it. */
static inline struct db *own_database_open(struct arena *arena, const struct database *database)
{
    struct db_options options = database_place(arena, database);

    options.name = options.path = own_name(database);
    return db_new(arena, db_driver_find(database->driver), &options);
}

static inline void run_or_fail(struct context *context, struct db *db, const char *sql)
{
    if (db_run(db, context, sql) != OK)
        fail_msg("%s: %s: %s", db->driver->name, sql, context->error.native);
}

/* Applies all migrations. */
static inline void migrate_or_fail(struct context *context, struct db *db)
{
    const char *folder = getenv("MIGRATIONS") ? getenv("MIGRATIONS") : "migrations";
    const char *name = db->driver->dialect->name;
    struct migration_directory directory;
    size_t n = 0;
    enum code code = directory_read(context, arena_printf(context->arena, "%s/%s", folder, name), &directory);

    if (code == OK)
        code = migrate_apply(context, db, &directory, NULL, NULL, &n);
    if (code != OK)
        fail_msg("%s: %s %s", name, context->error.detail, context->error.native);
}

static inline void make_own_name(struct context *context, const struct database *database)
{
    char *name = own_name(database);

    if (database->place) {
        struct db *server = database_open(context->arena, database);
        snprintf(name, sizeof own_names[0], "quire_contract_%d", (int)getpid());
        run_or_fail(context, server, arena_printf(context->arena, "CREATE DATABASE %s", name));
        db_close(server);
    } else {
        snprintf(name, sizeof own_names[0], "/tmp/quire_contract.XXXXXX");
        int file = mkstemp(name);
        assert_true(file >= 0);
        close(file);
    }
}

/* Makes it, when it is not there, and empties its tables, the last ones first: those refer to the others. */
static inline struct db *own_database_prepare(struct context *context, const struct database *database)
{
    size_t n = 0;
    bool made = *own_name(database);

    if (!made)
        make_own_name(context, database);
    struct db *db = own_database_open(context->arena, database);
    if (!made)
        migrate_or_fail(context, db);
    while (records[n])
        n++;
    while (n > 0)
        run_or_fail(context, db, arena_printf(context->arena, "DELETE FROM %s", records[--n]->name));
    return db;
}

/* Drops those that were made; a group's teardown. */
static inline int own_databases_drop(void **state)
{
    struct arena arena;
    struct context context;
    int status = 0;

    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    for (size_t i = 0; i < N_DATABASES; i++) {
        const struct database *database = &databases[i];
        if (!own_names[i][0])
            continue;
        if (!database->place) {
            status |= unlink(own_names[i]);
            continue;
        }
        struct db *server = database_open(&arena, database);
        if (db_run(server, &context, arena_printf(&arena, "DROP DATABASE %s", own_names[i])) != OK) {
            print_error("%s: %s\n", own_names[i], context.error.native);
            status = -1;
        }
    }
    arena_release(&arena);
    return status;
}

#endif
