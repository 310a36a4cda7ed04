#!/bin/bash
# What the initrd of an appliance holds beside dracut's own: open the verified root, then lay the
# machine's own state over it.

check() {
  return 0
}

depends() {
  echo systemd systemd-initrd systemd-veritysetup
}

installkernel() {
  # Empty means: whatever the machine that builds this happens to be.
  hostonly='' instmods erofs overlay dm-verity btrfs vfat nls_iso8859-1 nls_ascii nls_cp437 loop
}

install() {
  inst_multiple mount umount mkdir chmod grep ln cat cp mv rm readlink sync \
    blkid udevadm systemd-repart mkfs.btrfs btrfs livos-slot
  inst_simple "$moddir/livos-sysroot.sh" /usr/lib/livos/livos-sysroot
  # The stock unit runs before the verified root is mounted and would look at the wrong disk.
  rm -f "$initdir"/usr/lib/systemd/system/initrd-root-fs.target.wants/systemd-repart.service
  ln -sf /dev/null "$initdir"/etc/systemd/system/systemd-repart.service
  inst_simple "$moddir/livos-sysroot.service" /usr/lib/systemd/system/livos-sysroot.service
  $SYSTEMCTL -q --root "$initdir" add-requires initrd-fs.target livos-sysroot.service
}
