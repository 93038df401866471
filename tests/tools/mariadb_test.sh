#!/bin/bash
# mariadb_test.sh: tools/mariadb starts from nothing, keeps its data, and says in one line what is in its way.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
enter_private_folder mariadb
trap 'mariadb stop --dir "$dir/a" >/dev/null 2>&1; leave_private_folder $?' EXIT

mariadb() {
    output=$("$root/tools/mariadb" "$@" 2>&1)
    status=$?
}
query() { MYSQL_PWD=fastapi command mariadb --no-defaults -N -u fastapi "$@" 2>&1; }

mariadb status --dir "$dir/a"
is "before the start it does not run" 3 "$status"
for try in 1 2 3 4 5; do
    port=$(free_port)
    mariadb start --dir "$dir/a" --port "$port"
    [ "$status" -ne 0 ] || break
done
is "it starts, and says how to get in" "0:$dir/a/mysql.sock:fastapi:fastapi:fastapi" "$status:$(tail -1 <<<"$output")"
is "on its socket" fastapi "$(query -S "$dir/a/mysql.sock" -e 'SELECT DATABASE()' fastapi)"
is "on its port" "$port" "$(query -h 127.0.0.1 -P "$port" -e 'SELECT @@port' fastapi)"
is "with utf8mb4" utf8mb4 "$(query -S "$dir/a/mysql.sock" -e 'SELECT @@character_set_database' fastapi)"
check "and room for scratch databases" query -S "$dir/a/mysql.sock" -e 'CREATE DATABASE fastapi_x; DROP DATABASE fastapi_x'
query -S "$dir/a/mysql.sock" -e 'CREATE TABLE kept (id int)' fastapi
mariadb start --dir "$dir/a" --port "$port"
is "a second start changes nothing" "0:MariaDB runs already, in $dir/a" "$status:$(head -1 <<<"$output")"
mariadb status --dir "$dir/a"
is "it runs" 0 "$status"
mariadb start --dir "$dir/b" --port "$port"
is "a port in use is said" "1:tools/mariadb: port $port is in use" "$status:$output"
mariadb start --dir "$dir/a" --port 0
is "another port than the running one's is said in one line" "1:1" "$status:$(wc -l <<<"$output")"
mariadb stop --dir "$dir/a"
is "it stops" "0:MariaDB stopped" "$status:$output"
mariadb stop --dir "$dir/a"
is "a second stop changes nothing" "0:MariaDB does not run" "$status:$output"
echo $$ >"$dir/a/mysqld.pid"
mariadb stop --dir "$dir/a"
is "the id of another process is not taken for its own" "0:MariaDB does not run" "$status:$output"
mariadb start --dir "$dir/a" --port 0
is "the data is kept" kept "$(query -S "$dir/a/mysql.sock" -e 'SHOW TABLES' fastapi)"
mariadb start --port x
is "a wrong call" 2 "$status"
tap_end
