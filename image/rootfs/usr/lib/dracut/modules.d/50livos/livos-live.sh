#!/bin/sh
# Runs in the initrd of a machine that was started from an installation medium. `open` finds the medium and opens the
# verified root on it, which systemd then mounts; `state` lays over it what may be written to, in memory.
set -eu

value() {
  for word in $(cat /proc/cmdline); do
    case $word in "$1="*) echo "${word#*=}" ;; esac
  done
}

case $1 in
  open)
    label=$(value livos.live)
    device=/dev/disk/by-label/$label
    echo "livos: waits for the medium $label"
    udevadm wait --timeout=300 "$device"
    mkdir -p /run/livos/medium
    mount -t iso9660 -o ro,nosuid,nodev,noexec "$device" /run/livos/medium
    data=$(losetup --read-only --find --show /run/livos/medium/livos/root.erofs)
    hashes=$(losetup --read-only --find --show /run/livos/medium/livos/root.verity)
    /usr/lib/systemd/systemd-veritysetup attach root "$data" "$hashes" "$(value livos.roothash)"
    ;;
  state)
    for name in etc var root; do
      mkdir -p "/run/livos/live/$name/upper" "/run/livos/live/$name/work"
      mount -t overlay "livos-$name" \
        -o "lowerdir=/sysroot/$name,upperdir=/run/livos/live/$name/upper,workdir=/run/livos/live/$name/work" \
        "/sysroot/$name"
    done
    echo "livos: started to install version $(value livos.version)"
    ;;
esac
