/*
 * usecase/collection.c: the rules that hold for every kind of record.
 *
 * References are not checked before a write: the database does that, without a race, and only when it says no are they
 * looked up one by one, to name the one that is missing.
 */

#include "usecase/collection.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/context.h"
#include "usecase/repository.h"
#include "usecase/unit_of_work.h"

static enum code not_found(const struct collection *collection, struct context *context)
{
    return fail(context, NOT_FOUND, "%s not found", collection->schema->title);
}

static enum code changed(const struct collection *collection, struct context *context)
{
    return fail(context, CHANGED, "%s has changed", collection->schema->title);
}

/* --- lists --- */

static int id_compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* The ids that a field of the page's records refers to, ascending, each once. */
static enum code referred_ids(const struct schema *schema, struct context *context, const struct field *field,
                              const struct page *page, struct ids *ret_ids)
{
    struct ids ids = {arena_array(context->arena, page->n, sizeof(int64_t)), 0};
    size_t n = 0;

    if (!ids.items)
        return fail_memory(context);
    for (size_t i = 0; i < page->n; i++) {
        struct value value = field_get(field, page_record(schema, page, i));
        if (!value.is_null)
            ids.items[n++] = value.integer;
    }
    qsort(ids.items, n, sizeof(*ids.items), id_compare);
    for (size_t i = 0; i < n; i++) {
        if (ids.n == 0 || ids.items[ids.n - 1] != ids.items[i])
            ids.items[ids.n++] = ids.items[i];
    }
    *ret_ids = ids;
    return OK;
}

/* Puts the records that one reference names into place `slot` of each record's embedded ones, with one find_many. */
static enum code embed(const struct collection *collection, struct context *context, const struct reference *reference,
                       size_t slot, struct listing *listing)
{
    struct repository *repository = reference->target->repository;
    struct ids ids = {0};
    void **found;
    enum code code = referred_ids(collection->schema, context, reference->field, &listing->page, &ids);

    if (code != OK || ids.n == 0)
        return code;
    if (!(found = arena_array(context->arena, ids.n, sizeof(*found))))
        return fail_memory(context);
    if ((code = repository->find_many(repository, context, ids.items, ids.n, found)) != OK)
        return code;
    for (size_t i = 0; i < listing->page.n; i++) {
        struct value value = field_get(reference->field, page_record(collection->schema, &listing->page, i));
        const int64_t *id = bsearch(&value.integer, ids.items, ids.n, sizeof(*ids.items), id_compare);
        listing->embedded[i][slot] = id ? found[id - ids.items] : NULL;
    }
    return OK;
}

/* One array of `slots` pointers, all NULL, per record of the page. */
static enum code embedded_new(struct context *context, size_t slots, struct listing *listing)
{
    const void **all = arena_array(context->arena, listing->page.n * slots, sizeof(*all));

    listing->embedded = arena_array(context->arena, listing->page.n, sizeof(*listing->embedded));
    if (!all || !listing->embedded)
        return fail_memory(context);
    for (size_t i = 0; i < listing->page.n; i++)
        listing->embedded[i] = &all[i * slots];
    return OK;
}

enum code collection_list(struct collection *collection, struct context *context, const struct query *query,
                          struct listing *ret_listing)
{
    const struct schema *schema = collection->schema;
    struct listing listing = {0};
    size_t slots = 0;
    size_t slot = 0;
    enum code code = collection->repository->list(collection->repository, context, query, &listing.page);

    for (size_t i = 0; i < schema->n_fields; i++)
        slots += schema->fields[i].embed != NULL;
    if (code == OK && slots > 0)
        code = embedded_new(context, slots, &listing);
    for (size_t i = 0; code == OK && i < schema->n_fields; i++) {
        for (size_t r = 0; code == OK && schema->fields[i].embed && r < collection->n_references; r++) {
            if (collection->references[r].field == &schema->fields[i])
                code = embed(collection, context, &collection->references[r], slot, &listing);
        }
        slot += schema->fields[i].embed != NULL;
    }
    if (code == OK)
        *ret_listing = listing;
    return code;
}

/* --- single records --- */

enum code collection_get(struct collection *collection, struct context *context, int64_t id, void **ret_record)
{
    void *record = NULL;
    enum code code = collection->repository->find(collection->repository, context, id, &record);

