#ifndef USECASE_CATALOGUE_H
#define USECASE_CATALOGUE_H

/*
 * usecase/catalogue.h: the collections of this service and how they hang together, which their fields say: a book
 * refers to an author, and an author's books go with the author.
 */

#include <stdbool.h>
#include <stddef.h>

#include "domain/records.h"
#include "usecase/collection.h"

struct catalogue {
    struct collection collections[RECORDS_MAX]; /* in the order of domain/records.h */
    size_t n;
};

/*
 * One repository for each kind in domain/records.h, in that order; they and the unit of work must outlive the
 * catalogue. False when a field refers to a kind that is not among them, or a kind has more than REFERENCES_MAX or
 * DEPENDENTS_MAX.
 */
bool catalogue_init(struct catalogue *catalogue, struct repository *const *repositories,
                    struct unit_of_work *unit_of_work) __attribute__((warn_unused_result));

/* The collection of records of this schema; NULL when there is none. */
struct collection *catalogue_find(struct catalogue *catalogue, const struct schema *schema);

#endif
