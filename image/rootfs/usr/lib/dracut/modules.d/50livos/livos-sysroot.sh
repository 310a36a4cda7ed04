#!/bin/sh
# Runs in the initrd, when the verified root is at /sysroot: finds the disk it came from, makes what the
# disk lacks (the other slot and the data partition, on the first boot), and mounts the machine's state
# over the root. Everything may be cut off at any point and run again.
set -eu

say() {
  echo "livos: $*"
}

value() {
  for word in $(cat /proc/cmdline); do
    case $word in "$1="*) echo "${word#*=}" ;; esac
  done
}

# The disk is the one below the verified root and no other: a stick with another copy of the image in it
# carries the same labels.
mapped=$(readlink -f /dev/mapper/root)
part=
for slave in /sys/block/"${mapped##*/}"/slaves/*; do
  part=${slave##*/}
  break
done
[ -n "$part" ] || { say "the root is not a verified volume"; exit 1; }
disk=$(readlink -f "/sys/class/block/$part/..")
disk=${disk##*/}

# Asked of the table on the disk: the kernel knows no names of partitions that were made while it ran.
partition() {
  for entry in /sys/class/block/"$disk"/"$disk"*; do
    device=/dev/${entry##*/}
    if [ "$(blkid --probe --output value --match-tag PART_ENTRY_NAME "$device")" = "$1" ]; then
      echo "$device"
      return 0
    fi
  done
  return 1
}

# Makes only what is missing and grows the data partition to the end of the disk.
systemd-repart --dry-run=no --no-pager --definitions=/sysroot/usr/lib/repart.d "/dev/$disk"
udevadm settle -t 60 || true

data=$(partition livos-data) || { say "there is no data partition on /dev/$disk"; exit 1; }
mkdir -p /run/livos
ln -sfn "/dev/$disk" /run/livos/disk
ln -sfn "$data" /run/livos/data
esp=$(partition livos-esp) && ln -sfn "$esp" /run/livos/esp

top=/run/livos/top
mkdir -p "$top"
mount -t btrfs -o noatime "$data" "$top"
btrfs filesystem resize max "$top" >/dev/null
for name in var srv home root; do
  [ -d "$top/$name" ] || btrfs subvolume create "$top/$name" >/dev/null
done

# The image's own /var lies hidden below the mount: what it brings and the machine lacks is copied.
lower=/run/livos/lower
mkdir -p "$lower"
mount --bind /sysroot "$lower"
# What is mounted over the root from here on must not show up in it.
mount --make-private "$lower"
version=$(value livos.version)
state=$top/var/lib/livos/slots
mkdir -p "$state/etc/$version/upper" "$state/etc/$version/work" "$state/seeded"
if [ ! -e "$state/seeded/$version" ]; then
  livos-slot seed "$lower/var" "$top/var"
  [ -e "$state/seeded/root" ] || livos-slot seed "$lower/root" "$top/root"
  : >"$state/seeded/root"
  sync -f "$top"
  : >"$state/seeded/$version"
fi

# A version that gave way leaves databases that this one may not be able to read. One that never ran here and can't
# keep a way back fails here, is tried as often as any other, and says why.
livos-slot databases "$top/var/lib/livos" "$version" "$lower"

for name in var srv home root; do
  mount -t btrfs -o "noatime,subvol=$name" "$data" "/sysroot/$name"
done
chmod 700 /sysroot/root
umount "$top"

# One layer of local changes per version: an /etc/passwd that was changed under the old version must not
# hide the accounts that the new one brings.
state=/sysroot/var/lib/livos/slots/etc/$version
mount -t overlay livos-etc \
  -o "lowerdir=$lower/etc,upperdir=$state/upper,workdir=$state/work" /sysroot/etc
say "started from version $version on /dev/$disk"
