#!/bin/bash
# deps_test.sh: tools/deps asks for what is missing and for nothing else. dpkg-query, apt-get, id and sudo are replaced.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
enter_private_folder deps
mkdir bin
PATH=$dir/bin:$PATH

replace() { # COMMAND SCRIPT
    printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
    chmod +x "bin/$1"
}
deps() { # [GROUP...]
    output=$("$root/tools/deps" "$@" 2>&1)
    status=$?
}
all=$(sed -n '/^packages=(/,/^)/p' "$root/tools/deps" | sed -E '1d; $d; s/#.*//; s/"//g; /^ *$/d; s/[|!].*//; s/ //g; /^@/d')

# Whatever calls sudo here changes nothing: it only says what it was asked.
replace apt-get 'echo "apt-get $*"'
replace sudo 'echo "sudo $*"; cat >/dev/null </dev/null'
replace id 'echo 1000'

printf '%s installed\n' $all >installed
replace dpkg-query "cat $dir/installed"
deps
is "with all installed it says and does nothing" "0:" "$status:$output"

grep -vE '^(wrk|jq) ' "$dir/installed" >"$dir/fewer" && mv "$dir/fewer" "$dir/installed"
deps
is "it succeeds" 0 "$status"
is "it says what it installs" "tools/deps: installing jq wrk" "$(grep installing <<<"$output")"
matches "it updates the lists and installs just that, by sudo" \
    'sudo env DEBIAN_FRONTEND=noninteractive apt-get .* update.*sudo env .* install -y --no-install-recommends jq wrk' "$output"

deps build pages
is "asked for other groups it does nothing" "0:" "$status:$output"
deps build test
is "asked for their group it installs them" "tools/deps: installing jq wrk" "$(grep installing <<<"$output")"
deps build none
matches "a group that is none is refused" '^1:tools/deps: there is no group none; usage: ' "$status:$output"

printf 'jq half-configured\nlibclang-rt-14-dev installed\n' >>"$dir/installed"
sed -i '/^libclang-rt-dev /d' "$dir/installed"
deps
is "one of two that will do is enough, half a package is not" "tools/deps: installing jq wrk" "$(grep installing <<<"$output")"

replace somebodys_node :
sed -i '/^nodejs /d' "$dir/installed"
sed 's/"nodejs!node"/"nodejs!somebodys_node"/' "$root/tools/deps" >with_a_node
output=$(bash with_a_node 2>&1)
is "a command of another origin will do" "tools/deps: installing jq wrk" "$(grep installing <<<"$output")"
sed 's/"nodejs!node"/"nodejs!nobodys_node"/' "$root/tools/deps" >without_a_node
output=$(bash without_a_node 2>&1)
is "without that command its package is installed" "tools/deps: installing nodejs jq wrk" "$(grep installing <<<"$output")"
printf 'nodejs installed\n' >>"$dir/installed"

# A machine with no other programs than these.
rm bin/sudo
for tool in bash env sed grep dirname cat; do ln -s "$(command -v "$tool")" "bin/$tool"; done
output=$(PATH=$dir/bin bash "$root/tools/deps" 2>&1)
is "without root and sudo it says so in one line" "tools/deps: needs root or sudo to install: jq wrk" "$output"
rm bin/dpkg-query
output=$(PATH=$dir/bin bash "$root/tools/deps" 2>&1)
matches "elsewhere than on Debian it names the packages" '^tools/deps: this is not Debian, and cc is missing; .* libfcgi-dev ' "$output"
tap_end
