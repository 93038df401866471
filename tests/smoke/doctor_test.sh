#!/bin/bash
# doctor_test.sh: breaks one thing after the other and reads what quire doctor says of it, and how it ends: doctor_test.sh
# sqlite|mysql|postgresql
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
database=${1:-sqlite}

# Where rights are to be missing, root must become somebody else.
plain=()
! as_root || plain=(setpriv --reuid=65534 --regid=65534 --clear-groups)

doctor() { # [VARIABLE=VALUE]... [OPTION]...; sets $out and $status
    local settings=()
    while [[ ${1:-} == *=* ]]; do
        settings+=("$1")
        shift
    done
    out=$(env "${settings[@]}" "${prefix[@]}" "$QUIRE" doctor "$@" 2>"$dir/err" </dev/null) && status=0 || status=$?
}
prefix=()

finds() { # NAME STATUS PATTERN: a line
    is "$1: status" "$2" "$status"
    if grep -qE "^$3" <<<"$out"; then ok "$1"; else not_ok "$1" "expected a line: $3" "got: $out"; fi
}

test_well() {
    doctor
    finds "all is well" 0 "ok +database: $database .*can be reached\$"
    is "nothing is bad" "" "$(grep ^bad <<<"$out")"
    is "nothing on standard error" "" "$(cat "$dir/err")"
    finds "migrations are at the latest" 0 'ok +migrations: the database is at the latest, [0-9]+'
    finds "rights suffice" 0 'ok +rights: every table can be read and written'
    finds "the clock is right" 0 'ok +clock: it says 20[0-9-]+T'
    [ "$database" = sqlite ] ||
        finds "the clock is the database's" 0 'ok +clock: .*as that of the database'
    is "it stores nothing" "0" "$(sql 'SELECT count(*) FROM author')"
}

test_migrations() {
    cp -r "$root/migrations" "$dir/more"
    echo 'CREATE TABLE later (id int);' >"$dir/more/$database/29991231000000_later.sql"
    "$QUIRE" migrate hash --dir "$dir/more/$database" >/dev/null
    doctor "MIGRATIONS=$dir/more"
    finds "behind on migrations" 1 "bad +migrations: the database is at [0-9]+, and 1 of .* not applied; run .quire migrate apply"
    echo 'no SQL at all;' >"$dir/more/$database/29991231000000_later.sql"
    "$QUIRE" migrate hash --dir "$dir/more/$database" >/dev/null
    MIGRATIONS=$dir/more "$QUIRE" migrate apply --tx-mode none >/dev/null 2>&1
    doctor "MIGRATIONS=$dir/more"
    finds "half applied" 1 'bad +migrations: one stopped in the middle'
    sql "DELETE FROM atlas_schema_revisions WHERE version = '29991231000000'"
    echo '-- changed' >>"$dir/more/$database/29991231000000_later.sql"
    doctor "MIGRATIONS=$dir/more"
    finds "migrations were changed" 1 'bad +migrations: .* is not as it was delivered'
    doctor MIGRATIONS=/no/such/folder
    finds "no migrations" 1 "bad +migrations: there is no folder /no/such/folder/$database"
}

test_server() {
    doctor "DB_HOST=$dir/none" DB_PASSWORD=aPasswordNobodyHas
    finds "no server" 1 "bad +database: $database .* cannot be reached: .+; is the server up"
    doctor "DB_NAME=fastapi_none" DB_PASSWORD=aPasswordNobodyHas
    finds "a wrong name or password" 1 'bad +database: .* cannot be reached: '
    is "a password is not shown" "" "$(grep -h aPasswordNobodyHas "$dir/err" - <<<"$out")"
    sql 'DROP TABLE book'
    doctor
    finds "a table is missing" 1 'bad +rights: this user cannot read book'
    [ "$database" = postgresql ] || return 0
    sql 'REVOKE INSERT ON author FROM CURRENT_USER'
    doctor
    finds "a right is missing" 1 'bad +rights: this user cannot insert into author: .*permission denied'
}

