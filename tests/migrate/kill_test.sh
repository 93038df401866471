#!/bin/bash
# kill_test.sh: `migrate apply` is killed in the middle of each statement of a long file, and between a statement
# and its note; the next one goes on, and in the end nothing is lost and nothing was done twice. Two at once apply once.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder migrate-kill
stack_environment
unset QUIRE_TEST_MYSQL # a server of our own: MariaDB's lock is one for the whole server, and here it is held for long

rows=20000
folder=$dir/long
log=$dir/apply.log

# A file whose statements cannot be run twice, or left out, without a trace. $numbers has the column n, from 1.
write_file() {
    local header='' copy='' sleep='SLEEP(0.2)' trigger
    mkdir -p "$folder"
    case $DB in
    mysql)
        copy='ALGORITHM=COPY, '
        trigger='CREATE TRIGGER double_it BEFORE INSERT ON many FOR EACH ROW BEGIN SET NEW.extra = NEW.n * 2; END;'
        ;;
    postgresql)
        header=$'-- atlas:txmode none\n\n'
        sleep="length(CAST(pg_sleep(0.2) AS text))"
        trigger='CREATE FUNCTION double_it() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.extra := NEW.n * 2; RETURN NEW; END$$;
CREATE TRIGGER double_it BEFORE INSERT ON many FOR EACH ROW EXECUTE FUNCTION double_it();'
        ;;
    sqlite)
        header=$1
        sleep=0
        trigger='CREATE TRIGGER double_it AFTER INSERT ON many BEGIN UPDATE many SET extra = NEW.n * 2 WHERE id = NEW.id; END;'
        ;;
    esac
    {
        printf '%s' "$header"
        [ "$DB" != mysql ] || echo 'SET @factor = 3;'
        echo 'CREATE TABLE many (id integer NOT NULL PRIMARY KEY, n integer NOT NULL, v varchar(20) NOT NULL, gone integer NULL);'
        echo "INSERT INTO many SELECT n, n + zero, 'v', n FROM numbers, (SELECT 0 * $sleep AS zero) AS pause;"
        echo "ALTER TABLE many ${copy}ADD COLUMN extra integer NOT NULL DEFAULT 7;"
        echo "UPDATE many SET n = n + 1;"
        echo "INSERT INTO many SELECT id + (SELECT COUNT(*) FROM numbers), n, v, gone, extra FROM (SELECT * FROM many) AS old;"
        if [ "$DB" = postgresql ]; then
            echo 'CREATE INDEX CONCURRENTLY many_n ON many (n);'
        else
            echo 'CREATE INDEX many_n ON many (n);'
        fi
        [ "$DB" != mysql ] || echo 'ALTER TABLE many ALGORITHM=COPY, MODIFY v varchar(40) NOT NULL;'
        [ "$DB" != postgresql ] || echo "ALTER TABLE many ALTER COLUMN v TYPE varchar(40)
    USING v || CASE WHEN id = 1 THEN left(CAST(pg_sleep(0.3) AS text), 0) ELSE '!' END;"
        echo "CREATE TABLE copied AS SELECT id + zero AS id FROM many, (SELECT 0 * $sleep AS zero) AS pause;"
        echo "ALTER TABLE many ${copy}DROP COLUMN gone;"
        echo "$trigger"
        [ "$DB" != mysql ] || echo 'UPDATE many SET extra = extra * @factor;'
        echo "UPDATE many SET extra = extra * 2, v = 'w' WHERE n % 2 = 0;"
    } >"$folder/1_long.sql"
    "$QUIRE" migrate hash --dir "$folder" >/dev/null
}

new_database() {
    case $DB in
    mysql) sql "DROP DATABASE IF EXISTS $DB_NAME; CREATE DATABASE $DB_NAME" "" ;;
    postgresql) sql "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public" ;;
    sqlite) rm -f "$DB_PATH"* ;;
    esac
    sql "CREATE TABLE numbers (n integer NOT NULL PRIMARY KEY)"
    case $DB in
    mysql) sql "INSERT INTO numbers SELECT seq FROM seq_1_to_$rows" ;;
    postgresql) sql "INSERT INTO numbers SELECT generate_series(1, $rows)" ;;
    sqlite) sql "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < $rows) INSERT INTO numbers SELECT n FROM s" ;;
    esac
}

