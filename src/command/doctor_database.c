/*
 * command/doctor_database.c: reaches the database as the service does and looks whether it is what the service needs.
 *
 * Rights are found out by statements that meet no row, in a transaction that is rolled back: ids start at 1. A file of
 * SQLite that is not there is not opened, because that would make it.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app.h"
#include "command/doctor.h"
#include "core/arena.h"
#include "domain/records.h"
#include "driver/db.h"
#include "migrate/directory.h"
#include "migrate/migrate.h"
#include "schema/schema.h"

#define CLOCKS_APART_S 5

/* What the driver said, or what the code means. */
static const char *failure(const struct doctor *doctor, enum code code)
{
    const struct error *error = &doctor->context.error;

    if (error->native[0])
        return error->native;
    return error->detail[0] ? error->detail : code_name(code);
}

static bool is_sqlite(const struct doctor *doctor)
{
    return strcmp(doctor->config.db, "sqlite") == 0;
}

/* Where the database is, for people: without its password. NULL without memory. */
static const char *place(const struct doctor *doctor)
{
    const struct config *config = &doctor->config;

    if (is_sqlite(doctor))
        return arena_printf(doctor->arena, "sqlite in %s", config->db_path);
    if (config->db_host[0] == '/')
        return arena_printf(doctor->arena, "%s %s at %s as %s", config->db, config->db_name, config->db_host,
                            config->db_user);
    return arena_printf(doctor->arena, "%s %s at %s:%" PRId64 " as %s", config->db, config->db_name, config->db_host,
                        config->db_port, config->db_user);
}

void doctor_check_database(struct doctor *doctor)
{
    const char *where = place(doctor);
    char error[256];
    struct db *db = app_db(doctor->arena, &doctor->config, error, sizeof error);

    if (!db || !where) {
        doctor_say(doctor, VERDICT_BAD, "%s", db ? "out of memory" : error);
        return;
    }
    if (is_sqlite(doctor) && access(doctor->config.db_path, F_OK) != 0) {
        doctor_say(doctor, VERDICT_BAD, "there is no file %s; `quire migrate apply` makes it, DB_PATH names it",
                   doctor->config.db_path);
        return;
    }
    enum code code = db_ping(db, &doctor->context);
    if (code != OK) {
        doctor_say(doctor, VERDICT_BAD, "%s cannot be reached: %s; %s", where, failure(doctor, code),
                   is_sqlite(doctor) ? "look at the file and its folder: this user must be able to write both"
                                     : "is the server up, are DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD its?");
        return;
    }
    doctor->db = db;
    doctor_say(doctor, VERDICT_OK, "%s can be reached", where);
}

static void say_status(struct doctor *doctor, const struct migration_status *status, const char *path)
{
    if (status->partial)
        doctor_say(doctor, VERDICT_BAD,
                   "one stopped in the middle: %s; mend that, then `quire migrate apply` goes on "
                   "from there",
                   status->cut     ? "the program ended"
                   : status->error ? status->error
                                   : "nobody knows why");
    else if (status->n_pending > 0)
        doctor_say(doctor, VERDICT_BAD,
                   "the database is at %s, and %zu of %s are not applied; run `quire migrate apply`",
                   status->current ? status->current : "none", status->n_pending, path);
    else
        doctor_say(doctor, VERDICT_OK, "the database is at the latest, %s", status->current ? status->current : "none");
}

void doctor_check_migrations(struct doctor *doctor)
{
    struct context *context = &doctor->context;
    struct migration_directory directory;
    struct migration_status status = {.n_pending = 0};
    char error[256];
    const char *path = app_migrations(doctor->arena, &doctor->config, error, sizeof error);

    if (!path)
        return; /* the check of the database has said why */
    if (access(path, F_OK) != 0) {
        doctor_say(doctor, VERDICT_BAD, "there is no folder %s; MIGRATIONS names the folder it is in", path);
        return;
    }
    enum code code = directory_read(context, path, &directory);
    if (code == OK)
        code = directory_check(context, path, &directory);
    if (code != OK) {
        doctor_say(doctor, VERDICT_BAD,
                   "%s is not as it was delivered: %s; install it again, or see `quire migrate "
                   "validate`",
                   path, failure(doctor, code));
        return;
    }
    if (!doctor->db)
        return;
    code = migrate_status(context, doctor->db, &directory, doctor->config.revisions_schema, &status);
    if (code != OK)
        doctor_say(doctor, VERDICT_BAD, "how far the database is cannot be read: %s", failure(doctor, code));
    else
        say_status(doctor, &status, path);
}

