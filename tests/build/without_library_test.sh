#!/bin/bash
# without_library_test.sh: a build that lacks the library of one database has the others, says so, and tests what it has.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
enter_private_folder without_library
cd "$root" || exit 2

# Quick to build: what is compiled counts here, not how well.
without() { # LIBRARY TARGET...
    local library=$1
    shift
    make -s -j"$(nproc)" "$library=" CC=gcc CFLAGS=-O0 SANITIZE= COVERAGE= BUILD="$dir/$library" QUIRE="$dir/$library/quire" "$@"
}

program() { # LIBRARY ARGUMENT...
    local library=$1
    shift
    (cd "$dir" && env -i PATH="$PATH" "$dir/$library/quire" "$@" 2>&1)
}

while read -r library name other; do
    check "without $name: it builds, with all unit tests" without "$library" "$dir/$library/quire" test-programs
    version=$(program "$library" version)
    matches "without $name: it has $other" "databases?:.* $other( |$)" "${version//$'\n'/ }"
    is "without $name: it says so" "" "$(grep -ow "$name" <<<"$version")"
    output=$(cd "$dir" && env -i PATH="$PATH" DB="$name" "$dir/$library/quire" migrate status 2>&1)
    is "without $name: asked for it, it refuses" \
        "2:quire: DB is $name: this build has no such driver; see quire version" "$?:$output"
    output=$(TMPDIR=$dir QUIRE_TEST_PARTIAL=1 BUILD="$dir/$library" TEST_ONLY='^unit/(driver|migrate|repository)/' tests/run unit 2>&1)
    is "without $name: its unit tests pass" 0 "$?"
    output=$(QUIRE_TEST_PARTIAL=1 "$dir/$library/tests/contract/repository_test" 2>&1)
    is "without $name: the contract suite passes on what there is" 0 "$?"
    matches "without $name: and says what it left out" "NOT RUN: $name \(this build has no such driver\)" "$output"
    rm -rf "${dir:?}/$library"
done <<'END'
SQLITE sqlite mysql
MYSQL mysql sqlite
POSTGRESQL postgresql sqlite
END
tap_end