test_sqlite() {
    doctor "DB_PATH=$dir/none.db"
    finds "no database" 1 "bad +database: there is no file $dir/none.db; .quire migrate apply. makes it"
    check "the doctor makes none" test ! -e "$dir/none.db"
    head -c 8192 /dev/urandom >"$dir/noise.db"
    doctor "DB_PATH=$dir/noise.db"
    finds "a file that is no database" 1 'bad +database: .* cannot be reached: '
    chmod 666 "$DB_PATH"
    doctor
    finds "a database that everybody can write to" 1 'bad +umask: everybody on this host can write to .*quire.db'
    chmod 644 "$DB_PATH"
    prefix=("${plain[@]}")
    if as_root; then
        doctor
        finds "a database that cannot be written" 1 'bad +(database|rights): '
        finds "an ordinary user" 1 'ok +user: not root'
    fi
    prefix=()
}

test_settings() {
    printf 'MEMCACHE_SERVERS=x\nDB_PASS=secret\nOTHER=1\nPATH_INFO=2\n' >.env
    chmod 644 .env
    doctor
    finds "a misspelt setting" 0 'warn +settings: .env sets MEMCACHE_SERVERS, .* is MEMCACHED_SERVERS meant'
    finds "a shortened setting" 0 'warn +settings: .env sets DB_PASS, .* is DB_PASSWORD meant'
    finds "a .env that everybody can read" 0 'warn +settings: everybody on this host can read .env'
    is "other names are no mistake" "" "$(grep -E 'OTHER|PATH_INFO' <<<"$out")"
    is "no value is shown" "" "$(grep secret <<<"$out")"
    chmod 600 .env
    doctor
    is "a .env that is its user's alone" "" "$(grep 'everybody' <<<"$out")"
    rm .env
    doctor WORKERS=none
    finds "a wrong setting" 1 'bad +settings: WORKERS from the environment is "none".*the service does not start'
    "$QUIRE" doctor --nonsense >/dev/null 2>&1
    is "a wrong call" 2 $?
}

test_parts() {
    doctor CACHE=memcached "MEMCACHED_SERVERS=$MEMCACHED_SERVERS,$dir/none.sock"
    finds "a cache server that is up" 1 "ok +cache: memcached at $MEMCACHED_SERVERS answers"
    finds "a cache server that is away" 1 "bad +cache: memcached at $dir/none.sock does not answer"
    doctor LOG_FILE=/no/such/folder/quire.log
    finds "a log that cannot be written" 1 'bad +log: LOG_FILE /no/such/folder/quire.log cannot be written: .*No such file'
    doctor "LOG_FILE=$dir"
    finds "a log that is a folder" 1 'bad +log: LOG_FILE .* is a folder'
    doctor "LOG_FILE=$dir/new.log"
    finds "a log that is new" 0 "ok +log: goes to $dir/new.log"
    check "the doctor does not make it" test ! -e "$dir/new.log"
    doctor "DOCS_DIR=$dir"
    finds "no pages of documentation" 0 'warn +docs: /docs has no pages: .*index.html'
    prefix=(bash -c 'umask 0; exec "$@"' -)
    doctor
    finds "an open umask" 1 'bad +umask: it is 0000'
    prefix=(bash -c 'ulimit -n 40; exec "$@"' -)
    doctor
    finds "few open files" 1 'bad +limits: a process may open 40 files'
    prefix=("${plain[@]}" bash -c 'ulimit -u 3; exec "$@"' -)
    doctor
    finds "few processes" 1 'bad +limits: this user may have 3 processes and has [0-9]+; WORKERS='
    prefix=()
    doctor WORKERS=256
    finds "memory is told" 0 '(ok|warn) +memory: [0-9]+ MB can be had; WORKERS=256 may need 4096 MB'
}

