/*
 * migrate/file_apply.c: statement by statement, and a note in the revision of how far the file is: at its end where the
 * file is one transaction, otherwise after each statement.
 *
 * Where a schema change cannot be rolled back, a later run goes on from that note. What it cannot see is a server that
 * dies between a statement and its note.
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
#include "migrate/migrate.h"
#include "migrate/revision.h"
#include "migrate/statement_split.h"

#define HASHES_SIZE_MAX ((size_t)4 << 20)

/* "h1:" and a sum. */
#define HASH_SIZE (3 + HASH_TEXT_SIZE - 1)

/* Bytes of a statement in a failure's one line. */
#define STATEMENT_SHOWN 60

/* One file under way. */
struct work {
    struct context *context;
    struct db *db;
    const struct migrate_dialect *dialect;
    const struct migrate_observer *observer;
    const struct migration_file *file;
    struct sql_statements statements;
    struct revision revision;
    struct hash_chain chain; /* over the statements done */
    struct buffer hashes;    /* the JSON list of its sums, without the `]` */
    int64_t since_us;
};

static enum code split_file(struct work *work)
{
    struct context *context = work->context;
    const struct migration_file *file = work->file;

    if (file->without_transaction && work->dialect->transactional)
        return fail(context, MALFORMED, "%s: atlas:txmode none is not supported for %s", file->name,
                    work->dialect->name);
    enum code code = statements_split(context, file->text, file->size, work->dialect->backslashes, &work->statements);
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

/* Were the statements done in an earlier run the same as those of the file now? */
static enum code check_statements(struct work *work, const struct revision *begun)
{
    const char *old = begun->partial_hashes;

    for (int64_t i = 0; i < begun->applied; i++) {
        bool same = i < (int64_t)work->statements.n;
        if (same) {
            add_hash(work, work->statements.items[i]);
            if (work->hashes.failed)
                return fail_memory(work->context);
            same = next_is(&old, work->hashes.data + work->hashes.size - HASH_SIZE - 1);
        }
        if (!same)
            return fail(work->context, CONFLICT, "history changed: statement %lld from file \"%s\" changed",
                        (long long)i + 1, work->file->name);
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

/* Writes the revision of a file that is begun, or begun again. */
static enum code write_begun(struct work *work, const struct revision *begun)
{
    work->revision = (struct revision){
        .version = work->file->version,
        .description = work->file->description,
        .type = REVISION_EXECUTE,
        .applied = begun ? begun->applied : 0,
        .total = (int64_t)work->statements.n,
        .hash = work->file->hash,
        .error = "",
        .error_statement = "",
    };
    return begun ? save(work) : revision_insert(work->context, work->db, work->dialect, &work->revision);
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

/* A statement failed: notes that where the note outlives the failure, and says it in one line. */
static enum code fail_statement(struct work *work, enum code code, const char *statement)
{
    struct context *context = work->context;
    const struct error failure = context->error;
    const char *why = failure.native[0] ? failure.native : code_name(code);
    bool refused = code == INTERNAL || code == NO_REFERENCE || (code == UNAVAILABLE && work->db->connected);

    if (!work->dialect->transactional) {
        work->revision.error = arena_text(context->arena, why);
        work->revision.error_statement = statement;
        /* When this fails too, the connection is gone, and the first failure is the one to tell. */
        if (save(work) != OK)
            context->error = failure;
    }
    if (refused)
        code = CONFLICT;
    fail(context, code, "executing statement \"%s\" from version \"%s\": %s", shorten(context, statement),
         work->file->version, why);
    memcpy(context->error.native, failure.native, sizeof failure.native);
    return code;
}

static enum code run_statements(struct work *work)
{
    const struct migrate_observer *observer = work->observer;

    for (size_t i = (size_t)work->revision.applied; i < work->statements.n; i++) {
        const char *statement = work->statements.items[i];
        if (observer && observer->statement)
            observer->statement(observer->argument, statement);
        enum code code = db_run(work->db, work->context, statement);
        if (code != OK)
            return fail_statement(work, code, statement);
        add_hash(work, statement);
        work->revision.applied++;
        if (!work->dialect->transactional)
            code = save(work);
        if (code != OK)
            return code;
    }
    return work->dialect->transactional ? save(work) : OK;
}

enum code file_apply(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                     const struct migrate_observer *observer, const struct migration_file *file,
                     const struct revision *begun)
{
    struct work work = {
        .context = context,
        .db = db,
        .dialect = dialect,
        .observer = observer,
        .file = file,
        .since_us = clock_us(),
    };
    enum code code = split_file(&work);

    hash_chain_init(&work.chain);
    buffer_init(&work.hashes, context->arena, HASHES_SIZE_MAX);
    if (code == OK && begun)
        code = check_statements(&work, begun);
    if (code == OK)
        code = write_begun(&work, begun);
    if (code == OK)
        code = run_statements(&work);
    return code;
}
