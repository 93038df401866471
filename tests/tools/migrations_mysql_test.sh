#!/bin/bash
# migrations_mysql_test.sh: a database as the FastAPI service left it is upgraded in place, and no row is lost; what
# cannot be upgraded stays as it was.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder migrations
stack_environment

# Tables and rows of that service: latin1, NULLs, and dates as clients sent them.
legacy() {
    sql "DROP DATABASE IF EXISTS $DB_NAME; CREATE DATABASE $DB_NAME CHARACTER SET latin1" ""
    sql "SET NAMES utf8mb4;
        CREATE TABLE author (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(30) NOT NULL, bio text NULL,
            birthdate date NULL) DEFAULT CHARSET=latin1;
        CREATE TABLE book (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, title varchar(30) NOT NULL,
            description varchar(30) NOT NULL, publish_date varchar(30) NOT NULL, author_id int NOT NULL,
            KEY author_id (author_id), CONSTRAINT book_ibfk_1 FOREIGN KEY (author_id) REFERENCES author (id)
            ON DELETE RESTRICT ON UPDATE RESTRICT) DEFAULT CHARSET=latin1;
        INSERT INTO author VALUES (1, 'José Ñandú', 'né à Genève', '1929-10-21'), (7, 'Nobody', NULL, NULL);
        INSERT INTO book VALUES (1, 'Café', 'crème brûlée', '2023-06-20 00:00:00', 1),
            (2, 'b', 'c', '2024-06-20T12:00:00', 7), (3, 'd', 'e', '2024-02-29', 7),
            (9, 'f', 'g', ' 2024-06-20 12:00:00+07:00', 1)"
}

# The rows that the Atlas CLI wrote when it migrated that service's database.
legacy_revisions() {
    sql "CREATE TABLE atlas_schema_revisions (version varchar(255) NOT NULL PRIMARY KEY, description varchar(255) NOT NULL,
            type bigint unsigned NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0,
            executed_at timestamp NULL, execution_time bigint NOT NULL, error longtext NULL, error_stmt longtext NULL,
            hash varchar(255) NOT NULL, partial_hashes json NULL, operator_version varchar(255) NOT NULL)
            DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
        INSERT INTO atlas_schema_revisions VALUES ('20240620051907', '', 2, 2, 2, '2024-06-20 05:20:00', 410341502, '', '',
                'O4IT2Y6Kx6g1/PupkDDcu23f6A/MSwdmtHBjtSoxSf8=', 'null', 'Atlas CLI v0.21.2'),
            ('.atlas_cloud_identifier', 'x', 0, 0, 0, '2024-06-20 05:20:00', 0, '', '', '', 'null', 'Atlas CLI v0.21.2')"
}

apply() {
    output=$("$QUIRE" migrate apply "$@" 2>&1)
    status=$?
}

tables() { sql "SHOW CREATE TABLE author; SHOW CREATE TABLE book" | sed 's/ AUTO_INCREMENT=[0-9]*//g'; }
rows() { sql "SET NAMES utf8mb4; SELECT * FROM author ORDER BY id; SELECT * FROM book ORDER BY id"; }

expected_rows=$(printf '%s\n' $'1\tJosé Ñandú\tné à Genève\t1929-10-21' $'7\tNobody\tNULL\tNULL' \
    $'1\tCafé\tcrème brûlée\t2023-06-20\t1' $'2\tb\tc\t2024-06-20\t7' $'3\td\te\t2024-02-29\t7' $'9\tf\tg\t2024-06-20\t1')

database_start mysql

apply
is "a new database: all is applied" 0 "$status"
from_nothing=$(tables)
matches "text of any language" "utf8mb4_bin" "$from_nothing"
matches "bio is a text" '`bio` text DEFAULT NULL' "$from_nothing"
matches "description is a text" '`description` text NOT NULL' "$from_nothing"
matches "dates are dates" '`publish_date` date NOT NULL' "$from_nothing"
matches "ids have 64 bits" '`author_id` bigint' "$from_nothing"
matches "the reference is kept" 'CONSTRAINT `book_ibfk_1` FOREIGN KEY' "$from_nothing"
is "no text is latin1 any more" "" "$(grep -o latin1 <<<"$from_nothing")"
apply
is "again: nothing" "No migration files to execute" "$output"

legacy
apply
matches "without revisions it wants a baseline" 'not clean: found table "author"' "$output"
apply --baseline 20240620051907
is "with a baseline: the rest is applied" 0 "$status"
is "all rows are there and read back right" "$expected_rows" "$(rows)"
is "the tables are those of a new database" "$from_nothing" "$(tables)"

legacy
legacy_revisions
apply
is "with the revisions of Atlas it needs no baseline" 0 "$status"
is "all rows are there too" "$expected_rows" "$(rows)"

for text in 'next summer' '' '10:11:12' '2023-02-30' '0000-00-00' '2023-06-20x'; do
    legacy
    legacy_revisions
    sql "UPDATE book SET publish_date = '$text' WHERE id = 2"
    before=$(tables; rows)
    apply
    matches "\"$text\" is refused, and named" "Incorrect date value: '.*$text'" "$output"
    is "\"$text\" is refused, and nothing was changed" "$before" "$(tables; rows)"
done
sql "UPDATE book SET publish_date = '2024-06-20' WHERE id = 2"
apply
is "once the text is mended it goes on" "0:$expected_rows" "$status:$(rows)"

legacy
for i in 1 2 3; do
    "$QUIRE" migrate apply --baseline 20240620051907 >"$dir/apply.$i" 2>&1 &
done
wait
is "three at once: one applies" 1 "$(grep -lF -- '-- migrating version 20261101090000' "$dir"/apply.* | wc -l)"
is "three at once: none fails" "" "$(grep -hF Error "$dir"/apply.*)"

# A directory of one file. Where MySQL commits at each statement, a failed file goes on where it stopped.
base64_sum() { printf "$(sha256sum | cut -c 1-64 | sed 's/../\\x&/g')" | base64; }
write_own() { # TEXT
    local hash
    mkdir -p "$dir/own"
    printf '%s' "$1" >"$dir/own/1.sql"
    hash=$(printf '1.sql%s' "$1" | base64_sum)
    printf 'h1:%s\n1.sql h1:%s\n' "$(printf '1.sql%s' "$hash" | base64_sum)" "$hash" >"$dir/own/atlas.sum"
}
state() { sql "SELECT applied, total, error_stmt FROM atlas_schema_revisions"; }

sql "DROP DATABASE $DB_NAME; CREATE DATABASE $DB_NAME" ""
write_own 'CREATE TABLE a (id int); CREATE TABLE a (id int); CREATE TABLE b (id int);'
apply --dir "$dir/own"
is "a failed file says how far it came" $'1\t3\tCREATE TABLE a (id int);' "$(state)"
write_own 'CREATE TABLE x (id int); CREATE TABLE c (id int); CREATE TABLE b (id int);'
apply --dir "$dir/own"
matches "it does not go on when what was done has changed" 'history changed: statement 1 from file "1.sql" changed' "$output"
write_own 'CREATE TABLE a (id int); CREATE TABLE c (id int); CREATE TABLE b (id int);'
apply --dir "$dir/own"
is "once mended it goes on after what was done" $'0:3\t3' "$status:$(state | sed 's/\t$//')"
is "and each statement was run once" "a b c" "$(sql "SHOW TABLES" | grep -v atlas | paste -sd ' ')"

database_stop
tap_end
