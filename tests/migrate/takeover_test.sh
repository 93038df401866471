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

# Applies it to an old database that has more in it than it may have: nothing is changed, and there is no table of revisions.
refused() { # WHAT, STATEMENTS, PATTERN OF A LINE...
    local what=$1 pattern
    legacy
    sql "SET sql_mode = 'ALLOW_INVALID_DATES'; $2"
    before=$(everything)
    apply --baseline 20240620051907
    is "$what is refused, and nothing was changed" "1:$before" "$status:$(everything)"
    shift 2
    for pattern; do
        matches "$what is refused, and listed" "$pattern" "$output"
    done
    is "$what is all that is" "$#" "$(grep -c ' | ' <<<"$output")"
}

# What the page says to do by hand.
page_sql() { # HEADING
    sql "$(awk -v heading="## $1" '/^## / { here = $0 == heading } /^```$/ { inside = 0 } here && inside
        here && /^```sql$/ { inside = 1 }' "$root/docs/upgrading.md")"
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
page "What stops it"
is "the page's way resolves them" 0 "$status"
is "they have a date that stands out" $'2\t1000-01-01\n9\t1000-01-01' \
    "$(sql "SELECT id, publish_date FROM book WHERE publish_date < '1900-01-01' ORDER BY id")"
is "and what was there is kept" $'2\tnaïve\n9\t2023-02-30' \
    "$(sql "SET NAMES utf8mb4; SELECT * FROM unreadable_publish_date ORDER BY 1")"
is "all other rows are as without them" "$(grep -v $'^[29]\t' <<<"$expected_rows")" "$(rows | grep -v $'^[29]\t')"
is "the tables are those of a new database" "$from_nothing" "$(tables)"

for date in 1970-02-31 2023-02-29 1900-02-29 2023-06-31 1929-00-21 1929-10-00 0000-10-21; do
    refused "the birthdate $date" "UPDATE author SET birthdate = '$date' WHERE id = 7" "7 \| 'Nobody' \| '$date'"
done
page "What stops it"
is "the page's way resolves a birthdate" "0:$expected_rows" "$status:$(rows)"
is "and keeps it" $'7\t0000-10-21' "$(sql "SELECT * FROM unreadable_birthdate")"
legacy
sql "UPDATE author SET birthdate = '2000-02-29' WHERE id = 7"
page "Apply"
is "a leap day is a date" "0:2000-02-29" "$status:$(sql "SELECT birthdate FROM author WHERE id = 7")"

# --- what has to be mended by hand ---

refused "a book of no author" "SET foreign_key_checks = 0; INSERT INTO book VALUES (4, 'lost', '', '2020-01-01', 99);
    UPDATE book SET publish_date = 'never' WHERE id = 2" "4 \| 'lost' \| 'no author 99'" "2 \| 'b' \| 'never'"
page "What stops it"
is "--resolve mends the date alone" "1:1000-01-01:1" \
    "$status:$(sql "SELECT publish_date FROM book WHERE id = 2"):$(grep -c ' | ' <<<"$output")"
matches "and the book of no author is still listed" "4 \| 'lost' \| 'no author 99'" "$output"
matches "with what to do" "give it another author, or delete it" "$output"
is "and no file was begun" "" "$(sql "SHOW TABLES LIKE 'atlas%'")"
sql "DELETE FROM book WHERE id = 4; UPDATE book SET publish_date = '2024-06-20' WHERE id = 2"
page "Apply"
is "once it is deleted it goes on" "0:$expected_rows" "$status:$(rows)"

refused "a table that refers to both" "CREATE TABLE review (id int NOT NULL PRIMARY KEY, book_id int, by_id int,
    FOREIGN KEY (book_id) REFERENCES book (id), CONSTRAINT reviewer FOREIGN KEY (by_id) REFERENCES author (id))" \
    "NULL \| '$DB_NAME.review' \| 'foreign key review_ibfk_1 to book'" \
    "NULL \| '$DB_NAME.review' \| 'foreign key reviewer to author'"
sql "ALTER TABLE review DROP FOREIGN KEY review_ibfk_1, DROP FOREIGN KEY reviewer"
page "Apply"
is "once its keys are dropped it goes on" "0:$expected_rows" "$status:$(rows)"
check "and they can be added again" sql "ALTER TABLE review MODIFY book_id bigint, ADD FOREIGN KEY (book_id) REFERENCES book (id)"
before=$(everything)
page "Back, with what was written" 1
is "such a key stops the way back, and nothing was changed" "1:$before" "$status:$(everything)"
matches "and is listed" "review +\| +NULL +\| +review_ibfk_1" "$output"

sql "CREATE DATABASE ${DB_NAME}_other" ""
refused "a table of another database" "CREATE TABLE ${DB_NAME}_other.review (id int NOT NULL PRIMARY KEY, book_id int,
    FOREIGN KEY (book_id) REFERENCES $DB_NAME.book (id))" "'${DB_NAME}_other.review' \| 'foreign key review_ibfk_1 to book'"
sql "DROP DATABASE ${DB_NAME}_other" ""

refused "a reference of another name" "ALTER TABLE book DROP FOREIGN KEY book_ibfk_1,
    ADD CONSTRAINT written_by FOREIGN KEY (author_id) REFERENCES author (id)" \
    "NULL \| '$DB_NAME.book' \| 'foreign key written_by to author'" "NULL \| 'book' \| 'no foreign key book_ibfk_1 to author'"
sql "ALTER TABLE book DROP FOREIGN KEY written_by"
page_sql "What stops it"
page "Apply"
is "once it has the name it goes on" "0:$expected_rows" "$status:$(rows)"

refused "MyISAM" "ALTER TABLE book DROP FOREIGN KEY book_ibfk_1; ALTER TABLE book ENGINE=MyISAM;
    ALTER TABLE author ENGINE=MyISAM" \
    "NULL \| 'book' \| 'no foreign key book_ibfk_1 to author'"
page_sql "What stops it"
page "Apply"
is "once it is InnoDB it goes on" "0:$expected_rows" "$status:$(rows)"
is "the tables are those of a new database" "$from_nothing" "$(tables)"

# --- by others than quire ---

apply_files() {
    local file
    for file in "$MIGRATIONS"/mysql/*.sql; do
        [ "$(basename "$file")" = 20240620051907.sql ] || sql "$(<"$file")" || return
    done
}

legacy
check "the files alone are good, too" apply_files
is "and lead to the same" "$expected_rows$from_nothing" "$(rows)$(tables)"
for problem in "UPDATE book SET publish_date = 'never' WHERE id = 2" "DELETE FROM author WHERE id = 7" \
    "UPDATE author SET birthdate = '1970-02-31' WHERE id = 7" "ALTER TABLE book DROP FOREIGN KEY book_ibfk_1"; do
    legacy
    sql "SET foreign_key_checks = 0, sql_mode = 'ALLOW_INVALID_DATES'; $problem"
    before=$(everything)
    apply_files >"$dir/files.log" 2>&1
    status=$?
    is "a file alone fails, and nothing was changed: $problem" "1:$before" "$status:$(everything)"
    matches "and says where" "Incorrect date value: '(book|author|table) " "$(<"$dir/files.log")"
done

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
page "Back, with what was written" 2
is "texts are cut" 0 "$status"
for step in 1 2 3; do
    awk -v last="$step" '{ print } /^EXECUTE/ && ++n == last { exit }' "$root/docs/rollback.sql" >"$dir/cut.sql"
    check "the way back is cut off after step $step" sql "$(<"$dir/cut.sql")"
done
page "Back, with what was written" 3
is "the page's way back works, and goes on where it was" 0 "$status"
tables_back=$(tables)
page "Back, with what was written" 3
is "once more does no harm" "0:$tables_back" "$status:$(tables)"
is "no row is lost" "$count" "$(counts)"
is "the old rows read as before" "$expected_rows" "$(rows)"
is "new texts are cut" "$(printf 'ñ%.0s' {1..30})"$'\t??' \
    "$(sql "SET NAMES utf8mb4; SELECT name, bio FROM author WHERE id = 1000001")"
is "and kept" "$(printf 'ñ%.0s' {1..31})" \
    "$(sql "SET NAMES utf8mb4; SELECT text FROM rollback_text WHERE id = 1000001 AND field = 'name'")"
is "what fits is whole" $'fits\t80' "$(sql "SELECT name, HEX(bio) FROM author WHERE id = 1000002")"
page "Apply"
is "quire can take it over again" "0:$expected_rows" "$status:$(rows)"
is "with the same tables" "$from_nothing" "$(tables)"
legacy
is "the way back led to the old tables" "$(tables)" "$tables_back"

database_stop
tap_end
