#ifndef MIGRATE_DIRECTORY_WRITE_H
#define MIGRATE_DIRECTORY_WRITE_H

/*
 * migrate/directory_write.h: adds files to migration directories, and brings atlas.sum up to date.
 *
 * Each file is written whole under another name, then renamed: the new .sql files first, then each atlas.sum. Who is
 * killed between the two leaves a file that atlas.sum does not know, which directory_check() says.
 */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "core/error.h"

struct context;
struct migration_directory;

/* May a user call a migration this? Letters, digits, `_` and `-`, at most MIGRATION_NAME_MAX of them. */
#define MIGRATION_NAME_MAX 60
#define MIGRATION_NAME_RULE "a name has letters, digits, _ and -, and at most 60 of them"
bool migration_name_is_good(const char *name);

/* "20261101090000_name.sql": the version is the time `now` in UTC, or the next number above the last version of all
 * these directories if that is later. `name` NULL or "": without one. MALFORMED: a version there is that no number of
 * 14 digits is above. */
enum code migration_file_name(struct context *context, const struct migration_directory *directories, size_t n,
                              time_t now, const char *name, const char **ret_file_name)
    __attribute__((warn_unused_result));

/* One file to add to one directory, which is made if it is not there. */
struct addition {
    const char *path; /* of the directory */
    const char *text; /* of the file */
};

/*
 * Adds a file of this name to each of the directories, and to each atlas.sum: to all of them or, as far as the file
 * system allows, to none. Codes of directory_read() and directory_check(), which come first; CONFLICT: the version is
 * there already; UNAVAILABLE: it could not be written, or another one is writing there. The detail is one line for the
 * user that names the folder or file.
 */
enum code directory_add(struct context *context, const char *file_name, const struct addition *additions, size_t n)
    __attribute__((warn_unused_result));

/* Writes the atlas.sum that fits the files. Codes of directory_read(); UNAVAILABLE: it could not be written. */
enum code directory_rehash(struct context *context, const char *path) __attribute__((warn_unused_result));

#endif
