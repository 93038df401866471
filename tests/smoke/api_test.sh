#!/bin/bash
# api_test.sh: the API programs against one whole stack: api_test.sh
# sqlite|mysql|postgresql serve|spawn|bin-path|cgi
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
database=$1
how=$2

# Every list must cost three statements at most: the page, its total, the authors it embeds.
check_list_statements() {
    local lists over
    lists=$(grep -a -c -E ' (GET|HEAD) /api/(authors|books) 200 ' "$LOG_FILE")
    over=$(grep -a -E ' (GET|HEAD) /api/(authors|books) 200 ' "$LOG_FILE" | grep -a -v -E ' sql=[0-3]( |$)' | head -5)
    at_least "the log has the lists" 20 "$lists"
    is "no list takes more than three statements" "" "$over"
}

enter_private_folder api
if ! stack_start "$database" "$how"; then
    not_ok "the stack starts: $database, $how"
    stack_stop
    tap_end
    exit 1
fi
ok "the stack starts: $database, $how"
status=0
for program in "$BUILD"/tests/smoke/api_*_test; do
    run_interruptibly timeout 900 "$program" || status=1
done
check "the stack stops" stack_stop
check_list_statements
check_log_for_faults
check_sanitizers
tap_end && [ "$status" -eq 0 ]
