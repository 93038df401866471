#ifndef SERVER_CGI_H
#define SERVER_CGI_H

/* server/cgi.h: one request from environment and standard input, its answer on standard output (RFC 3875). */

struct request_handler;

/* Gives the exit status: 0, or 1 when the answer could not be written. */
int cgi_serve(struct request_handler *handler);

#endif
