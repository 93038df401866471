#ifndef MIGRATE_TYPE_CHANGE_H
#define MIGRATE_TYPE_CHANGE_H

/* migrate/type_change.h: does every value of one type of column fit into another? */

#include <stdbool.h>

/* The types as model_read() gives them. False also when it cannot be told. */
bool type_widens(const char *from, const char *to);

#endif
