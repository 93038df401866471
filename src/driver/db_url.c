/*
 * driver/db_url.c: cuts a URL at its marks first and decodes the parts afterwards, so that a decoded mark is text.
 *
 * No part of a URL is repeated in what is said about a mistake, but scheme and names of parameters: a password with a
 * mark in it that should have been encoded makes the URL be cut at the wrong place, and any part may then be its end.
 */

#include "driver/db_url.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"

#define NAME_SHOWN 24 /* bytes of a scheme or parameter that are shown */

enum form {
    FORM_SERVER, /* //user:password@host:port/name */
    FORM_SOCKET, /* //user:password@/path/of/a.socket?database=name */
    FORM_FILE,   /* //path */
};

static const struct scheme {
    const char *name;
    const char *driver;
    enum form form;
    int port;
} schemes[] = {
    {"mysql", "mysql", FORM_SERVER, 3306},
    {"maria", "mysql", FORM_SERVER, 3306},
    {"mariadb", "mysql", FORM_SERVER, 3306},
    {"mysql+unix", "mysql", FORM_SOCKET, 0},
    {"maria+unix", "mysql", FORM_SOCKET, 0},
    {"mariadb+unix", "mysql", FORM_SOCKET, 0},
    {"postgres", "postgresql", FORM_SERVER, 5432},
    {"postgresql", "postgresql", FORM_SERVER, 5432},
    {"sqlite", "sqlite", FORM_FILE, 0},
    {"sqlite3", "sqlite", FORM_FILE, 0},
};

enum use {
    USE_NONE, /* it asks for what is so anyway, or for what does not matter to SQL */
    USE_HOST,
    USE_NAME,
    USE_SCHEMA,
    USE_MODE,
};

/* The parameters that may be there. What is not in this table would be ignored wrongly, and is refused. */
static const struct parameter {
    const char *driver;
    const char *name;
    enum use use;
    const char *const *values; /* those that are possible; NULL: any */
} parameters[] = {
    {"mysql", "charset", USE_NONE, NULL},
    {"mysql", "collation", USE_NONE, NULL},
    {"mysql", "database", USE_NAME, NULL},
    {"mysql", "interpolateParams", USE_NONE, NULL},
    {"mysql", "loc", USE_NONE, NULL},
    {"mysql", "multiStatements", USE_NONE, NULL},
    {"mysql", "parseTime", USE_NONE, NULL},
    {"mysql", "tls", USE_NONE, (const char *const[]){"false", "preferred", NULL}},
    {"postgresql", "application_name", USE_NONE, NULL},
    {"postgresql", "binary_parameters", USE_NONE, NULL},
    {"postgresql", "host", USE_HOST, NULL},
    {"postgresql", "search_path", USE_SCHEMA, NULL},
    {"postgresql", "sslmode", USE_NONE, (const char *const[]){"disable", "allow", "prefer", NULL}},
    {"sqlite", "_fk", USE_NONE, (const char *const[]){"1", "true", "on", NULL}},
    {"sqlite", "_foreign_keys", USE_NONE, (const char *const[]){"1", "true", "on", NULL}},
    {"sqlite", "cache", USE_NONE, NULL},
    {"sqlite", "mode", USE_MODE, (const char *const[]){"memory", "rwc", NULL}},
};

struct parse {
    struct arena *arena;
    const struct scheme *scheme;
    struct db_options options;
    char *ret_error;
    size_t error_size;
};

/* Part of the URL. */
struct part {
    const char *text;
    size_t size;
};

/* Writes the line for the user; gives -1. */
static int refuse(struct parse *parse, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct parse *parse, const char *format, ...)
{
    char why[200];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    snprintf(parse->ret_error, parse->error_size, "the database URL %s", why);
    return -1;
}

static int refuse_memory(struct parse *parse)
{
    snprintf(parse->ret_error, parse->error_size, "out of memory");
    return -1;
}

/* Takes from `rest` what comes before the first of `marks`, and leaves what comes after it. False: there is no such
 * mark, and all was taken. */
