#!/bin/bash
# rate_limit_test.sh: RATE_LIMIT through lighttpd: two workers and then CGI processes count together, client by client, and a
# proxy's clients are told apart with the lines of docs/deployment.md: rate_limit_test.sh DATABASE.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
database=$1
burst=20
trusted_proxy= # whose X-Forwarded-For lighttpd believes

# As it is, and with the lines for a proxy at this address.
eval "plain_$(declare -f web_config)"
web_config() { # HOW
    plain_web_config "$1"
    [ -z "$trusted_proxy" ] || awk '/^```$/ { inside = 0 } inside { print } /^```lighttpd forwarded$/ { inside = 1 }' \
        "$root/docs/deployment.md" | sed "s/192\.0\.2\.10/$trusted_proxy/"
}

settings_are() { printf '%s\n' "$@" >"$dir/.env"; }

request() { curl --silent --noproxy '*' --max-time 20 "$@"; } # CURL_OPTION... URL

status_of() { request --output /dev/null --write-out '%{http_code}' "$@"; } # CURL_OPTION... URL

# N requests over four connections at a time; their statuses go to $dir/statuses, and $took is how many seconds that was, and
# one more.
ask() { # N [CURL_OPTION...]
    local start n=$1
    shift
    start=$(now_ms)
    request --parallel --parallel-max 4 --output /dev/null --write-out '%{http_code}\n' "$@" \
        "$BASE_URL/api/authors?x=[1-$n]" >"$dir/statuses" 2>/dev/null
    took=$((($(now_ms) - start) / 1000 + 1))
}

asked() { grep -c -x "$1" "$dir/statuses"; } # STATUS

metric() { request "$BASE_URL/metrics" | awk -v name="$1" '$1 == name { print $2 }'; } # NAME

# The burst, and what the time it took allows.
check_burst() { # NAME
    at_least "$1: the burst passes" "$burst" "$(asked 200)"
    at_most "$1: and no more" $((burst + took)) "$(asked 200)"
    is "$1: the rest is refused" $((60 - $(asked 200))) "$(asked 429)"
}

test_burst() {
    local before
    before=$(metric quire_rate_limited_total)
    ask 60
    check_burst "burst"
    is "burst: what is refused is counted" "$(asked 429)" $(($(metric quire_rate_limited_total) - before))
    is "burst: what is refused asks no database" "" "$(grep ' 429 ' "$LOG_FILE" | grep -v 'sql=0')"
}

test_refusal() {
    local headers=$dir/headers
    ask 3
    request --dump-header "$headers" -H 'Origin: https://a.example' "$BASE_URL/api/books" >"$dir/body"
    is "refusal: the body" '{"detail":"Too many requests; try again"}' "$(cat "$dir/body")"
    matches "refusal: when to try again" $'^1\r?$' "$(sed -n 's/^[Rr]etry-[Aa]fter: //p' "$headers")"
    check "refusal: other origins may read it" grep -i -q '^access-control-allow-origin: \*' "$headers"
    is "refusal: as a problem" '["about:blank","Too Many Requests",429]' \
        "$(request -H 'Accept: application/problem+json' "$BASE_URL/api/books" | jq -c '[.type, .title, .status]')"
    is "refusal: of a path that is not there, too" 429 "$(status_of "$BASE_URL/no/such/path")"
    is "refusal: of a write, too" 429 "$(status_of -H 'Content-Type: application/json' -d '{}' "$BASE_URL/api/authors")"
    is "refusal: nobody else is refused" 200 "$(status_of --interface 127.0.0.2 "$BASE_URL/api/books")"
    is "refusal: not of what a browser asks before" 204 "$(status_of --request OPTIONS -H 'Origin: https://a.example' \
        -H 'Access-Control-Request-Method: PUT' "$BASE_URL/api/books/1")"
    for path in livez readyz metrics; do
        is "refusal: not of /$path" 200 "$(status_of "$BASE_URL/$path")"
    done
}

test_passes_again() {
    ask 3
    is "again: refused" 429 "$(tail -n 1 "$dir/statuses")"
    sleep 1 # Retry-After
    is "again: passes when it was told to" 200 "$(status_of "$BASE_URL/api/books")"
}

test_reload() {
    local before
    before=$(children "$supervisor_pid" | sort)
    settings_are RATE_LIMIT=10000 RATE_BURST=1000
    kill -HUP "$supervisor_pid"
    check "reload: the workers are replaced" wait_for "$patience" replaced "$before"
    ask 60 --interface 127.0.0.4
    is "reload: the new limit holds" 60 "$(asked 200)"
}

# None of these workers is left, and two others are there.
replaced() { # PIDS
    local now
    now=$(children "$supervisor_pid" | sort)
    [ "$(wc -l <<<"$now")" -eq 2 ] && [ -z "$(comm -12 <(echo "$1") <(echo "$now"))" ]
}

restart_web() { # HOW
    stop "$web_pid" INT
    web_start "$1" || not_ok "$1: lighttpd starts again"
}

# The clients of a proxy at 127.0.0.1, which says for whom it asks; that of another one is not believed.
test_behind_a_proxy() {
    trusted_proxy=127.0.0.1
    restart_web serve
    ask 60 -H 'X-Forwarded-For: 203.0.113.7'
    check_burst "proxy"
    is "proxy: a client cannot take another name" 429 \
        "$(status_of -H 'X-Forwarded-For: 203.0.113.70, 203.0.113.7' "$BASE_URL/api/books")"
    is "proxy: its clients are not this machine" 403 "$(status_of -H 'X-Forwarded-For: 203.0.113.7' "$BASE_URL/metrics")"
    is "proxy: another of its clients" 200 "$(status_of -H 'X-Forwarded-For: 203.0.113.8' "$BASE_URL/api/books")"
    is "proxy: the rest of an IPv6 network" 200 "$(status_of -H 'X-Forwarded-For: 2001:db8::1' "$BASE_URL/api/books")"
    ask 60 -H 'X-Forwarded-For: 2001:db8::2'
    is "proxy: is one client" 429 "$(status_of -H 'X-Forwarded-For: 2001:db8::3' "$BASE_URL/api/books")"
    ask 60 --interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.9'
    is "proxy: who is none cannot take another name" 429 \
        "$(status_of --interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.10' "$BASE_URL/api/books")"
    trusted_proxy=
}

# A process for each request: what they share is the page alone.
test_cgi() {
    settings_are "RATE_LIMIT=1" "RATE_BURST=$burst"
    restart_web cgi
    cat "$dir/.env" >>"$dir/docroot/.env"
    ask 60 --interface 127.0.0.3
    check_burst "cgi"
}

enter_private_folder rate_limit
settings_are "RATE_LIMIT=1" "RATE_BURST=$burst"
stack_start "$database" serve || { not_ok "everything starts"; tap_end; exit 1; }
ok "everything starts"
test_burst
test_refusal
test_passes_again
test_behind_a_proxy
test_reload
test_cgi
check "everything stops when told to" stack_stop
check_sanitizers
tap_end
