#!/bin/bash
# schema_test.sh: `quire schema` writes SQL that a database takes, and atlas.hcl asks for it in each dialect.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
quire=${BUILD:-$root/build/gcc}/quire
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
enter_private_folder schema

schema() { # OPTION...
    output=$("$quire" schema "$@" 2>&1)
    status=$?
}

# As Atlas would call it: the words of each `program`, with the program of this build.
programs() {
    sed -n 's/^ *program *= *\["build\/quire", *\(.*\)\]$/\1/p' "$root/atlas.hcl" | tr -d '",'
}

is "atlas.hcl calls quire once for each dialect" "mysql postgresql sqlite" \
    "$(programs | sed 's/^schema --dialect //' | sort | xargs)"
while read -r _ option dialect; do
    schema "$option" "$dialect"
    is "$dialect: ends well" 0 "$status"
    is "$dialect: a table for each record" 2 "$(grep -c '^CREATE TABLE' <<<"$output")"
done < <(programs)
for folder in $(sed -n 's|^ *dir *= *"file://\(.*\)"$|\1|p' "$root/atlas.hcl"); do
    check "atlas.hcl: $folder is there" test -f "$root/$folder/atlas.sum"
done

schema --dialect sqlite
if command -v sqlite3 >/dev/null; then
    printf '%s\n' "$output" >schema.sql
    check "SQLite takes it" sqlite3 -bail schema.db '.read schema.sql'
    is "and has the tables" "author book" "$(sqlite3 schema.db '.tables' | xargs)"
fi
expected=$output
output=$(DB=sqlite "$quire" schema 2>&1)
is "without a dialect it is that of DB" "$expected" "$output"
schema --dialect oracle
is "no such dialect: status" 2 "$status"
is "no such dialect: message" 'quire: no dialect "oracle": sqlite, mysql or postgresql' "$output"

tap_end
exit
