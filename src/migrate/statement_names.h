#ifndef MIGRATE_STATEMENT_NAMES_H
#define MIGRATE_STATEMENT_NAMES_H

/*
 * migrate/statement_names.h: what a statement says it does with the rows behind a name. Where it is not said in the
 * plain form that each database has for it, the answer is no. `rules`: of enum split_rule.
 */

#include <stdbool.h>

/* Does it give the column, or the table, its new name? */
bool statement_renames_column(const char *statement, const char *from, const char *to, unsigned rules);
bool statement_renames_table(const char *statement, const char *from, const char *to, unsigned rules);

/* Does it insert rows of one table into another? That it leaves none out is not seen. */
bool statement_copies_rows(const char *statement, const char *from, const char *to, unsigned rules);

/* Does it delete all rows of the table? */
bool statement_empties_table(const char *statement, const char *table, unsigned rules);

/* Does it set the column in all rows of the table? */
bool statement_sets_column(const char *statement, const char *table, const char *column, unsigned rules);

#endif
