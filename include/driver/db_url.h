#ifndef DRIVER_DB_URL_H
#define DRIVER_DB_URL_H

/*
 * driver/db_url.h: where a database is, as the URLs of the Atlas CLI say it (atlasgo.io/concepts/url):
 * mysql://user:password@host:3306/name, maria://..., postgres://user:password@host:5432/name?search_path=..., and
 * sqlite://file.db or sqlite://file?mode=memory. A part in percent encoding is decoded (RFC 3986). A server on a unix
 * socket: mysql+unix:///path/of/a.socket?database=name, postgres:///name?host=/folder/of/the/socket.
 *
 * Parameters that ask for what is so anyway (charset, parseTime, _fk=1) are taken; what would have to be ignored
 * (sslmode=verify-full, mode=ro) is refused. Those that leave encryption open (sslmode=disable, allow or prefer,
 * tls=false or preferred) are taken and not passed on: the client library then does as it would without them, which for
 * libpq is PGSSLMODE, or encryption where the server has it.
 */

#include <stddef.h>

#include "driver/db.h"

struct arena;

/* Texts live in `arena`. A part that the URL leaves out stays as it is in ret_options; a server's port
 * is then the usual one. 0, or -1 with one line for the user in ret_error, which never has the password in it.
 * ret_driver is a value of the DB setting: "mysql". */
int db_url_parse(struct arena *arena, const char *url, const char **ret_driver, struct db_options *ret_options,
                 char *ret_error, size_t size);

#endif
