#!/bin/bash
# atlas_sum_test.sh: directories whose atlas.sum the Atlas CLI wrote are right to quire, and none is after any damage; the
# sums of random directories are those that sha256sum and base64 make.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/stack.sh"
enter_private_folder atlas_sum
stack_environment

quire() { # ARGUMENT...: keeps what came in out, err and status
    "$QUIRE" "$@" >"$dir/out" 2>"$dir/err"
    status=$?
    out=$(cat "$dir/out")
    err=$(cat "$dir/err")
}

# Another copy to damage.
copy() { # FIXTURE
    rm -rf "$dir/copy"
    cp -r "$root/tests/fixture/atlas/$1" "$dir/copy"
}

tab=$(printf '\t')
advice="Please check your migration files and run 'quire migrate hash' to re-hash the contents"

refused() { # NAME ERROR [FAULT]: of the copy
    quire migrate validate --dir "$dir/copy"
    is "$1: exit status" 1 "$status"
    is "$1: stderr" "Error: $2" "$err"
    is "$1: stdout" "$(printf '%s\n' "You have a checksum error in your migration directory." \
        ${3:+"" "$tab$3" ""} "$advice")" "$out"
}

# The file of a line of atlas.sum.
name_of() { sed -n "${1}s/ h1:.*//p" "$dir/copy/atlas.sum"; }

for path in "$root"/tests/fixture/atlas/*/; do
    fixture=$(basename "$path")

    quire migrate validate --dir "$path"
    is "$fixture: valid, and nothing is printed" "0::" "$status:$out:$err"
    quire migrate validate --dir "file://$path"
    is "$fixture: valid by URL" "0::" "$status:$out:$err"
    quire migrate hash --dir "$path" --dry-run
    is "$fixture: hash would write the same" "$(cat "$path/atlas.sum")" "$out"
    copy "$fixture"
    rm "$dir/copy/atlas.sum"
    quire migrate hash --dir "$dir/copy"
    is "$fixture: hash prints nothing" "0::" "$status:$out:$err"
    check "$fixture: hash writes the same" cmp "$path/atlas.sum" "$dir/copy/atlas.sum"

    lines=$(wc -l <"$path/atlas.sum")
    for ((line = 2; line <= lines; line++)); do
        copy "$fixture"
        name=$(name_of "$line")
        printf '\n' >>"$dir/copy/$name"
        refused "$fixture: $name edited" "checksum mismatch" "L$line: $name was edited"
        copy "$fixture"
        rm "$dir/copy/$name"
        refused "$fixture: $name removed" "checksum mismatch" "L$line: $name was removed"
        copy "$fixture"
        sed -i "${line}d" "$dir/copy/atlas.sum"
        refused "$fixture: the line of $name removed" "checksum mismatch" "L$line: $name was added"
        copy "$fixture"
        sed -i "${line}s/h1:./h1:#/" "$dir/copy/atlas.sum"
        refused "$fixture: the line of $name edited" "checksum mismatch" "L$line: $name was edited"
    done
    copy "$fixture"
    printf 'SELECT 1;\n' >"$dir/copy/99999999999999_late.sql"
    refused "$fixture: a file added" "checksum mismatch" "L$((lines + 1)): 99999999999999_late.sql was added"
    copy "$fixture"
    sed -i '1s/h1:./h1:#/' "$dir/copy/atlas.sum"
    refused "$fixture: the first line edited" "checksum mismatch"
    copy "$fixture"
    rm "$dir/copy/atlas.sum"
    refused "$fixture: no atlas.sum" "checksum file not found"
    copy "$fixture"
    sed -i 's/$/\r/' "$dir/copy/atlas.sum"
    quire migrate validate --dir "$dir/copy"
    is "$fixture: line ends of Windows in atlas.sum" "0::" "$status:$out:$err"
done

# The format once more, by other means. A directory may start files with "atlas:sum ignore", and be empty.
base64_sum() { printf "$(sha256sum | cut -c 1-64 | sed 's/../\\x&/g')" | base64; }

sum_of() { # FOLDER
    local path name hash
    : >"$dir/chain"
    : >"$dir/lines"
    while read -r path; do
        name=${path##*/}
        printf '%s' "$name" >>"$dir/chain"
        [[ $(head -n 1 "$path") =~ ^-*\ ?atlas:sum\ +ignore$ ]] && continue
        cat "$path" >>"$dir/chain"
        hash=$(base64_sum <"$dir/chain")
        printf '%s h1:%s\n' "$name" "$hash" >>"$dir/lines"
    done < <(find "$1" -name '*.sql' | LC_ALL=C sort)
    printf 'h1:%s\n' "$(sed 's/ h1://' "$dir/lines" | tr -d '\n' | base64_sum)"
    cat "$dir/lines"
}

# The same numbers at each run, so that a failure can be seen again.
RANDOM=4711
random_folder() { # FOLDER
    local count=$((RANDOM % 12)) i name
    rm -rf "$1"
    mkdir "$1"
    printf 'not a migration' >"$1/README"
    for ((i = 0; i < count; i++)); do
        name=$1/$((RANDOM % 3))$i$([ $((RANDOM % 2)) = 0 ] || printf '_%s' "$RANDOM é").sql
        case $((RANDOM % 6)) in
            0) : >"$name" ;;
            1) printf -- '-- atlas:sum ignore\nSELECT %d;\n' "$RANDOM" >"$name" ;;
            2) printf 'atlas:sum  ignore' >"$name" ;;
            3) printf -- '-- atlas:sum ignored\nSELECT %d' "$RANDOM" >"$name" ;;
            4) head -c $((RANDOM * 4)) /dev/zero | tr '\0' 'x' >"$name" ;;
            *) printf 'SELECT %d;\r\nSELECT é;\n' "$RANDOM" >"$name" ;;
        esac
    done
}

