/*
 * responder_memcached.c: responder.c plus one memcached_get per request: the least that a service can do which keeps
 * what it answers in memcached. `responder_memcached`, with the path of memcached's unix socket in MEMCACHED_SERVERS.
 */

#include <fcgiapp.h>
#include <libmemcached/memcached.h>
#include <stdlib.h>
#include <string.h>

#define KEY "responder:1"
#define ANSWER                                                                                                         \
    "{\"id\":1,\"name\":\"Ursula K. Le Guin\",\"bio\":\"American author of speculative fiction and "                   \
    "poetry.\",\"birthdate\":"                                                                                         \
    "\"1929-10-21\"}"

static void answer(memcached_st *cache, FCGX_Request *request)
{
    size_t size = 0;
    uint32_t flags = 0;
    memcached_return_t result;
    char *value = memcached_get(cache, KEY, sizeof KEY - 1, &size, &flags, &result);

    if (value) {
        FCGX_PutS("Status: 200 OK\r\nContent-Type: application/json\r\n\r\n", request->out);
        FCGX_PutStr(value, (int)size, request->out);
    } else {
        FCGX_PutS("Status: 503 Service Unavailable\r\n\r\n", request->out);
    }
    free(value);
}

int main(void)
{
    const char *socket = getenv("MEMCACHED_SERVERS");
    memcached_st *cache = memcached_create(NULL);
    FCGX_Request request;

    if (!socket || !cache || memcached_server_add_unix_socket(cache, socket) != MEMCACHED_SUCCESS)
        return 1;
    if (memcached_set(cache, KEY, sizeof KEY - 1, ANSWER, sizeof ANSWER - 1, 0, 0) != MEMCACHED_SUCCESS)
        return 1;
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        answer(cache, &request);
        FCGX_Finish_r(&request);
    }
    memcached_free(cache);
    return 0;
}