    if (code != OK)
        return code;
    if (!record)
        return not_found(collection, context);
    *ret_record = record;
    return OK;
}

/* After NO_REFERENCE: one violation per reference that names no record; CONFLICT when all of them do by now. */
static enum code explain_reference(const struct collection *collection, struct context *context, const void *record)
{
    enum code result = CONFLICT;

    for (size_t i = 0; i < collection->n_references; i++) {
        const struct reference *reference = &collection->references[i];
        struct repository *repository = reference->target->repository;
        struct value value = field_get(reference->field, record);
        void *found = NULL;
        enum code code = value.is_null ? OK : repository->find(repository, context, value.integer, &found);
        if (code != OK)
            return code;
        if (value.is_null || found)
            continue;
        result = violate(
            context, &(struct violation){
                         .kind = UNKNOWN_REFERENCE,
                         .where = "body",
                         .field = reference->field->name,
                         .reason = arena_printf(context->arena, "no %s has this id", reference->target->schema->name),
                         .input = arena_printf(context->arena, "%lld", (long long)value.integer),
                     });
    }
    return result == CONFLICT ? fail(context, CONFLICT, "a record that this one refers to has just changed") : result;
}

enum code collection_create(struct collection *collection, struct context *context, void *record)
{
    enum code code = collection->repository->insert(collection->repository, context, record);

    return code == NO_REFERENCE ? explain_reference(collection, context, record) : code;
}

/* One write on its way through a unit of work. */
struct write {
    struct collection *collection;
    int64_t id;
    const void *changes;
    uint32_t set;
    const struct precondition *precondition; /* may be NULL */
    void *record;                            /* as it is after an update */
};

/* Reads the record that is to be written; it is NULL when there is none. CHANGED. */
static enum code write_begin(struct write *write, struct context *context)
{
    struct repository *repository = write->collection->repository;
    const struct precondition *precondition = write->precondition;
    enum code code = repository->find_for_update(repository, context, write->id, &write->record);

    if (code != OK || !write->record || !precondition)
        return code;
    if (!precondition->holds(precondition, context, write->collection->schema, write->record))
        return changed(write->collection, context);
    return OK;
}

static enum code update_work(struct context *context, void *argument)
{
    struct write *write = argument;
    struct repository *repository = write->collection->repository;
    enum code code = write_begin(write, context);

    if (code != OK)
        return code;
    if (!write->record)
        return not_found(write->collection, context);
    schema_merge(write->collection->schema, write->record, write->changes, write->set);
    return repository->update(repository, context, write->record);
}

enum code collection_update(struct collection *collection, struct context *context, int64_t id, const void *changes,
                            uint32_t set, const struct precondition *precondition, void **ret_record)
{
    struct unit_of_work *unit_of_work = collection->unit_of_work;
    struct write write = {collection, id, changes, set, precondition, NULL};
    enum code code = unit_of_work->run(unit_of_work, context, update_work, &write);

    if (code == NO_REFERENCE)
        return explain_reference(collection, context, write.record);
    if (code == OK)
        *ret_record = write.record;
    return code;
}

static enum code remove_work(struct context *context, void *argument)
{
    struct write *write = argument;
    const struct collection *collection = write->collection;
    enum code code = write_begin(write, context);

    if (code != OK)
        return code;
    if (!write->record)
        return write->precondition ? changed(collection, context) : OK;
    for (size_t i = 0; code == OK && i < collection->n_dependents; i++) {
        const struct dependent *dependent = &collection->dependents[i];
        struct filter filter = {dependent->field, {.type = dependent->field->type, .integer = write->id}};
        struct ids removed = {0};
        code = dependent->repository->remove_where(dependent->repository, context, &filter, &removed);
    }
    return code == OK ? collection->repository->remove(collection->repository, context, write->id) : code;
}

enum code collection_remove(struct collection *collection, struct context *context, int64_t id,
                            const struct precondition *precondition)
{
    struct unit_of_work *unit_of_work = collection->unit_of_work;
    struct write write = {.collection = collection, .id = id, .precondition = precondition};

    return unit_of_work->run(unit_of_work, context, remove_work, &write);
}
