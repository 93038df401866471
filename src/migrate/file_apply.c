/*
 * migrate/file_apply.c: statement by statement. Where the file is one transaction, a note in the revision at its end is
 * enough. Elsewhere each statement has its own note, by which a later run goes on:
 *
 *   - a change of rows is one transaction with its note;
 *   - a change of the schema is noted before it is begun, with the sum of the schema as it is then. Who finds that note
 *     later looks at the schema again: if it is another one, the statement took effect. The migration lock is had by
 * then, so a server that works on a statement of a client that is gone has come to its end;
 *   - what may be either is noted like a change of the schema and run like one of rows. Cut off, it is not run again
 *     unless somebody says so;
 *   - a transaction that the file itself begins and commits has its notes in it.
 */

#include "migrate/file_apply.h"

#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/clock.h"
#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/hash_chain.h"
#include "migrate/lock.h"
#include "migrate/migrate.h"
#include "migrate/revision.h"
#include "migrate/schema_state.h"
#include "migrate/sql_text.h"
#include "migrate/statement_kind.h"
#include "migrate/statement_split.h"

#define HASHES_SIZE_MAX ((size_t)4 << 20)

/* "h1:" and a sum. */
#define HASH_SIZE (3 + HASH_TEXT_SIZE - 1)

/* Bytes of a statement in a failure's one line. */
#define STATEMENT_SHOWN 60

/* How far the file is. */
struct progress {
    int64_t applied;
    struct hash_chain chain; /* over the statements done */
    size_t hashes_size;
};

/* One file under way. */
struct work {
    struct context *context;
    const struct file_run *run;
    struct db *db;
    struct sql_statements statements;
    struct revision revision;
    struct hash_chain chain;
    struct buffer hashes; /* the JSON list of the chain's sums, without the `]` */
    bool holds_notes;     /* it has statements by which a note may be left without its commit (MySQL) */
    bool in_block;        /* the file began a transaction */
    struct progress block;
    bool keeps_note; /* what stands in the revision must stay: it is another run's by now, or the note of a statement
                      * that took effect */
    int64_t since_us;
};

/* Adds a statement's sum to the list; without memory, the buffer is marked failed. */
static void add_hash(struct work *work, const char *statement)
{
    char hash[HASH_TEXT_SIZE];

    hash_chain_add(&work->chain, statement, strlen(statement));
    hash_chain_format(&work->chain, hash);
    buffer_printf(&work->hashes, "%s\"h1:%s\"", work->hashes.size ? "," : "[", hash);
}

static struct progress get_progress(const struct work *work)
{
    return (struct progress){.applied = work->revision.applied, .chain = work->chain, .hashes_size = work->hashes.size};
}

static void set_progress(struct work *work, const struct progress *progress)
{
    work->revision.applied = progress->applied;
    work->chain = progress->chain;
    work->hashes.size = progress->hashes_size;
    work->hashes.data[work->hashes.size] = '\0';
}

/* Steps to the next text of a JSON list of sums, which have no escapes, and compares it. */
static bool next_is(const char **position, const char *hash)
{
    const char *start = *position ? strchr(*position, '"') : NULL;
    const char *end = start ? strchr(start + 1, '"') : NULL;

    if (!end)
        return false;
    *position = end + 1;
    return end - start - 1 == HASH_SIZE && memcmp(start + 1, hash, HASH_SIZE) == 0;
}

static enum code fail_changed(struct work *work, int64_t index)
{
    return fail(work->context, CONFLICT, "history changed: statement %lld from file \"%s\" changed",
                (long long)index + 1, work->run->file->name);
}

/* Were the statements done in an earlier run the same as those of the file now? */
static enum code check_statements(struct work *work, const struct revision *begun)
{
    const char *old = begun->partial_hashes;

    for (int64_t i = 0; i < begun->applied; i++) {
        if (i >= (int64_t)work->statements.n)
            return fail_changed(work, i);
        add_hash(work, work->statements.items[i]);
        if (work->hashes.failed)
            return fail_memory(work->context);
        if (!next_is(&old, work->hashes.data + work->hashes.size - HASH_SIZE - 1))
            return fail_changed(work, i);
    }
    return OK;
}

/* Writes how far the file is. The list of sums is of use only until it is done. */
static enum code save(struct work *work)
{
    struct revision *revision = &work->revision;

