#ifndef MIGRATE_DIRECTORY_H
#define MIGRATE_DIRECTORY_H

/*
 * migrate/directory.h: an Atlas versioned-migration directory: flat `VERSION[_description].sql` files, sorted bytewise,
 * and atlas.sum, which chains their SHA-256 sums (Atlas migration directory integrity file).
 */

#include <stddef.h>

#include "core/error.h"

struct arena;
struct context;

struct migration_file {
    const char *name;        /* "20240620051907.sql" */
    const char *version;     /* "20240620051907" */
    const char *description; /* "" when the name has none */
    const char *text;
    size_t size;
    const char *hash; /* its line in atlas.sum, base64, without "h1:" */
};

struct migration_directory {
    struct migration_file *files; /* in order */
    size_t n_files;
    const char *sum; /* the whole text of atlas.sum as it should be */
};

/* Reads the folder. NOT_FOUND: it is not there or cannot be read; MALFORMED: a file is too large or not text. The failure's
 * detail is one line for the user. */
enum code directory_read(struct context *context, const char *path, struct migration_directory *ret_directory)
    __attribute__((warn_unused_result));

/* Does atlas.sum say what it should? CONFLICT with one line (which file was edited, added or removed) when not. */
enum code directory_check(struct context *context, const char *path, const struct migration_directory *directory)
    __attribute__((warn_unused_result));

#endif
