/*
 * api/docs_page.c: the documentation pages, read when they are asked for, so that they can be installed at any time.
 *
 * The pages name what they need by relative addresses, and so does a redirect: they work behind any prefix that a web
 * server takes off. A relative address depends on the slash at the end of the page's own, hence the redirect.
 */

#include "api/docs_page.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/routes.h"
#include "core/arena.h"
#include "core/config.h"
#include "core/context.h"
#include "http/etag.h"
#include "http/response.h"
#include "http/router.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024) /* bytes; Swagger UI's bundle has 1.7 MB */
#define CHUNK 16384

#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "              \
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

/* The page is sent only when all that it loads is there. */
static const char *const needed[] = {"index.html", "init.js", "swagger-ui.css", "swagger-ui-bundle.js"};

static const char not_installed[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<title>quire: documentation</title>\n"
    "<h1>quire</h1>\n"
    "<p>The files of this page are not installed: run <code>make docs</code> where quire was built, or set\n"
    "<code>DOCS_DIR</code> to the folder that holds them, and load the page again.</p>\n"
    "<p>The interface is described in full by its <a href=\"api/openapi.json\">OpenAPI document</a>.</p>\n"
    "</html>\n";

static const char *file_path(const struct exchange *exchange, const char *name)
{
    const struct api *api = exchange->application;

    return arena_printf(exchange->context->arena, "%s/%s", api->config->docs_dir, name);
}

/* Adds a regular file's bytes; false when there is no such file, or it is too large or cannot be read. */
static bool file_add(const char *path, struct buffer *body)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat facts;
    char bytes[CHUNK];
    ssize_t n = -1;

    if (file < 0)
        return false;
    if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode)) {
        while ((n = read(file, bytes, sizeof bytes)) > 0 && body->size + (size_t)n <= FILE_MAX)
            buffer_add(body, bytes, (size_t)n);
    }
    close(file);
    return n == 0;
}

/* "text/html" is sent as "text/html; charset=utf-8". */
static const char *content_type(const struct exchange *exchange)
{
    const char *media = exchange->route->media;

    return strncmp(media, "text/", 5) == 0 ? arena_printf(exchange->context->arena, "%s; charset=utf-8", media) : media;
}

/* Finishes an answer whose body stands: type, tag, policy. */
static enum code answer_file(const struct exchange *exchange)
{
    struct response *response = exchange->response;
    const char *tag = etag_of(exchange->context, response);

    response->content_type = content_type(exchange);
    if (!tag || !response->content_type)
        return fail_memory(exchange->context);
    response_header(response, "Content-Security-Policy", POLICY);
    etag_answer(exchange->request, response, tag);
    return OK;
}

/* Does the path, as it was sent, end with a slash? */
static bool has_trailing_slash(const struct request *request)
{
    size_t size = strcspn(request->uri, "?");

    return size > 1 && request->uri[size - 1] == '/';
}

/* To /docs, seen from the path that was sent: a path with a slash at its end is one step deeper. */
static enum code redirect(const struct exchange *exchange)
{
    exchange->response->status = 307;
    response_header(exchange->response, "Location", has_trailing_slash(exchange->request) ? "../docs" : "docs");
    return OK;
}

static bool is_installed(const struct exchange *exchange)
{
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const char *path = file_path(exchange, needed[i]);
        if (!path || access(path, R_OK) != 0)
            return false;
    }
    return true;
}

enum code docs_page(struct exchange *exchange)
{
    struct buffer *body = &exchange->response->body;
    const char *path = file_path(exchange, needed[0]);

    if (has_trailing_slash(exchange->request))
        return redirect(exchange);
    if (!path || !is_installed(exchange) || !file_add(path, body)) {
        buffer_clear(body);
        buffer_add_text(body, not_installed);
    }
    return answer_file(exchange);
}

enum code docs_file(struct exchange *exchange)
{
    const char *path = file_path(exchange, strrchr(exchange->route->path, '/') + 1);

    if (!path)
        return fail_memory(exchange->context);
    if (!file_add(path, &exchange->response->body))
        return fail(exchange->context, NO_ROUTE, NULL);
    return answer_file(exchange);
}

enum code docs_redoc(struct exchange *exchange)
{
    return redirect(exchange);
}
