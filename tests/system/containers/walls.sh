#!/bin/sh
# Runs a command as the container engine runs a service: the image read-only as the root file system,
# writable the volume and a few file systems in memory, nothing else of this machine, no rights.
#
# walls.sh ROOT TMP USER PROCESSES PID_FILE MOUNT... -- COMMAND...
#   ROOT       an empty folder, where the root file system of the command comes together
#   TMP        the options of the tmpfs at /tmp
#   USER       who runs the command, as UID:GID
#   PROCESSES  how many processes and threads it may have
#   PID_FILE   where its process id is written
#   MOUNT      ro=FROM=TO or rw=FROM=TO
#
# It needs root, and a mount namespace of its own (unshare --mount).
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
# Where they are links into /usr they stay links.
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
