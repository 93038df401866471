/* usecase/catalogue.c: sets the collections up and ties them together by what their fields refer to. */

#include "usecase/catalogue.h"

#include "schema/schema.h"

/* Ties a collection to those it refers to, and them to it. */
static bool tie(struct catalogue *catalogue, struct collection *collection)
{
    for (size_t i = 0; i < collection->schema->n_fields; i++) {
        const struct field *field = &collection->schema->fields[i];
        struct collection *target = field->references ? catalogue_find(catalogue, field->references) : NULL;
        if (!field->references)
            continue;
        if (!target || collection->n_references == REFERENCES_MAX || target->n_dependents == DEPENDENTS_MAX)
            return false;
        collection->references[collection->n_references++] = (struct reference){field, target};
        target->dependents[target->n_dependents++] = (struct dependent){field, collection->repository};
    }
    return true;
}

bool catalogue_init(struct catalogue *catalogue, struct repository *const *repositories,
                    struct unit_of_work *unit_of_work)
{
    bool tied = true;

    *catalogue = (struct catalogue){.n = 0};
    for (; records[catalogue->n]; catalogue->n++) {
        catalogue->collections[catalogue->n] = (struct collection){
            .schema = records[catalogue->n],
            .repository = repositories[catalogue->n],
            .unit_of_work = unit_of_work,
        };
    }
    for (size_t i = 0; i < catalogue->n; i++)
        tied = tie(catalogue, &catalogue->collections[i]) && tied;
    return tied;
}

struct collection *catalogue_find(struct catalogue *catalogue, const struct schema *schema)
{
    for (size_t i = 0; i < catalogue->n; i++) {
        if (catalogue->collections[i].schema == schema)
            return &catalogue->collections[i];
    }
    return NULL;
}
