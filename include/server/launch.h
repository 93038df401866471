#ifndef SERVER_LAUNCH_H
#define SERVER_LAUNCH_H

/* server/launch.h: how was this process started? */

enum launch {
    LAUNCH_FASTCGI,  /* a web server or spawn-fcgi left a listening socket on standard input */
    LAUNCH_CGI,      /* a web server called us for one request: GATEWAY_INTERFACE is set */
    LAUNCH_TERMINAL, /* a person or a script gave a command */
};

/* Looks at standard input and the environment. */
enum launch launch_kind(void);

#endif
