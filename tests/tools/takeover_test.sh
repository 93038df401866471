#!/bin/bash
# takeover_test.sh: a database as the FastAPI service left it is taken over in place, and no row is lost; what cannot be
# taken over stays as it was; and the way back. The commands are those of docs/upgrading.md, as they stand there.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder takeover
stack_environment

# Tables and rows of that service: latin1, NULLs, dates as clients sent them, and as its server let them in.
legacy() {
    sql "DROP DATABASE IF EXISTS $DB_NAME; CREATE DATABASE $DB_NAME CHARACTER SET latin1" ""
    sql "SET NAMES utf8mb4, sql_mode = '';
        CREATE TABLE author (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(30) NOT NULL, bio text NULL,
            birthdate date NULL) DEFAULT CHARSET=latin1;
        CREATE TABLE book (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, title varchar(30) NOT NULL,
            description varchar(30) NOT NULL, publish_date varchar(30) NOT NULL, author_id int NOT NULL,
            KEY author_id (author_id), CONSTRAINT book_ibfk_1 FOREIGN KEY (author_id) REFERENCES author (id)
            ON DELETE RESTRICT ON UPDATE RESTRICT) DEFAULT CHARSET=latin1;
        INSERT INTO author VALUES (1, 'José Ñandú', 'né à Genève', '1929-10-21'), (7, 'Nobody', NULL, NULL),
            (8, 'five € “quoted”', '', '0000-00-00'), (41, 'gone', '', NULL);
        INSERT INTO book VALUES (1, 'Café', 'crème brûlée', '2023-06-20 00:00:00', 1),
            (2, 'b', 'c', '2024-06-20T12:00:00', 7), (3, 'd', 'e', '2024-02-29', 7),
            (5, ' x ', '', '2024-06-20T12:00Z', 7),
            (9, 'f', 'g', ' 2024-06-20 12:00:00+07:00', 1), (77, 'gone', '', '2000-01-01', 41);
        DELETE FROM book WHERE id = 77; DELETE FROM author WHERE id = 41"
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

# What the page has under "Settings", for our server.
client_file() {
    printf '[client]\nsocket = %s\nuser = %s\npassword = %s\n' "$DB_HOST" "$DB_USER" "$DB_PASSWORD" >client.cnf
}

# The commands under a heading of the page.
page_commands() { # HEADING
    awk -v heading="## $1" '/^## / { here = $0 == heading } /^```$/ { inside = 0 } here && inside
        here && /^```sh$/ { inside = 1 }' "$root/docs/upgrading.md"
}

# Runs them, on our database and with our quire, and stops at the first one that fails.
page() { # HEADING [LINE NUMBERS, as sed has them]
    local commands
    commands=$(page_commands "$1" | sed -n "${2:-1,\$}p" | sed "s/\bfastapi\b/$DB_NAME/g; s#\bbuild/quire\b#$QUIRE#g")
    [ -n "$commands" ] || commands="echo 'the page has no commands under $1'; exit 1"
    output=$(bash -e -c "$commands" 2>&1)
    status=$?
}

apply() {
    output=$("$QUIRE" migrate apply "$@" 2>&1)
    status=$?
}

tables() { sql "SHOW CREATE TABLE author; SHOW CREATE TABLE book" | sed 's/ AUTO_INCREMENT=[0-9]*//g'; }

# Those that were there at the start.
rows() {
    sql "SET NAMES utf8mb4; SELECT * FROM author WHERE id < 41 ORDER BY id; SELECT * FROM book WHERE id < 77 ORDER BY id"
}

everything() { tables; sql "SHOW TABLES"; rows; }

expected_rows=$(printf '%s\n' $'1\tJosé Ñandú\tné à Genève\t1929-10-21' $'7\tNobody\tNULL\tNULL' \
    $'8\tfive € “quoted”\t\tNULL' $'1\tCafé\tcrème brûlée\t2023-06-20\t1' $'2\tb\tc\t2024-06-20\t7' \
    $'3\td\te\t2024-02-29\t7' $'5\t x \t\t2024-06-20\t7' $'9\tf\tg\t2024-06-20\t1')

# --- a new database, to compare with ---

database_start mysql
client_file
ln -s "$root/docs" docs
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
for file in "$MIGRATIONS"/mysql/*.sql; do
    replaced=$(sed -n 's/^-- quire:replaces h1://p' "$file")
    [ -z "$replaced" ] || sql "UPDATE atlas_schema_revisions SET hash = '$replaced' WHERE version = '$(basename "$file" | sed 's/[_.].*//')'"
done
apply
is "with the files that these replace: nothing, too" "0:No migration files to execute" "$status:$output"

# --- taken over ---

legacy
is "the old rows hold latin1" $'E9\n80' "$(sql "SELECT HEX(SUBSTRING(name, 4, 1)) FROM author WHERE id = 1;
    SELECT HEX(SUBSTRING(name, 6, 1)) FROM author WHERE id = 8")"
before=$(everything)
apply
matches "without revisions it wants a baseline" 'not clean: found table "author"' "$output"
page "Look"
matches "a dry run names what it would do" "20261101090000" "$output"
is "a dry run changes nothing" "0:$before" "$status:$(everything)"
page "Back up"
is "the backup is made" 0 "$status"
page "Apply"
is "with a baseline: all is applied" 0 "$status"
is "all rows are there and read back right" "$expected_rows" "$(rows)"
is "the tables are those of a new database" "$from_nothing" "$(tables)"
page "Check"
is "the page's check is content" 0 "$status"
matches "and says that all is applied" "Already at latest version" "$output"
sql "INSERT INTO author (name) VALUES ('new'); INSERT INTO book (title, description, publish_date, author_id)
    VALUES ('new', '', '2026-11-22', 1)"
is "new ids go on above the old ones" $'42\t78' "$(sql "SELECT MAX(id), (SELECT MAX(id) FROM book) FROM author")"

page "Back, when nothing was written"
is "the backup brings everything back" "0:$before" "$status:$(everything)"

legacy
legacy_revisions
page "Look"
is "with the revisions of Atlas the dry run is content, too" 0 "$status"
page "Apply"
is "and so is the migration, which does not read the baseline" "0:$expected_rows" "$status:$(rows)"
legacy
legacy_revisions
apply
is "with the revisions of Atlas it needs no baseline" "0:$expected_rows" "$status:$(rows)"
is "the tables are those of a new database" "$from_nothing" "$(tables)"

# --- dates that are none ---

for text in 'next summer' '' '10:11:12' '2023-02-30' '2023-02-29' '0000-00-00' '2023-06-20x' '2023-6-2' '20.06.2023'; do
    legacy
    sql "UPDATE book SET publish_date = '$text' WHERE id = 2"
    before=$(everything)
    apply --baseline 20240620051907
    is "\"$text\" is refused, and nothing was changed" "1:$before" "$status:$(everything)"
    matches "\"$text\" is refused, and listed" "'?2'? \| 'b' \| '$text'" "$output"
    matches "\"$text\" is refused, and the way on is told" 'quire migrate apply --resolve' "$output"
done
page "Look"
is "a dry run lists them too, and changes nothing" "$before" "$(everything)"
matches "a dry run lists them too" "20.06.2023" "$output"
sql "UPDATE book SET publish_date = '2024-06-20' WHERE id = 2"
page "Apply"
is "once the text is mended it goes on" "0:$expected_rows" "$status:$(rows)"

legacy
legacy_revisions
sql "UPDATE book SET publish_date = 'naïve' WHERE id = 2; UPDATE book SET publish_date = '2023-02-30' WHERE id = 9"
page "Apply"
is "two are refused together" 2 "$(grep -c "'naïve'\|'2023-02-30'" <<<"$output")"
page "Dates that are none"
is "the page's way resolves them" 0 "$status"
is "they have a date that stands out" $'2\t1000-01-01\n9\t1000-01-01' \
    "$(sql "SELECT id, publish_date FROM book WHERE publish_date < '1900-01-01' ORDER BY id")"
is "and what was there is kept" $'2\tnaïve\n9\t2023-02-30' \
    "$(sql "SET NAMES utf8mb4; SELECT * FROM unreadable_publish_date ORDER BY 1")"
is "all other rows are as without them" "$(grep -v $'^[29]\t' <<<"$expected_rows")" "$(rows | grep -v $'^[29]\t')"
is "the tables are those of a new database" "$from_nothing" "$(tables)"

# --- two at once ---

legacy
for i in 1 2 3; do
    "$QUIRE" migrate apply --baseline 20240620051907 >"$dir/apply.$i" 2>&1 &
done
wait
is "three at once: one applies" 1 "$(grep -lF -- '-- migrating version 20261101090000' "$dir"/apply.* | wc -l)"
is "three at once: none fails" "" "$(grep -hF Error "$dir"/apply.*)"

# --- the service on it, and back with what was written ---

is "the rows are all there before the service starts" "$expected_rows" "$(rows)"
if memcached_start && workers_start serve && web_start serve; then
    ok "the service starts on it"
    is "an old row as JSON" '{"id":7,"name":"Nobody","bio":null,"birthdate":null}' \
        "$(curl --silent --noproxy '*' "$BASE_URL/api/authors/7")"
    is "an old book with its author" "crème brûlée José Ñandú" \
        "$(curl --silent --noproxy '*' "$BASE_URL/api/books?author_id=1" |
            sed 's/.*"description":"\([^"]*\)".*"publish_date":"2023-06-20".*"author":{"id":1,"name":"\([^"]*\)".*/\1 \2/')"
    for program in "$BUILD"/tests/smoke/api_*_test; do
        run_interruptibly timeout 900 "$program" >"$dir/api.log" 2>&1
        api_status=$?
        is "$(basename "$program") passes on it" 0 "$api_status"
        [ "$api_status" -eq 0 ] || grep -A 12 '^not ok' "$dir/api.log" | head -60 | sed 's/^/#   /'
    done
else
    not_ok "the service starts on it"
fi
check "the service stops" stop_all
check_log_for_faults
check_sanitizers
is "the old rows are untouched by all that" "$expected_rows" "$(rows)"

sql "INSERT INTO author (id, name, bio) VALUES (1000001, REPEAT('ñ', 31), '日本'), (1000002, 'fits', '€')"
counts() { sql "SELECT COUNT(*), (SELECT COUNT(*) FROM book) FROM author"; }
count=$(counts)
before=$(everything)
page "Back, with what was written" 1
is "rows that do not fit stop the way back, and nothing was changed" "1:$before" "$status:$(everything)"
matches "they are listed" "author +\| +1000001 +\| +bio" "$output"
matches "with each column" "author +\| +1000001 +\| +name" "$output"
is "one that fits is not" "" "$(grep -o 1000002 <<<"$output")"
page "Back, with what was written" '2,$'
is "the page's way back works" 0 "$status"
is "no row is lost" "$count" "$(counts)"
is "the old rows read as before" "$expected_rows" "$(rows)"
is "new texts are cut" "$(printf 'ñ%.0s' {1..30})"$'\t??' \
    "$(sql "SET NAMES utf8mb4; SELECT name, bio FROM author WHERE id = 1000001")"
is "and kept" "$(printf 'ñ%.0s' {1..31})" \
    "$(sql "SET NAMES utf8mb4; SELECT text FROM rollback_text WHERE id = 1000001 AND field = 'name'")"
is "what fits is whole" $'fits\t80' "$(sql "SELECT name, HEX(bio) FROM author WHERE id = 1000002")"
tables_back=$(tables)
page "Apply"
is "quire can take it over again" "0:$expected_rows" "$status:$(rows)"
is "with the same tables" "$from_nothing" "$(tables)"
legacy
is "the way back led to the old tables" "$(tables)" "$tables_back"

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
