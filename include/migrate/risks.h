#ifndef MIGRATE_RISKS_H
#define MIGRATE_RISKS_H

/* migrate/risks.h: what changes may do to the rows that are there. */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct change;
struct changes;
struct context;
struct migrate_dialect;
struct model;

/* The codes are those of Atlas where it has one (atlasgo.io/lint/analyzers), else QU and a number of our own. */
struct risk {
    const char *code;    /* "DS103" */
    const char *kind;    /* by which `nolint` names all like it: "destructive", "data_depend", "condrop" */
    bool destructive;    /* what is there may be lost; false: it may fail for the rows that are there, or ends a rule */
    const char *subject; /* the heading of `lint`: "destructive changes detected" */
    char text[256];      /* "Dropping non-virtual column \"bio\"" */
};

/* The next risk of a change, those first that lose something; *position is 0 before the first. False when there is none
 * left: ret_risk is not set. That the table is new, and has no rows, is for the caller to know. */
bool change_risk(const struct change *change, size_t *position, struct risk *ret_risk);

/* The same of a statement that deletes all rows of a table of this model, or writes over values in all of them.
 * `rules`: of enum split_rule. */
bool statement_risk(const char *statement, unsigned rules, const struct model *model, size_t *position,
                    struct risk *ret_risk);

struct found_risk {
    const struct change *change;
    struct risk risk;
};

struct risks {
    struct found_risk *items; /* in the order of the changes, of which one may have several */
    size_t n;
};

/* Those of all changes of the model `from`. It knows more than change_risk() does of one change: a column that is new
 * and may be NULL has no value that a key or an index could refuse, nor a check that speaks of no other column. */
enum code risks_find(struct context *context, const struct migrate_dialect *dialect, const struct model *from,
                     const struct changes *changes, struct risks *ret_risks) __attribute__((warn_unused_result));

#endif