same=0
for ((round = 1; round <= 25; round++)); do
    random_folder "$dir/random"
    sum_of "$dir/random" >"$dir/expected"
    if "$QUIRE" migrate hash --dir "$dir/random" 2>"$dir/err" && cmp -s "$dir/expected" "$dir/random/atlas.sum" &&
        "$QUIRE" migrate validate --dir "$dir/random" 2>>"$dir/err"; then
        same=$((same + 1))
    else
        printf '# round %d:\n' "$round"
        { cat "$dir/err"; diff "$dir/expected" "$dir/random/atlas.sum"; } | sed 's/^/#   /'
    fi
done
is "the sums of random directories" 25 "$same"

# What cannot be split into statements is said with its place, all of it.
mkdir -p "$dir/broken/mysql" "$dir/broken/sqlite"
printf "SELECT 1;\nSELECT 'a;\n" >"$dir/broken/mysql/1.sql"
printf "SELECT 1;\n" >"$dir/broken/mysql/2.sql"
printf -- "-- quire:check SELECT (\n\nSELECT 1);\n" >"$dir/broken/mysql/3.sql"
printf "SELECT '\\\\';\n" >"$dir/broken/sqlite/1.sql"
quire migrate hash --dir "$dir/broken"
is "hash does not look at statements" "0::" "$status:$out:$err"
quire migrate validate --dir "$dir/broken"
is "validate says where files cannot be split: exit status" 1 "$status"
is "validate says where files cannot be split" "Error: $dir/broken/mysql/1.sql:2: a quote without end (read as mysql)
Error: $dir/broken/mysql/3.sql:3: a \")\" without \"(\" (read as mysql)
Error: $dir/broken/mysql/3.sql: quire:check: line 1: a statement with a \"(\" without \")\" (read as mysql)" "$err"
quire migrate validate --dir "$dir/broken" --dialect sqlite
is "validate takes one dialect of a base" "0::" "$status:$out:$err"
cp -r "$dir/broken/sqlite" "$dir/broken/plain"
quire migrate validate --dir "$dir/broken/plain" --dialect mysql
is "validate reads a directory as the dialect it is told" \
    "1:Error: $dir/broken/plain/1.sql:1: a quote without end (read as mysql)" "$status:$err"
quire migrate validate --dir "$dir/broken/plain" --dialect postgresql
is "validate reads it as another one" "0:" "$status:$err"

# New files: one version in all folders of a base, or none at all.
unset DB
export MIGRATIONS=$dir/base
mkdir -p "$dir/base/mysql" "$dir/base/sqlite" "$dir/base/other"
quire migrate new --dry-run add_x
is "new --dry-run: exit status" 0 "$status"
is "new --dry-run writes nothing" "" "$(find "$dir/base" -type f)"
quire migrate new add_x
is "new: exit status" "0:" "$status:$err"
is "new prints the files" "$(find "$dir/base" -name '*_add_x.sql' | LC_ALL=C sort)" "$out"
is "new: one version" 1 "$(find "$dir/base" -name '*_add_x.sql' -exec basename {} \; | sort -u | wc -l)"
is "new: a file for each database" 2 "$(find "$dir/base" -name '*_add_x.sql' | wc -l)"
matches "new: version and name" '/mysql/[0-9]{14}_add_x\.sql' "$out"
quire migrate new add_y
quire migrate validate
is "new keeps atlas.sum right" "0::" "$status:$out:$err"
is "new: versions rise" "add_x add_y" "$(find "$dir/base/mysql" -name '*.sql' | LC_ALL=C sort | sed 's/.*[0-9]_//; s/.sql//' | xargs)"
quire migrate new --dir "$dir/alone/deep" first
is "new makes the folder of --dir" "0:1" "$status:$(find "$dir/alone/deep" -name '*_first.sql' | wc -l)"
quire migrate new --dir "file://$dir/alone/deep"
is "new without a name" "0:1" "$status:$(find "$dir/alone/deep" -name '*.sql' ! -name '*_*' | wc -l)"
printf 'SELECT 1;\n' >"$(find "$dir/base/sqlite" -name '*_add_y.sql')"
before=$(find "$dir/base" -type f -exec sha256sum {} \; | sort)
quire migrate new add_z
is "new refuses a folder that was edited" 1 "$status"
matches "new says which file that is" $'\tL3: [0-9]+_add_y.sql was edited' "$out"
is "new then touches none of them" "$before" "$(find "$dir/base" -type f -exec sha256sum {} \; | sort)"
quire migrate hash
quire migrate validate
is "hash and validate take all folders of a base" "0::" "$status:$out:$err"
for name in "a b" a/b .. é "" "$(printf '%061d' 1)"; do
    quire migrate new "$name"
    is "new \"$name\" is refused" "2:1" "$status:$(wc -l <"$dir/err")"
done
quire migrate new a b
is "new with two names" "2:1" "$status:$(wc -l <"$dir/err")"
MIGRATIONS=$dir/nowhere quire migrate validate
is "no folder at all" "1:1" "$status:$(wc -l <"$dir/err")"
quire migrate validate --dir "$dir/nowhere"
is "a folder that is not there" "1:Error: $dir/nowhere: No such file or directory" "$status:$err"

tap_end
