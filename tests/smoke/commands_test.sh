#!/bin/bash
# commands_test.sh: what quire says and how it ends, called as people, scripts and web servers call it: commands_test.sh
# sqlite|mysql|postgresql (the database of the migration commands)
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
database=${1:-sqlite}

# Runs quire; sets $status, $out, $err.
quire() {
    "$QUIRE" "$@" >"$dir/out" 2>"$dir/err" </dev/null && status=0 || status=$?
    out=$(cat "$dir/out")
    err=$(cat "$dir/err")
}

lines() { wc -l <"$dir/$1" | tr -d ' '; }

expect_one_line() { # NAME STATUS PATTERN: on standard error, and nothing on standard output
    is "$1: status" "$2" "$status"
    is "$1: one line" 1 "$(lines err)"
    is "$1: nothing on standard output" "" "$out"
    matches "$1: says what" "$3" "$err"
}

test_version_and_help() {
    local spelling command
    for spelling in version --version; do
        quire "$spelling"
        is "$spelling: status" 0 "$status"
        matches "$spelling: names the database drivers" 'sqlite' "$out"
        matches "$spelling: names the cache drivers" 'memory' "$out"
        is "$spelling: nothing on standard error" "" "$err"
    done
    for spelling in help --help ""; do
        # shellcheck disable=SC2086
        quire $spelling
        is "help ($spelling): status" 0 "$status"
        for command in serve "migrate apply" "migrate status" config version help; do
            matches "help ($spelling): names $command" "$command" "$out"
        done
    done
    quire help serve
    is "help serve: status" 0 "$status"
    matches "help serve: names its options" '--listen ADDRESS' "$out"
    quire serve --help
    is "serve --help: status" 0 "$status"
    matches "serve --help: names its options" '--workers N' "$out"
}

test_wrong_calls() {
    quire nonsense
    expect_one_line "an unknown command" 2 'nonsense'
    quire migrate
    expect_one_line "half a command" 2 'migrate apply'
    quire --nonsense
    expect_one_line "an unknown option" 2 'nonsense'
    quire serve --nonsense
    expect_one_line "an unknown option of a command" 2 'nonsense'
    quire serve --listen
    expect_one_line "an option without its value" 2 'listen'
    quire serve --listen "unix:$dir/x.sock" --workers none
    expect_one_line "a number that is none" 2 'none'
    quire version extra
    expect_one_line "an operand too many" 2 'extra'
    quire serve
    expect_one_line "serve without a socket" 2 'listen'
    quire serve --listen nonsense
    matches "serve on no address: says what" 'nonsense' "$err"
    is "serve on no address: nothing was started" 1 "$((status != 0))"
    quire help nonsense
    expect_one_line "help for an unknown command" 2 'nonsense'
}

# SETTING=VALUE per line; each must stop the start with one line that names it.
bad_settings() {
    cat <<'END'
DB=oracle
DB_PORT=0
DB_PORT=65536
DB_PORT=12x
CACHE=redis
CACHE_TTL=0
CACHE_TTL=
WORKERS=-1
WORKERS=99999999999999999999
MAX_REQUESTS=many
MAX_BODY=1e6
REQUEST_TIMEOUT=0
PAGE_SIZE_MAX=1000000
LOG_LEVEL=loud
END
}

test_bad_settings() {
    local setting
    while read -r setting; do
        for command in config "migrate status"; do
            # shellcheck disable=SC2086
            env "$setting" "$QUIRE" $command >"$dir/out" 2>"$dir/err" </dev/null && status=0 || status=$?
            out=$(cat "$dir/out")
            err=$(cat "$dir/err")
            expect_one_line "$setting, $command" 2 "${setting%%=*}"
        done
    done < <(bad_settings)
    LOG_FILE=$dir/no/such/folder/log quire serve --listen "unix:$dir/x.sock"
    expect_one_line "a log that cannot be opened" 2 'LOG_FILE'
}

# SETTING NAME: its line of `quire config`, without runs of spaces.
config_line() { grep -E "^$1 " "$dir/out" | tr -s ' '; }

