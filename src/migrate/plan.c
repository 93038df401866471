/* migrate/plan.c: versions are compared as text, as Atlas compares them, and so are times of one database. */

#include "migrate/plan.h"

#include <stdbool.h>
#include <string.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "migrate/directory.h"
#include "migrate/hash_chain.h"
#include "migrate/revision.h"
#include "migrate/sum_file.h"

/* Names of files in a failure's one line. */
#define NAMES_SIZE_MAX 120

/* Which files of a directory have revisions. */
struct span {
    size_t start;  /* the last checkpoint; the first file, when there is none */
    size_t first;  /* the first file with a revision; all, when none has */
    size_t end;    /* after the last one with a revision */
    bool complete; /* the last of the revisions has a file */
};

static struct span find_span(const struct migration_directory *directory, const struct revisions *revisions)
{
    struct span span = {.first = directory->n_files};

    for (size_t i = 0; i < directory->n_files; i++) {
        const struct revision *revision = revisions_find(revisions, directory->files[i].version);
        if (directory->files[i].checkpoint)
            span.start = i;
        if (!revision)
            continue;
        if (span.first == directory->n_files)
            span.first = i;
        span.end = i + 1;
        if (revision == &revisions->items[revisions->n - 1])
            span.complete = true;
    }
    return span;
}

/* Files of a directory: from `start` to before `end`. */
struct range {
    const struct migration_file *start;
    const struct migration_file *end;
};

/* Was the file applied as it is now, or as the one that it replaces was? An empty hash says nothing. */
static bool is_unchanged(const struct migration_file *file, const struct revision *revision)
{
    return !*revision->hash || strcmp(revision->hash, file->hash) == 0 ||
           (file->replaces && strcmp(revision->hash, file->replaces) == 0);
}

/* Was the file in the directory by the time that the revision was written? One that came late is applied later, or not
 * at all. */
static bool was_there(const struct migration_file *file, const struct revisions *revisions,
                      const struct revision *revision, const struct range *latecomers)
{
    const struct revision *own = revisions_find(revisions, file->version);

    if (own)
        return strcmp(own->executed_at, revision->executed_at) <= 0;
    if (file >= latecomers->start && file < latecomers->end)
        return false;
    return file->checkpoint || strcmp(file->version, revisions->items[0].version) < 0;
}

/* As is_unchanged(), with the sum that the file had when those that came late were not in the directory: each sum
 * covers all files before. */
static bool was_unchanged(const struct migration_directory *directory, const struct revisions *revisions,
                          const struct migration_file *file, const struct revision *revision,
                          const struct range *latecomers)
{
    struct hash_chain chain;
    char hash[HASH_TEXT_SIZE];

    hash_chain_init(&chain);
    for (const struct migration_file *before = directory->files; before <= file; before++)
        if (before == file || was_there(before, revisions, revision, latecomers))
            sum_file_add(&chain, before);
    hash_chain_format(&chain, hash);
    return strcmp(revision->hash, hash) == 0;
}

static const struct migration_file *find_file(const struct migration_directory *directory, const char *version)
{
    for (size_t i = 0; i < directory->n_files; i++)
        if (strcmp(directory->files[i].version, version) == 0)
            return &directory->files[i];
    return NULL;
}

/* Is the revision's file another one than was applied, if these came late? */
static bool is_changed(const struct migration_directory *directory, const struct revisions *revisions,
                       const struct revision *revision, const struct range *latecomers)
{
    const struct migration_file *file = find_file(directory, revision->version);

    return file && revision_is_complete(revision) && !is_unchanged(file, revision) &&
           !was_unchanged(directory, revisions, file, revision, latecomers);
}

/* Files below the first revision are taken to have been there. If the sum of an applied file says that they were not,
 * all of them or one, these came late. */
static struct range find_latecomers(const struct migration_directory *directory, const struct revisions *revisions,
                                    const struct span *span)
{
    const struct migration_file *files = directory->files;
    const struct range none = {.start = files, .end = files};
    const struct revision *changed = NULL;

    for (size_t i = 0; i < revisions->n && !changed; i++)
        if (is_changed(directory, revisions, &revisions->items[i], &none))
            changed = &revisions->items[i];
    if (!changed || span->first == directory->n_files)
        return none;
    const struct range all = {.start = files, .end = files + span->first};
    if (!is_changed(directory, revisions, changed, &all))
        return all;
    for (size_t i = 0; i < span->first; i++) {
        const struct range one = {.start = files + i, .end = files + i + 1};
        if (!is_changed(directory, revisions, changed, &one))
            return one;
    }
    return none;
}

enum place { PASSED_OVER, LATE, PENDING };

/* Where a file without a revision stands. Its place in the directory decides, as files are applied in that order; its
 * version, where the files of revisions are gone. */
