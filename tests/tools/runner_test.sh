#!/bin/bash
# runner_test.sh: tests/run counts what programs say, and does not believe those that end badly, stop early or say
# nothing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
root=$(cd "$here/../.." && pwd)

# A project with one test script, whose text is the standard input; runs it. Sets $status, $out and $last.
run_script() { # [VARIABLE=VALUE...]
    rm -rf "$dir/project"
    mkdir -p "$dir/project/tests/tools"
    ln -s "$root/tests/run" "$dir/project/tests/run"
    ln -s "$root/tests/lib" "$dir/project/tests/lib"
    { echo '#!/bin/bash'; cat; } >"$dir/project/tests/tools/sample_test.sh"
    chmod +x "$dir/project/tests/tools/sample_test.sh"
    env TMPDIR="$dir" "$@" "$dir/project/tests/run" tools >"$dir/out" 2>&1 </dev/null && status=0 || status=$?
    out=$(cat "$dir/out")
    last=$(tail -n 1 "$dir/out")
}

expect() { # NAME STATUS LAST-LINE
    is "$1: status" "$2" "$status"
    is "$1: the last line" "$3" "$last"
}

enter_private_folder runner
unset TEST_ONLY QUIRE_TEST_PARTIAL SANITIZE

run_script <<'END'
echo '1..2'; echo 'ok 1 - a'; echo 'noise'; echo 'ok 2 - b'
END
expect "all pass" 0 "2 passed, 0 failed"
is "all pass: nothing is left behind" "" "$(find "$dir" -name 'quire-tests.*')"
is "all pass: the output is not shown" "" "$(grep noise "$dir/out")"

run_script <<'END'
echo '1..2'; echo 'ok 1 - a'; echo 'not ok 2 - b'; echo '# why'; exit 1
END
expect "one fails" 1 "1 passed, 1 failed"
matches "one fails: the output is shown" '# why' "$out"
matches "one fails: the folder is named" 'kept for a look: .*/quire-tests\.' "$out"

run_script <<'END'
echo '1..1'; echo 'ok 1 - a'; exit 3
END
expect "a bad end after good tests" 1 "1 passed, 1 failed"
matches "a bad end: says so" 'ended with status 3' "$out"

run_script <<'END'
echo '1..3'; echo 'ok 1 - a'; kill -SEGV $$
END
expect "a crash in the middle" 1 "1 passed, 1 failed"
matches "a crash: says so" 'planned 3 tests and ran 1' "$out"

run_script <<'END'
echo '1..2'; echo 'ok 1 - a'
END
expect "fewer tests than planned" 1 "1 passed, 1 failed"

run_script <<'END'
exit 0
END
expect "no test at all" 1 "0 passed, 1 failed"

run_script <<'END'
echo '1..2'; echo 'ok 1 - a'; echo 'not ok 2 # SKIP b'
END
expect "a skipped test" 1 "1 passed, 0 failed"
matches "a skipped test: said loudly" '!!! NOT RUN: tools/sample_test: 1 tests were skipped' "$out"

run_script <<'END'
echo '1..1'; echo 'NOT RUN: the other half' >&2; echo 'ok 1 - a'
END
expect "a part left out" 1 "1 passed, 0 failed"
matches "a part left out: said loudly" '!!! NOT RUN: tools/sample_test: the other half' "$out"

run_script QUIRE_TEST_PARTIAL=1 <<'END'
echo '1..1'; echo 'NOT RUN: the other half' >&2; echo 'ok 1 - a'
END
expect "a part left out, as allowed" 0 "1 passed, 0 failed"
matches "a part left out, as allowed: still said" '!!! NOT RUN' "$out"

tap_end
