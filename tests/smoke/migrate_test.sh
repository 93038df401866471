#!/bin/bash
# migrate_test.sh: quire migrate diff and lint with a real database: tests/smoke/migrate_test.sh sqlite|mysql|postgresql.
# All is done to a copy of the project's migrations.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder migrate
stack_environment
database=$1
synced="The migration directory is synced with the desired state, no changes to be made"
export SCRATCH_NAME=quire_scratch_$$

quire() {
    output=$("$QUIRE" "$@" 2>&1)
    status=$?
}

# The project's migrations again.
renew() {
    rm -rf "$dir/m"
    cp -r "$root/migrations" "$dir/m"
    export MIGRATIONS=$dir/m
    folder=$dir/m/$database
}

# Every file there is, by name and content.
fingerprint() { (cd "$dir/m" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# A file after all others, of SQL, as somebody writes it by hand.
add_file() { # NAME SQL [FOLDER]
    printf '%s\n' "$2" >"${3:-$folder}/29990101000000_$1.sql"
    "$QUIRE" migrate hash --dir "${3:-$folder}"
}

names_of_scratches() {
    case $database in
    sqlite) ;;
    mysql) sql "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '$SCRATCH_NAME%'" ;;
    postgresql) sql "SELECT nspname FROM pg_namespace WHERE nspname LIKE '$SCRATCH_NAME%'" ;;
    esac
}

has_scratch() { [ -n "$(names_of_scratches)" ]; }

# The one file of this name, in the folder.
new_file() { (cd "$folder" && printf '%s\n' *_"$1".sql); }

test_nothing_to_do() {
    local before
    renew
    before=$(fingerprint)
    quire migrate diff nothing --dialect "$database"
    is "diff finds nothing in the project's own directory" "0:$synced" "$status:$output"
    is "and writes nothing" "$before" "$(fingerprint)"
    is "and leaves no scratch database" "" "$(names_of_scratches)"
}

