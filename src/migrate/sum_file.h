#ifndef MIGRATE_SUM_FILE_H
#define MIGRATE_SUM_FILE_H

/* migrate/sum_file.h: atlas.sum (Atlas migration directory integrity file): its text, and how one differs. */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct context;
struct hash_chain;
struct migration_directory;
struct migration_file;

#define SUM_FILE "atlas.sum"
#define SUM_FILE_SIZE_MAX ((size_t)2 << 20)

/* Sets the hash of each file and the directory's `sum`. */
enum code sum_file_make(struct context *context, struct migration_directory *directory)
    __attribute__((warn_unused_result));

/* Adds a file to the chain over all files, whose sum after it is the file's hash. */
void sum_file_add(struct hash_chain *chain, const struct migration_file *file);

/* The first line that differs. */
struct sum_fault {
    size_t line; /* from 1; 0: it cannot be told */
    const char *name;
    size_t name_size;
    const char *what; /* what was done to the file: "edited", "added", "removed" */
};

/* Does `is` say what `should_be` says? Line ends and spaces may differ, as with Atlas. Sets ret_fault when not. */
bool sum_file_agrees(const char *is, const char *should_be, struct sum_fault *ret_fault);

#endif
