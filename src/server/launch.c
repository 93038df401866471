/*
 * server/launch.c: a listening socket decides first: FastCGI servers may hand down a CGI environment as well.
 */

#include "server/launch.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum launch launch_kind(void)
{
    int listening = 0;
    socklen_t size = sizeof listening;

    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening)
        return LAUNCH_FASTCGI;
    return getenv("GATEWAY_INTERFACE") ? LAUNCH_CGI : LAUNCH_TERMINAL;
}
