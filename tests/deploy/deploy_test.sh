#!/bin/bash
# deploy_test.sh: one recipe of docs/deployment.md, as it stands there, in the home folder of a user without rights:
#
#   deploy_test.sh RECIPE sqlite|mysql|postgresql MOUNT quick|whole [threadless]
#
# MOUNT is / or a prefix. quick: a handful of requests; whole: the API programs. threadless: no process of quire's may make
# another, or a thread. Root becomes nobody for it. The folder is kept when something failed.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build/gcc}

# The home folder, with what a user takes along of a checkout, and with the tests.
furnish() { # FOLDER
    local checkout=$1/home/quire
    mkdir -p "$checkout/build/tests" "$checkout/tests" "$1/tmp"
    cp "$build/quire" "$checkout/build/quire"
    cp -r "$build/tests/smoke" "$checkout/build/tests/smoke"
    cp -r "$root"/{migrations,lighttpd,lighttpd.conf,apache,nginx,tools} "$checkout"
    cp -r "$root"/tests/{lib,deploy} "$checkout/tests"
    mkdir "$checkout/docs"
    cp "$root/docs/deployment.md" "$checkout/docs"
}

folder=$(mktemp -d /tmp/quire-deploy.XXXXXX) || exit 2
furnish "$folder"
user=()
if [ "$(id -u)" -eq 0 ]; then
    chown -R 65534:65534 "$folder"
    user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
environment=(PATH="$PATH:/usr/sbin:/sbin" HOME="$folder/home" TMPDIR="$folder/tmp" BUILD="$folder/home/quire/build"
    TEST_PATIENCE="${TEST_PATIENCE:-30}" LC_ALL=C.UTF-8)
env -i "${environment[@]}" "${user[@]}" bash "$folder/home/quire/tests/deploy/as_user.sh" "$@" &
inner=$!
trap 'kill -TERM "$inner" 2>/dev/null' INT TERM HUP
wait "$inner"
status=$?
while kill -0 "$inner" 2>/dev/null; do
    wait "$inner"
    status=$?
done
if [ "$status" -eq 0 ] || [ "$status" -gt 128 ]; then rm -rf "$folder"; else printf '# kept for a look: %s\n' "$folder"; fi
exit "$status"