static bool cut(struct part *rest, const char *marks, struct part *ret_part)
{
    size_t size = 0;

    while (size < rest->size && !strchr(marks, rest->text[size]))
        size++;
    bool found = size < rest->size;
    *ret_part = (struct part){rest->text, size};
    *rest = (struct part){rest->text + size + found, rest->size - size - found};
    return found;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* RFC 3986 section 2.1. */
static int decode(struct parse *parse, struct part part, const char **ret_text)
{
    char *text = arena_alloc(parse->arena, part.size + 1);
    size_t n = 0;

    if (!text)
        return refuse_memory(parse);
    for (size_t i = 0; i < part.size; i++) {
        char c = part.text[i];
        if (c == '%') {
            int high = i + 2 < part.size ? hex_digit(part.text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(part.text[i + 2]) : -1;
            if (low < 0)
                return refuse(parse, "has a %% without two hexadecimal digits after it; write %%25 for a %%");
            c = (char)(high * 16 + low);
            i += 2;
        }
        if ((unsigned char)c < ' ' || c == 0x7F)
            return refuse(parse, "has a control character in it");
        text[n++] = c;
    }
    *ret_text = text;
    return 0;
}

static bool is_marked(struct part part, char mark)
{
    return memchr(part.text, mark, part.size) != NULL;
}

static int read_port(struct parse *parse, struct part text)
{
    int port = 0;

    for (size_t i = 0; i < text.size && port <= 65535; i++) {
        if (!isdigit((unsigned char)text.text[i]))
            return refuse(parse, "must have a number as its port");
        port = port * 10 + (text.text[i] - '0');
    }
    if (port < 1 || port > 65535)
        return refuse(parse, "must have a port from 1 to 65535 after the last colon of its host");
    parse->options.port = port;
    return 0;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT. */
static int read_host(struct parse *parse, struct part text)
{
    struct part host = {NULL, 0};
    bool has_port = false;

    parse->options.port = parse->scheme->port;
    if (text.size > 0 && *text.text == '[') {
        text = (struct part){text.text + 1, text.size - 1};
        if (!cut(&text, "]", &host) || host.size == 0 || (text.size > 0 && *text.text != ':'))
            return refuse(parse, "must have an IPv6 address as its host between brackets: [::1]:%d",
                          parse->scheme->port);
        has_port = text.size > 0;
        text = (struct part){text.text + has_port, text.size - has_port};
    } else {
        has_port = cut(&text, ":", &host);
        if (has_port && is_marked(text, ':'))
            return refuse(parse, "has more than one colon in its host; an IPv6 address stands between brackets");
    }
    if (has_port && read_port(parse, text) != 0)
        return -1;
    return host.size > 0 ? decode(parse, host, &parse->options.host) : 0;
}

/* USER or USER:PASSWORD. */
static int read_user(struct parse *parse, struct part text)
{
    struct part user;
    bool has_password = cut(&text, ":", &user);

    if (user.size == 0)
        return refuse(parse, "has an @ without a user before it");
    if (has_password && decode(parse, text, &parse->options.password) != 0)
        return -1;
    return decode(parse, user, &parse->options.user);
}

/* [USER[:PASSWORD]@][HOST[:PORT]]; of several @ the last one counts, as browsers and Go have it. */
static int read_authority(struct parse *parse, struct part text)
{
    const char *at = memrchr(text.text, '@', text.size);
    struct part host = text;

    if (at) {
        host = (struct part){at + 1, (size_t)(text.text + text.size - at - 1)};
        if (read_user(parse, (struct part){text.text, (size_t)(at - text.text)}) != 0)
            return -1;
    }
    if (parse->scheme->form == FORM_SERVER)
        return read_host(parse, host);
    if (host.size > 0)
        return refuse(parse, "has a host; a socket is %s:///path/of/a.socket?database=name", parse->scheme->name);
    return 0;
}

/* What comes after the host: the database, without the slash before it. */
static int read_name(struct parse *parse, struct part text)
{
    if (text.size > 0 && text.text[text.size - 1] == '/')
        text.size--;
    if (is_marked(text, '/'))
        return refuse(parse, "has a / in the name of its database; write %%2F if it is part of the name");
    return text.size > 0 ? decode(parse, text, &parse->options.name) : 0;
}

static bool is_one_of(const char *const *values, const char *value)
{
    while (*values && strcmp(*values, value) != 0)
        values++;
    return *values != NULL;
}

static int refuse_value(struct parse *parse, const struct parameter *parameter)
{
    char known[64] = "";
    size_t n = 0;

    for (size_t i = 0; parameter->values[i]; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "", parameter->values[i]);
    return refuse(parse, "has the parameter %s with a value that is not supported; there is %s", parameter->name,
                  known);
}

/* One schema, without blanks: a list would be a search, and quire looks in one place. */
static int use_schema(struct parse *parse, const char *value)
{
    if (!*value || strpbrk(value, ", "))
        return refuse(parse, "must have one schema as its search_path");
    parse->options.schema = value;
    return 0;
}

static int use_parameter(struct parse *parse, const struct parameter *parameter, const char *value)
{
    if (parameter->values && !is_one_of(parameter->values, value))
        return refuse_value(parse, parameter);
    if (parameter->use != USE_NONE && !*value)
        return refuse(parse, "has the parameter %s without a value", parameter->name);
    switch (parameter->use) {
    case USE_HOST:
        parse->options.host = value;
        break;
    case USE_NAME:
        parse->options.name = value;
        break;
    case USE_SCHEMA:
        return use_schema(parse, value);
    case USE_MODE:
        if (strcmp(value, "memory") == 0)
            parse->options.path = ":memory:";
        break;
    case USE_NONE:
        break;
    }
    return 0;
}

/* NAME=VALUE */
static int read_parameter(struct parse *parse, struct part text)
{
    struct part name;
    const char *value = NULL;

    cut(&text, "=", &name);
    if (decode(parse, text, &value) != 0)
        return -1;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        const struct parameter *parameter = &parameters[i];
        if (strcmp(parameter->driver, parse->scheme->driver) == 0 && strlen(parameter->name) == name.size &&
            memcmp(parameter->name, name.text, name.size) == 0)
            return use_parameter(parse, parameter, value);
    }
    int shown = name.size < NAME_SHOWN ? (int)name.size : NAME_SHOWN;
    for (int i = 0; i < shown; i++)
        if (!isalnum((unsigned char)name.text[i]) && name.text[i] != '_')
            shown = i;
    return refuse(parse, "has a parameter that is not supported: %.*s", shown, name.text);
}

static int read_parameters(struct parse *parse, struct part text)
{
    struct part parameter;

    while (text.size > 0) {
        cut(&text, "&", &parameter);
        if (parameter.size > 0 && read_parameter(parse, parameter) != 0)
            return -1;
    }
    return 0;
}

/* What stands between `//` and `?`. */
static int read_place(struct parse *parse, struct part text)
{
    struct part authority;
    const char *slash = memchr(text.text, '/', text.size);
    struct part path = {slash, slash ? (size_t)(text.text + text.size - slash) : 0};

    if (parse->scheme->form == FORM_FILE) {
        if (text.size == 0)
            return refuse(parse, "names no file");
        return decode(parse, text, &parse->options.path);
    }
    cut(&text, "/", &authority);
    if (read_authority(parse, authority) != 0)
        return -1;
    if (parse->scheme->form == FORM_SERVER)
        return read_name(parse, text);
    if (path.size < 2)
        return refuse(parse, "names no socket");
    return decode(parse, path, &parse->options.host);
}

/* Finds the scheme and moves `text` past `://`. */
static int read_scheme(struct parse *parse, struct part *text)
{
    size_t size = 0;

    while (size < text->size && (isalnum((unsigned char)text->text[size]) || strchr("+-.", text->text[size])))
        size++;
    if (size == 0 || text->size < size + 3 || memcmp(text->text + size, "://", 3) != 0)
        return refuse(parse, "must start with mysql://, postgres:// or sqlite://");
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strlen(schemes[i].name) == size && strncasecmp(schemes[i].name, text->text, size) == 0)
            parse->scheme = &schemes[i];
    if (!parse->scheme)
        return refuse(parse, "must start with mysql://, postgres:// or sqlite://, not %.*s://",
                      size < NAME_SHOWN ? (int)size : NAME_SHOWN, text->text);
    *text = (struct part){text->text + size + 3, text->size - size - 3};
    return 0;
}

static int read_url(struct parse *parse, struct part text)
{
    struct part authority;
    struct part place;

    if (read_scheme(parse, &text) != 0)
        return -1;
    struct part rest = text;
    cut(&rest, "/?#", &authority);
    if (parse->scheme->form != FORM_FILE && is_marked(rest, '@'))
        return refuse(parse, "has an @ after its host; in a user or password write %%2F for /, %%3F for ? and %%23 for "
                             "#, in other parts %%40 for @");
    if (is_marked(text, '#'))
        return refuse(parse, "has a # in it; write %%23");
    cut(&text, "?", &place);
    return read_place(parse, place) != 0 ? -1 : read_parameters(parse, text);
}

int db_url_parse(struct arena *arena, const char *url, const char **ret_driver, struct db_options *ret_options,
                 char *ret_error, size_t size)
{
    struct parse parse = {.arena = arena, .options = *ret_options, .ret_error = ret_error, .error_size = size};

    if (read_url(&parse, (struct part){url, strlen(url)}) != 0)
        return -1;
    *ret_driver = parse.scheme->driver;
    *ret_options = parse.options;
    return 0;
}
