#ifndef CORE_INSTALLATION_H
#define CORE_INSTALLATION_H

/*
 * core/installation.h: the files that were installed with the program: PREFIX/bin/quire has them in PREFIX/share/quire.
 *
 * They are found from where the program is, so that an installation can be moved, or be in a home directory.
 */

struct arena;

/* The path of an installed file or folder, in the arena. NULL: there is none of that name, or no memory. */
const char *installation_find(struct arena *arena, const char *name);

#endif
