#!/bin/bash
# chaos_test.sh: parts die, freeze, restart or are replaced while readers and writers keep an exact account (load.c):
# chaos_test.sh sqlite|mysql|postgresql [server]. With `server`: what may happen to a database and its server; without it,
# what may happen to all the other parts, the same for each database. SQLite has no server, and all scenarios in one.
#
# Settings that change on the way are in `.env`; what stack.sh exports could not change.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
database=${1:-}
part=${2:-}
case "$database $part" in
"sqlite " | "mysql " | "mysql server" | "postgresql " | "postgresql server") ;;
*)
    echo "usage: chaos_test.sh sqlite; chaos_test.sh mysql|postgresql [server]" >&2
    exit 2
    ;;
esac
clients=4
load_pid=

# What load printed under this key in the current scenario.
account() { sed -n "s/^$1=//p" "$dir/$scenario.account"; }

load_start() { # SCENARIO SECONDS
    scenario=$1
    "$BUILD/tests/smoke/load" "$2" "$clients" >"$dir/$scenario.account" 2>"$dir/$scenario.failures" &
    load_pid=$!
    running+=("$load_pid")
}

load_wait() {
    wait "$load_pid"
    forget "$load_pid"
}

# What must hold in every scenario; the number of failed requests is each one's own.
check_account() { # FAILURES_ALLOWED [BARE_ALLOWED]: failures that the web server words, not quire
    local key
    at_least "$scenario: there was load" 50 "$(account requests)"
    is "$scenario: the account was verified" 1 "$(account verified)"
    for key in stale missing wrong lost doubled; do
        is "$scenario: $key" 0 "$(account $key)"
    done
    at_most "$scenario: bare" "${2:-0}" "$(account bare)"
    at_most "$scenario: failed requests" "$1" "$(account failed)"
    printf '# %s: %s\n' "$scenario" "$(paste -sd ' ' "$dir/$scenario.account")"
    if [ "$(account failed)" != 0 ] || [ "$(account stale)" != 0 ] || [ "$(account lost)" != 0 ]; then
        head -20 "$dir/$scenario.failures" | sed 's/^/#   /'
    fi
}

has_workers() { [ "$(children "$supervisor_pid" | wc -l)" -ge "$1" ]; }

test_quiet() {
    load_start quiet 2
    load_wait
    check_account 0
}

# kill -9 of one worker after the other; each may take the one request with it that it held.
test_worker_killed() {
    local kills=4 i victim
    load_start worker-killed 4
    for ((i = 0; i < kills; i++)); do
        sleep 0.7
        wait_for "$patience" has_workers 2
        victim=$(children "$supervisor_pid" | sed -n "$((i % 2 + 1))p")
        kill -KILL "$victim"
    done
    load_wait
    check_account "$kills"
    check "worker-killed: all workers are back" wait_for "$patience" has_workers 2
}

test_memcached_killed() {
    load_start memcached-killed 4
    sleep 1
    stop "$memcached_pid" KILL
    sleep 1.5
    memcached_start
    load_wait
    check_account 0
}

# Stopped, it still accepts connections and says nothing: the worst way to be away.
test_memcached_frozen() {
    load_start memcached-frozen 6
    sleep 1
    kill -STOP "$memcached_pid"
    sleep 2.5
    kill -CONT "$memcached_pid"
    load_wait
    check_account 0
    at_most "memcached-frozen: the slowest answer, in ms" 3000 "$(account slowest_ms)"
}

test_memcached_restarted() {
    local i
    load_start memcached-restarted 4
    for ((i = 0; i < 3; i++)); do
        sleep 0.9
        stop "$memcached_pid"
        memcached_start
    done
    load_wait
    check_account 0
}

settings_are() { printf '%s\n' "$@" >"$dir/.env"; }

workers() { children "$supervisor_pid" | sort; }

# None of these workers is left, and new ones are there.
workers_replaced() { # PIDS
    [ -z "$(comm -12 <(echo "$1") <(workers))" ] && has_workers 2
}

log_has() { grep -a -q -E "$1" "$LOG_FILE"; }

log_count() { grep -a -c -E "$1" "$LOG_FILE"; }

# SIGHUP, until the last old worker is gone.
reload() { # NAME
    local before
    before=$(workers)
    kill -HUP "$supervisor_pid"
    check "$scenario: $1: each worker is replaced" wait_for "$patience" workers_replaced "$before"
}

# SIGHUP, and it must not be followed: no worker is replaced, and the log says why.
reload_in_vain() { # NAME WHY
    local before
    before=$(workers)
    kill -HUP "$supervisor_pid"
    check "$scenario: $1: the log says why" wait_for "$patience" log_has "SIGHUP changes nothing.*$2"
    is "$scenario: $1: the workers stay" "$before" "$(workers)"
}

page_of_120() {
    curl --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' "$BASE_URL/api/authors?pageSize=120"
}

