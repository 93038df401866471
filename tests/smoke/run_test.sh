#!/bin/bash
# run_test.sh: tools/run, which `make run` calls: starts all, answers, and leaves nothing behind: run_test.sh
# sqlite|mysql|postgresql. It works in a checkout of its own, made of links, so that a service run in this one is not
# disturbed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
set -m # each start is a process group that Ctrl-C (INT) can reach, as in a terminal

make_checkout() { # NAME
    local name
    mkdir "$dir/$1"
    for name in tools lighttpd.conf lighttpd migrations; do
        ln -s "$root/$name" "$dir/$1/$name"
    done
}

descendants() { # PID
    local pid
    for pid in $(children "$1"); do
        descendants "$pid"
        echo "$pid"
    done
}

all_gone() { # PID...
    local pid
    for pid in "$@"; do
        gone "$pid" || return 1
    done
}

run_start() { # CHECKOUT
    port=$(free_port)
    export PORT=$port BASE_URL=http://127.0.0.1:$port
    start "$1" "$dir/$1/tools/run"
    run_pid=$started
}

service_answers_or_run_ended() { service_answers || gone "$run_pid"; }
announced() { grep -q 'Ctrl-C stops everything' "$dir/$1.log"; }

# The same run again says one line and ends with 1.
expect_refusal() { # NAME CHECKOUT PATTERN
    local status
    "$dir/$2/tools/run" >"$dir/refusal" 2>&1 </dev/null && status=0 || status=$?
    is "$1: status" 1 "$status"
    is "$1: one line" 1 "$(wc -l <"$dir/refusal")"
    matches "$1: says why" "$3" "$(cat "$dir/refusal")"
}

# SIGNAL: how it is told to end; the whole group gets it, as from a terminal.
test_start_and_stop() { # CHECKOUT SIGNAL
    local parts
    run_start "$1"
    check "run: it answers" wait_for "$patience" service_answers_or_run_ended
    check "run: it says where" wait_for "$patience" announced "$1"
    matches "run: the address is right" "$BASE_URL/" "$(cat "$dir/$1.log")"
    check "run: ready" curl --silent --fail --noproxy '*' "$BASE_URL/readyz"
    expect_refusal "run: a second one in the same checkout" "$1" 'runs already'
    expect_refusal "run: another one on the same port" other "$port"
    if [ "$2" = INT ]; then run_interruptibly timeout 300 "$BUILD/tests/smoke/api_records_test"; fi
    parts=$(descendants "$run_pid")
    at_least "run: its parts" 5 "$(wc -w <<<"$parts")"
    kill -"$2" -- -"$run_pid"
    check "run: $2 ends it" wait_for "$patience" gone "$run_pid"
    wait "$run_pid"
    is "run: $2: status" 0 "$?"
    forget "$run_pid"
    # shellcheck disable=SC2086
    check "run: $2: all parts are gone" wait_for "$patience" all_gone $parts
    check "run: $2: the port is free" port_is_free "$port"
}

database_server_runs() { "$root/tools/$1" status --dir "$dir/checkout/var/$1"; }

# With a server's database it starts that server, too, and stops it.
test_database() {
    local tool=${server_tools[$DB]} try
    for try in 1 2 3; do
        : >"$dir/checkout.log"
        DB_PORT=$(free_port) run_start checkout
        if wait_for "$patience" service_answers_or_run_ended && alive "$run_pid"; then break; fi
        stop "$run_pid"
    done
    check "run: it is ready" curl --silent --fail --noproxy '*' "$BASE_URL/readyz"
    check "run: its server runs" database_server_runs "$tool"
    wait_for "$patience" announced checkout
    matches "run: says which" "\\($DB, " "$(cat "$dir/checkout.log")"
    kill -INT -- -"$run_pid"
    check "run: INT ends it" wait_for "$patience" gone "$run_pid"
    forget "$run_pid"
    is "run: its server does not run" 3 "$(database_server_runs "$tool" >/dev/null; echo $?)"
}

# A part that ends takes the run with it, and the user is told which.
test_part_dies() {
    local parts victim status
    run_start checkout
    wait_for "$patience" announced checkout
    parts=$(descendants "$run_pid")
    victim=$(for pid in $parts; do grep -q -a '^memcached' "/proc/$pid/cmdline" && echo "$pid"; done)
    kill -KILL "$victim"
    check "run: a part dies: it ends" wait_for "$patience" gone "$run_pid"
    wait "$run_pid" && status=0 || status=$?
    forget "$run_pid"
    is "run: a part dies: status" 1 "$status"
    matches "run: a part dies: says which" 'memcached ended' "$(cat "$dir/checkout.log")"
    # shellcheck disable=SC2086
    check "run: a part dies: all others are gone" wait_for "$patience" all_gone $parts
}

test_wrong_port() {
    PORT=nonsense expect_refusal "run: a port that is none" checkout 'nonsense'
}

enter_private_folder run
unset DB_HOST DB_PORT DB_USER DB_PASSWORD DB_NAME CACHE MEMCACHED_SERVERS WORKERS LOG_FILE MIGRATIONS LOG_LEVEL
stack_environment
unset LOG_FILE
export QUIRE DB=${1:-sqlite}
make_checkout checkout
make_checkout other
if [ "$DB" = sqlite ]; then
    test_start_and_stop checkout INT
    : >"$dir/checkout.log"
    test_start_and_stop checkout TERM
    : >"$dir/checkout.log"
    test_part_dies
    test_wrong_port
else
    test_database
fi
check_sanitizers
tap_end
