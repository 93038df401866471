#!/bin/bash
# runner_test.sh: tests/run counts what programs say, and does not believe those that end badly, stop early or say
# nothing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
root=$(cd "$here/../.." && pwd)

new_project() {
    rm -rf "$dir/project" "$dir/met"
    mkdir -p "$dir/project/tests/tools" "$dir/project/tests/unit" "$dir/met"
    ln -s "$root/tests/run" "$dir/project/tests/run"
    ln -s "$root/tests/lib" "$dir/project/tests/lib"
}

add_script() { # NAME <TEXT
    { echo '#!/bin/bash'; cat; } >"$dir/project/tests/tools/$1_test.sh"
    chmod +x "$dir/project/tests/tools/$1_test.sh"
}

# A unit test: a source, and a script that is its program.
add_unit() { # LAYER/NAME <TEXT
    local source=$dir/project/tests/unit/$1_test.c program=$dir/project/build/tests/unit/$1_test
    mkdir -p "${source%/*}" "${program%/*}"
    : >"$source"
    { echo '#!/bin/bash'; cat; } >"$program"
    chmod +x "$program"
}

# Sets $status, $out and $last.
run_project() { # GROUP [VARIABLE=VALUE...]
    local group=$1
    shift
    env TMPDIR="$dir" BUILD="$dir/project/build" MET="$dir/met" "$@" "$dir/project/tests/run" "$group" \
        >"$dir/out" 2>&1 </dev/null && status=0 || status=$?
    out=$(cat "$dir/out")
    last=$(tail -n 1 "$dir/out")
}

# A project with one test script, whose text is the standard input.
run_script() { # [VARIABLE=VALUE...]
    new_project
    add_script sample
    run_project tools "$@"
}

# For programs that run at a time: says that it is there, and waits for another one. Fails when that does not come.
meet() { # NAME OTHER
    cat <<END
: >"\$MET/$1"
for ((i = 0; i < 200; i++)); do [ ! -e "\$MET/$2" ] || break; sleep 0.05; done
[ -e "\$MET/$2" ] && echo 'ok 1 - $1 meets $2' || echo 'not ok 1 - $1 meets $2'
echo 1..1
END
}

# A program that must not meet any other.
be_alone() { # NAME
    cat <<END
: >"\$MET/$1"
sleep 0.2
[ "\$(ls "\$MET")" = $1 ] && echo 'ok 1 - $1 is alone' || echo 'not ok 1 - $1 is alone'
rm "\$MET/$1"
echo 1..1
END
}

expect() { # NAME STATUS LAST-LINE
    is "$1: status" "$2" "$status"
    is "$1: the last line" "$3" "$last"
}

enter_private_folder runner
unset TEST_ONLY TEST_WITHOUT TEST_JOBS QUIRE_TEST_PARTIAL SANITIZE

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
echo '1..1'; echo 'ok 1 - a'; echo '# reload: requests=12 failed=0'; echo '# something else'
END
is "a load that was counted is told" "      reload: requests=12 failed=0" "$(grep -A 1 'tools/sample_test' <<<"$out" | tail -n 1)"
is "and no more than that" 0 "$(grep -c 'something else' <<<"$out")"

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

new_project
meet a b | add_script a
meet b a | add_script b
run_project tools TEST_JOBS=2
expect "two at a time" 0 "2 passed, 0 failed"

new_project
be_alone a | add_script a
be_alone b | add_script b
run_project tools TEST_JOBS=1
expect "one at a time" 0 "2 passed, 0 failed"

new_project
be_alone a | add_unit server/a
be_alone overload | add_unit server/overload
be_alone z | add_unit server/z
run_project unit TEST_JOBS=2
expect "one that must be alone" 0 "3 passed, 0 failed"

new_project
for name in a b; do
    add_script $name <<END
for i in 1 2 3; do echo "$name \$i"; sleep 0.05; done
echo "not ok 1 - $name"; echo 1..1; exit 1
END
done
run_project tools TEST_JOBS=2
expect "two that fail" 1 "0 passed, 2 failed"
is "two that fail: each log is whole" "a 1 a 2 a 3 b 1 b 2 b 3" "$(grep -E '^[ab] [123]' <<<"$out" | sort -s -k 1,1 | xargs)"
is "two that fail: one log after the other" 2 "$(grep -E '^[ab] [123]' <<<"$out" | cut -c 1 | uniq | wc -l)"

new_project
add_script a <<'END'
echo 'ok 1 - a'; echo 1..1; kill -SEGV $$
END
add_script b <<'END'
sleep 0.5; echo "ok 1 - b in $TMPDIR"; echo 1..1
END
run_project tools TEST_JOBS=2
expect "one crashes beside another" 1 "2 passed, 1 failed"

for jobs in 0 x -1; do
    run_script TEST_JOBS=$jobs <<'END'
echo 'ok 1 - a'; echo 1..1
END
    expect "so many at a time: $jobs" 2 "tests/run: TEST_JOBS is \"$jobs\": a number from 1"
done

run_script TEST_WITHOUT='^tools/sample' <<'END'
echo 'ok 1 - a'; echo 1..1
END
matches "one that is left out: its line says so" 'tools/sample_test +left out' "$out"
is "one that is left out: it does not run" "0 passed, 0 failed" "$last"

# Two run when somebody interrupts: both are told, what they leave is removed, and the count comes all the same.
new_project
for name in a b; do
    add_script $name <<'END'
trap 'echo told >>"$MET/told"; exit 143' TERM
: >"$MET/$(basename "$0")"
for ((i = 0; i < 600; i++)); do sleep 0.1; done
END
done
start interrupted env TMPDIR="$dir" MET="$dir/met" TEST_JOBS=2 "$dir/project/tests/run" tools
both_run() { [ -e "$dir/met/a_test.sh" ] && [ -e "$dir/met/b_test.sh" ]; }
wait_for "$patience" both_run
kill -TERM "$started"
wait_for "$patience" gone "$started"
wait "$started"
is "interrupted: status" 143 "$?"
forget "$started"
is "interrupted: both are told" "told told" "$(xargs <"$dir/met/told")"
is "interrupted: the last line" "0 passed, 0 failed" "$(tail -n 1 "$dir/interrupted.log")"
is "interrupted: nothing is said not to have run" "" "$(grep 'NOT RUN' "$dir/interrupted.log")"
is "interrupted: nothing is left behind" "" "$(find "$dir" -name 'quire-tests.*' -newer "$dir/met/a_test.sh")"

tap_end