test_reload() {
    load_start reload 4
    settings_are REQUEST_TIMEOUT=20 PAGE_SIZE_MAX=many
    reload_in_vain "a bad setting" 'PAGE_SIZE_MAX from .env is "many"'
    is "reload: the old setting holds" 422 "$(page_of_120)"
    settings_are REQUEST_TIMEOUT=20 PAGE_SIZE_MAX=150
    reload "a good setting"
    is "reload: the new setting holds" 200 "$(page_of_120)"
    settings_are REQUEST_TIMEOUT=20
    reload "the old setting again"
    load_wait
    check_account 0
}

programs() { # of the supervisor and its workers: which files
    local pid
    for pid in "$supervisor_pid" $(workers); do stat -L -c %i "/proc/$pid/exe"; done | sort -u
}

# The program's file is replaced: by another version (of the same length, and with the same last byte: strings share
# their ends), by one that cannot start, by the one before.
test_upgrade() {
    local version
    version=$("$QUIRE" version | head -n 1)
    version=${version#quire }
    load_start upgrade 5
    cp "$QUIRE" "$dir/quire.before"
    LC_ALL=C sed "s/${version//./\\.}/9.9.0/g" "$QUIRE" >"$dir/quire.next"
    chmod 755 "$dir/quire.next"
    mv -f "$dir/quire.next" "$QUIRE"
    reload "another version"
    is "upgrade: all run it" "$(stat -c %i "$QUIRE")" "$(programs)"
    matches "upgrade: it is another version" '^quire 9\.9\.0' "$("/proc/$supervisor_pid/exe" version)"
    head -c 100000 "$dir/quire.before" >"$dir/quire.next"
    chmod 755 "$dir/quire.next"
    mv -f "$dir/quire.next" "$QUIRE"
    reload_in_vain "half a program" .
    mv -f "$dir/quire.before" "$QUIRE"
    reload "the version before"
    is "upgrade: all run that" "$(stat -c %i "$QUIRE")" "$(programs)"
    load_wait
    check_account 0
}

# Workers are recycled, one at a time: at no moment is more than one of them missing.
test_recycling() {
    local least=9 now before
    settings_are REQUEST_TIMEOUT=20 MAX_REQUESTS=50
    load_start recycling 3
    reload "it is turned on"
    before=$(log_count 'has done its requests')
    for ((now = 0; now < 40; now++)); do
        n=$(workers | wc -l)
        [ "$n" -ge "$least" ] || least=$n
        sleep 0.03
    done
    load_wait
    check_account 0
    at_least "recycling: workers that were recycled" 5 $(($(log_count 'has done its requests') - before))
    printf '# recycling: %s workers recycled, %s at least at each look\n' \
        $(($(log_count 'has done its requests') - before)) "$least"
    at_least "recycling: workers at each look" 1 "$least"
    settings_are REQUEST_TIMEOUT=20
    reload "it is turned off"
}

# Stops a worker, but not one that has the database locked: for that the others would have to wait, and fail rightly.
freeze() { # PID
    kill -STOP "$1"
    curl --silent --fail --noproxy '*' --max-time 0.3 --output /dev/null -X POST -H 'Content-Type: application/json' \
        -d '{"name":"frozen","bio":"","birthdate":"1929-10-21"}' "$BASE_URL/api/authors" && return
    kill -CONT "$1"
    sleep 0.5
    return 1
}

# A worker that stands still in a request takes that one along, no other. Who waits for something that it holds may be told
# to try again: a request has one second here.
test_worker_frozen() {
    local victim
    settings_are REQUEST_TIMEOUT=1
    load_start worker-frozen 5
    reload "a request may take a second"
    victim=$(workers | head -n 1)
    until freeze "$victim"; do :; done
    check "worker-frozen: it is killed" wait_for "$patience" gone "$victim"
    check "worker-frozen: the log says so" log_has "worker $victim (is stuck in its work|stands still); killed"
    check "worker-frozen: another one came" wait_for "$patience" has_workers 2
    load_wait
    check_account "$clients"
    at_most "worker-frozen: requests lost with it" 1 "$(account status_500)"
    at_most "worker-frozen: the slowest answer, in ms" 4500 "$(account slowest_ms)"
    settings_are REQUEST_TIMEOUT=20
    reload "and twenty again"
}

# The log is renamed and opened again; every request has its line in one of the two.
test_log_renamed() {
    local i
    load_start log-renamed 2
    for ((i = 0; i < 3; i++)); do
        sleep 0.4
        cat "$LOG_FILE" >>"$dir/quire.log.before" && rm "$LOG_FILE"
        kill -USR1 "$supervisor_pid"
        check "log-renamed: there is a new file" wait_for "$patience" test -s "$LOG_FILE"
    done
    load_wait
    check_account 0
}

# kill -9 of the supervisor: its workers finish and go, and another one can have the socket.
test_supervisor_killed() {
    local orphans
    load_start supervisor-killed 3
    sleep 0.5
    orphans=$(workers)
    stop "$supervisor_pid" KILL
    # shellcheck disable=SC2086
    check "supervisor-killed: its workers go" wait_for "$patience" all_gone $orphans
    workers_start serve
    check "supervisor-killed: another one answers" wait_for "$patience" service_answers
    load_wait
    check_account 1000000 1000000
    is "supervisor-killed: nothing but 503 meanwhile" "$(account failed)" "$(account status_503)"
}

all_gone() { # PID...
    local pid
    for pid in "$@"; do gone "$pid" || return 1; done
}

database_answers() { sql "SELECT 1"; }

is_ready() { curl --silent --fail --noproxy '*' --output /dev/null "$BASE_URL/readyz"; }

# While it is away only 503 is said; once it is back, all is well within two seconds.
test_database_restarted() {
    local back_ms
    load_start database-restarted 12
    sleep 2
    server_stop
    sleep 1
    server_start
    wait_for "$patience" database_answers
    back_ms=$(now_ms)
    load_wait
    check_account 1000000
    at_least "database-restarted: it was noticed" 1 "$(account status_503)"
    is "database-restarted: nothing but 503" "$(account failed)" "$(account status_503)"
    at_most "database-restarted: the last failure, in ms after its return" 2000 \
        "$(($(account last_failure_ms) - back_ms))"
    check "database-restarted: it is ready again" wait_for "$patience" is_ready
}

# The server, and the processes that it has for its connections.
server_processes() {
    local pid
    pid=$(head -n 1 "$database_dir/mysqld.pid" "$database_dir/data/postmaster.pid" 2>/dev/null | grep -x '[0-9]*')
    echo "$pid"
    children "$pid"
}

# A server that hangs still lets one connect. Readiness must not hang with it.
test_database_frozen() {
    local processes answer
    processes=$(server_processes)
    # shellcheck disable=SC2086
    kill -STOP $processes
    answer=$(curl --silent --noproxy '*' --max-time 20 --output /dev/null --write-out '%{http_code} %{time_total}' \
        "$BASE_URL/readyz")
    # shellcheck disable=SC2086
    kill -CONT $processes
    is "database-frozen: readiness" 503 "${answer% *}"
    at_most "database-frozen: readiness took, in ms" 2000 "$(awk -v s="${answer#* }" 'BEGIN { printf "%d", s * 1000 }')"
    check "database-frozen: it is ready again" wait_for "$patience" is_ready
}

send() { # METHOD PATH BODY: the status and the answer
    curl --silent --noproxy '*' --max-time 60 -X "$1" -H 'Content-Type: application/json' -d "$3" \
        --write-out ' %{http_code}\n' "$BASE_URL$2"
}

# An author is removed while books of that author come in: each book is either there before, and goes too, or is a 422.
test_contended() {
    local rounds=40 round i id book statuses books=()
    for ((round = 0; round < rounds; round++)); do
        id=$(send POST /api/authors '{"name":"contended","bio":"","birthdate":"1929-10-21"}' | sed 's/{"id":\([0-9]*\).*/\1/')
        book="{\"title\":\"contended\",\"description\":\"\",\"publish_date\":\"1974-05-01\",\"author_id\":$id}"
        send POST /api/books "$book" >/dev/null
        for i in 1 2 3; do
            send POST /api/books "$book" >>"$dir/contended.books" &
            books[i]=$!
        done
        send DELETE "/api/authors/$id" "" >>"$dir/contended.authors"
        wait "${books[@]}"
        send GET "/api/books?author_id=$id" "" >>"$dir/contended.left"
    done
    statuses=$(sed 's/.* //' "$dir/contended.books" | sort -u | paste -sd ' ')
    matches "contended: a book is created or refused" '^(200|422|200 422)$' "$statuses"
    is "contended: the author is removed" "$rounds" "$(grep -c ' 200$' "$dir/contended.authors")"
    is "contended: no book is left" "$rounds" "$(grep -c '"total":0} 200$' "$dir/contended.left")"
}

test_processes() {
    test_quiet
    test_worker_killed
    test_memcached_killed
    test_memcached_frozen
    test_memcached_restarted
    test_reload
    test_upgrade
    test_recycling
    test_worker_frozen
    test_log_renamed
    test_supervisor_killed
}

enter_private_folder chaos
unset QUIRE_TEST_MYSQL QUIRE_TEST_POSTGRESQL REQUEST_TIMEOUT
settings_are REQUEST_TIMEOUT=20
if ! stack_start "$database" serve; then
    not_ok "the stack starts: $database"
    stack_stop
    tap_end
    exit 1
fi
case "$database $part" in
"sqlite ")
    test_processes
    test_contended
    ;;
*" server")
    test_contended
    test_database_restarted
    test_database_frozen
    ;;
*) test_processes ;;
esac
check "the stack stops" stack_stop
check_sanitizers
tap_end
