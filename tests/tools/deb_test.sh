#!/bin/bash
# deb_test.sh: make deb builds a package that dpkg reads, with what it should have, and scripts that a shell can read.
# tests/deploy/deb_test.sh installs it.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
export BUILD=${BUILD:-$root/build/gcc}
enter_private_folder deb

field() { dpkg-deb --field "$package" "$1"; }

test_contents() {
    local file files
    files=$(dpkg-deb --contents "$package" | awk '{ print $1, $2, $6 }')
    for file in usr/bin/quire usr/share/quire/migrations/sqlite/atlas.sum usr/share/quire/quire.env \
        usr/share/man/man1/quire.1.gz usr/lib/systemd/system/quire.service usr/lib/systemd/system/quire.socket \
        etc/lighttpd/conf-available/60-quire.conf usr/share/doc/quire/copyright; do
        matches "it has $file" "root/root \./$file" "$files"
    done
    is "all of it is root's" "" "$(grep -v ' root/root ' <<<"$files")"
    is "nothing lies elsewhere" "" "$(awk '{ print $3 }' <<<"$files" | grep -vE '^\./(usr/.*|etc/lighttpd/.*|usr|etc|)/?$')"
    is "the web server's part may be edited" /etc/lighttpd/conf-available/60-quire.conf \
        "$(dpkg-deb --info "$package" conffiles)"
}

test_fields() {
    is "its version is the program's" "quire $(field Version)" "$("$BUILD/quire" version | head -n 1)"
    matches "it depends on the libraries of the program" 'libc6 .*libfcgi0ldbl.*libjson-c5' "$(field Depends)"
    matches "it depends on what its scripts call" 'adduser, init-system-helpers .*, procps' "$(field Depends)"
}

test_scripts() {
    local script
    dpkg-deb --control "$package" "$dir/control"
    for script in postinst prerm postrm; do
        check "$script can be read by sh" sh -n "$dir/control/$script"
        check "$script stops at the first failure" grep -qx 'set -e' "$dir/control/$script"
    done
    is "root marks nothing where the service could put a link" "" "$(grep -n '/var/lib/quire/' "$dir"/control/p*)"
    dpkg-deb --extract "$package" "$dir/files"
    check "its sums are right" bash -c "cd '$dir/files' && md5sum --quiet --check '$dir/control/md5sums'"
}

# tests/deploy/deb_test.sh asks the web server itself.
test_web() {
    local file=$dir/files/etc/lighttpd/conf-available/60-quire.conf
    local text
    text=$(tr -s ' \n' ' ' <"$file")
    check "the rule about metrics has its module" grep -qx 'server.modules += ( "mod_access" )' "$file"
    matches "metrics are not for everyone" \
        '"remote-ip"\] != "127.0.0.1" \{ \$HTTP\["url"\] =~ "\^/quire/metrics/\?\$" \{ url.access-deny' "$text"
    matches "only what is below it is its" '\$HTTP\["url"\] =~ "\^/quire\(/\|\$\)" \{ fastcgi.server' "$text"
}

if ! command -v dpkg-shlibdeps >/dev/null; then
    printf 'NOT RUN: the package: there is no dpkg-shlibdeps here (Debian: apt install dpkg-dev)\n'
    ok "nothing to test here"
    tap_end
    exit
fi
# In a copy of the tree's scripts, so that a package that is there stays.
cp -r "$root"/{tools,packaging,migrations,include,lighttpd,README.md} "$dir"
mkdir "$dir/docs"
cp "$root"/docs/*.md "$root"/docs/*.sql "$dir/docs"
package=$dir/$("$dir/tools/deb" 2>"$dir/errors" | tail -n 1)
is "it is built, without a word of complaint" "" "$(cat "$dir/errors")"
test_contents
test_fields
test_scripts
test_web
tap_end
