/* migrate/plan.c: versions are compared as text, as Atlas compares them. */

#include "migrate/plan.h"

#include <string.h>

#include "core/context.h"
#include "migrate/directory.h"
#include "migrate/revision.h"

/* A baseline stands for all versions up to its own. */
static const char *baseline_version(const struct revisions *revisions)
{
    const char *version = "";
    for (size_t i = 0; i < revisions->n; i++)
        if (revisions->items[i].type & REVISION_BASELINE)
            version = revisions->items[i].version;
    return version;
}

struct migration_plan plan_make(const struct migration_directory *directory, const struct revisions *revisions)
{
    struct migration_plan plan = {0};
    const char *baseline = baseline_version(revisions);

    for (size_t i = 0; i < directory->n_files; i++) {
        const struct migration_file *file = &directory->files[i];
        const struct revision *revision = revisions_find(revisions, file->version);
        if (revision ? revision_is_complete(revision) : strcmp(file->version, baseline) <= 0) {
            plan.current = file;
            plan.n_applied++;
            continue;
        }
        if (plan.n_pending++ == 0) {
            plan.next = file;
            plan.begun = revision;
        }
    }
    return plan;
}

/* Was the file applied as it is now, or as the one that it replaces was? An empty hash says nothing. */
static bool is_unchanged(const struct migration_file *file, const struct revision *revision)
{
    return !*revision->hash || strcmp(revision->hash, file->hash) == 0 ||
           (file->replaces && strcmp(revision->hash, file->replaces) == 0);
}

static enum code check_order(struct context *context, const struct migration_plan *plan,
                             const struct revisions *revisions)
{
    for (size_t i = 0; plan->next && i < revisions->n; i++) {
        const char *version = revisions->items[i].version;
        if (strcmp(plan->next->version, version) < 0)
            return fail(context, CONFLICT, "migration file \"%s\" was added out of order: version %s is applied",
                        plan->next->name, version);
    }
    return OK;
}

/* The order comes first: a file that came late also changes the sums of those after it. */
enum code plan_check(struct context *context, const struct migration_plan *plan,
                     const struct migration_directory *directory, const struct revisions *revisions)
{
    enum code code = check_order(context, plan, revisions);

    for (size_t i = 0; code == OK && i < directory->n_files; i++) {
        const struct migration_file *file = &directory->files[i];
        const struct revision *revision = revisions_find(revisions, file->version);
        if (revision && revision_is_complete(revision) && !is_unchanged(file, revision))
            code = fail(context, CONFLICT, "history changed: file \"%s\" is not the one that was applied", file->name);
    }
    return code;
}
