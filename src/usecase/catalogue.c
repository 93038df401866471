/* usecase/catalogue.c: sets the collections up and ties them together by what their fields refer to. */

#include "usecase/catalogue.h"

#include "domain/author.h"
#include "domain/book.h"
#include "schema/schema.h"

/* Ties a collection to those it refers to, and them to it. */
static void tie(struct catalogue *catalogue, struct collection *collection)
{
    for (size_t i = 0; i < collection->schema->n_fields; i++) {
        const struct field *field = &collection->schema->fields[i];
        struct collection *target = field->references ? catalogue_find(catalogue, field->references) : NULL;
        if (!target || collection->n_references == REFERENCES_MAX || target->n_dependents == DEPENDENTS_MAX)
            continue;
        collection->references[collection->n_references++] = (struct reference){field, target};
        target->dependents[target->n_dependents++] = (struct dependent){field, collection->repository};
    }
}

void catalogue_init(struct catalogue *catalogue, struct repository *authors, struct repository *books,
                    struct unit_of_work *unit_of_work)
{
    *catalogue = (struct catalogue){
        .authors = {.schema = &author_schema, .repository = authors, .unit_of_work = unit_of_work},
        .books = {.schema = &book_schema, .repository = books, .unit_of_work = unit_of_work},
    };
    tie(catalogue, &catalogue->authors);
    tie(catalogue, &catalogue->books);
}

struct collection *catalogue_find(struct catalogue *catalogue, const struct schema *schema)
{
    struct collection *const collections[] = {&catalogue->authors, &catalogue->books, NULL};
    size_t i = 0;

    while (collections[i] && collections[i]->schema != schema)
        i++;
    return collections[i];
}
