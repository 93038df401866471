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
    return fail(context, NOT_FOUND, RECORD_NOT_FOUND, collection->schema->title);
}

static enum code changed(const struct collection *collection, struct context *context)
{
    return fail(context, CHANGED, RECORD_CHANGED, collection->schema->title);
}

/* Adds the violation that the id sent as `field` is that of no such record. `input` NULL: no memory. */
static enum code no_record(struct context *context, const char *where, const char *field, const struct schema *schema,
                           const char *input)
{
    struct violation violation = {
        .kind = UNKNOWN_REFERENCE,
        .where = where,
        .field = field,
        .reason = arena_printf(context->arena, "no %s has this id", schema->name),
        .input = input,
    };

    return violation.reason && violation.input ? violate(context, &violation) : fail_memory(context);
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

/* Puts the records that one reference names into place `slot` of each record's embedded ones, with one find_many.
 * *gaps is set when one of them is not there. */
static enum code embed(const struct collection *collection, struct context *context, const struct reference *reference,
                       size_t slot, struct listing *listing, bool *gaps)
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
        *gaps = *gaps || (id && !listing->embedded[i][slot]);
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

/* All that is embedded in the page. */
static enum code embed_all(const struct collection *collection, struct context *context, struct listing *listing,
                           bool *gaps)
{
    const struct schema *schema = collection->schema;
    size_t slots = 0;
    size_t slot = 0;
    enum code code = OK;

    for (size_t i = 0; i < schema->n_fields; i++)
        slots += schema->fields[i].embed != NULL;
    if (slots > 0)
        code = embedded_new(context, slots, listing);
    for (size_t i = 0; code == OK && i < schema->n_fields; i++) {
        for (size_t r = 0; code == OK && schema->fields[i].embed && r < collection->n_references; r++) {
            if (collection->references[r].field == &schema->fields[i])
                code = embed(collection, context, &collection->references[r], slot, listing, gaps);
        }
        slot += schema->fields[i].embed != NULL;
    }
    return code;
}

/* The page, and after it what is embedded in it. *ret_gaps: some of that is not there. */
static enum code listing_read(const struct collection *collection, struct context *context, const struct query *query,
                              struct listing *ret_listing, bool *ret_gaps)
{
    struct repository *repository = collection->repository;
    struct listing listing = {0};
    bool gaps = false;
    enum code code = repository->list(repository, context, query, &listing.page);

    if (code == OK)
        code = embed_all(collection, context, &listing, &gaps);
    if (code != OK)
        return code;
    *ret_listing = listing;
    *ret_gaps = gaps;
    return OK;
}

/* A page with nothing on it: INVALID when that is because the anchor is gone, and its place in the order with it. */
static enum code check_anchor(const struct collection *collection, struct context *context, const struct query *query)
{
    struct repository *repository = collection->repository;
    void *anchor = NULL;
    enum code code;

    if (!query->by_key || query->anchor <= 0 || query->sort == &collection->schema->fields[0])
        return OK;
    if ((code = repository->find(repository, context, query->anchor, &anchor)) != OK || anchor)
        return code;
    /* What is sent in a query is text. */
    return no_record(context, "query", query->backwards ? "before" : "after", collection->schema,
                     arena_printf(context->arena, "\"%lld\"", (long long)query->anchor));
}

/* Records that a filter makes equal in the field they are ordered by differ in their ids only: the order is then by
 * id, which says the same in words that an index serves. */
static struct query simplify(const struct schema *schema, const struct query *query)
{
    struct query simple = *query;

    for (size_t i = 0; i < query->n_filters; i++)
        if (query->filters[i].field == query->sort)
            simple.sort = &schema->fields[0];
    return simple;
}

enum code collection_list(struct collection *collection, struct context *context, const struct query *query,
                          struct listing *ret_listing)
{
    struct query simple = simplify(collection->schema, query);
    struct listing listing = {0};
    bool gaps = false;
    enum code code = listing_read(collection, context, &simple, &listing, &gaps);

    /* The page and what is embedded are not read at the same moment: what was missing may have been on its way out,
     * together with the records that refer to it. */
    if (code == OK && gaps)
        code = listing_read(collection, context, &simple, &listing, &gaps);
    if (code == OK && listing.page.n == 0)
        code = check_anchor(collection, context, &simple);
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

/* A record that the database refused because of a reference. */
struct refused {
    const struct collection *collection;
    const void *record;
};

/* One violation per reference that names no record; CONFLICT when all of them do by now. */
static enum code explain_work(struct context *context, void *argument)
{
    const struct refused *refused = argument;
    enum code result = CONFLICT;

    for (size_t i = 0; i < refused->collection->n_references; i++) {
        const struct reference *reference = &refused->collection->references[i];
        struct repository *repository = reference->target->repository;
        struct value value = field_get(reference->field, refused->record);
        void *found = NULL;
        enum code code = value.is_null ? OK : repository->find(repository, context, value.integer, &found);
        if (code != OK)
            return code;
        if (value.is_null || found)
            continue;
        result = no_record(context, "body", reference->field->name, reference->target->schema,
                           arena_printf(context->arena, "%lld", (long long)value.integer));
    }
    return result == CONFLICT ? fail(context, CONFLICT, "a record that this one refers to has just changed") : result;
}

/* After NO_REFERENCE. In a unit of work, because the reads of one go past any cache. */
static enum code explain_reference(const struct collection *collection, struct context *context, const void *record)
{
    struct unit_of_work *unit_of_work = collection->unit_of_work;
    struct refused refused = {collection, record};

    return unit_of_work->run(unit_of_work, context, explain_work, &refused);
}

/* A record that is to be stored. */
struct creation {
    struct repository *repository;
    void *record;
};

static enum code create_work(struct context *context, void *argument)
{
    const struct creation *creation = argument;

    return creation->repository->insert(creation->repository, context, creation->record);
}

/* One statement, and yet a unit of work: that is what is rerun when it loses against another. */
enum code collection_create(struct collection *collection, struct context *context, void *record)
{
    struct unit_of_work *unit_of_work = collection->unit_of_work;
    struct creation creation = {collection->repository, record};
    enum code code = unit_of_work->run(unit_of_work, context, create_work, &creation);

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
    return repository->update(repository, context, write->record, write->set);
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
