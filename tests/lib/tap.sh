# tap.sh: test results as lines that tests/run counts (Test Anything Protocol). Source it; end with tap_end.
# shellcheck shell=bash

tap_done=0
tap_failed=0

ok() { # NAME
    tap_done=$((tap_done + 1))
    printf 'ok %d - %s\n' "$tap_done" "$1"
}

not_ok() { # NAME [LINE...]: what was expected, what came
    tap_done=$((tap_done + 1))
    tap_failed=$((tap_failed + 1))
    printf 'not ok %d - %s\n' "$tap_done" "$1"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'
}

# The command succeeds.
check() { # NAME COMMAND...
    local name=$1 output status
    shift
    output=$("$@" 2>&1) && status=0 || status=$?
    if [ "$status" -eq 0 ]; then ok "$name"; else not_ok "$name" "status $status of: $*" "$output"; fi
}

is() { # NAME EXPECTED GOT
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2" "got:      $3"; fi
}

matches() { # NAME PATTERN TEXT: extended regular expression
    if [[ $3 =~ $2 ]]; then ok "$1"; else not_ok "$1" "expected to match: $2" "got: $3"; fi
}

at_most() { # NAME LIMIT NUMBER
    if [ "$3" -le "$2" ] 2>/dev/null; then ok "$1"; else not_ok "$1" "expected at most: $2" "got: $3"; fi
}

at_least() { # NAME LIMIT NUMBER
    if [ "$3" -ge "$2" ] 2>/dev/null; then ok "$1"; else not_ok "$1" "expected at least: $2" "got: $3"; fi
}

# The plan, for what this script counted itself, and the exit status.
tap_end() {
    printf '1..%d\n' "$tap_done"
    [ "$tap_failed" -eq 0 ]
}
