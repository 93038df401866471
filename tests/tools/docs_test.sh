#!/bin/bash
# docs_test.sh: tools/docs installs what is not there, once, in one piece. npm is replaced; nothing is fetched.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
enter_private_folder docs
mkdir -p bin tree/tools tree/docs
cp "$root/tools/docs" tree/tools
cp -r "$root"/docs/{package.json,package-lock.json,pages} tree/docs
PATH=$dir/bin:$PATH

replace_npm() { # SCRIPT
    printf '#!/bin/sh\necho "$*" >>%s/asked\n%s\n' "$dir" "$1" >bin/npm
    chmod +x bin/npm
}
install() { # WHAT
    rm -f asked
    output=$(tree/tools/docs "$@" 2>&1)
    status=$?
}
asked() { cat "$dir/asked" 2>/dev/null; }
files() { (cd tree/build/swagger-ui && echo *); }
all="LICENSE NOTICE favicon-32x32.png index.html init.js installed-from.json swagger-ui-bundle.js swagger-ui.css"
fetch='mkdir -p docs/node_modules/swagger-ui-dist && cd docs/node_modules/swagger-ui-dist &&
    touch swagger-ui.css swagger-ui-bundle.js favicon-32x32.png LICENSE NOTICE absolute-path.js'

replace_npm "$fetch"
install pages
is "it succeeds" 0 "$status"
matches "it asks for what the pages need, and runs no script of a package" '^ci .*--ignore-scripts .*--omit=dev$' "$(asked)"
is "the folder has the files of the pages and no other" "$all" "$(files)"
is "nothing else is left in build" swagger-ui "$(ls tree/build)"
install pages
is "what is there is not installed again" "0::" "$status:$output:$(asked)"

echo "// changed" >>tree/docs/pages/init.js
install pages
check "a changed page is copied" cmp tree/docs/pages/init.js tree/build/swagger-ui/init.js

install tests
matches "the tests need the rest too" '^ci .*--loglevel=error$' "$(asked)"
install tests
is "that, too, is installed once" "0::" "$status:$output:$(asked)"

echo >>tree/docs/package-lock.json
replace_npm 'echo "no such host" >&2; exit 1'
install pages
is "another lock file is another installation; when it fails, that is told" \
    "1:tools/docs: installing the files of /docs in build/swagger-ui
tools/docs: npm cannot install what docs/package-lock.json lists: no such host" "$status:$output"
is "and what was there stays" "$all" "$(files)"

rm bin/npm
for tool in bash env dirname cmp; do ln -s "$(command -v "$tool")" "bin/$tool"; done
output=$(PATH=$dir/bin tree/tools/docs pages 2>&1)
matches "without npm it says so" 'tools/docs: npm is missing \(Debian: apt install npm\)$' "$output"
output=$(tree/tools/docs 2>&1)
is "it says how it is called" "tools/docs: usage: tools/docs pages|tests" "$output"
tap_end