# What a lost file did comes back as another one.
test_lost_file() {
    local before
    renew
    rm "$folder"/*_list_indexes.sql
    "$QUIRE" migrate hash --dir "$folder"
    before=$(fingerprint)
    quire migrate diff --dialect "$database" --dry-run again
    is "a dry run is good" 0 "$status"
    matches "a dry run prints the statements" 'CREATE INDEX [^;]*book[^;]*;' "$output"
    is "a dry run writes nothing" "$before" "$(fingerprint)"
    quire migrate diff again --dialect "$database"
    matches "diff writes the file that is missing" "^0:$folder/[0-9]{14}_again.sql" "$status:$output"
    check "the directory is as its atlas.sum says" "$QUIRE" migrate validate --dir "$folder"
    quire migrate diff nothing --dialect "$database"
    is "then there is nothing to do" "0:$synced" "$status:$output"
    check "the files can be applied" "$QUIRE" migrate apply --dir "$folder"
    quire migrate status --dir "$folder"
    matches "and all are" 'Migration Status: OK' "$output"
    is "diff and lint did not touch the database itself" "" "$(names_of_scratches)"
}

test_destructive() {
    local before
    renew
    add_file stray 'CREATE TABLE stray (id int);
ALTER TABLE author ADD COLUMN stray varchar(9) NULL;'
    before=$(fingerprint)
    quire migrate diff tidy --dialect "$database"
    is "what loses values is refused" 1 "$status"
    matches "the table is named" 'Dropping table "stray" #DS102' "$output"
    matches "the column is named" 'Dropping non-virtual column "stray" #DS103' "$output"
    matches "it says what is to be done" 'nothing was written; --allow-destructive' "$output"
    is "and nothing is written" "$before" "$(fingerprint)"
    quire migrate diff tidy --dialect "$database" --allow-destructive --dry-run
    is "a dry run of it is good, and writes nothing" "0:$before" "$status:$(fingerprint)"
    quire migrate diff tidy --dialect "$database" --allow-destructive
    is "it is written when it is allowed" 0 "$status"
    matches "with a version above all others" '^29990101000001_tidy.sql$' "$(new_file tidy)"
    quire migrate diff nothing --dialect "$database"
    is "and then there is nothing to do" "0:$synced" "$status:$output"
    quire migrate lint --latest 1 --dialect "$database"
    is "lint finds it" 1 "$status"
    matches "lint says what, and where" \
        '-- analyzing version 29990101000001.*-- destructive changes detected:.*-- L[0-9]+: Dropping table "stray" https://atlasgo.io/lint/analyzers#DS102' \
        "$output"
    matches "lint names the column" '-- L[0-9]+: Dropping non-virtual column "stray" https://[^ ]*#DS103' "$output"
    sed -i '1i -- atlas:nolint destructive\n' "$folder/$(new_file tidy)"
    "$QUIRE" migrate hash --dir "$folder"
    quire migrate lint --latest 1 --dialect "$database"
    is "a file may say that it means it" 0 "$status"
    is "and then there is nothing to tell of it" 1 "$(grep -c 'no diagnostics found' <<<"$output")"
}

# A rule that goes is as much a loss as a value.
test_lost_rule() {
    renew
    add_file unique 'CREATE UNIQUE INDEX author_unique ON author (birthdate, id);'
    quire migrate diff tidy --dialect "$database"
    is "a unique index that goes is refused" 1 "$status"
    matches "and named" 'Dropping unique index "author_unique" of table "author", .* #QU105' "$output"
    quire migrate diff tidy --dialect "$database" --allow-destructive
    is "it is written when it is allowed" 0 "$status"
    quire migrate lint --latest 1 --dialect "$database"
    matches "lint warns of it" '^0:.*-- constraint deletion detected:.*-- L[0-9]+: Dropping unique index "author_unique"' "$status:$output"
}

test_lint() {
    renew
    quire migrate lint --dialect "$database"
    is "lint finds nothing in the project's own directory" 0 "$status"
    add_file again "$(case $database in
    mysql) echo 'DROP INDEX author_name_id ON author;' ;;
    *) echo 'DROP INDEX author_name_id;' ;;
    esac)
CREATE INDEX author_name_id ON author (name, id);"
    quire migrate lint --latest 1 --dialect "$database"
    is "an index that is dropped and made again is no risk" "0:1" "$status:$(grep -c 'no diagnostics found' <<<"$output")"
    add_file again "CREATE TABLE extra (id int);

-- what for
CREATE TABEL extra (id int);"
    quire migrate lint --dialect "$database"
    matches "a statement that fails is found by file and line" '^1:.*Error: 29990101000000_again.sql line 4: ' "$status:$output"
    is "and no scratch database is left" "" "$(names_of_scratches)"
}

test_wrong_sum() {
    local before
    renew
    echo '-- later' >>"$folder/$(cd "$folder" && printf '%s\n' *.sql | tail -n 1)"
    before=$(fingerprint)
    quire migrate diff any
    matches "a directory that is not what its atlas.sum says is refused" '^1:.*checksum' "$status:$output"
    quire migrate lint --dialect "$database"
    matches "by lint, too" '^1:.*checksum' "$status:$output"
    is "and nothing is written" "$before" "$(fingerprint)"
}

wrong() { # WHAT ARGUMENT...
    local what=$1
    shift
    quire migrate "$@"
    is "wrong: $what" "2:1" "$status:$(wc -l <<<"$output")"
}

test_wrong_calls() {
    renew
    wrong "two names" diff a b
    wrong "a name that is a path" diff ../a
    wrong "a dialect that there is not" diff a --dialect oracle
    wrong "an URL that is none" diff a --dev-url localhost
    wrong "an URL of another kind" lint --dev-url docker://mysql/8
    wrong "no file" lint --latest 0
    wrong "an option that there is not" lint --git-base main
    quire migrate diff a --dir "$dir/none"
    is "a folder that is not there" 1 "$status"
}

# Servers only: the name of the scratch database.
test_scratch_name() {
    local kind=DATABASE quoted="\`$SCRATCH_NAME\`"
    renew
    [ "$database" = mysql ] || kind=SCHEMA quoted="\"$SCRATCH_NAME\""
    sql "CREATE $kind $quoted; CREATE TABLE $quoted.kept (id int)"
    quire migrate diff any --dialect "$database"
    matches "a scratch name that is taken is refused" "^1:.*there is a [a-z]* \"$SCRATCH_NAME\" already.*DROP $kind" "$status:$output"
    check "and what is there is not touched" sql "SELECT id FROM $quoted.kept"
    quire migrate diff any --dialect "$database" --scratch "${SCRATCH_NAME}_b"
    is "with another name it goes on" "0:$synced" "$status:$output"
    sql "$(sed -n 's/.*if nobody needs it: //p' <<<"$("$QUIRE" migrate lint --dialect "$database" 2>&1)")"
    is "the command that is told removes it" "" "$(names_of_scratches)"
    quire migrate diff any --dialect "$database" --scratch 'a b'
    matches "a name that needs quoting is refused" '^2:quire: the name of a scratch' "$status:$output"
    wrong "the name of the settings' database" diff any --dialect "$database" --scratch "$DB_NAME"
    is "with no word of dropping it" "" "$(grep -i drop <<<"$output")"
    DB_NAME=other wrong "the name of the URL's database" lint --dialect "$database" --scratch "$DB_NAME"
    is "with no word of dropping it" "" "$(grep -i drop <<<"$output")"
    [ "$database" = mysql ] || wrong "the schema public" diff any --dialect postgresql --scratch public
}

# Where the scratch database may be made. The server of the settings is nobody's place to try things out, unless it is
# named for that.
test_dev_url() {
    local url
    renew
    url=$(database_url)
    export -n DEV_URLS
    DB=sqlite DB_HOST=/nowhere quire migrate diff any --dialect "$database" --dev-url "sqlite://file?mode=memory,$url"
    is "the server is that of --dev-url" "0:$synced" "$status:$output"
    DB=sqlite DB_HOST=/nowhere quire migrate diff any --dialect "$database" --url "$url"
    is "or of --url" "0:$synced" "$status:$output"
    quire migrate diff any --dialect "$database" --dev-url "${url/"$DB_HOST"//nowhere}"
    matches "a server that is away is said in one line" "^1:Error: cannot make the scratch " "$status:$output"
    wrong "an URL of --url that is none" lint --dialect "$database" --url localhost
    quire migrate diff any --dialect "$database"
    matches "without any there is one line that says what to give" "^1:Error: no scratch database for $database: --dev-url " "$status:$output"
    is "and it is one line" 1 "$(wc -l <<<"$output")"
    quire migrate lint --dialect "$database" --url sqlite://file
    matches "for lint as well; an URL of another database counts for nothing" "^1:Error: no scratch database for $database: --dev-url " "$status:$output"
    export DEV_URLS
    quire migrate diff any --dialect "$database"
    is "or of DEV_URLS" "0:$synced" "$status:$output"
}

# What a file says of other databases is not done there.
test_other_database() {
    renew
    add_file stray 'CREATE TABLE stray (id int);
USE mysql;
CREATE TABLE stray (id int);'
    quire migrate diff any --dialect "$database"
    matches "a file that goes to another database is refused" '^1:Error: 29990101000000_stray.sql: line 2: USE would leave' "$status:$output"
    quire migrate lint --dialect "$database"
    matches "by lint, too" '^1:.*Error: 29990101000000_stray.sql: line 2: USE would leave' "$status:$output"
    is "and no scratch database is left" "" "$(names_of_scratches)"
}

# What a dump sets for its session: it ends with the file, as when it is applied.
dump_settings() {
    case $database in
    sqlite) printf -- '-- atlas:txmode none\n\nPRAGMA foreign_keys = OFF;\n' ;;
    mysql) echo "SET sql_mode = 'ANSI_QUOTES', foreign_key_checks = 0, autocommit = 0;" ;;
    postgresql) echo "SELECT pg_catalog.set_config('search_path', '', false);" ;;
    esac
}

# Fails with those settings.
mind_settings() {
    case $database in
    sqlite) echo 'CREATE TABLE late (id integer CHECK (id > 0));' ;;
    mysql) echo 'CREATE TABLE late (id int, note varchar(9) DEFAULT "x");' ;;
    postgresql) echo 'CREATE TABLE late (id int);' ;;
    esac
}

test_session() {
    renew
    dump_settings >"$folder/29980101000000_dump.sql"
    "$QUIRE" migrate hash --dir "$folder"
    quire migrate diff any --dialect "$database"
    is "diff finds the tables, whatever the last file sets" "0:$synced" "$status:$output"
    quire migrate lint --latest 1 --dialect "$database"
    is "for lint such a setting is no change" "0:1" "$status:$(grep -c 'no diagnostics found' <<<"$output")"
    add_file late "$(mind_settings)"
    quire migrate diff any --dialect "$database" --allow-destructive --dry-run
    matches "the next file is not met by it" '^0:.*DROP TABLE [^;]*late[^;]*;[^;]*$' "$status:$output"
}

# A comment does not make a new name of a column that goes.
test_lint_words() {
    renew
    add_file later 'ALTER TABLE author DROP COLUMN bio, ADD COLUMN note text /* change later, or RENAME COLUMN bio TO note */;'
    quire migrate lint --latest 1 --dialect "$database"
    matches "a comment does not silence lint" '^1:.*Dropping non-virtual column "bio"' "$status:$output"
}

