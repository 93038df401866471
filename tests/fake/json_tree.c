/* json_tree.c: json-c's own pointers, over a text that was read strictly. */

#include "json_tree.h"

#include <assert.h>
#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct json_object *tree;
static char shown[8192];

void json_tree_release(void)
{
    json_object_put(tree);
    tree = NULL;
}

void json_tree_read(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new();

    json_tree_release();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    tree = json_tokener_parse_ex(tokener, text, (int)size + 1);
    assert(tree && json_tokener_get_error(tokener) == json_tokener_success && strlen(text) == size);
    json_tokener_free(tokener);
}

static struct json_object *find(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static struct json_object *find(const char *format, va_list args)
{
    struct json_object *found = NULL;
    char pointer[512];

    vsnprintf(pointer, sizeof pointer, format, args);
    return json_pointer_get(tree, pointer, &found) == 0 ? found : NULL;
}

struct json_object *json_tree_find(const char *pointer, ...)
{
    va_list args;

    va_start(args, pointer);
    struct json_object *found = find(pointer, args);
    va_end(args);
    return found;
}

static const char *show_keys(struct json_object *object)
{
    shown[0] = '\0';
    json_object_object_foreach(object, key, value)
    {
        size_t size = strlen(shown);
        (void)value;
        snprintf(shown + size, sizeof shown - size, "%s%s", size ? " " : "", key);
    }
    return shown;
}

const char *json_tree_show(const char *pointer, ...)
{
    va_list args;

    va_start(args, pointer);
    struct json_object *found = find(pointer, args);
    va_end(args);
    if (!found)
        return "";
    if (json_object_is_type(found, json_type_object))
        return show_keys(found);
    if (json_object_is_type(found, json_type_string))
        return json_object_get_string(found);
    return json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
