#ifndef SQLITE_FOLDER_H
#define SQLITE_FOLDER_H

/* sqlite_folder.h: folder.h with an SQLite database in the folder, for tests that migrate one. Include it after cmocka.
 */

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "folder.h"
#include "migrate/directory.h"
#include "migrate/migrate.h"

static struct arena arena;
static struct context context;
static struct db *db;
static size_t n_applied;

static inline struct db *open_db(void)
{
    const struct db_options options = {.path = arena_printf(&arena, "%s/test.db", folder), .lock_timeout_ms = 1000};
    return db_new(&arena, db_driver_find("sqlite"), &options);
}

static inline int sqlite_folder_make(void)
{
    arena_init(&arena, (size_t)64 << 20);
    context_init(&context, &arena, 0);
    if (folder_make() != 0)
        return -1;
    db = open_db();
    return db ? 0 : -1;
}

static inline int sqlite_folder_remove(void)
{
    arena_release(&arena);
    return folder_remove();
}

static inline enum code apply_observed(const struct migrate_options *options, const struct migrate_observer *observer)
{
    struct migration_directory directory;
    enum code code = directory_read(&context, folder, &directory);
    return code == OK ? migrate_apply(&context, db, &directory, options, observer, &n_applied) : code;
}

static inline enum code apply_with(const struct migrate_options *options)
{
    return apply_observed(options, NULL);
}

static inline enum code apply(void)
{
    return apply_with(NULL);
}

static inline struct migration_status status(void)
{
    struct migration_directory directory;
    struct migration_status result = {0};
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    assert_int_equal(migrate_status(&context, db, &directory, NULL, &result), OK);
    return result;
}

/* The first cell, as text. */
static inline const char *query(const char *sql)
{
    struct db_result result;
    assert_int_equal(db_execute(db, &context, DB_READ, sql, NULL, 0, &result), OK);
    if (result.n_rows == 0)
        return "nothing";
    const struct db_value *cell = &result.cells[0];
    if (cell->type == DB_NULL)
        return "null";
    return cell->type == DB_INTEGER ? arena_printf(&arena, "%d", (int)cell->integer) : cell->text;
}

static inline void run(const char *sql)
{
    assert_int_equal(db_run(db, &context, sql), OK);
}

#endif
