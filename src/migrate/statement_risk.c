/* migrate/statement_risk.c: what the tables of before and after do not show: rows that go, and values that are written
 * over. Only what is done to each row of a table counts: a statement with a WHERE means some, and knows which. */

#include <stdio.h>

#include "migrate/model.h"
#include "migrate/risks.h"
#include "migrate/statement_names.h"

static const struct risk deleted = {
    .code = "QU106",
    .kind = "data_depend",
    .subject = "data dependent changes detected",
};

static const struct risk overwritten = {
    .code = "QU107",
    .kind = "data_depend",
    .subject = "data dependent changes detected",
};

/* NULL: none. */
static const struct column *find_overwritten(const char *statement, unsigned rules, const struct table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (statement_sets_column(statement, table->name, table->columns[i].name, rules))
            return &table->columns[i];
    return NULL;
}

bool statement_risk(const char *statement, unsigned rules, const struct model *model, size_t *position,
                    struct risk *ret_risk)
{
    while (*position < model->n_tables) {
        const struct table *table = &model->tables[(*position)++];
        const struct column *column = find_overwritten(statement, rules, table);
        if (column) {
            *ret_risk = overwritten;
            snprintf(ret_risk->text, sizeof ret_risk->text, "Overwriting column \"%s\" in all rows of table \"%s\"",
                     column->name, table->name);
            return true;
        }
        if (statement_empties_table(statement, table->name, rules)) {
            *ret_risk = deleted;
            snprintf(ret_risk->text, sizeof ret_risk->text, "Deleting all rows of table \"%s\"", table->name);
            return true;
        }
    }
    return false;
}