/* What the service does to a table, on no row; %s is the table. */
static const struct right {
    const char *name;
    const char *statement;
} rights[] = {
    {"read", "SELECT * FROM %s WHERE id = 0"},
    {"insert into", "INSERT INTO %s SELECT * FROM %s WHERE id = 0"},
    {"update", "UPDATE %s SET id = id WHERE id = 0"},
    {"delete from", "DELETE FROM %s WHERE id = 0"},
};

/* NULL without memory. Every statement but the first names the table once or twice, which printf allows. */
static const char *statement_for(struct doctor *doctor, const struct right *right, const char *table)
{
    struct arena *arena = doctor->arena;
    const char *text = arena_text(arena, "");
    const char *at = right->statement;

    for (const char *mark = NULL; text && (mark = strstr(at, "%s")); at = mark + 2)
        text = arena_printf(arena, "%s%.*s%s", text, (int)(mark - at), at, table);
    return text ? arena_printf(arena, "%s%s", text, at) : NULL;
}

/* In a transaction. False: it was said what is missing. */
static bool check_table(struct doctor *doctor, const char *table)
{
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        const char *sql = statement_for(doctor, &rights[i], table);
        enum code code = sql ? db_run(doctor->db, &doctor->context, sql) : NO_MEMORY;
        if (code != OK) {
            doctor_say(doctor, VERDICT_BAD, "this user cannot %s %s: %s; grant it, or name another DB_USER",
                       rights[i].name, table, failure(doctor, code));
            return false;
        }
    }
    return true;
}

void doctor_check_rights(struct doctor *doctor)
{
    bool good = true;

    if (!doctor->db)
        return;
    enum code code = db_begin(doctor->db, &doctor->context);
    if (code != OK) {
        doctor_say(doctor, VERDICT_BAD, "nothing can be written: %s", failure(doctor, code));
        return;
    }
    for (size_t i = 0; good && records[i]; i++)
        good = check_table(doctor, records[i]->name);
    db_rollback(doctor->db, &doctor->context);
    if (good)
        doctor_say(doctor, VERDICT_OK, "every table can be read and written");
}

/* The database's own time, in seconds since 1970; what has no clock of its own is not in the table. */
static const struct clock_query {
    const char *db;
    const char *sql;
} clock_queries[] = {
    {"mysql", "SELECT UNIX_TIMESTAMP()"},
    {"postgresql", "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS bigint)"},
};

/* False: there is none, or it did not say. */
static bool ask_time(struct doctor *doctor, int64_t *ret_seconds)
{
    struct db_result result;

    for (size_t i = 0; doctor->db && i < sizeof clock_queries / sizeof *clock_queries; i++) {
        if (strcmp(clock_queries[i].db, doctor->config.db) != 0)
            continue;
        if (db_execute(doctor->db, &doctor->context, DB_READ, clock_queries[i].sql, NULL, 0, &result) != OK ||
            result.n_rows != 1)
            return false;
        const struct db_value *cell = result.cells;
        *ret_seconds = cell->type == DB_INTEGER ? cell->integer : strtoll(cell->text, NULL, 10);
        return true;
    }
    return false;
}

void doctor_check_clock(struct doctor *doctor)
{
    time_t now = time(NULL);
    struct tm parts;
    char text[32] = "";
    int64_t theirs = 0;

    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (parts.tm_year + 1900 < 2024) {
        doctor_say(doctor, VERDICT_BAD, "it says %s, which is past; set it, and keep it by NTP", text);
        return;
    }
    bool known = ask_time(doctor, &theirs);
    int64_t ahead = (int64_t)time(NULL) - theirs;
    if (known && (ahead > CLOCKS_APART_S || ahead < -CLOCKS_APART_S))
        doctor_say(doctor, VERDICT_BAD, "it is %" PRId64 " s %s that of the database's server; keep both by NTP",
                   ahead > 0 ? ahead : -ahead, ahead > 0 ? "ahead of" : "behind");
    else
        doctor_say(doctor, VERDICT_OK, "it says %s%s", text, known ? ", as that of the database's server does" : "");
}
