#ifndef USECASE_CATALOGUE_H
#define USECASE_CATALOGUE_H

/*
 * usecase/catalogue.h: the collections of this service and how they hang together: a book has an author, and an
 * author's books go with the author.
 */

#include "usecase/collection.h"

struct catalogue {
    struct collection authors;
    struct collection books;
};

/* The repositories and the unit of work must outlive the catalogue. */
void catalogue_init(struct catalogue *catalogue, struct repository *authors, struct repository *books,
                    struct unit_of_work *unit_of_work);

/* The collection of records of this schema; NULL when there is none. */
struct collection *catalogue_find(struct catalogue *catalogue, const struct schema *schema);

#endif
