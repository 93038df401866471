#!/bin/bash
# bruno_test.sh: the Bruno collection passes against a running service, whatever the order of its folders.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
. "$here/../lib/docs.sh"
collection=$root/docs/bruno

run_collection() { # NAME ENVIRONMENT FOLDER...
    local name=$1 environment=$2 failed
    shift 2
    cd "$collection" || exit 2
    run_logged "$dir/bru.log" "$docs/node_modules/.bin/bru" run "$@" -r --env "$environment" \
        --env-var "baseUrl=$BASE_URL" --reporter-json "$dir/results.json" --noproxy
    failed=$?
    cd "$dir" || exit 2
    at_least "$name: requests were made" $# "$(jq '[.[].results[]] | length' results.json)"
    if [ "$failed" -eq 0 ]; then
        ok "$name: all assertions and tests pass"
    else
        not_ok "$name: all assertions and tests pass" "$(grep -B 8 '✕' bru.log | head -60)"
    fi
    is "$name: nothing is left behind" "0 0" "$(total authors) $(total books)"
}

total() { curl --silent --noproxy '*' "$BASE_URL/api/$1" | jq .total; }

# METHOD PATH of each request, with what a variable of an id stands for.
requests() {
    local file
    for file in "$collection"/*/*.bru; do
        awk '/^(get|post|put|patch|delete) \{$/ { method = $1 }
             method && $1 == "url:" { sub(/^ *url: \{\{baseUrl\}\}/, ""); sub(/\?.*/, ""); print method, $0; exit }' "$file"
    done | sed -E 's/\{\{[a-zA-Z]*Id\}\}/{id}/' | sort -u
}

operations() {
    "$QUIRE" openapi | jq -r '.paths | to_entries[] | .key as $path | .value | keys[] | "\(.) \($path)"' |
        sed -E 's,([^ ])/$,\1,' | sort -u
}

named() { # KIND PLURAL
    local name
    for name in "Create $1" "Get $2" "Get $1 By Id" "Update $1" "Delete $1"; do
        check "the request \"$name\" of the replaced service is there" test -f "$collection/$2/$name.bru"
    done
}

start_for_docs bruno
named Author Authors
named Book Books
is "every operation of the document is in the collection" "" "$(comm -23 <(operations) <(requests))"
if needs_node "the Bruno collection" @usebruno/cli; then
    run_collection "the whole collection" local
    run_collection "its folders from the last to the first" apache Service Errors Books Authors
    for folder in Authors Books Errors Service; do
        run_collection "$folder alone" local "$folder"
    done
fi
end_for_docs 0