static enum place find_place(const struct migration_file *file, size_t i, const struct revisions *revisions,
                             const struct span *span, const struct range *latecomers)
{
    if (revisions->n == 0)
        return i < span->start || (file->checkpoint && i != span->start) ? PASSED_OVER : PENDING;
    if (!file->checkpoint && file >= latecomers->start && file < latecomers->end)
        return LATE;
    if (file->checkpoint || (i < span->first && strcmp(file->version, revisions->items[0].version) < 0))
        return PASSED_OVER;
    bool is_above = strcmp(file->version, revisions->items[revisions->n - 1].version) > 0;
    return i >= span->end && (span->complete || is_above) ? PENDING : LATE;
}

static void add_file(struct migration_plan *plan, const struct migration_file *file, enum place place,
                     enum migrate_order order)
{
    if (place == PENDING || (place == LATE && order == ORDER_NON_LINEAR))
        plan->pending[plan->n_pending++] = file;
    if (place == LATE && order == ORDER_LINEAR)
        plan->late[plan->n_late++] = file;
}

enum code plan_make(struct context *context, const struct migration_directory *directory,
                    const struct revisions *revisions, enum migrate_order order, struct migration_plan *ret_plan)
{
    struct span span = find_span(directory, revisions);
    struct range latecomers = find_latecomers(directory, revisions, &span);
    struct migration_plan plan = {
        .pending = arena_array(context->arena, directory->n_files, sizeof(struct migration_file *)),
        .late = arena_array(context->arena, directory->n_files, sizeof(struct migration_file *)),
    };

    if (!plan.pending || !plan.late)
        return fail_memory(context);
    for (size_t i = 0; i < directory->n_files; i++) {
        const struct migration_file *file = &directory->files[i];
        const struct revision *revision = revisions_find(revisions, file->version);
        if (revision && revision_is_complete(revision)) {
            plan.current = file;
            plan.n_applied++;
            continue;
        }
        if (revision && !plan.begun)
            plan.begun = revision;
        add_file(&plan, file, revision ? PENDING : find_place(file, i, revisions, &span, &latecomers), order);
    }
    *ret_plan = plan;
    return OK;
}

static enum code check_order(struct context *context, const struct migration_plan *plan)
{
    struct buffer names;

    if (plan->n_late == 0)
        return OK;
    buffer_init(&names, context->arena, NAMES_SIZE_MAX);
    for (size_t i = 0; i < plan->n_late; i++)
        buffer_printf(&names, "%s%s", i ? ", " : "", plan->late[i]->name);
    return fail(context, CONFLICT,
                "migration %s %s%s added out of order. See: https://atlasgo.io/versioned/apply#non-linear-error",
                plan->n_late == 1 ? "file" : "files", names.data, plan->n_late == 1 ? " was" : " were");
}

static enum code check_revision(struct context *context, const struct migration_directory *directory,
                                const struct revisions *revisions, const struct revision *revision,
                                const struct range *latecomers)
{
    const struct migration_file *file = find_file(directory, revision->version);

    if (!revision_is_complete(revision) && !file)
        return fail(context, CONFLICT, "version %s was applied in part, and its file is not in the directory",
                    revision->version);
    if (is_changed(directory, revisions, revision, latecomers))
        return fail(context, CONFLICT, "history changed: file \"%s\" is not the one that was applied", file->name);
    return OK;
}

/* The order comes first: a file that came late also changes the sums of those after it. */
enum code plan_check(struct context *context, const struct migration_plan *plan,
                     const struct migration_directory *directory, const struct revisions *revisions)
{
    struct span span = find_span(directory, revisions);
    struct range latecomers = find_latecomers(directory, revisions, &span);
    enum code code = check_order(context, plan);

    for (size_t i = 0; code == OK && i < revisions->n; i++)
        code = check_revision(context, directory, revisions, &revisions->items[i], &latecomers);
    return code;
}

enum code plan_limit(struct context *context, struct migration_plan *plan, const struct revisions *revisions,
                     size_t amount, const char *version)
{
    const struct revision *revision = version ? revisions_find(revisions, version) : NULL;
    size_t n = 0;

    if (version && !(revision && revision_is_complete(revision))) {
        while (n < plan->n_pending && strcmp(plan->pending[n]->version, version) != 0)
            n++;
        if (n == plan->n_pending)
            return fail(context, CONFLICT, "migration with version \"%s\" not found", version);
        plan->n_pending = n + 1;
    } else if (version) {
        while (n < plan->n_pending && strcmp(plan->pending[n]->version, version) < 0)
            n++;
        plan->n_pending = n;
    }
    if (amount > 0 && amount < plan->n_pending)
        plan->n_pending = amount;
    return OK;
}
