/* fake_request.c: CGI variables out of a short list. */

#include "fake_request.h"

#include <assert.h>
#include <string.h>

static const char *find(const struct header *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(headers[i].name, name) == 0)
            return headers[i].value;
    }
    return NULL;
}

static const char *variable(const struct request *self, const char *name)
{
    const struct fake_request *fake = (const struct fake_request *)self;

    return find(fake->headers, fake->n_headers, name);
}

void fake_request_init(struct fake_request *fake, const char *method, const char *uri, const char *body)
{
    *fake = (struct fake_request){
        .request = {.method_text = method,
                    .uri = uri,
                    .variable = variable,
                    .body = body ? body : "",
                    .body_size = body ? strlen(body) : 0,
                    .body_state = BODY_COMPLETE},
    };
}

void fake_request_set(struct fake_request *fake, const char *name, const char *value)
{
    assert(fake->n_headers < FAKE_HEADERS_MAX);
    fake->headers[fake->n_headers++] = (struct header){name, value};
}

const char *fake_response_header(const struct response *response, const char *name)
{
    return find(response->headers, response->n_headers, name);
}