    revision->execution_time_ns = (clock_us() - work->since_us) * 1000;
    revision->partial_hashes = NULL;
    if (!revision_is_complete(revision) && work->hashes.size > 0) {
        buffer_add_char(&work->hashes, ']');
        if (work->hashes.failed)
            return fail_memory(work->context);
        revision->partial_hashes = work->hashes.data;
    }
    enum code code = revision_update(work->context, work->run->table, revision);
    if (code == OK && work->holds_notes && !work->in_block && !work->db->in_transaction)
        code = db_run(work->db, work->context, "COMMIT");
    if (revision->partial_hashes)
        work->hashes.data[--work->hashes.size] = '\0';
    return code;
}

/* Notes that a statement is done. */
static enum code advance(struct work *work)
{
    add_hash(work, work->statements.items[work->revision.applied]);
    work->revision.applied++;
    work->revision.error = "";
    work->revision.error_statement = "";
    return save(work);
}

/* The statement on one line and not too long, for a person. */
static const char *shorten(struct context *context, const char *statement)
{
    struct buffer line;

    buffer_init(&line, context->arena, STATEMENT_SHOWN + 4);
    for (const char *c = statement; *c && line.size < STATEMENT_SHOWN; c++)
        if (!strchr(" \t\r\n", *c))
            buffer_add_char(&line, *c);
        else if (line.size > 0 && line.data[line.size - 1] != ' ')
            buffer_add_char(&line, ' ');
    if (line.size == STATEMENT_SHOWN)
        buffer_add_text(&line, "...");
    return line.data;
}

/* May the statement have done something that the schema does not show? */
static bool is_in_doubt(const struct work *work, const struct revision *begun)
{
    return !work->run->dialect->transactional && begun->error_statement &&
           statement_kind(begun->error_statement) == STATEMENT_OTHER;
}

static enum code fail_in_doubt(struct work *work, const struct revision *begun)
{
    const char *table = revision_table_name(work->context, work->run->table);

    return fail(work->context, CONFLICT,
                "version \"%s\" was cut off in \"%s\", which may have taken effect: if so, take it out of the file. "
                "Then UPDATE %s SET error = '' WHERE version = '%s'",
                begun->version, shorten(work->context, begun->error_statement), table ? table : "its revision",
                begun->version);
}

/* Did the statement in which an earlier run was cut off take effect? */
static enum code settle_cut(struct work *work, const struct revision *begun, bool *ret_done)
{
    const char *before = revision_find_cut(begun);
    char now[HASH_TEXT_SIZE];
    enum code code = before ? schema_state_read(work->context, work->db, work->run->dialect, now) : OK;

    *ret_done = before && code == OK && strcmp(before, now) != 0;
    if (before && code == OK && !*ret_done && is_in_doubt(work, begun))
        return fail_in_doubt(work, begun);
    if (!*ret_done)
        return code;
    if (begun->applied >= (int64_t)work->statements.n || !begun->error_statement ||
        strcmp(begun->error_statement, work->statements.items[begun->applied]) != 0)
        return fail_changed(work, begun->applied);
    return OK;
}

/* What the session was told before, it has forgotten. */
static enum code restore_session(struct work *work)
{
    enum code code = OK;

    for (int64_t i = 0; code == OK && i < work->revision.applied; i++)
        if (statement_kind(work->statements.items[i]) == STATEMENT_SESSION)
            code = db_run(work->db, work->context, work->statements.items[i]);
    return code;
}

/* Notes why a statement failed. Whatever fails here, the statement's own failure is the one to tell. */
static void note_failure(struct work *work, const char *why, const char *statement)
{
    const struct error failure = work->context->error;

    if (work->in_block) {
        /* It may be over already. */
        enum code ignored = db_run(work->db, work->context, "ROLLBACK");
        (void)ignored;
        work->in_block = false;
        set_progress(work, &work->block);
    }
    work->revision.error = arena_text(work->context->arena, why);
    work->revision.error_statement = statement;
    if (work->db->connected) {
        enum code ignored = save(work);
        (void)ignored;
    }
    work->context->error = failure;
}

/* A statement failed: says it in one line. */
static enum code fail_statement(struct work *work, enum code code, const char *statement)
{
    struct context *context = work->context;
    const struct error failure = context->error;
    const char *why = error_cause(&failure);
    bool refused = db_refused(work->db, code);

    /* Where the connection went with it, what became of the statement is not known: the note that it was begun stays.
     */
    if (!work->run->whole && work->db->connected && !work->keeps_note)
        note_failure(work, why, statement);
    if (refused)
        code = CONFLICT;
    fail(context, code, "executing statement \"%s\" from version \"%s\": %s", shorten(context, statement),
         work->run->file->version, why);
    memcpy(context->error.native, failure.native, sizeof failure.native);
    return code;
}

