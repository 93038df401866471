#!/bin/bash
# lint_test.sh: the document is well made, and has all that the FastAPI service's document had.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
. "$here/../lib/docs.sh"

# What the FastAPI service published: method, path, id, statuses.
published() {
    local kind
    echo "get / root__get 200"
    for kind in authors books; do
        cat <<END
get /api/$kind/ get_api_${kind}__get 200,422
post /api/$kind/ create_api_${kind}__post 200,422
get /api/$kind/{id} get_by_id_api_${kind}__id__get 200,422
put /api/$kind/{id} update_api_${kind}__id__put 200,422
delete /api/$kind/{id} delete_api_${kind}__id__delete 200,422
END
    done
}

statuses() { # METHOD PATH ID: those of a success and of bad input
    jq -r --arg method "$1" --arg path "$2" --arg id "$3" '.paths[$path][$method] | select(.operationId == $id)
        | .responses | keys | map(select(. == "200" or . == "422")) | join(",")' document.json
}

lint() { # NAME COMMAND...
    local name=$1
    shift
    check "$name finds nothing to say" "$@"
}

refuses() { ! "$@"; }

enter_private_folder lint
stack_environment
"$QUIRE" openapi >document.json
check "quire openapi prints JSON, without a server" jq -e '.openapi == "3.1.0"' document.json
"$QUIRE" openapi >again.json
check "and the same each time" cmp document.json again.json
while read -r method path id expected; do
    is "$id is there, as it was published" "$expected" "$(statuses "$method" "$path" "$id")"
done < <(published)
for schema in HTTPValidationError ValidationError; do
    check "the schema $schema is there" jq -e --arg name "$schema" '.components.schemas | has($name)' document.json
done
if needs_node "redocly" @redocly/cli; then
    lint "redocly" "$docs/node_modules/.bin/redocly" lint --config "$docs/redocly.yaml" document.json
fi
if needs_node "spectral" @stoplight/spectral-cli; then
    spectral=("$docs/node_modules/.bin/spectral" lint --quiet --ruleset "$docs/spectral.yaml" --fail-severity=hint)
    lint "spectral" "${spectral[@]}" document.json
    jq 'del(.paths["/"].get.operationId)' document.json >worse.json
    check "spectral has something to say of a worse document" refuses "${spectral[@]}" worse.json
fi
tap_end
