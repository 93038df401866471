#!/bin/bash
# bundle_test.sh: make bundle packs what a host needs that has nothing of quire's: the program runs from where it was unpacked,
# with its own libraries. tests/deploy/fresh_test.sh takes it to such a host.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
export BUILD=${BUILD:-$root/build/gcc}
unset MIGRATIONS DOCS_DIR DB DB_PATH MARIADB_PLUGIN_DIR LD_LIBRARY_PATH
enter_private_folder bundle

link() { make -s -C "$root" BUILD="$BUILD" "$BUILD/bundle/quire"; }

# In a copy of the tree's scripts, so that a bundle that is there stays.
make_bundle() {
    cp -r "$root"/{tools,migrations,include,lighttpd,lighttpd.conf,apache,nginx,README.md} "$dir"
    mkdir "$dir/docs"
    cp -r "$root"/docs/*.md "$root"/docs/*.sql "$root/docs/ops" "$dir/docs"
    echo SECRET_KEY=x >"$dir/.env"
    bundle=$("$dir/tools/bundle" 2>"$dir/errors" | tail -n 1)
}

# Where the program finds its libraries: all but the C library's beside it.
libraries() { ldd build/quire | awk '$2 == "=>" { print $3 }' | grep -vE '/lib(c|m|dl|rt|pthread|resolv)\.so'; }

test_contents() {
    local files
    files=$(tar -tzf "$dir/$bundle")
    is "all of it is in one folder" "" "$(grep -v '^quire/' <<<"$files")"
    is "settings are not in it" "" "$(grep -F .env <<<"$files")"
    is "the C library is not in it" "" "$(grep -E '/(libc|libm|ld-linux.*)\.so' <<<"$files")"
    matches "what watches over it is" 'quire/docs/ops/rules.yml' "$files"
    matches "who made the libraries is" 'quire/build/lib/copyright/libfcgi' "$files"
    is "everybody can read it all" "" "$(tar -tvzf "$dir/$bundle" | awk '$1 !~ /^.r..r..r/')"
}

test_program() {
    mkdir "$dir/home"
    cd "$dir/home" || exit 2
    check "it unpacks" tar -xzf "$dir/$bundle"
    cd quire || exit 2
    is "its libraries are its own" "" "$(libraries | grep -v "^$dir/home/quire/build/lib/")"
    at_least "it has libraries" 5 "$(libraries | wc -l)"
    is "it is the program that was built" "$("$BUILD/quire" version)" "$(build/quire version)"
    mkdir var
    check "it migrates" build/quire migrate apply
}

# A program that asks for a library that is nowhere, in the place of the one that was built.
test_library_that_is_nowhere() {
    local out status
    mkdir -p "$dir/gone/bundle"
    LC_ALL=C sed 's/libfcgi\.so/libgone.so/g' "$BUILD/bundle/quire" >"$dir/gone/bundle/quire"
    chmod 755 "$dir/gone/bundle/quire"
    rm -r "$dir/build"
    out=$(BUILD=$dir/gone "$dir/tools/bundle" 2>&1) && status=0 || status=$?
    is "a library that is nowhere: the status" 1 "$status"
    matches "a library that is nowhere: it is named" '^tools/bundle: .* not found: libgone\.so' "$out"
    is "a library that is nowhere: that is all that is said" 1 "$(wc -l <<<"$out")"
    is "a library that is nowhere: there is no bundle" "" "$(ls "$dir/build")"
}

check "it links" link
make_bundle
is "it is packed, and says what is not in it" "tools/bundle: without the pages of /docs, which make docs installs" \
    "$(cat "$dir/errors")"
test_contents
test_program
test_library_that_is_nowhere
tap_end
