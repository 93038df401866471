#!/bin/bash
# fresh_test.sh: docs/deployment.md, line by line, on a fresh Debian 12: by root, with systemd and lighttpd; and by a user of a
# shared host, whose Apache runs programs as their owner and which has nothing of quire's. See tests/lib/debian.sh for what it
# needs.
#
# Two machines, one after the other: the bundle that the user takes along is built on the first.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/lib/process.sh"
. "$root/tests/lib/tap.sh"
. "$root/tests/lib/debian.sh"
. "$root/tests/deploy/recipe.sh"
export LC_ALL=C BUILD=${BUILD:-$root/build/gcc}
sources=/usr/local/src/quire
user=visitor
enter_private_folder fresh

at_leave() { debian_stop KILL; }

# What this checkout has, committed or not; nothing that was built.
put_sources() {
    mkdir -p "$debian$sources"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard |
        tar --null --files-from=- --ignore-failed-read -cf -) |
        tar -C "$debian$sources" --no-same-owner -xf -
}

# Each command has to succeed.
by_root() { # RECIPE
    local commands
    commands=$(commands_of "$1") || return
    inside_logged bash -eu -c "$commands"
}

by_user() { # RECIPE
    local commands
    commands=$(commands_of "$1") || return
    inside_logged su --login "$user" -c "BASE_PATH=$base_path bash -eu -c $(printf '%q' "$commands")"
}

# Where the service is from now on: / or a prefix.
mounted_at() { # MOUNT
    mount=$1
    base_path=${mount%/}
    BASE_URL=http://127.0.0.1$base_path
}

# --- root ---

main_pid() { inside systemctl show --property=MainPID --value quire.service; }
worker_count() { inside ps --no-headers -o pid --ppid "$(main_pid)" | wc -l; }

# What is done meanwhile costs no request of readers and writers (tests/smoke/load.c). They do not ask for the newest: each
# worker has a cache of its own here.
without_loss() { # NAME COMMAND...
    local name=$1 account=$dir/account load key
    shift
    start load nsenter --target "$debian_init" --net env BASE_URL="$BASE_URL" bash -c '"$0" 4 4 >"$1"' \
        "$BUILD/tests/smoke/load" "$account"
    load=$started
    check_logged "$name" "$@"
    wait_interruptibly "$load"
    for key in failed missing wrong lost doubled; do
        is "$name: $key" 0 "$(sed -n "s/^$key=//p" "$account")"
    done
    at_least "$name: there was load" 50 "$(sed -n 's/^requests=//p' "$account")"
    printf '# %s: %s\n' "$name" "$(paste -sd ' ' "$account")"
}

reload_with_two_workers() {
    sed -i 's/^WORKERS=.*/WORKERS=2/' "$debian/etc/quire/.env"
    inside systemctl reload quire && wait_for "$patience" has_workers 2 && inside systemctl reload quire
}

has_workers() { [ "$(worker_count)" -eq "$1" ]; }

restart_thrice() {
    local i
    for i in 1 2 3; do
        inside systemctl restart quire || return
    done
}

is_another() { # PID
    [ "$(main_pid)" != "$1" ] && [ "$(inside systemctl is-active quire.service)" = active ]
}

test_operation() {
    local pid
    is "it has the workers of its settings" 4 "$(worker_count)"
    without_loss "it is reloaded, with fewer workers" reload_with_two_workers
    without_loss "it is restarted, three times" restart_thrice
    without_loss "a new program takes over" by_root root-upgrade
    pid=$(main_pid)
    inside kill -KILL "$pid"
    check "systemd starts it again when it was killed" wait_for "$patience" is_another "$pid"
    matches "its journal has what happened" 'quire\[[0-9]+\]: .*GET /api/authors' \
        "$(inside journalctl --no-pager --unit=quire | head -n 200)"
    matches "its status is green" 'Active: active \(running\)' "$(inside systemctl status --no-pager quire)"
    check "the doctor finds nothing bad" inside runuser -u quire -- \
        sh -c 'cd /etc/quire && quire doctor --socket /run/quire/quire.sock'
}

# As the service sees it, so that it counts what systemd made of the unit on this kernel.
sandboxed() { # COMMAND...
    inside nsenter --target "$(main_pid)" --mount -- "$@"
}

test_sandbox() {
    local status
    status=$(inside cat "/proc/$(main_pid)/status")
    matches "it can gain no rights" $'NoNewPrivs:\t1' "$status"
    matches "it has none" $'CapEff:\t0+\n' "$status"
    matches "its system calls are filtered" $'Seccomp:\t2' "$status"
    matches "the system is read-only" 'Read-only' "$(sandboxed touch /usr/share/quire/x 2>&1)"
    check "its own data is not" sandboxed test -w /var/lib/quire
    is "home folders are not there" end "$(sandboxed sh -c '{ ls -A /home; ls -A /root; } 2>/dev/null; echo end')"
    is "nothing in /tmp is others'" end "$(inside touch /tmp/x && sandboxed sh -c 'ls -A /tmp && echo end')"
}

