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
    output=$("$QUIRE" migrate diff nothing --dialect "$DB" --url "$(database_url)" --dry-run 2>&1)
    is "$DB: diff finds nothing: status" 0 "$?"
    matches "$DB: diff finds nothing" "no changes to be made" "$output"
}

# A look before the first step makes nothing, and a folder of all databases is as good as that of this one.
look_up() {
    local output
    output=$("$QUIRE" migrate apply --dry-run 2>&1)
    is "$DB: a dry run at the foot" 0 "$?"
    is "$DB: status takes the folder of all" "$(status)" "$("$QUIRE" migrate status --dir "$MIGRATIONS" 2>&1)"
    is "$DB: apply does, too" "$(drop_times "$output")" "$(drop_times "$("$QUIRE" migrate apply --dry-run --dir "file://$MIGRATIONS" 2>&1)")"
    [ "$DB" != sqlite ] || is "$DB: no file was made by looking" "" "$(find "$dir" -name "$(basename "$DB_PATH")*")"
}

drop_times() { sed 's/[0-9.]*ms//' <<<"$1"; }

# Status says what apply would refuse.
look_down() {
    local output
    cp -r "$MIGRATIONS/$DB" "$dir/late_$DB"
    echo 'SELECT 1;' >"$dir/late_$DB/10000101000000_late.sql"
    "$QUIRE" migrate hash --dir "$dir/late_$DB"
    output=$("$QUIRE" migrate status --dir "$dir/late_$DB" 2>&1)
    matches "$DB: status tells of a file that came late" \
        '^1:.*Migration Status: PENDING.*Error: migration file 10000101000000_late.sql was added out of order' "$?:$output"
}

for database in sqlite mysql postgresql; do
    database_start "$database" || {
        not_ok "$database starts"
        continue
    }
    look_up
    climb
    look_round
    look_down
    database_stop
done
tap_end
