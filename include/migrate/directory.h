#ifndef MIGRATE_DIRECTORY_H
#define MIGRATE_DIRECTORY_H

/*
 * migrate/directory.h: an Atlas versioned-migration directory: flat `VERSION[_description].sql` files, sorted bytewise,
 * and atlas.sum, which chains their SHA-256 sums (Atlas migration directory integrity file). directory_write.h changes
 * one. Paths are plain: whoever takes them from a user takes a `file://` off first.
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
    bool checkpoint;          /* its header says `-- atlas:checkpoint`: it stands for all files before it */
    const char *nolint;       /* from `-- atlas:nolint [names]` in its header: NULL: none; "": for all; names */
    const char *check;        /* from `-- quire:check SQL`: must give no row before the file is applied; NULL: none */
    const char *resolve;      /* from `-- quire:resolve SQL`: the statements that make the check come out empty */
    const char *refusal;      /* from `-- quire:refusal TEXT`: what is wrong with the rows that the check gives */
};

struct migration_directory {
    /* In the order of their names, byte by byte, as Atlas has it. No two have the same version, but a version may be
     * below that of the file before it: "10_a.sql" comes before "1_b.sql". */
    struct migration_file *files;
    size_t n_files;
    const char *sum; /* the whole text of atlas.sum as it should be */
};

#define MIGRATION_FILE_SIZE_MAX ((size_t)4 << 20)
#define MIGRATION_FILES_MAX 10000

/* Reads the folder. NOT_FOUND: it is not there or cannot be read; MALFORMED: a file is too large, not text, has a
 * directive that cannot be read, or the version of another one. The failure's detail is one line for the user. */
enum code directory_read(struct context *context, const char *path, struct migration_directory *ret_directory)
    __attribute__((warn_unused_result));

/* The text of atlas.sum as it is; NULL: it is not there. Codes of directory_read(). */
enum code directory_read_sum(struct context *context, const char *path, const char **ret_text)
    __attribute__((warn_unused_result));

/* Does atlas.sum say what it should? CONFLICT when not, with what Atlas says of it: "checksum mismatch", "checksum file
 * not found". A folder without migrations needs no atlas.sum. */
enum code directory_check(struct context *context, const char *path, const struct migration_directory *directory)
    __attribute__((warn_unused_result));

/* After directory_check() gave CONFLICT: what to print on stdout, several lines that end with an empty one: which file
 * was edited, added or removed, if that can be told, and what to do. NULL without memory. Keeps the context's failure.
 */
const char *directory_advice(struct context *context, const char *path, const struct migration_directory *directory);

#endif
