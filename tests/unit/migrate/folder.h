#ifndef FOLDER_H
#define FOLDER_H

/* folder.h: a folder of its own for a test, with the migrations that the test writes into it. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];

static inline int folder_make(void)
{
    snprintf(folder, sizeof folder, "/tmp/migrate_test.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline void folder_write(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

static inline void folder_delete(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static inline int folder_remove(void)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return -1;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            folder_delete(entry->d_name);
    closedir(dir);
    return rmdir(folder);
}

#endif
