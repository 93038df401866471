#ifndef FAKE_WEB_SERVER_H
#define FAKE_WEB_SERVER_H

/*
 * fake_web_server.h: the web server's end of FastCGI (specification 1.0), on a unix socket, for tests. It can do what
 * real ones seldom do: stop in the middle, lie about lengths, hold connections.
 */

#include <stdbool.h>
#include <stddef.h>

/* A connection to the unix socket at `path`; aborts the test program when there is none. */
int web_connect(const char *path);

/* Sends the start of a request: BEGIN_REQUEST, and all PARAMS: names and values in turn, ending with NULL. */
void web_begin(int fd, bool keep, const char *const *parameters);

/* Sends a piece of the body, at most 65535 bytes; of size 0 it ends the body. */
void web_body(int fd, const char *data, size_t size);

void web_abort(int fd);

/* Reads the answer to END_REQUEST or the end of the connection. Its text, at most `size` with the NUL, into ret_text;
 * false when no END_REQUEST came. */
bool web_answer(int fd, char *ret_text, size_t size);

#endif
