#ifndef MIGRATE_LOCK_FILE_H
#define MIGRATE_LOCK_FILE_H

/*
 * migrate/lock_file.h: the migration lock of a database that is a file.
 *
 * It is two locks. One is on the folder of the database, by the kernel (flock), which gives it back when its holder is
 * gone, however that ended. The other is for the Atlas CLI, which takes the file NAME_SUM.lock in the temporary folder,
 * or NAME.lock for all databases of the machine, and writes into it until when that is valid. Both names are respected;
 * only the first is taken, so that quire does not stop migrations of other databases.
 */

#include <stdbool.h>

#define LOCK_FILE_PATH_MAX 512

struct lock_file {
    int folder;                   /* descriptor, or -1 */
    char own[LOCK_FILE_PATH_MAX]; /* Atlas's file for this database; "": it is not held */
};

/* Tries once, without waiting; false: somebody has it. `path` is that of the database; `valid_ms`: for how long Atlas
 * is to believe in it. Where a lock cannot be had at all, for want of rights or of a folder that can be locked, it goes
 * without: what the file is written by is a transaction anyway. */
bool lock_file_try(struct lock_file *lock, const char *path, int valid_ms);

void lock_file_release(struct lock_file *lock);

#endif