# SQLite only: what a copy of a table would lose.
test_triggers() {
    local before
    renew
    add_file audit 'CREATE TABLE log (id integer);
ALTER TABLE author ADD COLUMN stray varchar(9) NULL;
CREATE TRIGGER audit AFTER DELETE ON author BEGIN
    INSERT INTO log VALUES (old.id);
END;'
    before=$(fingerprint)
    quire migrate diff any --dialect sqlite --allow-destructive
    matches "a copy that would lose a trigger is refused" '^1:Error: table "author" has the trigger "audit", which a copy would lose; write this one by hand: quire migrate new$' "$status:$output"
    is "and nothing is written" "$before" "$(fingerprint)"
}

set_not_null() {
    [ "$database" = mysql ] && echo "MODIFY stray varchar(9) NOT NULL" || echo "ALTER COLUMN stray SET NOT NULL"
}

change_type() {
    [ "$database" = mysql ] && echo "MODIFY bio varchar(9) NOT NULL" ||
        echo "ALTER COLUMN bio TYPE varchar(9), ALTER COLUMN bio SET NOT NULL"
}

# What several statements do together, and one does twice.
test_lint_columns() {
    renew
    add_file late "ALTER TABLE author ADD COLUMN stray varchar(9) NULL;
UPDATE author SET stray = '';
ALTER TABLE author $(set_not_null);"
    quire migrate lint --latest 1 --dialect "$database"
    matches "a column that is made NOT NULL after it was added may fail" \
        '^0:.*-- L3: Adding a non-nullable column "stray" without a default .*#MF103' "$status:$output"
    add_file late "-- atlas:nolint QU101

ALTER TABLE author $(change_type);"
    quire migrate lint --latest 1 --dialect "$database"
    matches "one risk that is meant does not hide another" '^0:.*-- L3: Modifying nullable column "bio" .*#MF104' "$status:$output"
    is "and is not told itself" 0 "$(grep -c QU101 <<<"$output")"
}

