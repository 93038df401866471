/* http/etag.c: entity tags from SHA-256: the same representation has the same tag in every process. */

#include "http/etag.h"

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "http/request.h"
#include "http/response.h"

#define TAG_BYTES 16

void etag_make(const void *data, size_t size, char ret_tag[ETAG_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX hash;
    char *to = ret_tag;

    SHA256Init(&hash);
    SHA256Update(&hash, data, size);
    SHA256Final(digest, &hash);
    *to++ = '"';
    for (size_t i = 0; i < TAG_BYTES; i++) {
        *to++ = digits[digest[i] >> 4];
        *to++ = digits[digest[i] & 15];
    }
    *to++ = '"';
    *to = '\0';
}

/* Where the next tag of the list starts: white space and empty elements are skipped. */
static const char *skip_separators(const char *at)
{
    return at + strspn(at, " \t,");
}

/* Is there nothing behind a tag but the next element? */
static bool ends_element(const char *at)
{
    at += strspn(at, " \t");
    return *at == ',' || *at == '\0';
}

bool etag_matches(const char *list, const char *tag, bool strong)
{
    const char *at = skip_separators(list);

    if (*at == '*')
        return *skip_separators(at + 1) == '\0';
    while (*at) {
        bool weak = strncmp(at, "W/", 2) == 0;
        const char *opening = weak ? at + 2 : at;
        const char *closing = *opening == '"' ? strchr(opening + 1, '"') : NULL;
        size_t size = closing ? (size_t)(closing - opening) + 1 : 0;
        if (!closing || !ends_element(closing + 1))
            return false;
        if (!(strong && weak) && strlen(tag) == size && strncmp(opening, tag, size) == 0)
            return true;
        at = skip_separators(closing + 1);
    }
    return false;
}

const char *etag_of(struct context *context, const struct response *response)
{
    char tag[ETAG_SIZE];

    etag_make(response->body.data, response->body.size, tag);
    return arena_text(context->arena, tag);
}

bool etag_answer(const struct request *request, struct response *response, const char *tag)
{
    const char *known = request_header(request, "HTTP_IF_NONE_MATCH");

    response_header(response, "ETag", tag);
    response_header(response, "Cache-Control", "no-cache");
    if (!known || !etag_matches(known, tag, false))
        return false;
    response->status = 304;
    return true;
}
