/*
 * migrate/file_apply.c: statement by statement. Where the file is one transaction, a note in the revision at its end is
 * enough. Elsewhere each statement has its own note, by which a later run goes on:
 *
 *   - a change of rows is one transaction with its note;
 *   - a change of the schema is noted before it is begun, with the sum of the schema as it is then. Who finds that note
 *     later looks at the schema again: if it is another one, the statement took effect. The migration lock is had by
 * then, so a server that works on a statement of a client that is gone has come to its end;
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
    bool in_block;        /* the file began a transaction */
    struct progress block;
    bool keeps_note; /* what stands in the revision must stay: it is another run's by now, or the note of a statement
                      * that took effect */
    int64_t since_us;
};

enum code file_split(struct context *context, const struct migrate_dialect *dialect, const struct migration_file *file,
                     struct sql_statements *ret_statements)
{
    enum code code = statements_split(context, file->text, file->size, dialect->split, ret_statements);

    if (code == MALFORMED)
        return fail(context, code, "%s: %s", file->name, context->error.detail);
    return code;
}

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
    enum code code = revision_update(work->context, work->db, revision);
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

/* Did the statement in which an earlier run was cut off take effect? */
static enum code settle_cut(struct work *work, const struct revision *begun, bool *ret_done)
{
    const char *before = revision_find_cut(begun);
    char now[HASH_TEXT_SIZE];
    enum code code = before ? schema_state_read(work->context, work->db, work->run->dialect, now) : OK;

    *ret_done = before && code == OK && strcmp(before, now) != 0;
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

/* Notes why a statement failed. Whatever fails here, the statement's own failure is the one to tell. */
static void note_failure(struct work *work, const char *why, const char *statement)
{
    const struct error failure = work->context->error;

    if (work->in_block) {
        /* It may be over already. */
        enum code ignored = db_run(work->db, work->context, "ROLLBACK");
        (void)ignored;
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
    const char *why = failure.native[0] ? failure.native : code_name(code);
    bool refused = code == INTERNAL || code == NO_REFERENCE || (code == UNAVAILABLE && work->db->connected);

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

/* Runs a statement that is rolled back together with its note, or not at all. */
static enum code run_data(struct work *work, const char *statement)
{
    const struct progress before = get_progress(work);
    enum code code = db_begin(work->db, work->context);

    if (code == OK)
        code = check_lock(work);
    if (code == OK)
        code = db_run(work->db, work->context, statement);
    if (code == OK)
        code = advance(work);
    if (code == OK)
        return db_commit(work->db, work->context);
    db_rollback(work->db, work->context);
    set_progress(work, &before);
    return code;
}

/* Runs a statement of which nothing can be rolled back. */
static enum code run_schema(struct work *work, const char *statement)
{
    char sum[HASH_TEXT_SIZE];
    enum code code = schema_state_read(work->context, work->db, work->run->dialect, sum);

    if (code != OK)
        return code;
    work->revision.error = arena_printf(work->context->arena, "%s%s", REVISION_BEGUN, sum);
    work->revision.error_statement = statement;
    if (!work->revision.error)
        return fail_memory(work->context);
    code = save(work);
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

static enum code run_statement(struct work *work, const char *statement)
{
    enum statement_kind kind = statement_kind(statement);

    if (work->run->whole)
        return db_run(work->db, work->context, statement);
    if (kind == STATEMENT_BEGIN)
        work->block = get_progress(work);
    /* Where it cannot be rolled back, a change of the schema commits what was begun. */
    if (kind == STATEMENT_SCHEMA && !work->run->dialect->transactional)
        work->in_block = false;
    if (kind == STATEMENT_BEGIN || work->in_block)
        return run_in_block(work, kind, statement);
    if (kind == STATEMENT_SESSION)
        return run_session(work, statement);
    return kind == STATEMENT_DATA ? run_data(work, statement) : run_schema(work, statement);
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
    return work->run->whole ? save(work) : OK;
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

/* A file that ends its transaction by itself would come apart when a later statement fails. */
static enum code check_whole(struct work *work)
{
    for (size_t i = 0; i < work->statements.n; i++) {
        enum statement_kind kind = statement_kind(work->statements.items[i]);
        if (kind == STATEMENT_BEGIN || kind == STATEMENT_COMMIT || kind == STATEMENT_ROLLBACK)
            return fail(
                work->context, MALFORMED,
                "%s: line %zu: the file is one transaction already, unless its header says -- atlas:txmode none",
                work->run->file->name, work->statements.lines[i]);
    }
    return OK;
}

enum code file_apply(struct context *context, const struct file_run *run)
{
    struct work work = {.context = context, .run = run, .db = run->db, .since_us = clock_us()};
    enum code code = file_split(context, run->dialect, run->file, &work.statements);

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
    if (code == OK && run->whole)
        code = check_whole(&work);
    if (code == OK)
        code =
            run->begun ? take_up(&work, run->begun) : revision_insert(context, run->db, run->dialect, &work.revision);
    if (code == OK)
        code = run_statements(&work);
    return code;
}
