#!/bin/bash
# revisions_schema_test.sh: the revisions may be in a schema of their own, as the Atlas CLI keeps them when its URL names
# no database. Files are applied, status and readiness see them there, a file that failed is taken up, and nothing of it
# is in the schema of the records.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder revisions-schema
stack_environment
own=quire_revisions-$$ # a name that needs its quotes

quire() { # ARGUMENT...
    output=$("$QUIRE" "$@" 2>&1)
    status=$?
}

quoted() { [ "$DB" = mysql ] && echo "\`$own\`" || echo "\"$own\""; }
drop_own() { [ "$DB" = mysql ] && sql "DROP DATABASE $(quoted)" || sql "DROP SCHEMA $(quoted) CASCADE"; }
revisions() { sql "SELECT COUNT(*) FROM $(quoted).atlas_schema_revisions WHERE applied = total"; }
is_beside() { sql "SELECT version FROM atlas_schema_revisions" 2>/dev/null; }
has_own() { sql "SELECT 1 FROM information_schema.schemata WHERE schema_name = '$own'"; }

# As a web server would ask for it by CGI.
ready() {
    GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET REQUEST_URI=/readyz SERVER_PROTOCOL=HTTP/1.1 SERVER_NAME=localhost \
        "$QUIRE" </dev/null 2>&1
}

# Two files, of which the second fails in its second statement.
write_files() { # STATEMENT
    mkdir -p "$dir/m"
    echo 'CREATE TABLE a (id int);' >"$dir/m/1.sql"
    printf -- '-- atlas:txmode none\n\nCREATE TABLE b (id int);\n%s;\n' "$1" >"$dir/m/2.sql"
    "$QUIRE" migrate hash --dir "$dir/m"
}

test_apply() {
    write_files 'CREATE TABLE b (id int)'
    quire migrate apply --dir "$dir/m" --revisions-schema "$own" --dry-run
    is "$DB: a dry run makes no schema" "0:" "$status:$(has_own)"
    quire migrate apply --dir "$dir/m" --revisions-schema "$own"
    matches "$DB: a file that fails is noted there" '^1:.*version "2"' "$status:$output"
    is "$DB: the schema was made" 1 "$(has_own)"
    write_files 'CREATE TABLE c (id int)'
    quire migrate apply --dir "$dir/m" --revisions-schema "$own"
    matches "$DB: a later run goes on from there" '^0:.*1 statement of it was done before' "$status:$output"
    is "$DB: all revisions are there" 2 "$(revisions)"
    check "$DB: and none is beside the records" test -z "$(is_beside)"
    quire migrate status --dir "$dir/m" --revisions-schema "$own"
    matches "$DB: status looks there" '^0:Migration Status: OK' "$status:$output"
    quire migrate status --dir "$dir/m"
    matches "$DB: and without the option, beside the records" '^0:Migration Status: PENDING' "$status:$output"
}

# The setting does the same, and the service knows by it. The schema is there, and the table is not.
test_setting() {
    sql "DROP TABLE a; DROP TABLE b; DROP TABLE c; DROP TABLE $(quoted).atlas_schema_revisions"
    export REVISIONS_SCHEMA=$own
    quire migrate apply 1
    is "$DB: the setting says it, too" "0:1" "$status:$(revisions)"
    quire doctor
    matches "$DB: doctor finds what is pending there" '[0-9]+ of .* are not applied' "$output"
    quire migrate apply
    quire doctor
    matches "$DB: and that all are applied" 'migrations.*ok' "$output"
    matches "$DB: and so does the service" '^Status: 200' "$(ready)"
    matches "$DB: which looks nowhere else" '^Status: 503' "$(REVISIONS_SCHEMA='' ready)"
    export REVISIONS_SCHEMA=
    quire migrate apply --revisions-schema "$own"
    is "$DB: the option is the same" "0:No migration files to execute" "$status:$output"
    unset REVISIONS_SCHEMA
}

test_wrong_names() {
    local name
    for name in '' 'a b' "a'b" 'a`b' 'a"b' 'a.b' "$(printf 'x%.0s' {1..64})"; do
        quire migrate apply --dir "$dir/m" --revisions-schema "$name"
        is "$DB: '${name:0:9}' is no name of a schema" "2:1" "$status:$(wc -l <<<"$output")"
        quire migrate status --dir "$dir/m" --revisions-schema "$name"
        is "$DB: nor for status" "2:1" "$status:$(wc -l <<<"$output")"
    done
}

for database in sqlite mysql postgresql; do
    database_start "$database" || {
        not_ok "$database starts"
        continue
    }
    if [ "$DB" = sqlite ]; then
        write_files 'CREATE TABLE c (id int)'
        quire migrate apply --dir "$dir/m" --revisions-schema other
        is "sqlite: there is one schema only" "2:quire: sqlite keeps its revisions in the schema main, and in no other" "$status:$output"
        quire migrate apply --dir "$dir/m" --revisions-schema main
        is "sqlite: and that is main" "0:2" "$status:$(sql "SELECT COUNT(*) FROM atlas_schema_revisions")"
    else
        test_apply
        test_setting
        drop_own
    fi
    test_wrong_names
    rm -rf "$dir/m"
    database_stop
done
check_sanitizers
tap_end
