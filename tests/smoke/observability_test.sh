#!/bin/bash
# observability_test.sh: what /metrics and the log tell, through lighttpd and two workers: observability_test.sh DATABASE.
# The monitoring that docs/ops ships is checked against it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
database=$1
# All that lighttpd lets through.
hostile=$'Mozilla"} \\ \xff \\n127.0.0.1 - - "GET / HTTP/1.1" 200'

scrape() { curl --silent --fail --noproxy '*' "$BASE_URL/metrics" >"$dir/$1.metrics"; }

# The sum of a metric in a scrape, of the series that match.
number() { # SCRAPE METRIC [LABELS]
    awk -v name="$2" -v labels="${3:-}" '
        { split($1, part, "{") } part[1] == name && index($0, labels) { sum += $NF } END { print sum + 0 }' "$dir/$1.metrics"
}

more() { echo $(($(number after "$@") - $(number before "$@"))); } # METRIC [LABELS]: between the two scrapes

request() { # METHOD PATH N [CURL_OPTION...]
    local method=$1 path=$2 n=$3
    shift 3
    seq "$n" | xargs -P 4 -I{} curl --silent --noproxy '*' --max-time 20 --output /dev/null -X "$method" "$@" \
        "$BASE_URL$path"
}

has_workers() { [ "$(children "$supervisor_pid" | wc -l)" -eq "$1" ]; }
lines() { grep -c "$1" "$LOG_FILE"; }
has_lines() { [ "$(lines "$2")" -ge "$1" ]; }
workers_that_answered() { grep -o '\[[0-9]*\] info: .* GET /api/' "$LOG_FILE" | cut -d']' -f1 | sort -u | wc -l; }

test_counts() {
    scrape before
    request GET /api/authors/7 40
    request GET /api/books 20
    request POST /api/authors 5 -H 'Content-Type: application/json' -d '{}'
    request GET /no/such/path 3
    request DELETE /livez 2
    curl --silent --noproxy '*' --head --output /dev/null "$BASE_URL/api/books"
    scrape after
    is "counts: records that are not there" 40 "$(more quire_requests_total '{route="/api/authors/{id}",method="GET",status="404"}')"
    is "counts: lists" 20 "$(more quire_requests_total '{route="/api/books/",method="GET",status="200"}')"
    is "counts: HEAD" 1 "$(more quire_requests_total '{route="/api/books/",method="HEAD",status="200"}')"
    is "counts: refused bodies" 5 "$(more quire_requests_total '{route="/api/authors/",method="POST",status="422"}')"
    is "counts: unknown paths" 3 "$(more quire_requests_total '{route="none",method="GET",status="404"}')"
    is "counts: unknown methods" 2 "$(more quire_requests_total '{route="none",method="DELETE",status="405"}')"
    is "counts: all, and the scrape before" 72 "$(more quire_requests_total)"
    is "counts: the histogram has as many" 72 "$(more quire_request_duration_seconds_count)"
    is "counts: each lookup hit or missed" 40 "$(($(more quire_cache_hits_total) + $(more quire_cache_misses_total)))"
    at_least "counts: statements" 20 "$(more quire_sql_statements_total)"
    is "counts: workers" 2 "$(number after quire_workers)"
    is "counts: only the scrape is in flight" 1 "$(number after quire_requests_in_flight)"
    at_least "counts: connections" 1 "$(number after quire_database_connections)"
    is "counts: of both workers" 2 "$(workers_that_answered)"
}

test_worker_killed() {
    local victim
    scrape before
    victim=$(children "$supervisor_pid" | head -n 1)
    kill -KILL "$victim"
    wait_for "$patience" gone "$victim"
    wait_for "$patience" has_workers 2
    check "killed: the service answers" wait_for "$patience" scrape after
    is "killed: nothing is lost but what the scrape adds" 1 "$(more quire_requests_total '{route="/metrics"')"
    is "killed: the counts stay" 0 "$(more quire_requests_total '{route="/api/')"
    is "killed: the death is counted" 1 "$(more quire_worker_deaths_total)"
    is "killed: nothing hangs in flight" 1 "$(number after quire_requests_in_flight)"
}

# The names of metrics in a file; those of a histogram's parts are the histogram's.
metric_names() { grep -oE '\b(quire|process)_[a-z_]+' "$1" | sed -E 's/_(bucket|sum|count)$//' | sort -u; }

test_monitoring() {
    local file unknown
    sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$dir/after.metrics" | sort -u >"$dir/known"
    for file in dashboard.json rules.yml README.md; do
        unknown=$(comm -23 <(metric_names "$root/docs/ops/$file") "$dir/known")
        is "monitoring: $file names metrics that there are" "" "$unknown"
    done
    is "monitoring: the page names all there are" "" "$(comm -13 <(metric_names "$root/docs/ops/README.md") "$dir/known")"
    check "monitoring: the dashboard is JSON" jq -e '.panels | length > 5' "$root/docs/ops/dashboard.json"
    if command -v promtool >/dev/null; then
        check "monitoring: promtool reads the metrics" promtool check metrics <"$dir/after.metrics"
        check "monitoring: promtool reads the rules" promtool check rules "$root/docs/ops/rules.yml"
        check "monitoring: promtool reads the scrape" promtool check config "$root/docs/ops/prometheus.yml"
    else
        echo "NOT RUN: promtool is not installed: metrics, rules and scrape are not checked"
    fi
}

