#ifndef USECASE_COLLECTION_H
#define USECASE_COLLECTION_H

/*
 * usecase/collection.h: what can be done with a kind of record.
 *
 * A collection is a repository plus the rules of its kind: which records its own refer to, and what removing one takes
 * along. usecase/catalogue.c sets them up.
 *
 * All calls may give the codes of usecase/repository.h. NOT_FOUND says "<Title> not found".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "usecase/query.h"

struct context;
struct repository;
struct unit_of_work;

struct collection;

/* A field that refers to a record of another collection. */
struct reference {
    const struct field *field;
    struct collection *target;
};

/* A field of another collection that refers to this one; those records go when theirs goes. */
struct dependent {
    const struct field *field;
    struct repository *repository;
};

#define REFERENCES_MAX 4
#define DEPENDENTS_MAX 4

struct collection {
    const struct schema *schema;
    struct repository *repository;
    struct unit_of_work *unit_of_work;
    struct reference references[REFERENCES_MAX];
    size_t n_references;
    struct dependent dependents[DEPENDENTS_MAX];
    size_t n_dependents;
};

/*
 * What must hold of the record that is there before it may be written: HTTP's If-Match, without HTTP. NULL: nothing
 * need hold.
 */
struct precondition {
    bool (*holds)(const struct precondition *self, struct context *context, const struct schema *schema,
                  const void *record);
};

/* A list, with the records that its records refer to. embedded[i] belongs to page record i and is laid out as
 * json_add_record() takes it; NULL when nothing is embedded. */
struct listing {
    struct page page;
    const void ***embedded;
};

/* INVALID when the query's anchor is no record and the order is not by id: nothing then says where to go on. */
enum code collection_list(struct collection *collection, struct context *context, const struct query *query,
                          struct listing *ret_listing) __attribute__((warn_unused_result));

/* NOT_FOUND. */
enum code collection_get(struct collection *collection, struct context *context, int64_t id, void **ret_record)
    __attribute__((warn_unused_result));

/* Sets the record's id. INVALID when it refers to a record that does not exist; CONFLICT. */
enum code collection_create(struct collection *collection, struct context *context, void *record)
    __attribute__((warn_unused_result));

/*
 * Replaces the fields in `set` by those of `changes`, read-only fields excepted: ALL_FIELDS is PUT, fewer is PATCH.
 * *ret_record is the record as it is stored now. NOT_FOUND; CHANGED when the precondition does not hold; INVALID and
 * CONFLICT as for create.
 */
enum code collection_update(struct collection *collection, struct context *context, int64_t id, const void *changes,
                            uint32_t set, const struct precondition *precondition, void **ret_record)
    __attribute__((warn_unused_result));

/*
 * Removes the record and its dependents, in one unit of work. OK too when it is already gone; with a precondition that
 * is CHANGED. CHANGED when the precondition does not hold.
 */
enum code collection_remove(struct collection *collection, struct context *context, int64_t id,
                            const struct precondition *precondition) __attribute__((warn_unused_result));

#endif
