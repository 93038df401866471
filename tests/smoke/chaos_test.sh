#!/bin/bash
# chaos_test.sh: parts die, freeze, restart or are replaced while readers and writers keep an exact account (load.c):
# chaos_test.sh sqlite|mysql|postgresql. The databases share all scenarios but those of a server.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
database=$1
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
check_account() { # FAILURES_ALLOWED
    local key
    at_least "$scenario: there was load" 50 "$(account requests)"
    is "$scenario: the account was verified" 1 "$(account verified)"
    for key in stale missing wrong lost doubled bare; do
        is "$scenario: $key" 0 "$(account $key)"
    done
    at_most "$scenario: failed requests" "$1" "$(account failed)"
    printf '# %s: %s\n' "$scenario" "$(paste -sd ' ' "$dir/$scenario.account")"
    if [ "$(account failed)" != 0 ] || [ "$(account stale)" != 0 ] || [ "$(account lost)" != 0 ]; then
        head -20 "$dir/$scenario.failures" | sed 's/^/#   /'
    fi
}

has_workers() { [ "$(children "$supervisor_pid" | wc -l)" -ge "$1" ]; }

test_quiet() {
    load_start quiet 3
    load_wait
    check_account 0
}

# kill -9 of one worker after the other; each may take the one request with it that it held.
test_worker_killed() {
    local kills=4 i victim
    load_start worker-killed 6
    for ((i = 0; i < kills; i++)); do
        sleep 1
        wait_for "$patience" has_workers 2
        victim=$(children "$supervisor_pid" | sed -n "$((i % 2 + 1))p")
        kill -KILL "$victim"
    done
    load_wait
    check_account "$kills"
    check "worker-killed: all workers are back" wait_for "$patience" has_workers 2
}

test_memcached_killed() {
    load_start memcached-killed 6
    sleep 1.5
    stop "$memcached_pid" KILL
    sleep 2
    memcached_start
    load_wait
    check_account 0
}

# Stopped, it still accepts connections and says nothing: the worst way to be away.
test_memcached_frozen() {
    load_start memcached-frozen 8
    sleep 1.5
    kill -STOP "$memcached_pid"
    sleep 3
    kill -CONT "$memcached_pid"
    load_wait
    check_account 0
    at_most "memcached-frozen: the slowest answer, in ms" 3000 "$(account slowest_ms)"
}

test_memcached_restarted() {
    local i
    load_start memcached-restarted 6
    for ((i = 0; i < 3; i++)); do
        sleep 1.2
        stop "$memcached_pid"
        memcached_start
    done
    load_wait
    check_account 0
}

# Every worker is another one afterwards.
test_reload() {
    local before after i
    before=$(children "$supervisor_pid" | sort)
    load_start reload 6
    for ((i = 0; i < 3; i++)); do
        sleep 1.2
        kill -HUP "$supervisor_pid"
    done
    load_wait
    check_account 0
    after=$(children "$supervisor_pid" | sort)
    is "reload: no worker is the same" "" "$(comm -12 <(echo "$before") <(echo "$after"))"
    check "reload: the workers are all there" has_workers 2
}

test_recycling() {
    local starts
    stop "$supervisor_pid"
    export MAX_REQUESTS=50
    workers_start serve
    wait_for "$patience" service_answers
    starts=$(children "$supervisor_pid" | sort)
    load_start recycling 5
    load_wait
    check_account 0
    is "recycling: no worker is the same" "" "$(comm -12 <(echo "$starts") <(children "$supervisor_pid" | sort))"
    unset MAX_REQUESTS
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

enter_private_folder chaos
unset QUIRE_TEST_MYSQL QUIRE_TEST_POSTGRESQL
if ! stack_start "$database" serve; then
    not_ok "the stack starts: $database"
    stack_stop
    tap_end
    exit 1
fi
test_quiet
test_worker_killed
test_memcached_killed
test_memcached_frozen
test_memcached_restarted
test_reload
test_contended
[ "$database" = sqlite ] || test_database_restarted
[ "$database" = sqlite ] || test_database_frozen
test_recycling
check "the stack stops" stack_stop
check_sanitizers
tap_end