static enum code check_lock(struct work *work)
{
    enum code code = lock_check(work->context, work->db, work->run->dialect);

    work->keeps_note = code != OK;
    return code;
}

/* Runs a statement that is rolled back together with its note, or not at all; unless it `commits` by itself: then the
 * note that it was begun is to stay. */
static enum code run_data(struct work *work, const char *statement, bool commits)
{
    const struct progress before = get_progress(work);
    enum code code = db_begin(work->db, work->context);

    if (code == OK)
        code = check_lock(work);
    if (code == OK)
        code = db_run(work->db, work->context, statement);
    if (code == OK) {
        work->keeps_note = commits;
        code = advance(work);
    }
    if (code == OK)
        return db_commit(work->db, work->context);
    db_rollback(work->db, work->context);
    set_progress(work, &before);
    return code;
}

/* Notes that a statement of which nothing can be rolled back is begun. */
static enum code note_begin(struct work *work, const char *statement)
{
    char sum[HASH_TEXT_SIZE];
    enum code code = schema_state_read(work->context, work->db, work->run->dialect, sum);

    if (code != OK)
        return code;
    work->revision.error = arena_printf(work->context->arena, "%s%s", REVISION_BEGUN, sum);
    work->revision.error_statement = statement;
    if (!work->revision.error)
        return fail_memory(work->context);
    return save(work);
}

static enum code run_schema(struct work *work, const char *statement)
{
    enum code code = note_begin(work, statement);

    if (code == OK)
        code = check_lock(work);
    if (code == OK)
        code = db_run(work->db, work->context, statement);
    if (code != OK)
        return code;
    code = advance(work);
    work->keeps_note = code != OK;
    return code;
}

/* Runs a statement that may be part of a transaction, or commit it. */
static enum code run_other(struct work *work, const char *statement)
{
    bool commits = !work->run->dialect->transactional;
    enum code code = commits ? note_begin(work, statement) : OK;

    if (code == OK)
        code = run_data(work, statement, commits);
    if (code == OK)
        work->keeps_note = false;
    return code;
}

/* Runs a statement that may be run again. */
static enum code run_session(struct work *work, const char *statement)
{
    enum code code = db_run(work->db, work->context, statement);

    return code == OK ? advance(work) : code;
}

/* Runs a statement of a transaction that the file began. Its end has its note in it. */
static enum code run_in_block(struct work *work, enum statement_kind kind, const char *statement)
{
    enum code code = kind == STATEMENT_COMMIT ? advance(work) : OK;

    if (kind == STATEMENT_BEGIN)
        work->in_block = true;
    if (code == OK)
        code = db_run(work->db, work->context, statement);
    if (code == OK && (kind == STATEMENT_COMMIT || kind == STATEMENT_ROLLBACK))
        work->in_block = false;
    return code == OK && kind != STATEMENT_COMMIT ? advance(work) : code;
}

/* Where it cannot be rolled back, a change of the schema commits what was begun. */
static bool commits_block(const struct work *work, enum statement_kind kind)
{
    return kind == STATEMENT_SCHEMA && !work->run->dialect->transactional;
}

static enum code run_statement(struct work *work, const char *statement)
{
    enum statement_kind kind = statement_kind(statement);

    if (work->run->whole)
        return db_run(work->db, work->context, statement);
    if (kind == STATEMENT_BEGIN)
        work->block = get_progress(work);
    if (commits_block(work, kind))
        work->in_block = false;
    if (kind == STATEMENT_BEGIN || work->in_block)
        return run_in_block(work, kind, statement);
    if (kind == STATEMENT_SESSION)
        return run_session(work, statement);
    if (kind == STATEMENT_OTHER)
        return run_other(work, statement);
    return kind == STATEMENT_DATA ? run_data(work, statement, false) : run_schema(work, statement);
}

/* The file may have set where tables are looked for. */
static enum code save_whole(struct work *work)
{
    enum code code = db_reset_session(work->db, work->context);

    return code == OK ? save(work) : code;
}

static enum code run_statements(struct work *work)
{
    const struct migrate_observer *observer = work->run->observer;

    for (size_t i = (size_t)work->revision.applied; i < work->statements.n; i++) {
        const char *statement = work->statements.items[i];
        if (observer && observer->statement)
            observer->statement(observer->argument, statement);
        enum code code = run_statement(work, statement);
        if (code != OK)
            return fail_statement(work, code, statement);
        if (work->run->whole) {
            add_hash(work, statement);
            work->revision.applied++;
        }
    }
    return work->run->whole ? save_whole(work) : OK;
}

