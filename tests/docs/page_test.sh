#!/bin/bash
# page_test.sh: /docs through a web server and in a real browser. A picture of it stays in build/artefacts/docs.png.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
. "$here/../lib/process.sh"
. "$here/../lib/stack.sh"
. "$here/../lib/docs.sh"

ask() { # OPTION... PATH: status, type and where to
    curl --silent --noproxy '*' --output "$dir/body" --write-out '%{http_code} %{content_type} %{redirect_url}' \
        "${@:1:$#-1}" "$BASE_URL${*: -1}"
}

export DOCS_DIR=swagger-ui # in the private folder
start_for_docs page
is "without its files the page says so" "200 text/html; charset=utf-8 " "$(ask /docs)"
check "and how to install them" grep -q 'make docs' "$dir/body"
check "and loads nothing" bash -c "! grep -E '<script|<link|src=' '$dir/body'"
is "and its files are not there" "404 application/json " "$(ask /docs/init.js)"

[ ! -d "$root/build/swagger-ui" ] || cp -r "$root/build/swagger-ui" .
is "with a slash at the end it is one step up" "307  $BASE_URL/docs" "$(ask /docs/)"
is "/redoc is /docs" "307  $BASE_URL/docs" "$(ask /redoc)"
status=0
if [ ! -e "$DOCS_DIR/swagger-ui-bundle.js" ]; then
    echo "NOT RUN: /docs: its files are not installed (tools/docs pages)"
else
    is "with its files, put there while it runs, the page is there" "200 text/html; charset=utf-8 " "$(ask /docs)"
    check "as it was written" cmp "$dir/body" "$root/docs/pages/index.html"
    is "HEAD works" "200 text/css; charset=utf-8 " "$(ask --head /docs/swagger-ui.css)"
    tag=$(curl --silent --noproxy '*' --head "$BASE_URL/docs/swagger-ui-bundle.js" | sed -n 's/^ETag: \(.*\)\r$/\1/p')
    is "what the client has is not sent again" "304  " "$(ask --header "If-None-Match: $tag" /docs/swagger-ui-bundle.js)"
    if ! browser=$(command -v chromium || command -v chromium-browser); then
        echo "NOT RUN: /docs in a browser: there is no chromium here (Debian: apt install chromium)"
    elif needs_node "/docs in a browser" playwright-core; then
        mkdir -p "$root/build/artefacts" "$dir/profile"
        export HOME=$dir
        run_interruptibly timeout 300 node "$here/check_page.mjs" "$BASE_URL" "$browser" "$dir/profile" \
            "$root/build/artefacts/docs.png" || status=1
    fi
fi
end_for_docs "$status"
