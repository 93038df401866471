#!/bin/bash
# units_test.sh: systemd takes the units as they are and holds the service to be confined, and the service answers on a
# socket that it is handed as systemd does it.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
export BUILD=${BUILD:-$root/build/gcc}
exposure_max=20 # tenths: systemd calls up to 4.9 of 10 OK
unset MIGRATIONS DB DB_PATH CACHE WORKERS
enter_private_folder units

# A root folder with what the units name: the targets of this machine, and programs.
make_root() {
    DESTDIR=$dir/root PREFIX=/usr "$root/tools/install" >/dev/null || exit 2
    install -D /bin/kill "$dir/root/bin/kill"
    cp /usr/lib/systemd/system/*.target "$dir/root/usr/lib/systemd/system"
}

# What systemd says of the units of quire, nothing when all is well.
verify() {
    systemd-analyze verify --man=no --root="$dir/root" quire.socket quire.service 2>&1 | grep -F quire
}

exposed_at_most() { # TENTHS
    systemd-analyze security --no-pager --offline=true --threshold="$1" --root="$dir/root" quire.service
}

test_units() {
    if ! command -v systemd-analyze >/dev/null; then
        printf 'NOT RUN: systemd on the units: there is no systemd-analyze here (Debian: apt install systemd)\n'
        return
    fi
    local unit=$dir/root/usr/lib/systemd/system/quire.service
    is "systemd finds no fault in the units" "" "$(verify)"
    check "systemd holds the service to be confined" exposed_at_most "$exposure_max"
    cp "$unit" "$dir/kept"
    sed -i 's/^NoNewPrivileges/NoNewPriviliges/; /^\(System\|Protect\|Private\|Restrict\|Capab\)/d' "$unit"
    matches "a misspelt line would be seen" "NoNewPriviliges" "$(verify)"
    check "less confinement would be seen" eval "! exposed_at_most $exposure_max"
    cp "$dir/kept" "$unit"
}

# StandardInput=socket hands the socket down as standard input, which --inetd does, too. The socket is made before the
# service is, and outlives it.
test_socket_activation() {
    if ! command -v systemd-socket-activate >/dev/null; then
        printf 'NOT RUN: socket activation: there is no systemd-socket-activate here (Debian: apt install systemd)\n'
        return
    fi
    local quire=$dir/root/usr/bin/quire
    export DB_PATH=$dir/quire.db
    cd "$dir" || exit 2
    check "the database is migrated" "$quire" migrate apply
    ready() { "$quire" doctor --socket "$dir/s.sock" --web-user "$(id -un)"; }
    start activated systemd-socket-activate --inetd --listen="$dir/s.sock" --setenv=DB_PATH "$quire" serve
    wait_for "$patience" test -S "$dir/s.sock"
    matches "the first request starts the service, which answers it" "ok +socket: the service answers" "$(ready)"
    kill -HUP "$started"
    matches "it goes on answering while it is reloaded" "ok +socket: the service answers" "$(ready)"
    check "TERM ends it" stop "$started"
}

make_root
test_units
test_socket_activation
tap_end