/* Takes up what an earlier run left. */
static enum code take_up(struct work *work, const struct revision *begun)
{
    const struct migrate_observer *observer = work->run->observer;
    bool done = false;
    enum code code = check_statements(work, begun);

    work->revision.applied = begun->applied;
    if (code == OK)
        code = settle_cut(work, begun, &done);
    if (code == OK)
        code = done ? advance(work) : save(work);
    if (code == OK)
        code = restore_session(work);
    if (code == OK && work->revision.applied > 0 && observer && observer->skipped)
        observer->skipped(observer->argument, (size_t)work->revision.applied);
    return code;
}

static enum code fail_line(struct work *work, size_t i, const char *why)
{
    return fail(work->context, MALFORMED, "%s: line %zu: %s", work->run->file->name, work->statements.lines[i], why);
}

/* A file that ends its transaction by itself would come apart when a later statement fails. */
static enum code check_whole(struct work *work)
{
    for (size_t i = 0; i < work->statements.n; i++) {
        enum statement_kind kind = statement_kind(work->statements.items[i]);
        if (kind == STATEMENT_BEGIN || kind == STATEMENT_COMMIT || kind == STATEMENT_ROLLBACK)
            return fail_line(work, i,
                             "the file is one transaction already, unless its header says -- atlas:txmode none");
    }
    return OK;
}

/* What came after it would be done to another database, and be noted there. */
static enum code check_databases(struct work *work)
{
    for (size_t i = 0; i < work->statements.n; i++)
        if (sql_is_word(work->statements.items[i], sql_word_size(work->statements.items[i]), "USE"))
            return fail_line(work, i, "USE would leave the database that is migrated");
    return OK;
}

/* A session without autocommit is in a transaction after each note. */
static bool has_autocommit(const struct work *work)
{
    unsigned rules = work->run->dialect->split;

    for (size_t i = 0; i < work->statements.n; i++)
        if (sql_has_name(work->statements.items[i], "autocommit", rules))
            return true;
    return false;
}

/* What a file begins and does not end would be gone with the connection, and the notes in it, too. */
static enum code check_blocks(struct work *work)
{
    bool in_block = false;
    size_t begin = 0;

    for (size_t i = 0; i < work->statements.n; i++) {
        enum statement_kind kind = statement_kind(work->statements.items[i]);
        bool ends = kind == STATEMENT_COMMIT || kind == STATEMENT_ROLLBACK;
        if (ends && strcasestr(work->statements.items[i], "CHAIN"))
            return fail_line(work, i, "AND CHAIN begins a transaction unseen");
        if (kind == STATEMENT_BEGIN && in_block)
            return fail_line(work, i, "a transaction begins inside a transaction");
        if (kind == STATEMENT_BEGIN)
            begin = i;
        in_block = kind == STATEMENT_BEGIN || (in_block && !ends && !commits_block(work, kind));
    }
    return in_block ? fail_line(work, begin, "a transaction that the file does not end") : OK;
}

enum code file_apply_statements(struct context *context, const struct file_run *run,
                                struct sql_statements *ret_statements)
{
    struct work work = {.context = context, .run = run, .db = run->db};
    enum code code = file_split(context, run->dialect, run->file, &work.statements);

    if (code == OK)
        code = check_databases(&work);
    if (code == OK)
        code = run->whole ? check_whole(&work) : check_blocks(&work);
    if (code == OK)
        *ret_statements = work.statements;
    return code;
}

enum code file_apply(struct context *context, const struct file_run *run)
{
    struct work work = {.context = context, .run = run, .db = run->db, .since_us = clock_us()};
    enum code code = file_apply_statements(context, run, &work.statements);

    hash_chain_init(&work.chain);
    buffer_init(&work.hashes, context->arena, HASHES_SIZE_MAX);
    work.revision = (struct revision){
        .version = run->file->version,
        .description = run->file->description,
        .type = REVISION_EXECUTE,
        .total = (int64_t)work.statements.n,
        .hash = run->file->hash,
        .error = "",
        .error_statement = "",
    };
    work.holds_notes = !run->dialect->transactional && has_autocommit(&work);
    if (code == OK)
        code = run->begun ? take_up(&work, run->begun) : revision_insert(context, run->table, &work.revision);
    if (code == OK)
        code = run_statements(&work);
    return code;
}
