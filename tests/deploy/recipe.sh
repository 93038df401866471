# recipe.sh: the recipes of docs/deployment.md, and the requests that show whether what one started works. Source it after
# tap.sh, with $root set.
#
# The service is at BASE_URL, which ends in $base_path; $mount is that, or / where it is empty.
# shellcheck shell=bash disable=SC2154

client=(curl) # who asks

ask() { "${client[@]}" --silent --show-error --noproxy '*' --max-time 30 "$@"; } # CURL ARGUMENT...

# The commands of the block of docs/deployment.md that is marked so.
commands_of() { # RECIPE
    local commands
    commands=$(awk -v mark="\`\`\`sh $1" '$0 == mark { on = 1; next } /^```$/ { on = 0 } on' "$root/docs/deployment.md")
    [ -n "$commands" ] || {
        echo "docs/deployment.md has no recipe $1" >&2
        return 1
    }
    printf '%s\n' "$commands"
}

# fetch PATH [CURL ARGUMENT...]: sets $answer (all of it) and $code.
fetch() {
    local path=$1
    shift
    answer=$(ask --path-as-is --include "$@" "$BASE_URL$path" 2>&1 | tr -d '\r')
    code=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' <<<"$answer")
}

is_served() { ask --fail "$BASE_URL/livez"; }

author='{"name":"n","bio":"b","birthdate":"1929-10-21"}'

test_a_few_requests() {
    local location
    fetch /
    is "the root answers" 200 "$code"
    fetch /readyz
    is "it is ready" 200 "$code"
    fetch /api/authors --json "$author"
    is "a record is made" 200 "$code"
    location=$(sed -n 's/^[Ll]ocation: //p' <<<"$answer")
    matches "Location has the prefix" "^$base_path/api/authors/[0-9]+\$" "$location"
    fetch "${location#"$base_path"}"
    is "and is where the record is" 200 "$code"
    fetch /api/authors --json "$author"
    fetch '/api/authors?pageSize=1&name=n'
    matches "Link has the prefix" "<$base_path/api/authors\\?page=2&pageSize=1&name=n>" "$answer"
    fetch '/api/books/abc'
    matches "a wrong id is told of" '^422 .*int_parsing' "$code $answer"
    fetch '/api/authors' --json '{}' --request PUT
    matches "methods are told of" 'Allow: GET, HEAD, POST, OPTIONS' "$answer"
    fetch /api/openapi.json
    matches "the document names the prefix" "\"servers\":\\[\\{\"url\":\"$mount\"\\}\\]" "$answer"
    fetch /livez --header 'Authorization: Bearer x'
    matches "Authorization comes through" 'X-Authorization: received' "$answer"
    fetch /metrics
    is "its metrics are for this machine" 200 "$code"
    fetch /metrics --interface 127.0.0.2
    matches "its metrics are not for others" '^40[34]$' "$code"
    fetch '/%6Detrics/?x' --interface 127.0.0.2
    matches "however they ask" '^40[34]$' "$code"
    fetch //metrics --interface 127.0.0.2
    matches "whatever slashes they add" '^40[034]$' "$code"
    fetch /metrics/ --interface 127.0.0.2
    matches "with a slash at the end, too" '^40[34]$' "$code"
    fetch '/api/authors?name=/metrics' --interface 127.0.0.2
    is "the rest is" 200 "$code"
    test_outside_of_the_prefix
}

# How the web server answers for a path beside the prefix, to another machine.
beside() { # PATH
    ask --interface 127.0.0.2 --output /dev/null --write-out '%{http_code}' "${BASE_URL%"$base_path"}$1"
}

test_outside_of_the_prefix() {
    local answer
    [ -n "$base_path" ] || return 0
    is "outside of the prefix there is nothing" 404 "$(beside /api/authors)"
    answer=$(ask --include "${BASE_URL}x/livez" | tr -d '\r')
    matches "nor beside it" '^HTTP/1.1 404' "$answer"
    is "and quire is not asked for that" "" "$(grep -i '^x-request-id:' <<<"$answer")"
    is "metrics of others are not refused" "$(beside /other/no-such-page)" "$(beside /other/metrics)"
    is "nor what only ends so" "$(beside "${base_path}no-such-page")" "$(beside "${base_path}metrics")"
}
