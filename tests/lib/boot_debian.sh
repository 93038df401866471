#!/bin/bash
# boot_debian.sh FOLDER: boots the Debian in FOLDER, with its own systemd, processes, mounts, host name and network, which is
# a loopback alone. It ends when that Debian is shut down: SIGRTMIN+3 to its first process. Needs root.
#
# The kernel is this machine's, and so is the clock. Nothing of it outlives this script, unless that is killed: then an empty
# control group does. It calls itself twice: once with
# mounts of its own, then as what becomes the first process.
set -eu
folder=$1
stage=${2:-}

# Its processes are in a control group of their own, which systemd takes for the whole tree. A signal pulls the plug.
boot() {
    local group machine status=0
    mount -t cgroup2 cgroup2 "$folder/mnt"
    group=$folder/mnt$(sed -n 's/^0:://p' /proc/self/cgroup)
    group=${group%/}/quire-debian-$$
    mkdir "$group"
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec setpriv --pdeathsig KILL unshare --fork --kill-child --mount --pid --uts --ipc --net --cgroup "$0" "$folder" first
    ) &
    machine=$!
    trap 'kill -KILL "$machine"' INT TERM HUP
    while kill -0 "$machine" 2>/dev/null; do wait "$machine" && status=0 || status=$?; done
    until remove_groups "$group" || [ "$SECONDS" -gt 60 ]; do sleep 0.1; done
    return "$status"
}

# False as long as a process of it is ending.
remove_groups() { # GROUP
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

make_devices() {
    local name
    mount -t tmpfs -o mode=755 tmpfs dev
    for name in null zero full random urandom tty; do
        cp -a "/dev/$name" dev
    done
    ln -s /proc/self/fd dev/fd
    ln -s /proc/self/fd/0 dev/stdin
    ln -s /proc/self/fd/1 dev/stdout
    ln -s /proc/self/fd/2 dev/stderr
    mkdir dev/shm dev/pts
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
}

become_first() {
    umount "$folder/mnt"
    mount --bind "$folder" "$folder"
    cd "$folder"
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs run
    make_devices
    pivot_root . mnt
    exec chroot . /bin/sh -c 'umount -l /mnt && exec env -i container=quire-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --show-status=no' </dev/null
}

case $stage in
"") exec unshare --mount "$0" "$folder" mounts ;;
mounts) boot ;;
first) become_first ;;
esac
