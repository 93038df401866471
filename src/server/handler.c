/* server/handler.c: from a request that is read in full to the bytes of its answer. */

#include "server/handler.h"

#include "core/buffer.h"
#include "core/context.h"
#include "http/request.h"
#include "http/response.h"

static const char out_of_memory[] = "Status: 500 Internal Server Error\r\n"
                                    "Content-Type: application/json\r\n"
                                    "\r\n"
                                    "{\"detail\":\"Internal Server Error\"}";

size_t handler_memory(const struct request_handler *handler)
{
    return 3 * RESPONSE_MAX + 4 * handler->max_body;
}

void handler_run(struct request_handler *handler, struct context *context, struct request *request,
                 const char **ret_bytes, size_t *ret_size)
{
    struct response response;
    struct buffer bytes;

    response_init(&response, context);
    handler->answer(handler, context, request, &response);
    if (response_write(&response, context, &bytes) == OK) {
        *ret_bytes = bytes.data;
        *ret_size = bytes.size;
    } else {
        *ret_bytes = out_of_memory;
        *ret_size = sizeof out_of_memory - 1;
    }
}
