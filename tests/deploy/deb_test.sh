#!/bin/bash
# deb_test.sh: the Debian package on a fresh Debian 12 with lighttpd, in a folder: it leaves a working service, keeps settings
# and data on an upgrade, gives way on removal, and is gone after a purge. Needs root, debootstrap and Debian's mirror; takes a
# minute or two.
#
#   DEBIAN_MIRROR  where packages come from: http://deb.debian.org/debian
#   DEBIAN_ROOT    a folder that debootstrap made earlier; a copy of it is used
#
# There is no systemd in the folder to start units, so the service is started here as its unit says.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
export BUILD=${BUILD:-$root/build/gcc}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
unset DB DB_PATH CACHE MIGRATIONS DOCS_DIR LOG_FILE BASE_PATH

not_run() { # WHY
    printf 'NOT RUN: installing the Debian package: %s\n' "$1"
    ok "nothing to test here"
    tap_end
    exit
}

[ "$(id -u)" -eq 0 ] || not_run "needs root"
command -v debootstrap >/dev/null || not_run "there is no debootstrap here (Debian: apt install debootstrap)"
enter_private_folder deb-install
debian=$dir/debian

make_debian() {
    if [ -n "${DEBIAN_ROOT:-}" ]; then
        cp -a "$DEBIAN_ROOT" "$debian"
    else
        run_logged "$dir/debootstrap.log" debootstrap --variant=minbase --include=ca-certificates bookworm "$debian" "$mirror" ||
            return 1
    fi
    # Nothing is started by packages: this machine's ports are not theirs.
    printf '#!/bin/sh\nexit 101\n' >"$debian/usr/sbin/policy-rc.d"
    chmod 755 "$debian/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$debian/etc/resolv.conf"
    inside apt-get -q update && inside apt-get -q -y --no-install-recommends install lighttpd
}

inside() { run_logged "$dir/inside.log" chroot "$debian" "$@"; }
as_quire() { chroot --userspec=quire:quire "$debian" /bin/sh -c "cd /etc/quire && umask 077 && exec $*"; }
owner_inside() { chroot "$debian" stat -c '%U:%G %a' "$1"; }

test_install() {
    check "it installs with what it depends on" inside apt-get -q -y --no-install-recommends install /quire.deb
    tail -n 5 "$dir/inside.log" | sed 's/^/# /'
    is "its settings are for its user alone" "root:quire 640" "$(owner_inside /etc/quire/.env)"
    is "its database is its user's alone" "quire:quire 600" "$(owner_inside /var/lib/quire/quire.db)"
    check "the socket unit is enabled" test -L "$debian/etc/systemd/system/sockets.target.wants/quire.socket"
    check "lighttpd has it" test -L "$debian/etc/lighttpd/conf-enabled/60-quire.conf"
    matches "the database is migrated" "Migration Status: OK" "$(as_quire quire migrate status 2>&1)"
}

# What systemd does: the folder and the socket, of this owner, group and mode.
start_service() {
    chroot "$debian" install -d -o quire -g www-data -m 2755 /run/quire
    start quire chroot --userspec=quire:quire "$debian" /bin/sh -c \
        'cd /etc/quire && umask 077 && exec quire serve --listen unix:/run/quire/quire.sock'
    service=$started
    wait_for "$patience" test -S "$debian/run/quire/quire.sock"
}

start_web() {
    local try
    for try in 1 2 3 4 5; do
        port=$(free_port)
        printf 'server.port := %s\nserver.bind := "127.0.0.1"\n' "$port" >"$debian/etc/lighttpd/conf-enabled/99-port.conf"
        start lighttpd chroot "$debian" /usr/sbin/lighttpd -D -f /etc/lighttpd/lighttpd.conf
        wait_for 5 answers /quire/livez && return
        stop "$started"
    done
    return 1
}

answers() { curl --silent --fail --noproxy '*' --max-time 10 "http://127.0.0.1:$port$1"; }
status_of() { # PATH [CURL ARGUMENT...]
    curl --silent --noproxy '*' --max-time 10 --output /dev/null --write-out '%{http_code}' "${@:2}" "http://127.0.0.1:$port$1"
}

test_service() {
    if start_service; then ok "the service starts"; else not_ok "the service starts" "$(cat "$dir/quire.log")"; fi
    is "the socket is as the unit has it" "quire:www-data 660" "$(owner_inside /run/quire/quire.sock)"
    if start_web; then ok "lighttpd starts"; else not_ok "lighttpd starts" "$(cat "$dir/lighttpd.log")"; fi
    matches "it is ready, through lighttpd" '"status":"ok","database":"ok","migrations":"ok"' "$(answers /quire/readyz)"
    matches "it stores what it is sent" '"id":1' "$(curl --silent --noproxy '*' --max-time 10 \
        --json '{"name":"n","bio":"b","birthdate":"1929-10-21"}' "http://127.0.0.1:$port/quire/api/authors")"
    is "its metrics are for this machine" 200 "$(status_of /quire/metrics)"
    is "its metrics are not for others" 403 "$(status_of /quire/metrics --interface 127.0.0.2)"
    is "the rest is" 200 "$(status_of /quire/livez --interface 127.0.0.2)"
    is "what only begins like it is not its" 404 "$(status_of /quirex/livez)"
    check "the doctor finds nothing bad" as_quire quire doctor --socket /run/quire/quire.sock
}

test_upgrade() {
    echo '# mine' >>"$debian/etc/quire/.env"
    check "it installs over itself" inside dpkg -i /quire.deb
    check "settings are kept" grep -q '# mine' "$debian/etc/quire/.env"
    matches "data is kept" '"name":"n"' "$(answers /quire/api/authors/1)"
}

test_removal() {
    check "it can be removed" inside dpkg --remove quire
    is "the mark of that is root's" "root:root" "$(chroot "$debian" stat -c %U:%G /etc/quire/.disabled-in-lighttpd)"
    check "lighttpd has it no more" test ! -e "$debian/etc/lighttpd/conf-enabled/60-quire.conf"
    check "data is kept" test -s "$debian/var/lib/quire/quire.db"
    check "it can be installed again" inside dpkg -i /quire.deb
    check "lighttpd has it again" test -L "$debian/etc/lighttpd/conf-enabled/60-quire.conf"
    stop "$service"
    check "it can be purged" inside dpkg --purge quire
    is "nothing of it stays" "" \
        "$(ls -d "$debian"/{etc,var/lib,usr/share,usr/share/doc}/quire "$debian"/etc/lighttpd/*/60-quire.conf \
            "$debian"/etc/systemd/system/*/quire.* "$debian"/etc/systemd/system/quire.* 2>/dev/null)"
}

check "a fresh Debian is made" make_debian
if [ "$tap_failed" -gt 0 ]; then
    cat "$dir"/*.log
    tap_end
    exit 1
fi
check "the package is built" bash -c "'$root/tools/deb' >'$dir/built'"
cp "$root/$(tail -n 1 "$dir/built")" "$debian/quire.deb"
test_install
test_service
test_upgrade
test_removal
tap_end
