#!/bin/bash
# deb_test.sh: the Debian package on a fresh Debian 12 with lighttpd, systemd and all: it leaves a working service, keeps
# settings and data on an upgrade, gives way on removal, and is gone after a purge. See tests/lib/debian.sh for what it needs.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/debian.sh"
. "$root/tests/deploy/recipe.sh"
export BUILD=${BUILD:-$root/build/gcc}
export LC_ALL=C BASE_URL=http://127.0.0.1/quire
base_path=/quire
mount=/quire
enter_private_folder deb-install

at_leave() { debian_stop KILL; }
as_quire() { inside runuser -u quire -- sh -c "cd /etc/quire && umask 077 && exec $*"; }
owner_inside() { inside stat -c '%U:%G %a' "$1"; }

test_install() {
    check_logged "it installs with what it depends on" inside_logged apt-get -q -y --no-install-recommends install /quire.deb
    is "its settings are for its user alone" "root:quire 640" "$(owner_inside /etc/quire/.env)"
    is "its database is its user's alone" "quire:quire 600" "$(owner_inside /var/lib/quire/quire.db)"
    check "the socket unit is enabled" test -L "$debian/etc/systemd/system/sockets.target.wants/quire.socket"
    check "lighttpd has it" test -L "$debian/etc/lighttpd/conf-enabled/60-quire.conf"
    matches "the database is migrated" "Migration Status: OK" "$(as_quire quire migrate status 2>&1)"
}

test_service() {
    is "systemd listens for it" active "$(inside systemctl is-active quire.socket)"
    is "the socket is as the unit has it" "quire:www-data 660" "$(owner_inside /run/quire/quire.sock)"
    check "lighttpd has it at /quire" wait_for "$patience" is_served
    test_a_few_requests
    is "what only begins like it is not its" 404 "$(beside /quirex/livez)"
    is "the first of them started it" active "$(inside systemctl is-active quire.service)"
    check "the doctor finds nothing bad" as_quire quire doctor --socket /run/quire/quire.sock
}

test_upgrade() {
    echo '# mine' >>"$debian/etc/quire/.env"
    check_logged "it installs over itself" inside_logged dpkg -i /quire.deb
    check "settings are kept" grep -q '# mine' "$debian/etc/quire/.env"
    fetch /api/authors/1
    matches "data is kept" '"name":"n"' "$answer"
}

test_removal() {
    check_logged "it can be removed" inside_logged dpkg --remove quire
    is "the mark of that is root's" "root:root" "$(inside stat -c %U:%G /etc/quire/.disabled-in-lighttpd)"
    is "it runs no more" "inactive inactive" "$(inside systemctl is-active quire.service quire.socket | xargs)"
    check "lighttpd has it no more" test ! -e "$debian/etc/lighttpd/conf-enabled/60-quire.conf"
    check "data is kept" test -s "$debian/var/lib/quire/quire.db"
    check_logged "it can be installed again" inside_logged dpkg -i /quire.deb
    wait_for "$patience" is_served
    fetch /api/authors/1
    matches "and answers again, with its data" '"name":"n"' "$answer"
    check "lighttpd has it again" test -L "$debian/etc/lighttpd/conf-enabled/60-quire.conf"
    check_logged "it can be purged" inside_logged dpkg --purge quire
    is "nothing of it stays" "" \
        "$(ls -d "$debian"/{etc,var/lib,usr/share,usr/share/doc}/quire "$debian"/etc/lighttpd/*/60-quire.conf \
            "$debian"/etc/systemd/system/*/quire.* "$debian"/etc/systemd/system/quire.* 2>/dev/null)"
}

debian_start "installing the Debian package" debian
check_logged "its lists are read" inside_logged apt-get -q update
check_logged "it has lighttpd" inside_logged apt-get -q -y --no-install-recommends install lighttpd
check "the package is built" bash -c "'$root/tools/deb' >'$dir/built'"
cp "$root/$(tail -n 1 "$dir/built")" "$debian/quire.deb"
test_install
test_service
test_upgrade
test_removal
tap_end