# Tables and rows, for comparison.
snapshot() {
    sql "SELECT COUNT(*), SUM(id) FROM copied"
    case $DB in
    mysql)
        sql "SHOW CREATE TABLE many; SELECT trigger_name, action_statement FROM information_schema.triggers
            WHERE trigger_schema = DATABASE()"
        sql "SELECT * FROM many ORDER BY id" | cksum
        ;;
    postgresql)
        sql "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
            WHERE attrelid = CAST('many' AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
            SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = CAST('many' AS regclass) ORDER BY 1;
            SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        sql "SELECT * FROM many ORDER BY id" | cksum
        ;;
    sqlite)
        sql "SELECT sql FROM sqlite_master WHERE tbl_name = 'many' ORDER BY name"
        sql "SELECT * FROM many ORDER BY id" | cksum
        ;;
    esac
}

apply() { "$QUIRE" migrate apply --allow-dirty --dir "$folder"; }

n_begun() { grep -c '^    ->' "$log"; }
has_begun() { [ "$(n_begun)" -ge "$1" ]; }

# Does a session of ours work on something? The one that asks is not one of them.
server_works() {
    case $DB in
    mysql)
        [ -n "$(sql "SELECT 1 FROM information_schema.processlist WHERE db = '$DB_NAME' AND command <> 'Sleep'
            AND id <> CONNECTION_ID()")" ]
        ;;
    postgresql)
        [ -n "$(sql "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
            AND backend_type = 'client backend' AND pid <> pg_backend_pid()")" ]
        ;;
    esac
}

server_is_idle() { ! server_works; }

# Starts an apply and lets it come to statement N.
start_until() { # N
    : >"$log"
    apply >"$log" 2>&1 &
    victim=$!
    disown "$victim"
    running+=("$victim")
    while ! has_begun "$1" && alive "$victim"; do sleep 0.002; done
}

end_victim() {
    kill -KILL "$victim" 2>/dev/null
    wait_for "$patience" gone "$victim"
    forget "$victim"
}

kill_in() { # N: as soon as it is begun, or a moment later
    start_until "$1"
    sleep "0.0$((RANDOM % 8))"
    end_victim
}

# The server ends the statement, and the client, which is held, does not live to note it.
kill_after() { # N
    start_until "$1"
    wait_for 2 server_works
    kill -STOP "$victim"
    wait_for "$patience" server_is_idle
    end_victim
}

n_cut=0

# Kills it at each statement in turn, each time from the start.
kill_each() { # HOW
    local how=$1 i said
    for ((i = 1; i <= n_statements; i++)); do
        new_database
        "kill_$how" "$i"
        said=$("$QUIRE" migrate status --dir "$folder" 2>&1)
        [[ $said != *'cut off'* ]] || n_cut=$((n_cut + 1))
        apply >"$log" 2>&1
        is "$DB: killed $how statement $i, it goes on" 0 "$?"
        is "$DB: killed $how statement $i, all is done once" "$expected" "$(snapshot)"
    done
    return 0
}

# Again and again, until it is through.
kill_often() {
    local try
    new_database
    for ((try = 1; try <= 60; try++)); do
        start_until 1
        sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
        alive "$victim" || { forget "$victim"; break; }
        end_victim
    done
    apply >"$log" 2>&1
    is "$DB: killed at any time, it comes to its end" 0 "$?"
    is "$DB: killed at any time, all is done once" "$expected" "$(snapshot)"
}

# The server goes on with a statement whose client is gone; until it has ended, nobody else migrates.
killed_client() {
    local output
    new_database
    echo 'CREATE TABLE slow AS SELECT SLEEP(12) AS slept;' >"$folder/0_slow.sql"
    "$QUIRE" migrate hash --dir "$folder" >/dev/null
    start_until 1
    wait_for 5 server_works
    end_victim
    output=$(apply 2>&1)
    matches "$DB: while the server goes on with it, nobody else migrates" 'another migration is running' "$output"
    wait_for "$patience" server_is_idle
    apply >"$log" 2>&1
    is "$DB: once the server is done with it, the next one goes on" 0 "$?"
    is "$DB: the statement was not done twice" "$expected" "$(snapshot)"
    rm "$folder/0_slow.sql"
    "$QUIRE" migrate hash --dir "$folder" >/dev/null
}