# The web server's user is here the one who runs this, or nobody when that is root.
test_socket() {
    local me=nobody
    as_root || me=$(id -un)
    chmod 755 "$dir"
    doctor --socket "$dir/none.sock"
    finds "no socket" 1 "bad +socket: $dir/none.sock: No such file"
    : >"$dir/file"
    doctor --socket "$dir/file"
    finds "a file that is no socket" 1 "bad +socket: $dir/file is no socket"
    start serve "$QUIRE" serve --listen "unix:$dir/quire.sock"
    wait_for "$patience" test -S "$dir/quire.sock"
    doctor --socket "$dir/quire.sock" --web-user "$(id -un)"
    finds "a service that is ready" 0 'ok +socket: the service answers that it is ready: \{"status":"ok"'
    doctor "BASE_PATH=/else" --socket "$dir/quire.sock" --web-user "$(id -un)"
    finds "a service at another place" 1 'bad +socket: the service answers that it is not ready: .*Not Found'
    doctor --socket "$dir/quire.sock" --web-user nobody-of-this-name
    finds "a user that is not there" 0 'warn +socket: there is no user nobody-of-this-name'
    if as_root; then
        doctor --socket "$dir/quire.sock" --web-user "$me"
        finds "the web server may not write to it" 1 "bad +socket: $me cannot write to it"
        chown nobody "$dir/quire.sock"
        doctor --socket "$dir/quire.sock" --web-user "$me"
        finds "the web server may write to it" 0 "ok +socket: $me can write to it"
        chmod 700 "$dir"
        doctor --socket "$dir/quire.sock" --web-user "$me"
        finds "the web server does not get there" 1 "bad +socket: $me cannot go through the folder $dir"
        chmod 755 "$dir"
    fi
    chmod 666 "$dir/quire.sock"
    doctor --socket "$dir/quire.sock" --web-user "$(id -un)"
    finds "a socket for everybody" 1 'bad +socket: everybody on this host can write to'
    chmod 660 "$dir/quire.sock"
    mv "$dir/quire.sock" "$dir/left.sock"
    stop "$started"
    doctor --socket "$dir/left.sock" --web-user "$(id -un)"
    finds "a socket that nobody listens on" 1 "bad +socket: $dir/left.sock: Connection refused; is the service up"
}

# Through a web server that lets everything through, and then through one that does not.
test_web() {
    eval "plain_$(declare -f web_config)"
    web_config() {
        plain_web_config "$1"
        [ -z "$strict" ] || cat <<'END'
server.modules += ( "mod_setenv", "mod_access" )
setenv.set-request-header = ( "Authorization" => "" )
$HTTP["request-method"] == "PATCH" { url.access-deny = ( "" ) }
server.http-parseopts := ( "url-normalize" => "enable", "url-path-2f-decode" => "disable",
                           "url-path-2f-reject" => "enable" )
END
    }
    strict=
    if ! workers_start serve || ! web_start serve; then
        not_ok "a web server starts" "$(cat "$dir/lighttpd.log")"
        return
    fi
    doctor --url "$BASE_URL"
    finds "web: the service answers" 0 'ok +web: the service answers'
    finds "web: Authorization gets through" 0 'ok +web: the Authorization header gets through'
    finds "web: %2F gets through" 0 'ok +web: a path with %2F gets through'
    finds "web: PATCH gets through" 0 'ok +web: methods beyond GET and POST get through'
    finds "web: it is ready" 0 'ok +web: the service is ready'
    doctor --url "$BASE_URL/else/"
    finds "web: another path" 1 'bad +web: GET .*/livez gives 404 from the service'
    is "web: of which nothing more is said" 1 "$(grep -c ' web:' <<<"$out")"
    stop "$web_pid"
    doctor --url "$BASE_URL"
    finds "web: no web server" 1 'bad +web: GET .*/livez: Connection refused; is the web server up'
    strict=1
    web_start serve
    doctor --url "$BASE_URL"
    finds "web: Authorization is kept back" 1 'bad +web: GET .* gives 200 from the service: the web server keeps the Auth'
    finds "web: %2F is refused" 1 'bad +web: GET .* gives 400 from the web server: the web server changes or refuses %2F'
    finds "web: PATCH is refused" 1 'bad +web: PATCH .* gives 403 from the web server: the web server answers PATCH'
    sql 'DROP TABLE atlas_schema_revisions'
    doctor --url "$BASE_URL"
    finds "web: it is not ready" 1 'bad +web: GET .*/readyz gives 503 from the service'
    stop "$web_pid" INT
    web_pid=
    stop "$supervisor_pid"
    doctor --url https://127.0.0.1/
    is "web: TLS is a wrong call" "2:1" "$status:$(wc -l <"$dir/err")"
}

TMPDIR=/tmp enter_private_folder doctor # where nobody gets to it, too
unset DB CACHE WORKERS BASE_PATH DOCS_DIR
stack_environment
unset LOG_FILE
DB_NAME=
database_start "$database"
migrate
test_well
test_migrations
if [ "$database" = sqlite ]; then
    memcached_start
    unset CACHE
    chmod 755 "$dir"
    test_settings
    test_parts
    test_socket
    test_sqlite
    test_web
else
    test_server
fi
database_stop
check_sanitizers
tap_end
