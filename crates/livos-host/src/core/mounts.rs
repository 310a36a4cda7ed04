//! `/proc/self/mountinfo`: which mounts hold somebody's data.

use std::collections::BTreeSet;

/// Kinds of file system that live on a disk of this machine. Network file systems are left out:
/// asking one whose server is gone never returns.
const ON_DISK: &[&str] = &[
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jfs", "ntfs",
    "ntfs3", "reiserfs", "vfat", "xfs", "zfs",
];

/// Kinds that are full by nature: the root of an appliance is one, and its data lies elsewhere.
const SEALED: &[&str] = &["cramfs", "erofs", "iso9660", "squashfs"];

/// Places that belong to the boot loader, not to people.
const NOT_DATA: &[&str] = &["/boot", "/efi"];

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) point: String,
    pub(crate) device: String,
    pub(crate) kind: String,
}

/// The mounts to show, one for each file system: the first, which is the one that others bind from.
pub(crate) fn data_mounts(mountinfo: &str) -> Vec<Mount> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for line in mountinfo.lines() {
        let Some((number, mount)) = read(line) else { continue };
        let boot = NOT_DATA.iter().any(|place| {
            mount.point == *place || mount.point.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
        });
        // In a container the root is an overlay; it is still where data goes.
        let kind = mount.kind.as_str();
        let holds_data = ON_DISK.contains(&kind) || (mount.point == "/" && !SEALED.contains(&kind));
        if holds_data && !boot && seen.insert(number) {
            found.push(mount);
        }
    }
    found.sort_by(|one, other| one.point.cmp(&other.point));
    found
}

/// `36 35 98:0 / /srv rw,noatime shared:1 - ext4 /dev/sda1 rw`: the file system's number, and the mount.
fn read(line: &str) -> Option<(String, Mount)> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ');
    let number = left.nth(2)?;
    let point = left.nth(1)?;
    let mut right = right.split(' ');
    let mount =
        Mount { kind: right.next()?.to_owned(), device: unescaped(right.next()?), point: unescaped(point) };
    Some((number.to_owned(), mount))
}

/// The kernel writes blanks and backslashes as three octal digits.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\').and_then(octal);
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}