# Of a CALL that is cut off nobody knows whether it took effect: it is not run again before somebody has looked.
in_doubt() {
    local output
    new_database
    sql "CREATE TABLE filled (n int)"
    mkdir -p "$dir/doubt"
    printf '%s\n' 'CREATE PROCEDURE fill() BEGIN INSERT INTO filled VALUES (1); COMMIT; DO SLEEP(2); END;' 'CALL fill();' \
        'CREATE TABLE after_it (n int);' >"$dir/doubt/1_fill.sql"
    "$QUIRE" migrate hash --dir "$dir/doubt"
    : >"$log"
    "$QUIRE" migrate apply --allow-dirty --dir "$dir/doubt" >"$log" 2>&1 &
    victim=$!
    disown "$victim"
    running+=("$victim")
    wait_for 5 has_begun 2
    wait_for 5 server_works
    end_victim
    wait_for "$patience" server_is_idle
    output=$("$QUIRE" migrate apply --dir "$dir/doubt" 2>&1)
    matches "$DB: a CALL that was cut off is not run again" '^1:.*was cut off in "CALL fill.*if so, take it out of the file' "$?:$output"
    is "$DB: it was run once" 1 "$(sql "SELECT COUNT(*) FROM filled")"
    sed -i '/^CALL/d' "$dir/doubt/1_fill.sql"
    "$QUIRE" migrate hash --dir "$dir/doubt"
    sql "UPDATE atlas_schema_revisions SET error = '' WHERE version = '1'"
    output=$("$QUIRE" migrate apply --dir "$dir/doubt" 2>&1)
    is "$DB: it goes on as the line says" $'0:1\t2\t2' "$?:$(sql "SELECT COUNT(*) FROM filled")"$'\t'"$(sql "SELECT applied, total FROM atlas_schema_revisions")"
    sql "DROP PROCEDURE fill; DROP TABLE filled"
}

two_at_once() {
    local i
    new_database
    for i in 1 2 3; do apply >"$dir/at_once.$i" 2>&1 & running+=($!); done
    wait
    running=()
    is "$DB: of three at once, one applies" 1 "$(grep -lF -- '-- migrating version' "$dir"/at_once.? | wc -l)"
    is "$DB: of three at once, none fails" "" "$(grep -hF Error "$dir"/at_once.?)"
    is "$DB: of three at once, all is done once" "$expected" "$(snapshot)"
}

edited() {
    local output
    echo 'SELECT 1;' >>"$folder/1_long.sql"
    output=$(apply 2>&1)
    matches "$DB: an edited file is refused" 'checksum mismatch' "$output"
    "$QUIRE" migrate hash --dir "$folder" >/dev/null
    output=$(apply 2>&1)
    matches "$DB: an edited file with its sum is refused" 'history changed: file "1_long.sql" is not the one' "$output"
}

undisturbed() { # [HEADER]
    write_file "$@"
    new_database
    apply >"$log" 2>&1 || cat "$log"
    expected=$(snapshot)
    n_statements=$(n_begun)
    at_least "$DB: the file has many statements" 8 "$n_statements"
}

for database in mysql postgresql; do
    database_start "$database" || {
        not_ok "$database starts"
        continue
    }
    n_cut=0
    undisturbed
    kill_each in
    kill_each after
    at_least "$DB: some were cut off with no note of their end" 2 "$n_cut"
    kill_often
    [ "$DB" != mysql ] || killed_client
    [ "$DB" != mysql ] || in_doubt
    two_at_once
    edited
    database_stop
done

database_start sqlite
for header in '' $'-- atlas:txmode none\n\n'; do
    undisturbed "$header"
    kill_each in
    kill_often
    two_at_once
    edited
done
is "nothing of the locks is left behind" "" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'atlas_migrate_execute*' -newer "$dir/quire")"

tap_end
