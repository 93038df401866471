#ifndef FAKE_STORE_H
#define FAKE_STORE_H

/*
 * fake_store.h: repositories and a unit of work in memory, for unit tests and as the simplest of the contract suite.
 *
 * One store holds the records of all its repositories, enforces their references (a field's `references`), and puts
 * everything back when a unit of work does not commit.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "usecase/repository.h"
#include "usecase/unit_of_work.h"

struct arena;
struct catalogue;
struct fake_store;

struct fake_store *fake_store_new(struct arena *arena);
struct repository *fake_repository_new(struct fake_store *store, const struct schema *schema);
struct unit_of_work *fake_unit_of_work(struct fake_store *store);

/* Sets a catalogue up over the store, with a repository for each kind of record. */
bool fake_catalogue(struct fake_store *store, struct catalogue *ret_catalogue);

/* After `after` more calls of any repository function, the next `times` give `code`. */
void fake_fail(struct fake_store *store, enum code code, unsigned after, unsigned times);

/* Calls of repository functions so far. */
unsigned fake_calls(const struct fake_store *store);

#endif
