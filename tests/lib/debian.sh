# debian.sh: a fresh Debian 12 that runs in a folder, with systemd and a network of its own. Source it after process.sh and
# tap.sh, with $root set. Needs root, debootstrap and Debian's mirror.
#
#   DEBIAN_MIRROR  where packages come from: http://deb.debian.org/debian
#   DEBIAN_ROOT    a folder to keep a fresh one in, which several tests may share: made when it is not there, then copied
#
# What it downloads comes over the machine's network; what runs in it is reached by its own, where nobody else listens.
# shellcheck shell=bash disable=SC2154

mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
debian=      # its folder
debian_init= # its first process

# Why there can be none here; nothing when there can.
debian_lacks() {
    local name
    if [ "$(id -u)" -ne 0 ]; then
        echo "needs root"
        return
    fi
    for name in debootstrap unshare nsenter setpriv pivot_root; do
        command -v "$name" >/dev/null || echo "there is no $name here (Debian: apt install debootstrap util-linux)"
    done
}

not_run() { # WHAT WHY
    printf 'NOT RUN: %s: %s\n' "$1" "$2"
    ok "nothing to test here"
    tap_end
    exit
}

# What a new installation of Debian 12 has.
debian_install() { # FOLDER
    rm -rf "$1.new"
    run_logged "$dir/debootstrap.log" debootstrap --include=ca-certificates,dbus bookworm "$1.new" "$mirror" && mv "$1.new" "$1"
}

# Whoever comes first makes it, and the others wait.
debian_keep() { # FOLDER
    local status=0
    exec {lock}>"$1.lock"
    run_logged "$dir/lock.log" flock "$lock" && { [ -d "$1" ] || debian_install "$1"; } || status=$?
    exec {lock}>&-
    return "$status"
}

# Names and certificates are those of this machine: it may stand behind a proxy.
debian_make() { # FOLDER
    if [ -n "${DEBIAN_ROOT:-}" ]; then
        debian_keep "$DEBIAN_ROOT" || return
        cp -a "$DEBIAN_ROOT" "$1" || return
    else
        debian_install "$1" || return
    fi
    cp -L /etc/resolv.conf "$1/etc/resolv.conf"
    cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
    echo fresh >"$1/etc/hostname"
}

# False when systemd does not come up. From now on `inside` means this one.
debian_boot() { # FOLDER
    debian=$1
    start "${debian##*/}.boot" setpriv --pdeathsig KILL "$root/tests/lib/boot_debian.sh" "$debian"
    debian_booted=$started
    if wait_for "$patience" debian_is_up; then
        client=(nsenter --target "$debian_init" --net curl)
        return
    fi
    debian_stop
    return 1
}

# Nothing is done inside before inside is there: until its first process has left this machine's root, it would be done here.
debian_is_up() {
    debian_init=$(children "$(children "$debian_booted")")
    [[ $debian_init =~ ^[0-9]+$ ]] && [ "/proc/$debian_init/root" -ef "$debian" ] && [[ $(inside systemctl is-system-running) =~ ^(running|degraded)$ ]]
}

# As one shuts down a machine, or KILL: as one pulls its plug.
debian_stop() { # [SIGNAL]
    [ -n "$debian_init" ] || return 0
    kill -"${1:-RTMIN+3}" "$debian_init" 2>/dev/null
    if ! wait_for "$patience" gone "$debian_booted"; then
        kill -KILL "$debian_init" 2>/dev/null
        wait_for "$patience" gone "$debian_booted"
    fi
    stop "$debian_booted"
    debian_init=
}

# Makes one and boots it, or says loudly why not, and ends.
debian_start() { # WHAT NAME
    local lacks
    lacks=$(debian_lacks)
    [ -z "$lacks" ] || not_run "$1" "$(head -n 1 <<<"$lacks")"
    if debian_make "$dir/$2"; then
        ok "a fresh Debian is made"
    else
        not_ok "a fresh Debian is made" "$(tail -n 20 "$dir/debootstrap.log")"
        tap_end
        exit 1
    fi
    debian_boot "$dir/$2" || not_run "$1" "its systemd does not come up: $(tail -n 1 "$dir/$2.boot.log")"
}

# A command there, by root, over the network of this machine.
inside() { # COMMAND...
    nsenter --target "$debian_init" --mount --uts --ipc --pid --cgroup --root env -i -C / HOME=/root LC_ALL=C \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$@"
}

inside_logged() { run_logged "$dir/inside.log" inside "$@"; } # COMMAND...

# The function, which uses inside_logged, succeeds. As check has it, but a signal is answered at once: it may take minutes.
check_logged() { # NAME FUNCTION...
    local name=$1 status
    shift
    : >"$dir/inside.log"
    "$@" && status=0 || status=$?
    if [ "$status" -eq 0 ]; then ok "$name"; else not_ok "$name" "status $status of: $*" "$(tail -n 30 "$dir/inside.log")"; fi
}