restart_with() { # FORMAT
    stop "$supervisor_pid"
    export LOG_FORMAT=$1 LOG_FILE=$dir/$1.log
    workers_start serve
    wait_for "$patience" service_answers
}

test_json() {
    restart_with json
    request GET "/api/authors/7?x=%22" 1 -A "$hostile" -H 'X-Request-ID: abc' \
        -H 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    wait_for "$patience" has_lines 1 '"abc"'
    check "json: every line is an object with a time" jq -es 'all(.time | test("^2.*Z$"))' "$LOG_FILE"
    is "json: the line of a request" '["GET","/api/authors/{id}","/api/authors/7",404,"127.0.0.1","4bf92f3577b34da6a3ce929d0e0e4736"]' \
        "$(jq -c 'select(.request_id == "abc") | [.method, .route, .path, .status, .remote, .trace_id]' "$LOG_FILE")"
}

test_combined() {
    restart_with combined
    request GET /api/books 1 -A "$hostile" -e "$hostile"
    wait_for "$patience" has_lines 1 '/api/books'
    is "combined: one line a request, whatever the client says" 1 "$(lines 'GET /api/books')"
    matches "combined: Apache's fields" \
        '^127\.0\.0\.1 - - \[[0-9]{2}/[A-Z][a-z]{2}/[0-9:]{13} \+0000\] "GET /api/books HTTP/1\.1" 200 [0-9]+ "Mozilla\\"\} .*" "Mozilla\\"\} \\\\ \\xff \\\\n127.*"$' \
        "$(grep 'GET /api/books' "$LOG_FILE")"
}

# Renamed under load, the log is opened again by all; each request has its line in the one or the other.
test_reopened() {
    local i workers
    restart_with text
    workers=$(children "$supervisor_pid" | sort)
    request GET /api/authors/8 400 &
    for i in 1 2 3; do
        sleep 0.2
        mv "$LOG_FILE" "$LOG_FILE.$i"
        kill -USR1 "$supervisor_pid"
        wait_for "$patience" test -s "$LOG_FILE"
    done
    wait $!
    request GET /api/authors/8 20
    is "reopened: no line is lost" 420 "$(cat "$LOG_FILE"* | grep -c 'GET /api/authors/8 404')"
    at_least "reopened: lines go to the new file" 20 "$(lines 'GET /api/authors/8 404')"
    is "reopened: the workers are the same" "$workers" "$(children "$supervisor_pid" | sort)"
}

# What the server says about a request that waits for a table: a statement that holds the table, its session, the text of the
# one that waits for it, the end of a session. SQLite has nobody to ask.
declare -A hold=(
    [mysql]='LOCK TABLES book WRITE; SELECT SLEEP(20)'
    [postgresql]='BEGIN; LOCK TABLE book; SELECT pg_sleep(20)'
) holder=(
    [mysql]="SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info = 'SELECT SLEEP(20)'"
    [postgresql]="SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ~ '^SELECT pg_sleep'
        AND state = 'active'"
) waiting=(
    [mysql]="SELECT info FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE 'Waiting for table%'"
    [postgresql]="SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
) end=(
    [mysql]='KILL'
    [postgresql]='SELECT pg_terminate_backend'
)

gives_a_row() { [ -n "$(sql "$1")" ]; } # STATEMENT

# The text of a request's statement, as the server has it; the answer goes to $dir/traced.
waiting_statement() { # CURL_OPTION...
    local locker asker
    sql "${hold[$database]}" >/dev/null 2>&1 &
    locker=$!
    wait_for "$patience" gives_a_row "${holder[$database]}"
    curl --silent --noproxy '*' --output "$dir/traced" "$@" "$BASE_URL/api/books" &
    asker=$!
    wait_for "$patience" gives_a_row "${waiting[$database]}"
    sql "${waiting[$database]}" | head -n 1
    sql "${end[$database]} ($(sql "${holder[$database]}"))" >/dev/null
    wait "$locker" "$asker"
}

test_trace_in_statements() {
    local trace=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 statement
    [ "$database" != sqlite ] || return 0
    curl --silent --noproxy '*' --output "$dir/untraced" "$BASE_URL/api/books"
    statement=$(waiting_statement -H "traceparent: $trace")
    matches "traced: not unasked" '^SELECT .* FROM .book.$' "$statement"
    TRACE_SQL=1 restart_with text
    statement=$(waiting_statement -H "traceparent: $trace")
    matches "traced: the statement tells of the request" "^SELECT .* FROM .book. /\*traceparent='$trace'\*/\$" "$statement"
    check "traced: the answer is the same" cmp "$dir/untraced" "$dir/traced"
    statement=$(waiting_statement -H "traceparent: $trace'*/;")
    matches "traced: an invalid header leads nowhere" '^SELECT .* FROM .book.$' "$statement"
}

enter_private_folder observability
stack_start "$database" serve || { not_ok "everything starts"; tap_end; exit 1; }
ok "everything starts"
test_counts
test_worker_killed
test_monitoring
test_json
test_combined
test_reopened
test_trace_in_statements
check "everything stops when told to" stack_stop
check_sanitizers
tap_end