test_config() {
    mkdir "$dir/dotenv"
    printf '# a comment\nWORKERS=3\nDB_PASSWORD="very secret"\nCACHE_TTL=7\n' >"$dir/dotenv/.env"
    (cd "$dir/dotenv" && env -u DB_PASSWORD CACHE_TTL=9 SECRET_KEY=hush "$QUIRE" config) >"$dir/out" 2>"$dir/err"
    is "config: status" 0 "$?"
    is "config: a default" "PAGE_SIZE_MAX 100 default" "$(config_line PAGE_SIZE_MAX)"
    is "config: the port of MySQL" "DB_PORT 3309 default" "$(config_line DB_PORT)"
    is "config: from .env" "WORKERS 3 .env" "$(config_line WORKERS)"
    is "config: the environment goes before .env" "CACHE_TTL 9 environment" "$(config_line CACHE_TTL)"
    matches "config: a secret of .env is masked" '^DB_PASSWORD [*]+ .env$' "$(config_line DB_PASSWORD)"
    matches "config: a secret of the environment is masked" '^SECRET_KEY [*]+ environment$' "$(config_line SECRET_KEY)"
    is "config: no secret is shown" "" "$(grep -E 'very secret|hush' "$dir/out")"
    DB=postgresql quire config
    is "config: the port of PostgreSQL" "DB_PORT 5432 default" "$(config_line DB_PORT)"
    printf 'WORKERS=0\n' >"$dir/dotenv/.env"
    (cd "$dir/dotenv" && "$QUIRE" config) >"$dir/out" 2>"$dir/err" </dev/null && status=0 || status=$?
    out=$(cat "$dir/out") err=$(cat "$dir/err")
    expect_one_line "a bad value in .env" 2 'WORKERS.*\.env|\.env.*WORKERS'
}

count_applied() { grep -c -e '-- migrating version' "$1"; }

test_migrations() {
    local files
    stack_environment
    database_start "$database"
    files=$(find "$MIGRATIONS/$database" -name '*.sql' | wc -l)
    quire migrate status
    is "migrate status before: status" 0 "$status"
    matches "migrate status before: pending" 'Migration Status: PENDING' "$out"
    matches "migrate status before: how many" "Pending Files: +$files" "$out"
    test_two_at_once "$files"
    quire migrate apply
    is "migrate apply again: status" 0 "$status"
    is "migrate apply again: does nothing" "No migration files to execute" "$out"
    quire migrate status
    matches "migrate status after: ok" 'Migration Status: OK' "$out"
    matches "migrate status after: how many" "Executed Files: +$files" "$out"
    matches "migrate status after: no next" 'Already at latest version' "$out"
    test_broken_migrations
    database_stop
}

test_two_at_once() { # FILES
    local one two status_one status_two applied
    "$QUIRE" migrate apply >"$dir/one" 2>&1 &
    one=$!
    "$QUIRE" migrate apply >"$dir/two" 2>&1 &
    two=$!
    wait "$one" && status_one=0 || status_one=$?
    wait "$two" && status_two=0 || status_two=$?
    is "migrate apply, two at once: both succeed" "0 0" "$status_one $status_two" || cat "$dir/one" "$dir/two"
    applied=$(($(count_applied "$dir/one") + $(count_applied "$dir/two")))
    is "migrate apply, two at once: each file once" "$1" "$applied"
}

test_broken_migrations() {
    cp -r "$MIGRATIONS/$database" "$dir/broken"
    printf '\n-- edited\n' >>"$(find "$dir/broken" -name '*.sql' | sort | head -1)"
    quire migrate apply --dir "$dir/broken"
    is "migrate apply, an edited file: status" 1 "$status"
    matches "migrate apply, an edited file: says so" 'checksum' "$out$err"
    quire migrate apply --dir "$dir/nowhere"
    is "migrate apply, no such folder: fails" 1 "$((status != 0))"
    matches "migrate apply, no such folder: says which" 'nowhere' "$err"
}

# cgi METHOD URI [VARIABLE=VALUE...] <BODY: one request as a web server starts it; sets $out and $status.
cgi() {
    local method=$1 uri=$2
    shift 2
    env GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 REQUEST_METHOD="$method" REQUEST_URI="$uri" \
        SCRIPT_NAME=/quire.cgi "$@" "$QUIRE" 2>"$dir/err" >"$dir/out" && status=0 || status=$?
    out=$(tr -d '\r' <"$dir/out")
}

