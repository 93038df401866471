#!/bin/bash
# as_user.sh: what deploy_test.sh does in the home folder, where this script stands in a checkout: ~/quire.
#
# The web server and quire are started by the recipe, so their ids are in its files: ~/quire/var/run/*.pid.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
. "$here/recipe.sh"
recipe=$1
database=$2
mount=$3
how_much=$4
threadless=${5:-}
base_path=${mount%/}

run_recipe() { # RECIPE
    local commands
    commands=$(commands_of "$1") || return
    PORT=$port BASE_PATH=$base_path bash -eu -c "$commands" </dev/null
}

# Settings of another database than the recipe's go where the recipe put its own.
use_database() {
    local name
    [ "$database" != sqlite ] || return 0
    database_start "$database" || return 1
    for name in DB DB_HOST DB_USER DB_PASSWORD DB_NAME; do
        printf '%s=%s\n' "$name" "${!name}"
    done >>"$root/.env"
    (cd "$root" && build/quire migrate apply)
}

# Whoever a web server or spawn-fcgi starts gets its settings from .env alone.
forget_settings() {
    local name
    for name in LOG_LEVEL MIGRATIONS REQUEST_TIMEOUT LOG_FILE DB DB_PATH CACHE; do
        export -n "${name?}"
    done
}

# Those the recipe started: the web server's first.
recipe_pids() {
    local file
    for file in "$root"/var/run/{lighttpd,apache,nginx}.pid "$root"/var/run/quire*.pid; do
        [ ! -f "$file" ] || xargs -n 1 <"$file"
    done
}

# fcgid's and bin-path's children end with their web server; they must, for the folder goes.
recipe_stop() {
    local pid clean=0
    for pid in $(recipe_pids); do
        stop "$pid" || clean=1
    done
    rm -f "$root"/var/run/*.pid
    wait_for "$patience" no_quire_runs || clean=1
    return "$clean"
}

# The processes of the program in this checkout.
quire_pids() {
    local link
    for link in /proc/[0-9]*/exe; do
        [ "$(readlink "$link" 2>/dev/null)" != "$root/build/quire" ] || basename "$(dirname "$link")"
    done
}

no_quire_runs() { [ -z "$(quire_pids)" ]; }

at_leave() {
    recipe_stop
    database_stop
}

needs_a_host() { [[ $recipe =~ ^apache-(fcgid|cgid)$ ]]; }

# Another may take the port between the choice and the start: then with another port.
service_start() {
    local try
    for try in 1 2 3; do
        port=$(free_port)
        export BASE_URL=http://127.0.0.1:$port$base_path
        if run_recipe "$recipe" && { ! needs_a_host || run_recipe shared-host; } && wait_for "$patience" service_answers; then
            return
        fi
        printf '# try %s: nothing answers on port %s\n' "$try" "$port"
        recipe_stop
    done
    tail -n 20 "$root"/var/log/*.log "$root"/var/run/*.log 2>/dev/null
    return 1
}

# Where two are balanced, one may die: what is asked then is answered by the other.
test_one_may_die() {
    local i lost=0
    [[ $recipe =~ balance ]] || return 0
    kill -KILL "$(cat "$root/var/run/quire-1.pid")"
    rm "$root/var/run/quire-1.pid"
    one_is_gone() { [ "$(quire_pids | wc -l)" -le 3 ]; }
    check "its workers follow it" wait_for "$patience" one_is_gone
    for i in {1..30}; do
        fetch /livez
        [ "$code" = 200 ] || lost=$((lost + 1))
    done
    is "with one of two dead every request is answered" 0 "$lost"
}

# From now on no process of quire's can make a thread, or a process. What a web server starts for each request begins with
# that limit.
forbid_threads() {
    local pid
    for pid in $(quire_pids) $(cat "$root/var/run/lighttpd.pid" 2>/dev/null); do
        prlimit --pid "$pid" --nproc=0:0 || return 1
    done
}

test_api() {
    local program status=0
    export SERVER=$recipe
    for program in "$BUILD"/tests/smoke/api_*_test; do
        run_interruptibly timeout 900 "$program" || status=1
    done
    return "$status"
}

# What the sanitizers said; what CGI and mod_fcgid start writes into the web server's log.
reports() {
    sanitizer_reports
    grep -a -h -A 20 -E 'ERROR: .*Sanitizer|runtime error:' "$root"/var/log/*.log "$root"/var/run/*.log 2>/dev/null
}

enter_private_folder "$recipe"
sanitizer_environment
# Looking for leaks takes a thread.
[ -z "$threadless" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
port=0
check "the setup runs" run_recipe setup
use_database >"$dir/database.log" 2>&1 # not in a subshell: it is known by then what to stop
is "the database is there: $database" 0 $?
forget_settings
if service_start; then
    ok "the service starts"
else
    not_ok "the service starts"
    tap_end
    exit 1
fi
[ -z "$threadless" ] || check "quire may make no thread from now on" forbid_threads
test_a_few_requests
status=0
[ "$how_much" = quick ] || test_api || status=1
test_one_may_die
check "all of it stops" recipe_stop
is "no sanitizer complained" "" "$(reports)"
tap_end && [ "$status" -eq 0 ]
