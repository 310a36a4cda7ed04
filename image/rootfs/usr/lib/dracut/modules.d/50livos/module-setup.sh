#!/bin/bash
# What the initrd of an appliance holds beside dracut's own: open the verified root, from a slot or from an
# installation medium, then lay the machine's own state over it.

check() {
  return 0
}

depends() {
  echo systemd systemd-initrd systemd-veritysetup
}

installkernel() {
  # Empty means: whatever the machine that builds this happens to be.
  hostonly='' instmods erofs overlay dm-verity btrfs vfat nls_iso8859-1 nls_ascii nls_cp437 loop
  # An installation medium: a disc or a stick.
  hostonly='' instmods isofs cdrom sr_mod sd_mod usb_storage uas
}

install() {
  inst_multiple mount umount mkdir chmod grep ln cat cp mv rm readlink sync \
    blkid udevadm systemd-repart mkfs.btrfs btrfs livos-slot losetup
  inst_simple "$moddir/livos-sysroot.sh" /usr/lib/livos/livos-sysroot
  # The stock unit runs before the verified root is mounted and would look at the wrong disk.
  rm -f "$initdir"/usr/lib/systemd/system/initrd-root-fs.target.wants/systemd-repart.service
  ln -sf /dev/null "$initdir"/etc/systemd/system/systemd-repart.service
  inst_simple "$moddir/livos-sysroot.service" /usr/lib/systemd/system/livos-sysroot.service
  $SYSTEMCTL -q --root "$initdir" add-requires initrd-fs.target livos-sysroot.service
  inst_simple "$moddir/livos-live.sh" /usr/lib/livos/livos-live
  for unit in livos-live livos-live-state; do
    inst_simple "$moddir/$unit.service" "/usr/lib/systemd/system/$unit.service"
  done
  $SYSTEMCTL -q --root "$initdir" add-requires initrd-root-device.target livos-live.service
  $SYSTEMCTL -q --root "$initdir" add-requires initrd-fs.target livos-live-state.service
}
