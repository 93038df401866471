#!/bin/bash
# mariadb_test.sh: tools/mariadb does what a private server does, with utf8mb4.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/private_server.sh"
tool=mariadb
product=MariaDB

query() { # socket|tcp STATEMENT
    local way=(-S "$dir/a/mysql.sock")
    [ "$1" = socket ] || way=(-h 127.0.0.1 -P "$port")
    MYSQL_PWD=fastapi mariadb --no-defaults -N -u fastapi "${way[@]}" -e "$2" fastapi 2>&1
}
left_over_pid() { echo "$dir/a/mysqld.pid"; }

enter_private_folder mariadb
test_private_server "$dir/a/mysql.sock"
is "its text is utf8mb4" utf8mb4 "$(query socket 'SELECT @@character_set_database')"
tap_end
