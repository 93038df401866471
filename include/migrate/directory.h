#ifndef MIGRATE_DIRECTORY_H
#define MIGRATE_DIRECTORY_H

/*
 * migrate/directory.h: an Atlas versioned-migration directory: flat `VERSION[_description].sql` files, sorted bytewise,
 * and atlas.sum, which chains their SHA-256 sums (Atlas migration directory integrity file).
 */

#include <stdbool.h>
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
    /* From a line `-- quire:replaces h1:HASH`: the file does what another one did that databases have applied under
     * this version and this hash, without "h1:". NULL: none. */
    const char *replaces;
    bool without_transaction; /* its header says `-- atlas:txmode none` */
};

struct migration_directory {
    struct migration_file *files; /* in order; each version is above the one before, as text */
    size_t n_files;
    const char *sum; /* the whole text of atlas.sum as it should be */
};

#define MIGRATION_FILE_SIZE_MAX ((size_t)4 << 20)
#define MIGRATION_FILES_MAX 10000

/* Reads the folder. NOT_FOUND: it is not there or cannot be read; MALFORMED: a file is too large, not text, asks for
 * what quire does not do, or its version is not above the one before. The failure's detail is one line for the user. */
enum code directory_read(struct context *context, const char *path, struct migration_directory *ret_directory)
    __attribute__((warn_unused_result));

/* Does atlas.sum say what it should? CONFLICT with one line (which file was edited, added or removed) when not. */
enum code directory_check(struct context *context, const char *path, const struct migration_directory *directory)
    __attribute__((warn_unused_result));

#endif
