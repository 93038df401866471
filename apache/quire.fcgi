#!/bin/sh
# quire.fcgi: starts quire for a web server that runs programs it finds in its folders, as FastCGI or, called quire.cgi, as
# CGI. What quire needs stays outside of those folders, .env above all: name the folder here.
cd /srv/quire || exit
# A bundle has the ways to log in to MySQL with it.
[ ! -d build/lib/plugin ] || export MARIADB_PLUGIN_DIR="$PWD/build/lib/plugin"
exec build/quire
