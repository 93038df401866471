#!/bin/bash
# exchanges_test.sh: the document is true: what the API programs send and get is what it says.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
. "$here/../lib/docs.sh"

start_for_docs exchanges
for program in "$BUILD"/tests/smoke/api_*_test; do
    RECORD=$dir/exchanges run_logged "$dir/$(basename "$program").log" timeout 900 "$program"
done
check "the API programs have recorded what they did" test -s "$dir/exchanges"
curl --silent --noproxy '*' "$BASE_URL/api/openapi.json" >served.json
echo >>served.json
"$QUIRE" openapi >printed.json
check "quire openapi prints what is served" cmp served.json printed.json
status=0
if needs_node "recorded exchanges against the document"; then
    run_interruptibly node "$here/check_exchanges.mjs" "$BASE_URL" "$dir/exchanges" || status=1
fi
end_for_docs "$status"