slow_statement() { [ "$database" = mysql ] && echo "DO SLEEP(6);" || echo "SELECT pg_sleep(6);"; }

# A signal while a statement runs that takes its time.
test_signals() {
    local before
    renew
    add_file slow "CREATE TABLE stray (id int);
$(slow_statement)"
    before=$(fingerprint)
    start diff "$QUIRE" migrate diff any --dialect "$database" --allow-destructive
    check "it is at work" wait_for "$patience" has_scratch
    stop "$started"
    is "a signal ends it: nothing is written" "$before" "$(fingerprint)"
    is "and no scratch database is left" "" "$(names_of_scratches)"
    matches "and it says so" 'stopped by a signal' "$(cat "$dir/diff.log")"
    start diff "$QUIRE" migrate diff any --dialect "$database" --allow-destructive
    check "it is at work again" wait_for "$patience" has_scratch
    stop "$started" KILL
    is "when it is killed, nothing is written" "$before" "$(fingerprint)"
    quire migrate diff any --dialect "$database" --allow-destructive
    matches "what a kill leaves is told, with the command that removes it" '^1:.*if nobody needs it: DROP' "$status:$output"
    sql "${output##*if nobody needs it: }"
    is "which does it" "" "$(names_of_scratches)"
}

# Without any setting: in a folder with the tools of the sources, for all databases at once.
bare() {
    output=$(cd "$dir/bare" && env -i PATH="$PATH" HOME="$dir" TMPDIR="$dir/tmp" MIGRATIONS="$dir/m" \
        ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" "$QUIRE" "$@" 2>&1)
    status=$?
}

left_over() { ls "$dir/tmp"; }
server_runs() { [ -S "$(echo "$dir"/tmp/quire-dev.*/mysql.sock)" ]; }

test_private_servers() {
    local before
    renew
    mkdir -p "$dir/bare" "$dir/tmp"
    ln -sfn "$root/tools" "$dir/bare/tools"
    bare migrate diff nothing
    is "without a setting, diff starts servers of its own" "0:$synced" "$status:$output"
    is "and leaves nothing of them" "" "$(left_over)"
    rm "$dir"/m/{sqlite,mysql}/*_list_indexes.sql
    "$QUIRE" migrate hash
    bare migrate diff again
    is "each dialect that needs one gets a file of the same version" 0:2:1 \
        "$status:$(ls "$dir"/m/*/*_again.sql | wc -l):$(ls "$dir"/m/*/*_again.sql | sed 's|.*/||' | sort -u | wc -l)"
    rm "$dir"/m/*/*_again.sql
    add_file stray 'CREATE TABLE stray (id int);' "$dir/m/mysql"
    "$QUIRE" migrate hash
    before=$(fingerprint)
    bare migrate diff again
    matches "a change that is refused for one dialect" '^1:mysql: stray: Dropping table' "$status:$output"
    is "is refused for all" "$before" "$(fingerprint)"
    add_file stray 'DO SLEEP(3);' "$dir/m/mysql"
    before=$(fingerprint)
    (cd "$dir/bare" && exec env -i PATH="$PATH" HOME="$dir" TMPDIR="$dir/tmp" MIGRATIONS="$dir/m" \
        ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" "$QUIRE" migrate diff again) >"$dir/diff.log" 2>&1 &
    running+=($!)
    check "a server of its own runs" wait_for "$patience" server_runs
    stop "${running[-1]}"
    matches "a signal ends it" 'Error: .*stopped by a signal' "$(cat "$dir/diff.log")"
    is "and then no server is left, and nothing is written" ":$before" "$(left_over):$(fingerprint)"
    bare migrate diff again --dir "$dir/m/sqlite"
    is "a single directory can be meant" 0 "$status"
}

has_all_drivers() { "$QUIRE" version | grep -q '^databases: sqlite mysql postgresql$'; }

database_start "$database"
[ "$database" = sqlite ] || { DEV_URLS=$(database_url) && export DEV_URLS; }
test_nothing_to_do
test_lost_file
test_destructive
test_lost_rule
test_lint
test_session
test_wrong_sum
test_wrong_calls
if [ "$database" = sqlite ]; then
    test_triggers
    if has_all_drivers; then
        test_private_servers
    else
        echo "NOT RUN: diff with servers of its own: this build has not all drivers"
    fi
else
    test_scratch_name
    test_dev_url
    test_other_database
    test_lint_words
    test_lint_columns
    test_signals
fi
check_sanitizers
database_stop
tap_end
