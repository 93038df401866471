# private_server.sh: a database server of our own in a folder: TOOL start|stop|status [--dir DIR] [--port PORT]. A tool
# sources it, says what is peculiar to its database, and calls private_server "$@". It sets
#
#   product, port, dir   its name; the port and the folder of a call that names none
#   stop_signal          ends the server without waiting for its clients
#
# and it has these functions, which find $dir absolute, and the port in $port:
#
#   find_programs        or dies
#   install_data FOLDER  makes the data of a new server
#   prepare              makes what a start needs beside the data
#   launch               becomes the server
#   answers              does the server let our user in?
#   pid_file             its path; the file's first line is the server's id
#   data_argument        the argument of the server's command line that says that it runs on this data
#   asked_port           the port that a command line asks for; it comes one argument per line
#   socket_file          the path of its socket
#   place                what a client takes for its socket
#   complaint            the line of error.log that says why it did not start
# shellcheck shell=bash

tool=tools/$(basename "$0")
PATH=$PATH:/usr/sbin:/sbin

usage() {
    echo "usage: $tool start|stop|status [--dir DIR] [--port PORT]" >&2
    exit 2
}

die() {
    printf '%s: %s\n' "$tool" "$1" >&2
    exit 1
}

command_line() { { tr '\0' '\n' <"/proc/$1/cmdline"; } 2>/dev/null; } # PID

is_ours() { command_line "$1" | grep -qxF -e "$(data_argument)"; } # PID

# The id of the server that runs on this data, if one does. A left-over file may name another program's id.
server_pid() {
    local pid
    pid=$(head -n 1 "$(pid_file)" 2>/dev/null) && [ -n "$pid" ] && is_ours "$pid" || return 1
    echo "$pid"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Into a folder beside its place, so that an interrupted one is not taken for data.
install() {
    rm -rf "$dir/data.new"
    install_data "$dir/data.new" >"$dir/install.log" 2>&1 </dev/null ||
        die "cannot make a database in $dir: $(tail -n 1 "$dir/install.log")"
    mv "$dir/data.new" "$dir/data"
}

# Until it answers, or has ended.
await() { # PID
    local try
    for ((try = 0; try < 1200; try++)); do
        ! answers || return 0
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    die "$product does not start: $(complaint || true); see $dir/error.log"
}

# In a session of its own: Ctrl-C in a terminal does not reach it. Without the lock's descriptor: it would keep the lock.
run() {
    : >"$dir/error.log"
    (launch) >/dev/null 2>&1 </dev/null 9>&- &
    await $!
}

check_running() {
    local running
    running=$(command_line "$(server_pid)" | asked_port)
    [ "$running" = "$port" ] || die "$product runs already in $dir, but on port $running: stop it first"
    echo "$product runs already, in $dir"
}

start() {
    local file
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    find_programs
    file=$(socket_file)
    [ ${#file} -le 105 ] || die "the path of $file is too long for a socket"
    exec 9>"$dir/lock"
    flock -w 120 9 || die "another $tool is at work in $dir"
    if server_pid >/dev/null && answers; then
        check_running
    else
        [ "$port" -eq 0 ] || ! port_is_taken "$port" || die "port $port is in use"
        [ -d "$dir/data" ] || install
        prepare
        run
        echo "$product started in $dir, $([ "$port" -eq 0 ] && echo "on its socket" || echo "on 127.0.0.1:$port")"
    fi
    echo "$(place):fastapi:fastapi:fastapi"
}

stop() {
    local pid try
    dir=$(cd "$dir" 2>/dev/null && pwd) && pid=$(server_pid) || {
        echo "$product does not run"
        return
    }
    kill "-$stop_signal" "$pid"
    for ((try = 0; try < 1200; try++)); do
        is_ours "$pid" || {
            echo "$product stopped"
            return
        }
        sleep 0.1
    done
    die "$product (process $pid) does not stop"
}

status() {
    local pid
    if dir=$(cd "$dir" 2>/dev/null && pwd) && pid=$(server_pid); then
        echo "$product runs in $dir, process $pid"
    else
        echo "$product does not run"
        return 3
    fi
}

private_server() { # the tool's arguments
    local action=${1:-}
    [ "$#" -eq 0 ] || shift
    while [ "$#" -gt 0 ]; do
        [ "$#" -ge 2 ] || usage
        case $1 in
        --dir) dir=$2 ;;
        --port) port=$2 ;;
        *) usage ;;
        esac
        shift 2
    done
    [[ $port =~ ^[0-9]{1,5}$ ]] || usage
    case $action in
    start | stop | status) "$action" ;;
    *) usage ;;
    esac
}
