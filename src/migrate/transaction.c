/*
 * migrate/transaction.c: SQLite changes a table by making a new one and dropping the old. While references are looked
 * after, dropping it would delete or refuse its rows; so they are let alone, and checked as a whole before the commit.
 * Which ones were broken before, the database itself notes and compares: there may be any number of them.
 */

#include "migrate/transaction.h"

#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/lock.h"

#define PAUSE_MS 50

/* Are there references broken now that were not before? */
static enum code check_references(const struct transaction *transaction)
{
    struct context *context = transaction->context;
    struct db_result broken;
    enum code code =
        db_execute(transaction->db, context, DB_READ, transaction->dialect->references_broken, NULL, 0, &broken);

    if (code == OK && broken.n_rows > 0)
        return fail(context, CONFLICT, "a row of table \"%s\" %s to no row of \"%s\"", broken.cells[0].text,
                    transaction->open ? "would refer" : "refers now", broken.cells[1].text);
    return code;
}

/* Lets references alone from now on. Ones that cannot even be checked were so before, and are not ours to refuse. */
static enum code release_references(struct transaction *transaction)
{
    const struct migrate_dialect *dialect = transaction->dialect;
    struct context *context = transaction->context;
    const struct error before = context->error;
    enum code code = db_run(transaction->db, context, dialect->references_note);

    transaction->checked = code == OK;
    if (code != OK && transaction->db->connected && strstr(context->error.native, dialect->references_mismatch)) {
        context->error = before;
        code = OK;
    }
    return code == OK ? db_run(transaction->db, context, dialect->references_off) : code;
}

static void hold_references(const struct transaction *transaction)
{
    const struct migrate_dialect *dialect = transaction->dialect;
    struct context *context = transaction->context;
    const struct error failure = context->error;

    if (db_run(transaction->db, context, dialect->references_forget) != OK ||
        db_run(transaction->db, context, dialect->references_on) != OK)
        db_close(transaction->db); /* a new connection has them on, and no notes */
    context->error = failure;
}

static enum code begin(struct context *context, struct db *db)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t until_ms = clock_ms() + LOCK_WAIT_MS;
    enum code code = db_begin(db, context);

    while (code == CONTENDED && clock_ms() < until_ms) {
        nanosleep(&pause, NULL);
        code = db_begin(db, context);
    }
    if (code == CONTENDED)
        return fail(context, UNAVAILABLE, "another program is writing to this database; waited %d s",
                    LOCK_WAIT_MS / 1000);
    return code;
}

static enum code begin_with(struct transaction *transaction, struct context *context, struct db *db,
                            const struct migrate_dialect *dialect, bool open)
{
    *transaction = (struct transaction){.context = context, .db = db, .dialect = dialect, .open = open};
    enum code code = dialect->references_off ? release_references(transaction) : OK;

    if (code == OK && open)
        code = begin(context, db);
    return code == OK ? OK : transaction_end(transaction, code);
}

enum code transaction_begin(struct transaction *transaction, struct context *context, struct db *db,
                            const struct migrate_dialect *dialect)
{
    return begin_with(transaction, context, db, dialect, true);
}

bool transaction_suits(const struct migrate_dialect *dialect, const struct migration_file *file)
{
    return dialect->transactional && !file->without_transaction;
}

enum code transaction_begin_file(struct transaction *transaction, struct context *context, struct db *db,
                                 const struct migrate_dialect *dialect, bool whole)
{
    enum code code = begin_with(transaction, context, db, dialect, whole);

    if (code != OK)
        return code;
    code = db_reset_session(db, context);
    return code == OK ? OK : transaction_end(transaction, code);
}

enum code transaction_end(struct transaction *transaction, enum code code)
{
    struct context *context = transaction->context;

    if (code == OK && transaction->checked)
        code = check_references(transaction);
    if (code == OK && transaction->open)
        code = db_commit(transaction->db, context);
    else
        db_rollback(transaction->db, context);
    if (transaction->dialect->references_on)
        hold_references(transaction);
    return code;
}
