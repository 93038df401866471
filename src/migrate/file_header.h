#ifndef MIGRATE_FILE_HEADER_H
#define MIGRATE_FILE_HEADER_H

/*
 * migrate/file_header.h: what the comments at the top of a migration file say.
 *
 * The header is the leading run of lines that start with `--` or `#`. Its directives count only with a blank line, or
 * nothing at all, after it. Those of Atlas may stand anywhere in a line (atlas:txmode, atlas:checkpoint, atlas:nolint);
 * those of quire start one, and go on over the comment lines after them that are indented by three spaces or more.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct context;
struct migration_file;

/* Sets what comes from the header in a file that has its name, text and size. MALFORMED, with one line: a directive is
 * there twice or has no value it can have. */
enum code file_header_read(struct context *context, struct migration_file *file) __attribute__((warn_unused_result));

/* Does its first line say `atlas:sum ignore`? Then atlas.sum has no line for it. */
bool file_header_is_ignored(const struct migration_file *file);

/* Does this line of a comment, anywhere in a file, say `atlas:nolint`? The names after it: none, that is for all. */
bool file_header_find_nolint(const char *line, size_t size, const char **ret_names, size_t *ret_names_size);

#endif
