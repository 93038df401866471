# process.sh: processes that are started, waited for and stopped, each by its own id. Source it after setting $dir.
#
# Waiting is polling with a generous ceiling: builds with sanitizers are slow, and a test that waits too long only costs
# time when it fails anyway.
# shellcheck shell=bash

patience=${TEST_PATIENCE:-30} # seconds
started=                      # the id of the process that start() started last
running=()

start() { # NAME COMMAND...: in the background, output to $dir/NAME.log
    local name=$1
    shift
    "$@" >>"$dir/$name.log" 2>&1 </dev/null &
    started=$!
    running+=("$started")
}

# A process that ended and was not waited for by its parent does not count as alive.
alive() { # PID
    local state
    state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) && [ -n "$state" ] && [ "$state" != Z ]
}

gone() { ! alive "$1"; }

wait_for() { # SECONDS COMMAND...
    local ends=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -le "$ends" ] || return 1
        sleep 0.05
    done
}

# Politely, then not; false when it had to be killed.
stop() { # PID [SIGNAL]
    local clean=0
    if alive "$1"; then
        kill -"${2:-TERM}" "$1" 2>/dev/null
        if ! wait_for "$patience" gone "$1"; then
            printf '# process %s did not end: killed\n' "$1"
            kill -KILL "$1" 2>/dev/null
            clean=1
        fi
    fi
    wait "$1" 2>/dev/null
    forget "$1"
    return "$clean"
}

# An id that was waited for may soon be another's.
forget() { # PID
    local pid kept=()
    for pid in "${running[@]}"; do
        [ "$pid" = "$1" ] || kept+=("$pid")
    done
    running=("${kept[@]}")
}

# What spawn-fcgi starts belongs to nobody: the ids are in a file of its own, and stop_all() stops them too.
spawn() { # NAME N COMMAND...: listens on $dir/NAME.sock
    local name=$1 n=$2
    shift 2
    spawn-fcgi -s "$dir/$name.sock" -M 0660 -b 1024 -F "$n" -P "$dir/$name.spawned" -- "$@" >>"$dir/$name.log" 2>&1
}

spawned() { # NAME
    [ ! -f "$dir/$1.spawned" ] || xargs <"$dir/$1.spawned"
}

# The last first; false when one had to be killed.
stop_all() {
    local clean=0 file
    for file in "$dir"/*.spawned; do
        # shellcheck disable=SC2207
        [ ! -f "$file" ] || running=($(xargs <"$file") "${running[@]}")
        rm -f "$file"
    done
    while [ ${#running[@]} -gt 0 ]; do
        kill -CONT "${running[-1]}" 2>/dev/null
        stop "${running[-1]}" || clean=1
    done
    return "$clean"
}

children() { # PID
    cat /proc/[0-9]*/stat 2>/dev/null | sed -n "s/^\([0-9]*\) (.*) [A-Z] $1 .*/\1/p"
}

wait_interruptibly() { # PID; gives its status
    local status
    running+=("$1")
    wait "$1" && status=0 || status=$?
    forget "$1"
    return "$status"
}

# Runs a program so that a signal to this script is answered at once, not when the program has ended.
run_interruptibly() { # COMMAND...
    "$@" &
    wait_interruptibly $!
}

# As run_interruptibly, with the program's output to a file. A redirection of the call would catch that of the traps
# too.
run_logged() { # FILE COMMAND...
    local file=$1
    shift
    "$@" >"$file" 2>&1 </dev/null &
    wait_interruptibly $!
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A TCP port that nobody listens on now. Between this and its use another may take it: start again then.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if port_is_free "$port"; then
            echo "$port"
            return
        fi
    done
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# A folder of our own, removed at the end when all went well or we were interrupted, and named when not. At the end,
# however it comes, at_leave (if there is such a function) is called and every process that was started is stopped.
# Call it once; sets $dir.
enter_private_folder() { # NAME
    dir=$(mktemp -d "${TMPDIR:-/tmp}/quire-$1.XXXXXX") || exit 2
    cd "$dir" || exit 2
    trap 'status=$?; leave_private_folder $status; exit $status' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

leave_private_folder() { # STATUS
    trap '' INT TERM HUP
    trap - EXIT
    if declare -F at_leave >/dev/null; then at_leave; fi
    stop_all
    cd /
    if [ "$1" -eq 0 ] || [ "$1" -gt 128 ]; then rm -rf "$dir"; else printf '# kept for a look: %s\n' "$dir"; fi
}
