/* responder.c: the least a FastCGI program can do: 120 bytes of JSON, the same for every request. The ceiling of all
 * others. */

#include <fcgiapp.h>

#define ANSWER                                                                                                         \
    "{\"id\":1,\"name\":\"Ursula K. Le Guin\",\"bio\":\"American author of speculative fiction and "                   \
    "poetry.\",\"birthdate\":"                                                                                         \
    "\"1929-10-21\"}"

int main(void)
{
    FCGX_Request request;

    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_PutS("Status: 200 OK\r\nContent-Type: application/json\r\n\r\n" ANSWER, request.out);
        FCGX_Finish_r(&request);
    }
    return 0;
}
