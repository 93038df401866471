#ifndef COMMAND_FASTCGI_ASK_H
#define COMMAND_FASTCGI_ASK_H

/* command/fastcgi_ask.h: one GET over FastCGI (specification 1.0), as a web server sends it. */

#include <stdbool.h>
#include <stddef.h>

/* The answer as CGI has it, header lines first, into ret_answer: at most `size` bytes with the NUL, the rest is
 * dropped. `fd` is connected; each read and write waits as long as its timeouts say. False with errno: the answer did
 * not come to its end. */
bool fastcgi_ask(int fd, const char *path, char *ret_answer, size_t size);

#endif
