#!/bin/bash
# install_test.sh: make install puts everything below DESTDIR, what is there works from there, and make uninstall takes it
# away. The manual page has every command, option and setting.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
export BUILD=${BUILD:-$root/build/gcc}
unset MIGRATIONS DOCS_DIR DB DB_PATH
enter_private_folder install

installed() { DESTDIR=$dir/root PREFIX=/opt/quire "$root/tools/install" "$@"; }

test_install() {
    local file top=$dir/root/opt/quire
    check "it installs" installed
    for file in bin/quire share/quire/migrations/sqlite/atlas.sum share/quire/lighttpd share/man/man1/quire.1 \
        share/doc/quire/README.md share/quire/quire.env lib/systemd/system/quire.socket; do
        check "there is $file" test -e "$top/$file"
    done
    is "everybody can read it all" "" "$(find "$dir/root" ! -perm -o=r)"
    is "nobody but the owner can write it" "" "$(find "$dir/root" ! -type l -perm /o=w,g=w)"
    is "the unit runs what was installed" "ExecStart=/opt/quire/bin/quire serve" \
        "$(grep ^ExecStart= "$top/lib/systemd/system/quire.service")"
    check "it installs over itself" installed
}

# From an empty folder, by another name, without any setting: the migrations are found.
test_program() {
    mkdir "$dir/empty"
    cd "$dir/empty" || exit 2
    ln -s ../root/opt/quire/bin/quire quire.fcgi
    export DB_PATH=$dir/quire.db
    check "it migrates from where it is installed" ./quire.fcgi migrate apply
    matches "it says where the migrations are" "MIGRATIONS +$dir/root/opt/quire/share/quire/migrations +default" \
        "$(./quire.fcgi config)"
    mkdir -p migrations/sqlite
    matches "a folder here comes first" "MIGRATIONS +migrations +default" "$(./quire.fcgi config)"
    matches "what is set comes before both" "MIGRATIONS +/else +environment" "$(MIGRATIONS=/else ./quire.fcgi config)"
    cd "$dir" || exit 2
}

words() { sed -E 's/\\f[BIR]//g; s/\\-/-/g; s/^\.(B|SS|TP) ?//' "$page"; }

test_manual() {
    local page=$dir/root/opt/quire/share/man/man1/quire.1 name quire=$dir/root/opt/quire/bin/quire missing=
    if command -v man >/dev/null; then
        is "man formats the manual without a warning" "" "$(MANWIDTH=80 man --warnings=w -l "$page" 2>&1 >/dev/null)"
    else
        printf 'NOT RUN: the look of the manual page: there is no man here (Debian: apt install man-db)\n'
    fi
    for name in $("$quire" config | cut -d' ' -f1); do
        words | grep -qx "$name" || missing+=" $name"
    done
    is "the manual has every setting" "" "$missing"
    while read -r name; do
        words | grep -qE "^quire $name( \[.*)?\$" || missing+=" $name"
    done < <("$quire" help | sed -n '/^Commands:/,/^$/s/^  \(.*[^ ]\)  .*/\1/p' | sed 's/  .*//')
    is "the manual has every command" "" "$missing"
    words | grep -qx -- '--listen ADDRESS' && ok "the manual has options" || not_ok "the manual has options"
}

test_uninstall() {
    touch "$dir/root/opt/quire/share/other"
    check "it uninstalls" installed remove
    is "only what it did not install stays" "./share/other" "$(cd "$dir/root/opt/quire" && find . -type f)"
}

test_wrong_calls() {
    refused() { ! DESTDIR=$dir/root PREFIX=$1 "$root/tools/install" 2>/dev/null; }
    check "a relative PREFIX is refused" refused usr
    mkdir -p "$dir/root/half"
    touch "$dir/root/half/share"
    check "a folder that cannot be made is a failure" refused /half
    check "a program that is not built is said" env BUILD="$dir/none" bash -c "! DESTDIR=$dir/x '$root/tools/install' 2>/dev/null"
}

test_install
test_program
test_manual
test_uninstall
test_wrong_calls
tap_end
