/*
 * migrate/transaction.c: SQLite changes a table by making a new one and dropping the old. While references are looked
 * after, dropping it would delete or refuse its rows; so they are let alone, and checked as a whole before the commit.
 */

#include "migrate/transaction.h"

#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/context.h"
#include "migrate/dialect.h"
#include "migrate/lock.h"

#define PAUSE_MS 50

static enum code find_broken(const struct transaction *transaction, struct db_result *ret_broken)
{
    return db_execute(transaction->db, transaction->context, DB_READ, transaction->dialect->references_check, NULL, 0,
                      ret_broken);
}

static bool cells_are_equal(const struct db_value *a, const struct db_value *b)
{
    if (a->type != b->type || a->integer != b->integer || a->size != b->size)
        return false;
    return a->type != DB_TEXT || memcmp(a->text, b->text, a->size) == 0;
}

static bool has_row(const struct db_result *result, const struct db_value *row)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        size_t n = 0;
        while (n < result->n_columns && cells_are_equal(&result->cells[i * result->n_columns + n], &row[n]))
            n++;
        if (n == result->n_columns)
            return true;
    }
    return false;
}

/* Are there references broken now that were not before? */
static enum code check_references(const struct transaction *transaction)
{
    struct db_result broken;
    enum code code = find_broken(transaction, &broken);

    for (size_t i = 0; code == OK && i < broken.n_rows; i++) {
        const struct db_value *row = &broken.cells[i * broken.n_columns];
        if (!has_row(&transaction->broken, row))
            code = fail(transaction->context, CONFLICT, "a row of table \"%s\" would refer to no row of \"%s\"",
                        row[0].text, row[2].text);
    }
    return code;
}

/* Lets references alone from now on. Ones that cannot even be checked were so before, and are not ours to refuse. */
static enum code release_references(struct transaction *transaction)
{
    struct context *context = transaction->context;
    const struct error before = context->error;

    transaction->checked = find_broken(transaction, &transaction->broken) == OK;
    context->error = before;
    return db_run(transaction->db, context, transaction->dialect->references_off);
}

static void hold_references(const struct transaction *transaction)
{
    const struct error failure = transaction->context->error;

    if (db_run(transaction->db, transaction->context, transaction->dialect->references_on) != OK)
        db_close(transaction->db); /* a new connection has them on */
    transaction->context->error = failure;
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

enum code transaction_begin(struct transaction *transaction, struct context *context, struct db *db,
                            const struct migrate_dialect *dialect)
{
    *transaction = (struct transaction){.context = context, .db = db, .dialect = dialect};
    enum code code = dialect->references_off ? release_references(transaction) : OK;

    if (code == OK)
        code = begin(context, db);
    if (code == OK)
        code = lock_check(context, db, dialect);
    return code == OK ? OK : transaction_end(transaction, code);
}

enum code transaction_end(struct transaction *transaction, enum code code)
{
    struct context *context = transaction->context;

    if (code == OK && transaction->checked)
        code = check_references(transaction);
    if (code == OK)
        code = db_commit(transaction->db, context);
    else
        db_rollback(transaction->db, context);
    if (transaction->dialect->references_on)
        hold_references(transaction);
    return code;
}
