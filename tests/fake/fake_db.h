#ifndef FAKE_DB_H
#define FAKE_DB_H

/*
 * fake_db.h: a database driver that does what it is told and remembers what it was asked.
 *
 * One script per program, shared by all connections; fake_db_reset() before each test.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "driver/db.h"

extern const struct db_driver fake_db_driver;

/* Forgets script, trace and answer. */
void fake_db_reset(void);

/* The outcome of the next connect or statement not yet spoken for; those without one are OK. */
void fake_db_plan(enum code code, bool lost);

/* Whether open connections pass the check. */
void fake_db_set_healthy(bool healthy);

/* What the next statements executed give, until the next reset. Cells are borrowed. */
void fake_db_set_result(const struct db_result *result);

/* What happened so far, such as "connect, SELECT 1, lost, check, disconnect"; the trace starts anew. */
const char *fake_db_trace(void);

#endif