test_root() {
    debian_start "following docs/deployment.md on a fresh Debian" server
    check "the sources are there" put_sources
    check_logged "root builds" by_root root-build
    check_logged "root deploys" by_root root-systemd
    [ "$tap_failed" -eq 0 ] || return
    mounted_at /
    check "lighttpd has it" wait_for "$patience" is_served
    test_a_few_requests
    fetch /docs
    matches "it has the pages of /docs" 'swagger-ui' "$answer"
    test_operation
    test_sandbox
    test_reboot
    check_logged "a bundle is built" inside_logged make -C "$sources" bundle
    debian_stop
}

# What is enabled starts with the machine.
test_reboot() {
    debian_stop
    debian_boot "$debian" && ok "it boots again" || not_ok "it boots again"
    check "and serves" wait_for "$patience" is_served
    fetch /api/authors/1
    matches "with its data" '"name":"n"' "$answer"
}

# --- the user of a shared host ---

# The host's side: programs run as their owner, an .htaccess may do what hosts let it do, homes can be walked through.
make_host() {
    inside_logged apt-get -q update &&
        inside_logged apt-get -q -y --no-install-recommends install apache2 libapache2-mod-fcgid apache2-suexec-custom &&
        inside_logged adduser --quiet --disabled-password --gecos '' "$user" || return
    chmod 711 "$debian/home/$user"
    inside install -d -o "$user" -g "$user" -m 755 "/home/$user/public_html"
    printf '/home\npublic_html\n' >"$debian/etc/apache2/suexec/www-data"
    cat >"$debian/etc/apache2/sites-available/000-default.conf" <<END
<VirtualHost *:80>
    DocumentRoot /home/$user/public_html
    SuexecUserGroup $user $user
    <Directory /home/$user/public_html>
        Require all granted
        Options ExecCGI SymLinksIfOwnerMatch
        AllowOverride FileInfo AuthConfig
    </Directory>
</VirtualHost>
END
    inside_logged a2enmod --quiet fcgid cgid suexec rewrite headers && inside_logged systemctl restart apache2
}

quire_owners() { inside ps --no-headers -o user -C quire | sort -u; }
runs_not() { [ -z "$(quire_owners)" ]; }

test_fcgid() {
    mounted_at /
    check_logged "FastCGI: the user sets it up" by_user setup
    check_logged "FastCGI: the user deploys" by_user apache-fcgid
    test_a_few_requests
    is "FastCGI: it runs as the user" "$user" "$(quire_owners)"
    check_logged "FastCGI: the user ends it" by_user apache-fcgid-again
    check "FastCGI: it ends" wait_for "$patience" runs_not
    fetch /api/authors/1
    matches "FastCGI: the next request starts it, with its data" '"name":"n"' "$answer"
    check_logged "FastCGI: the user ends it again" by_user apache-fcgid-again
    check "FastCGI: it ends again" wait_for "$patience" runs_not
}

test_cgi() {
    mounted_at /shop
    check "CGI: the user moves it" rm -rf "$debian/home/$user/public_html/"{.htaccess,quire.fcgi}
    check_logged "CGI: the user sets it up" by_user setup
    check_logged "CGI: the user deploys" by_user apache-cgid
    test_a_few_requests
    check "CGI: nothing runs in between" wait_for "$patience" runs_not
}

# The settings are nobody else's, and what starts quire is not shown.
test_secrets() {
    is "settings are the user's alone" "$user 600" "$(inside stat -c '%U %a' "/home/$user/quire/.env")"
    fetch /.env
    is "and are not shown" 404 "$code"
    fetch /quire.cgi
    is "nor is what starts quire" 404 "$code"
}

test_user() {
    debian_start "following docs/deployment.md on a shared host" host
    check_logged "there is a host" make_host
    check_logged "the user takes the bundle along" take_bundle_along
    is "none of the libraries is the host's" "" "$(inside ldd "/home/$user/quire/build/quire" |
        grep '=> /' | grep -vE "/home/$user/|lib(c|m|resolv)\.so")"
    [ "$tap_failed" -eq 0 ] || return
    test_fcgid
    test_cgi
    test_secrets
}

take_bundle_along() {
    cp "$dir/server$sources"/build/quire-*.tar.gz "$debian/home/$user" && by_user bundle
}

mounted_at /
test_root
[ "$tap_failed" -gt 0 ] || test_user
tap_end