test_cgi() {
    local body='{"name":"n","bio":"b","birthdate":"1929-10-21"}'
    stack_environment
    database_start sqlite
    migrate
    cgi GET / </dev/null
    is "cgi: status of the process" 0 "$status"
    matches "cgi: the answer" '"service is working"' "$out"
    matches "cgi: its status line" '^Status: 200' "$out"
    cgi GET '/api/authors?config' QUERY_STRING=config </dev/null
    matches "cgi: the query is not a command" '^Status: 200' "$out"
    cgi POST /api/authors CONTENT_TYPE=application/json CONTENT_LENGTH="${#body}" <<<"$body"
    matches "cgi: a body" '^Status: 200' "$out"
    cgi POST /api/authors CONTENT_TYPE=application/json CONTENT_LENGTH=$((${#body} + 9)) < <(printf '%s' "$body")
    matches "cgi: a body cut short is refused" '^Status: 4' "$out"
    cgi POST /api/authors CONTENT_TYPE=application/json CONTENT_LENGTH=nonsense <<<"$body"
    matches "cgi: a bad length is refused" '^Status: 4' "$out"
    cgi GET /api/authors </dev/null
    matches "cgi: nothing was made of either" '"total":1' "$out"
    CORS_ORIGINS=https://a.example,https://b.example cgi GET / HTTP_ORIGIN=https://b.example </dev/null
    matches "cors, named: the origin" 'Access-Control-Allow-Origin: https://b.example' "$out"
    matches "cors, named: credentials" 'Access-Control-Allow-Credentials: true' "$out"
    matches "cors, named: caches are told" 'Vary:.*Origin' "$out"
    CORS_ORIGINS=https://a.example,https://b.example cgi GET / HTTP_ORIGIN=https://b.example.evil </dev/null
    is "cors, named: another origin gets nothing" "" "$(grep -i access-control-allow-origin <<<"$out")"
    test_cgi_without_database
    test_cgi_is_told_to_end
    test_databases_are_told_apart
}

# As lighttpd does when the client has gone, or has all of its answer.
test_cgi_is_told_to_end() {
    local body='{"name":"late","bio":"b","birthdate":"1929-10-21"}' pid
    mkfifo "$dir/body"
    env GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 REQUEST_METHOD=POST REQUEST_URI=/api/authors SCRIPT_NAME=/quire.cgi \
        CONTENT_TYPE=application/json CONTENT_LENGTH="${#body}" "$QUIRE" <"$dir/body" >"$dir/out" 2>&1 &
    pid=$!
    exec 8>"$dir/body"
    check "told to end: it has begun" wait_for "$patience" grep -qE '^SigIgn:.*[4-7c-f].{3}$' "/proc/$pid/status"
    kill -TERM "$pid"
    printf '%s' "$body" >&8
    exec 8>&-
    wait_interruptibly "$pid"
    is "told to end: status of the process" 0 "$?"
    matches "told to end: what was begun is finished" '^Status: 200' "$(cat "$dir/out")"
}

# What all processes of a database share, they share with no other's: here, what was counted.
test_databases_are_told_apart() {
    local driver
    for driver in mysql postgresql; do
        "$QUIRE" version | grep -q "^databases:.* $driver\b" || continue
        mkdir -p "$dir/$driver"{1,2}
        DB=$driver DB_HOST=$dir/${driver}1/socket cgi GET /livez </dev/null
        DB=$driver DB_HOST=$dir/${driver}1/socket cgi GET /metrics </dev/null
        matches "two on one machine, $driver: the one counts" 'quire_requests_total\{[^}]*"/livez"[^}]*\} 1' "$out"
        DB=$driver DB_HOST=$dir/${driver}2/socket cgi GET /metrics </dev/null
        is "two on one machine, $driver: the other does not" "" "$(grep 'requests_total.*/livez' <<<"$out")"
    done
}

test_cgi_without_database() {
    DB_PATH=$dir/no/such/folder/quire.db cgi GET /livez </dev/null
    matches "no database: livez is 200" '^Status: 200' "$out"
    DB_PATH=$dir/no/such/folder/quire.db cgi GET /readyz </dev/null
    matches "no database: readyz is 503" '^Status: 503' "$out"
    DB_PATH=$dir/no/such/folder/quire.db cgi GET /api/authors </dev/null
    matches "no database: 503" '^Status: 503' "$out"
    matches "no database: Retry-After" 'Retry-After: [0-9]+' "$out"
    matches "no database: a detail without driver text" '\{"detail":"[^"]+"\}' "$out"
    is "no database: no path is told" "" "$(grep -F "$dir" <<<"$out")"
    DB_PATH=$dir/unmigrated.db cgi GET /readyz </dev/null
    matches "not migrated: readyz is 503" '^Status: 503' "$out"
    DB_PATH=$dir/unmigrated.db cgi GET /api/authors </dev/null
    matches "not migrated: 503" '^Status: 503' "$out"
    matches "not migrated: a detail without driver text" '\{"detail":"[^"]+"\}' "$out"
    is "not migrated: no table is told" "" "$(grep -F "table" <<<"$out")"
}

# SETTINGS|TEXT: with these `serve` cannot start, and the one line has that text.
bad_for_serve() {
    cat <<END
WORKERS=none|WORKERS
DB=oracle|DB
REVISIONS_SCHEMA=x|REVISIONS_SCHEMA
CACHE=memcached MEMCACHED_SERVERS=|memcached
CACHE=memcached MEMCACHED_SERVERS=:|memcached
LOG_FILE=$dir/no/such/folder/log|LOG_FILE
QUIRE_BOARD=0:7|version
END
}

# It says whether it could start, and starts nothing.
test_serve_check() {
    local settings text
    quire serve --listen "unix:$dir/check.sock" --workers 3 --check
    is "serve --check: all is well" "0" "$status$out$err"
    check "serve --check: nobody listens" test ! -e "$dir/check.sock"
    quire serve --listen 127.0.0.1:1 --check
    is "serve --check: a port that it might not get" "0" "$status$out$err"
    spawn-fcgi -n -s "$dir/check.sock" -- "$QUIRE" serve --check >"$dir/out" 2>&1 && status=0 || status=$?
    is "serve --check: a socket on standard input" "0" "$status$(cat "$dir/out")"
    while IFS='|' read -r settings text; do
        # shellcheck disable=SC2086
        (export $settings && "$QUIRE" serve --listen "unix:$dir/check.sock" --check) >"$dir/out" 2>"$dir/err" \
            </dev/null && status=0 || status=$?
        out=$(cat "$dir/out") err=$(cat "$dir/err")
        expect_one_line "serve --check: $settings" 2 "$text"
    done < <(bad_for_serve)
    (cd "$dir/dotenv" && "$QUIRE" serve --listen unix:s --check) >"$dir/out" 2>"$dir/err" && status=0 || status=$?
    out=$(cat "$dir/out") err=$(cat "$dir/err")
    expect_one_line "serve --check: a bad value in .env" 2 'WORKERS.*\.env|\.env.*WORKERS'
    quire serve --listen "unix:$dir/check.sock" --workers 0 --check
    expect_one_line "serve --check: no workers" 2 'workers'
    quire serve --listen nonsense --check
    expect_one_line "serve --check: no address" 2 'nonsense'
    quire serve --check
    expect_one_line "serve --check: no socket" 2 'listen'
}

families_of_the_unit() { sed -n 's/^RestrictAddressFamilies=//p' "$root/packaging/systemd/quire.service"; }

# Starts among these families of sockets; sets $blind to how often the log then has it that the queue cannot be seen.
start_among() { # FAMILY...
    local log=$dir/families.log
    rm -f "$log"
    LOG_FILE=$log start sandbox "$BUILD/tests/smoke/sandbox" "$@" -- "$QUIRE" serve --listen "unix:$dir/f.sock" --workers 2
    two_ready() { [ "$(children "$started" | wc -l)" -eq 2 ] && test -S "$dir/f.sock"; }
    wait_for "$patience" two_ready
    stop "$started"
    blind=$(grep -c 'does not tell how many requests wait' "$log")
}

# Without netlink nobody can be turned away in time; the unit that is shipped allows it.
test_families() {
    # shellcheck disable=SC2046
    start_among $(families_of_the_unit)
    is "the unit's sockets: the queue can be seen" 0 "$blind"
    start_among AF_UNIX AF_INET AF_INET6
    is "no netlink: the log says once that the queue cannot be seen" 1 "$blind"
}

# A second quire on a socket in use is refused, a stale socket is taken over, TERM ends all.
test_serve() {
    local first worker
    stack_environment
    database_start sqlite
    start serve "$QUIRE" serve --listen "unix:$dir/quire.sock" --workers 2
    first=$started
    wait_for "$patience" test -S "$dir/quire.sock"
    is "serve: the socket is for user and group only" 660 "$(stat -c %a "$dir/quire.sock")"
    quire serve --listen "unix:$dir/quire.sock"
    expect_one_line "serve on a socket in use" 1 'quire.sock'
    quire serve --listen "unix:$dir/quire.sock" --check
    is "serve --check beside it: that is no fault" 0 "$status"
    check "serve --check beside it: the socket is still there" test -S "$dir/quire.sock"
    two_workers() { [ "$(children "$first" | wc -l)" -eq 2 ]; }
    check "serve: two workers" wait_for "$patience" two_workers
    worker=$(children "$first" | head -1)
    check "serve: TERM ends it" stop "$first"
    check "serve: TERM ends the workers" wait_for "$patience" gone "$worker"
    check "serve: the socket is removed" test ! -e "$dir/quire.sock"
    start serve "$QUIRE" serve --listen "unix:$dir/quire.sock" --workers 1
    first=$started
    wait_for "$patience" test -S "$dir/quire.sock"
    worker_runs() { [ -n "$(children "$first")" ]; }
    wait_for "$patience" worker_runs
    worker=$(children "$first")
    kill -KILL "$first"
    wait_for "$patience" gone "$first"
    forget "$first"
    check "serve: a supervisor that dies takes its workers along" wait_for "$patience" gone "$worker"
    start serve "$QUIRE" serve --listen "unix:$dir/quire.sock" --workers 1
    serves() { [ -n "$(children "$started")" ]; }
    check "serve: a stale socket is taken over" wait_for "$patience" serves
    stop "$started"
}

# Closed descriptors are not taken by the memory that processes share: what is printed would go there.
test_closed_descriptors() {
    local fd
    start closed "$BASH" -c 'exec "$@" <&- >&- 2>&-' - "$QUIRE" serve --listen "unix:$dir/closed.sock" --workers 1
    check "closed descriptors: it starts" wait_for "$patience" test -S "$dir/closed.sock"
    for fd in 0 1 2; do
        is "closed descriptors: $fd is the null device" /dev/null "$(readlink "/proc/$started/fd/$fd")"
    done
    check "closed descriptors: TERM ends it" stop "$started"
    REQUEST_METHOD=GET REQUEST_URI=/livez GATEWAY_INTERFACE=CGI/1.1 "$QUIRE" <&- >"$dir/out" 2>"$dir/err"
    matches "cgi without standard input: the answer" '^Status: 200' "$(cat "$dir/out")"
}

# With the socket on standard input, one worker has a supervisor too: nobody else might start it again.
test_one_worker_on_standard_input() {
    local before
    start spawn spawn-fcgi -n -s "$dir/spawned.sock" -M 0600 -- "$QUIRE" serve --workers 1
    has_worker() { [ -n "$(children "$started")" ]; }
    wait_for "$patience" has_worker
    before=$(children "$started")
    other_worker() { has_worker && [ "$(children "$started")" != "$before" ]; }
    kill -HUP "$started"
    check "standard input: SIGHUP replaces the one worker" wait_for "$patience" other_worker
    wait_for "$patience" gone "$before"
    before=$(children "$started")
    kill -KILL "$before"
    check "standard input: a worker that dies is replaced" wait_for "$patience" other_worker
    check "standard input: TERM ends it" stop "$started"
}

enter_private_folder commands
unset DB CACHE WORKERS
stack_environment
test_version_and_help
test_wrong_calls
test_bad_settings
test_config
test_migrations
test_cgi
test_serve_check
test_families
test_serve
test_closed_descriptors
test_one_worker_on_standard_input
check_sanitizers
tap_end
