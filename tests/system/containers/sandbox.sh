#!/bin/sh
# Runs a command as a container engine runs a service: with a read-only root file system, a writable
# volume, a few in-memory file systems and no privileges.
#
# sandbox.sh ROOT TMP USER PROCESSES PID_FILE MOUNT... -- COMMAND...
#   ROOT       an empty folder for the root file system of the command
#   TMP        the options of the tmpfs at /tmp
#   USER       the user of the command, as UID:GID
#   PROCESSES  the maximum number of processes and threads
#   PID_FILE   receives the process id
#   MOUNT      ro=FROM=TO or rw=FROM=TO
#
# It needs root and a separate mount namespace (unshare --mount).
set -eu

root=$1 tmp=$2 user=$3 processes=$4 pid_file=$5
shift 5

put() {
    mkdir -p "$root$3"
    mount --bind "$2" "$root$3"
    mount -o "remount,bind,nosuid,$1" "$root$3"
}

mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/proc" "$root/dev/shm" "$root/tmp"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o "nosuid,nodev,noexec,mode=1777,$tmp" tmpfs "$root/tmp"
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=64m tmpfs "$root/dev/shm"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
# Keep them as links if they are links into /usr.
for folder in /bin /lib /lib64 /sbin; do
    if [ -h "$folder" ]; then
        cp -P "$folder" "$root$folder"
    elif [ -d "$folder" ]; then
        put ro "$folder" "$folder"
    fi
done
while [ "$1" != -- ]; do
    from=${1#*=}
    put "${1%%=*}" "${from%%=*}" "${from#*=}"
    shift
done
shift
mount -o remount,ro "$root"

echo $$ >"$pid_file"
exec prlimit --nproc="$processes" chroot "$root" setpriv \
    --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \
    --bounding-set=-all --inh-caps=-all --ambient-caps=-all -- "$@"
