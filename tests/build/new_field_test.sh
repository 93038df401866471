#!/bin/bash
# new_field_test.sh: a new field of a record is a line in its struct and a row in its table; `quire migrate diff` alone
# makes the migration for each database, and the API has the field.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
enter_private_folder new_field

# The project as it is, in a folder of its own, with the field in it.
copy=$dir/project
mkdir "$copy"
(cd "$root" && git ls-files -z --cached --others --exclude-standard | tar -c --null -T - --ignore-failed-read 2>/dev/null) |
    tar -x -C "$copy"
sed -i 's|^    const char \*bio; .*|&\n    const char *pseudonym; /* NULL: none is known */|' "$copy/include/domain/author.h"
sed -i 's|^    FIELD(author, birthdate,|    FIELD(author, pseudonym, FIELD_TEXT, 0, .max = 40, .example = "Alice", .summary = "Another name."),\n&|' \
    "$copy/src/domain/author.c"
cd "$copy" || exit 2
check "the project builds with a new field" make -s -j2 build BUILD="$copy/build/new"

# As in a fresh folder: no setting, no server.
output=$(env -i PATH="$PATH" HOME="$HOME" TMPDIR="$dir" build/new/quire migrate diff add_pseudonym 2>&1)
is "one command makes the migrations" 0 "$?"
printf '%s\n' "$output" | sed 's/^/# /'
for database in sqlite mysql postgresql; do
    file=$(echo migrations/"$database"/*_add_pseudonym.sql)
    check "$database: there is a new file" test -f "$file"
    matches "$database: it adds the column, and nothing else" '^[^;]*ADD COLUMN [`"]?pseudonym[^;]*;[[:space:]]*$' \
        "$(grep -v '^--' "$file")"
done
is "all have the same version" 1 "$(printf '%s\n' migrations/*/*_add_pseudonym.sql | sed 's|.*/||' | sort -u | wc -l)"
matches "a second time there is nothing to do" "no changes to be made" \
    "$(env -i PATH="$PATH" HOME="$HOME" TMPDIR="$dir" build/new/quire migrate diff again 2>&1)"

export BUILD=$copy/build/new
. "$copy/tests/lib/stack.sh"

api() { # METHOD PATH [BODY]
    curl --silent --show-error --noproxy '*' --max-time 20 --request "$1" "$BASE_URL$2" \
        --header 'Content-Type: application/json' ${3:+--data "$3"}
}

author() { # NAME PSEUDONYM-AS-JSON
    printf '{"name": "%s", "bio": "b", "birthdate": "1832-01-27", "pseudonym": %s}' "$1" "$2"
}
pseudonym() { api GET "/api/authors/$1" | jq -c .pseudonym; } # ID

# A row from before the field, then requests that know the field.
use_field() { # DATABASE
    local id
    id=$(api GET '/api/authors?name=Before' | jq '.authors[0].id')
    is "$1: a row from before has none" null "$(pseudonym "$id")"
    id=$(api POST /api/authors "$(author Charles '"Lewis"')" | jq .id)
    is "$1: it is kept" '"Lewis"' "$(pseudonym "$id")"
    api PATCH "/api/authors/$id" '{"pseudonym": "Carroll"}' >"$dir/answer"
    is "$1: it can be changed" '"Carroll"' "$(pseudonym "$id")"
    api PUT "/api/authors/$id" "$(author Charles null)" >"$dir/answer"
    is "$1: it can be null" null "$(pseudonym "$id")"
    is "$1: a text that is too long is refused at its place" '["body","pseudonym"]' \
        "$(api POST /api/authors "$(author Charles "\"$(printf 'x%.0s' {1..41})\"")" | jq -c '.detail[0].loc')"
    is "$1: the document tells of it" 40 "$(api GET /api/openapi.json | jq '[.. | .pseudonym? | .. | .maxLength? // empty][0]')"
}

# The migrations without the new one.
outer=$dir
cp -r "$copy/migrations" "$outer/before"
rm "$outer"/before/*/*_add_pseudonym.sql
for database in sqlite mysql postgresql; do
    "$BUILD/quire" migrate hash --dir "$outer/before/$database"
    dir=$outer/$database
    mkdir "$dir" && cd "$dir" || exit 2
    stack_environment
    database_start "$database"
    check "$database: the old migrations apply" "$QUIRE" migrate apply --dir "$outer/before/$database"
    sql "INSERT INTO author (name, bio, birthdate) VALUES ('Before', 'b', '1900-01-01')"
    check "$database: the new one applies to rows that are there" migrate
    memcached_start && workers_start serve && web_start serve
    use_field "$database"
    check "$database: the stack stops" stack_stop
done
dir=$outer
tap_end
