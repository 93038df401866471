#!/bin/bash
# stairway_test.sh: on each database, from nothing, one migration at a time, with a look after each step; at the top the
# tables are those that the records need.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder stairway
stack_environment

versions() { (cd "$MIGRATIONS/$DB" && printf '%s\n' *.sql) | sed 's/[_.].*//'; }
status() { "$QUIRE" migrate status 2>&1; }

# What `migrate status` says with the first N versions applied.
expected_status() { # N VERSION...
    local done=$1 all
    shift
    all=("$@")
    printf 'Migration Status: %s\n' "$([ "$done" -lt $# ] && echo PENDING || echo OK)"
    printf '  -- Current Version: %s\n' "$([ "$done" -gt 0 ] && echo "${all[done - 1]}" || echo "No migration applied yet")"
    printf '  -- Next Version:    %s\n' "$([ "$done" -lt $# ] && echo "${all[done]}" || echo "Already at latest version")"
    printf '  -- Executed Files:  %d\n  -- Pending Files:   %d\n' "$done" $(($# - done))
}

climb() {
    local all step output
    mapfile -t all < <(versions)
    is "$DB: at the foot" "$(expected_status 0 "${all[@]}")" "$(status)"
    for ((step = 1; step <= ${#all[@]}; step++)); do
        output=$("$QUIRE" migrate apply 1 2>&1)
        matches "$DB: step $step applies one file" "-- migrating version ${all[step - 1]}.*-- 1 migration( |$)" "${output//$'\n'/ }"
        is "$DB: status after step $step" "$(expected_status "$step" "${all[@]}")" "$(status)"
    done
    is "$DB: at the top there is nothing more" "No migration files to execute" "$("$QUIRE" migrate apply 1 2>&1)"
}

# At the top: what the directory makes, and what the database has, is what the records need.
look_round() {
    local output
    output=$("$QUIRE" migrate diff nothing --dialect "$DB" --dry-run 2>&1)
    is "$DB: diff finds nothing: status" 0 "$?"
    matches "$DB: diff finds nothing" "no changes to be made" "$output"
}

for database in sqlite mysql postgresql; do
    database_start "$database" || {
        not_ok "$database starts"
        continue
    }
    climb
    look_round
    database_stop
done
tap_end
