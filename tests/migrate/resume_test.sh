#!/bin/bash
# resume_test.sh: a file of which a statement failed goes on where it stopped, once it is mended, and only if
# what was done is still what it says. What a file sets for its session ends with it.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder migrate-resume
stack_environment

# Applies a directory of one file, of which each statement is noted on its own.
apply() { # STATEMENTS
    mkdir -p "$dir/own"
    printf -- '-- atlas:txmode none\n\n%s' "$1" >"$dir/own/1.sql"
    "$QUIRE" migrate hash --dir "$dir/own"
    output=$("$QUIRE" migrate apply --dir "$dir/own" 2>&1)
    status=$?
}
state() { sql "SELECT applied, total, error_stmt FROM atlas_schema_revisions"; }
is_there() { sql "SELECT COUNT(*) FROM $1"; } # TABLE
is_absent() { ! is_there "$1"; }

# Two files, of which the first sets what the second must not be met by.
session() {
    rm -rf "$dir/two"
    mkdir "$dir/two"
    case $DB in
    mysql)
        printf "SET autocommit = 0, sql_mode = '', foreign_key_checks = 0; INSERT INTO a VALUES (1); SET @x = 1;" >"$dir/two/2.sql"
        echo 'CREATE TABLE seen AS SELECT @@autocommit + @@foreign_key_checks AS n;' >"$dir/two/3.sql"
        ;;
    postgresql)
        printf "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.d (id int);" >"$dir/two/2.sql"
        echo 'CREATE TABLE seen AS SELECT 2 AS n;' >"$dir/two/3.sql"
        ;;
    esac
    cp "$dir/own/1.sql" "$dir/two/1.sql"
    "$QUIRE" migrate hash --dir "$dir/two"
    output=$("$QUIRE" migrate apply --dir "$dir/two" 2>&1)
    is "$DB: a file that sets its session is applied" 0 "$?"
    is "$DB: the next one is not met by it" 2 "$(sql "SELECT n FROM seen")"
    is "$DB: the notes of all are there" 3 "$(sql "SELECT COUNT(*) FROM atlas_schema_revisions WHERE applied = total")"
}

uncommitted() {
    mkdir "$dir/last"
    cp "$dir/two"/*.sql "$dir/last"
    echo 'SET autocommit = 0; SET @x = 1;' >"$dir/last/4.sql"
    "$QUIRE" migrate hash --dir "$dir/last"
    output=$("$QUIRE" migrate apply --dir "$dir/last" 2>&1)
    is "$DB: the last note is committed" $'0:2\t2' "$?:$(sql "SELECT applied, total FROM atlas_schema_revisions WHERE version = '4'")"
    echo 'SELECT 1; USE mysql;' >"$dir/last/5.sql"
    "$QUIRE" migrate hash --dir "$dir/last"
    output=$("$QUIRE" migrate apply --dir "$dir/last" 2>&1)
    matches "$DB: USE is refused" '^1:.*5.sql: line 1: USE would leave' "$?:$output"
}

# What is said of rows that stay when the file's own way to resolve them was gone.
unresolved() {
    mkdir "$dir/check"
    cp "$dir/own/1.sql" "$dir/check/1.sql"
    printf -- '-- quire:check SELECT 7 AS id\n-- quire:resolve SELECT 1\n\nSELECT 1;' >"$dir/check/7.sql"
    "$QUIRE" migrate hash --dir "$dir/check"
    output=$("$QUIRE" migrate apply --dir "$dir/check" 2>&1)
    matches "$DB: a check that finds rows says that nothing was changed" '^1:.*not begun, and nothing of it was changed' "$?:$output"
    output=$("$QUIRE" migrate apply --resolve --dir "$dir/check" 2>&1)
    matches "$DB: after --resolve it says that this was run" '^1:.*left after what the file says resolves them was run' "$?:$output"
}

for database in sqlite mysql postgresql; do
    database_start "$database" || {
        not_ok "$database starts"
        continue
    }
    apply 'CREATE TABLE a (id int); CREATE TABLE a (id int); CREATE TABLE b (id int);'
    is "$DB: a failed file says how far it came" $'1:1\t3\tCREATE TABLE a (id int);' "$status:$(state)"
    apply 'CREATE TABLE x (id int); CREATE TABLE c (id int); CREATE TABLE b (id int);'
    matches "$DB: it does not go on when what was done has changed" \
        'history changed: statement 1 from file "1.sql" changed' "$output"
    apply 'CREATE TABLE a (id int); CREATE TABLE c (id int); CREATE TABLE b (id int);'
    is "$DB: once mended it goes on after what was done" $'0:3\t3' "$status:$(state | sed 's/\t$//')"
    for table in a b c; do check "$DB: table $table is there" is_there "$table"; done
    check "$DB: table x is not" is_absent x
    [ "$DB" != sqlite ] || unresolved
    [ "$DB" = sqlite ] || session
    [ "$DB" != mysql ] || uncommitted
    database_stop
done
tap_end
