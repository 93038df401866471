#ifndef FOLDER_TREE_H
#define FOLDER_TREE_H

/* folder_tree.h: all that is below a folder, as one text, and its removal. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Visits what is below `path`, by name, folders before what is in them, and each once more after it. */
typedef void tree_visitor(void *argument, const char *path, const struct stat *status, int after);

static inline int tree_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static inline void tree_walk(const char *path, tree_visitor *visit, void *argument)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, tree_by_name);

    for (int i = 0; i < n; i++) {
        char below[512];
        struct stat status;
        const char *name = entries[i]->d_name;
        snprintf(below, sizeof below, "%s/%s", path, name);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && lstat(below, &status) == 0) {
            visit(argument, below, &status, 0);
            if (S_ISDIR(status.st_mode))
                tree_walk(below, visit, argument);
            visit(argument, below, &status, 1);
        }
        free(entries[i]);
    }
    free((void *)entries);
}

static inline void tree_print(void *stream, const char *path, const struct stat *status, int after)
{
    char text[4096];

    if (after)
        return;
    fprintf(stream, "%s\n", path);
    FILE *file = S_ISREG(status->st_mode) ? fopen(path, "r") : NULL;
    if (!file)
        return;
    fwrite(text, 1, fread(text, 1, sizeof text, file), stream);
    fclose(file);
}

/* Names and texts of all that is below; to be freed. */
static inline char *tree_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        abort();
    tree_walk(path, tree_print, stream);
    fclose(stream);
    return text;
}

static inline void tree_unlink(void *unused, const char *path, const struct stat *status, int after)
{
    (void)unused;
    (void)status;
    if (after)
        (void)!remove(path);
}

static inline int tree_remove(const char *path)
{
    tree_walk(path, tree_unlink, NULL);
    return rmdir(path);
}

#endif
