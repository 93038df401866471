/* driver/server_list.c: entries between commas; each is a path, or a host and perhaps a port. */

#include "driver/server_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "core/arena.h"

#define BLANK " \t"
#define HOST_MAX 255 /* RFC 1035 section 2.3.4 */
#define PORT_MAX 65535

static const char letters_of_a_name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
static const char letters_of_ipv6[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:.%-_"; /* RFC 4007 */

/* Takes the next entry off *text, without the blanks around it. NULL without memory. */
static char *next_entry(struct arena *arena, const char **text)
{
    const char *start = *text + strspn(*text, BLANK);
    size_t size = strcspn(start, ",");
    *text = start + size + (start[size] == ',');
    while (size > 0 && strchr(BLANK, start[size - 1]))
        size--;
    return arena_copy(arena, start, size);
}

static bool parse_path(const char *path, struct server_address *ret_address)
{
    if (path[0] != '/' || strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return false;
    *ret_address = (struct server_address){.name = path, .host = path};
    return true;
}

/* ":port", or nothing. */
static bool parse_port(const char *text, int default_port, int *ret_port)
{
    if (!*text) {
        *ret_port = default_port;
        return true;
    }
    char *end = NULL;
    long port = 0;
    if (*text == ':' && text[1] >= '0' && text[1] <= '9')
        port = strtol(text + 1, &end, 10);
    if (port < 1 || port > PORT_MAX || *end)
        return false;
    *ret_port = (int)port;
    return true;
}

/* Cuts the entry up in place. The name is left to the caller. */
static bool parse_host(char *entry, int default_port, struct server_address *ret_address)
{
    bool bracketed = entry[0] == '[';
    char *host = entry + bracketed;
    size_t size = strspn(host, bracketed ? letters_of_ipv6 : letters_of_a_name);
    if (size == 0 || size > HOST_MAX || (bracketed && host[size] != ']'))
        return false;
    struct server_address address = {.host = host};
    if (!parse_port(host + size + bracketed, default_port, &address.port))
        return false;
    host[size] = '\0';
    *ret_address = address;
    return true;
}

/* False with ret_error. */
static bool parse_entry(struct arena *arena, char *entry, int default_port, struct server_address *ret_address,
                        char *ret_error, size_t size)
{
    bool path = strncmp(entry, "unix:", 5) == 0;
    char *written = arena_text(arena, entry);
    if (written && (path || entry[0] == '/') && parse_path(entry + (path ? 5 : 0), ret_address))
        return true;
    if (written && !path && parse_host(entry, default_port, ret_address) &&
        (ret_address->name = arena_printf(arena, "%s:%d", ret_address->host, ret_address->port)))
        return true;
    snprintf(ret_error, size, "\"%.100s\" is neither host:port nor the path of a socket", written ? written : "");
    return false;
}

struct server_address *server_list_parse(struct arena *arena, const char *text, int default_port, size_t most,
                                         size_t *ret_n, char *ret_error, size_t size)
{
    size_t n = 1;
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        n++;
    if (n > most) {
        snprintf(ret_error, size, "more than %zu servers", most);
        return NULL;
    }
    struct server_address *addresses = arena_array(arena, n, sizeof *addresses);
    for (size_t i = 0; i < n; i++) {
        char *entry = addresses ? next_entry(arena, &text) : NULL;
        if (!entry) {
            snprintf(ret_error, size, "out of memory");
            return NULL;
        }
        if (!parse_entry(arena, entry, default_port, &addresses[i], ret_error, size))
            return NULL;
    }
    *ret_n = n;
    return addresses;
}
