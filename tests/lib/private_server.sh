# private_server.sh: what each of tools/mariadb and tools/postgresql does: it starts from nothing, keeps its data, and says
# in one line what is in its way. Source it after process.sh and tap.sh. The test has set $tool and $product, and has:
#
#   query socket|tcp STATEMENT  in the server of $dir/a (at $port)
#   left_over_pid               the file in which a server that was killed leaves its id
# shellcheck shell=bash

server() { # the tool's arguments; sets $output and $status
    output=$("$root/tools/$tool" "$@" 2>&1)
    status=$?
}

at_leave() { "$root/tools/$tool" stop --dir "$dir/a" >/dev/null 2>&1; }

start_on_a_port() {
    local try
    for try in 1 2 3 4 5; do
        port=$(free_port)
        server start --dir "$dir/a" --port "$port"
        [ "$status" -ne 0 ] || return 0
    done
}

test_first_start() { # PLACE
    server status --dir "$dir/a"
    is "before the start it does not run" 3 "$status"
    mkdir -p "$dir/a/data.new"
    start_on_a_port
    is "it starts, after an interrupted start too, and says how to get in" "0:$1:fastapi:fastapi:fastapi" \
        "$status:$(tail -1 <<<"$output")"
    check "it is in on its socket" query socket 'CREATE TABLE kept (id int)'
    check "it is in on its port" query tcp 'SELECT id FROM kept'
    check "it has room for scratch databases" query socket 'CREATE DATABASE quire_x'
    query socket 'DROP DATABASE quire_x' >/dev/null
}

test_second_start() {
    server start --dir "$dir/a" --port "$port"
    is "a second start changes nothing" "0:$product runs already, in $dir/a" "$status:$(head -1 <<<"$output")"
    server status --dir "$dir/a"
    is "it runs" 0 "$status"
    server start --dir "$dir/b" --port "$port"
    is "a port in use is said" "1:tools/$tool: port $port is in use" "$status:$output"
    server start --dir "$dir/a" --port 0
    is "another port than the running one's is said in one line" "1:1" "$status:$(wc -l <<<"$output")"
}

test_stop() {
    server stop --dir "$dir/a"
    is "it stops" "0:$product stopped" "$status:$output"
    server stop --dir "$dir/a"
    is "a second stop changes nothing" "0:$product does not run" "$status:$output"
    echo $$ >"$(left_over_pid)"
    server stop --dir "$dir/a"
    is "the id of another process is not taken for its own" "0:$product does not run" "$status:$output"
    server start --dir "$dir/a" --port 0
    check "the data is kept" query socket 'SELECT id FROM kept'
}

# A server that was killed leaves its files; they are in nobody's way. Its children may take a moment to follow it.
test_killed() {
    local pid
    pid=$(head -n 1 "$(left_over_pid)")
    kill -KILL "$pid"
    wait_for "$patience" gone "$pid"
    check "it starts after it was killed" wait_for "$patience" "$root/tools/$tool" start --dir "$dir/a" --port 0
    check "the data is kept then, too" query socket 'SELECT id FROM kept'
}

# In a folder that such a user can enter, with tools of its own: the project's may be where only root can.
test_ordinary_user() {
    local folder
    [ "$(id -u)" -eq 0 ] || return 0
    folder=$(mktemp -d "/tmp/quire-$tool.XXXXXX")
    cp -r "$root/tools" "$folder/tools"
    chown nobody "$folder"
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$folder/tools/$tool" "$@" --dir "$folder/a"; }
    check "an ordinary user starts it" as_nobody start --port 0
    check "an ordinary user stops it" as_nobody stop
    rm -rf "$folder"
}

test_wrong_calls() {
    server start --port x
    is "a wrong port" 2 "$status"
    server
    is "no action" 2 "$status"
    server start --dir "$dir/$(printf '%0100d' 1)"
    is "a path that is too long for a socket is said in one line" "1:1" "$status:$(wc -l <<<"$output")"
}

test_private_server() { # PLACE: what a client takes for the socket of the server in $dir/a
    test_first_start "$1"
    test_second_start
    test_stop
    test_killed
    test_ordinary_user
    test_wrong_calls
}
