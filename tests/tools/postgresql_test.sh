#!/bin/bash
# postgresql_test.sh: tools/postgresql does what a private server does, with UTF-8 and a password for everybody.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/private_server.sh"
tool=postgresql
product=PostgreSQL
port=5432

connect() { # HOST PORT USER PASSWORD STATEMENT
    PGPASSWORD=$4 psql --no-psqlrc -w -qAt -h "$1" -p "$2" -U "$3" -c "$5" fastapi 2>&1
}
query() { # socket|tcp STATEMENT
    local file
    if [ "$1" = tcp ]; then
        connect 127.0.0.1 "$port" fastapi fastapi "$2"
    else
        file=$(echo "$dir"/a/.s.PGSQL.*[0-9])
        connect "$dir/a" "${file##*.}" fastapi fastapi "$2"
    fi
}
left_over_pid() { echo "$dir/a/data/postmaster.pid"; }
refused() { ! connect "$@"; }

enter_private_folder postgresql
test_private_server "$dir/a"
is "its text is UTF-8" UTF8 "$(query socket 'SHOW server_encoding')"
is "in the order of its bytes" 'A Z a é' "$(query socket "SELECT string_agg(x, ' ' ORDER BY x)
    FROM unnest(ARRAY['é', 'a', 'Z', 'A']) x")"
check "a wrong password is refused" refused "$dir/a" 5432 fastapi wrong 'SELECT 1'
check "so is another user" refused "$dir/a" 5432 postgres fastapi 'SELECT 1'
echo 9 >"$dir/a/data/PG_VERSION"
server stop --dir "$dir/a"
server start --dir "$dir/a" --port 0
is "data of another version is said" \
    "1:tools/postgresql: $dir/a/data was made by PostgreSQL 9, which is not installed" "$status:$output"
tap_end
