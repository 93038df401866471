#ifndef JSON_TREE_H
#define JSON_TREE_H

/* json_tree.h: looking at a JSON text by JSON pointers (RFC 6901). */

#include <stddef.h>

struct json_object;

/* Reads the text, which must be JSON and nothing else, in place of the one before. */
void json_tree_read(const char *text, size_t size);

/* Lets go of it. */
void json_tree_release(void);

/* What a formatted pointer leads to; NULL when there is nothing. It belongs to the tree. */
struct json_object *json_tree_find(const char *pointer, ...) __attribute__((format(printf, 1, 2)));

/* As json_tree_find(): a text as it is, anything else as compact JSON, an object as its keys ("a b c"); "" when there
 * is nothing. Until the next call. */
const char *json_tree_show(const char *pointer, ...) __attribute__((format(printf, 1, 2)));

#endif
