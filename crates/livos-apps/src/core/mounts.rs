//! On which mounted file system a path lies.
//!
//! A disk is known by its mount point. Numbers of devices change with every start and their names with the cables; and
//! whether another disk may take the place of one is its owner's decision. What must not happen is that an app
//! starts with the empty folder on which its disk was mounted.

use std::path::{Path, PathBuf};

/// The mount points of a `mountinfo` of Linux. What is mounted when it is looked at is not mounted yet.
pub(crate) fn mount_points(mountinfo: &str) -> Vec<PathBuf> {
    let point = |line: &str| {
        let (fields, of_file_system) = line.split_once(" - ")?;
        let automatic = of_file_system.split(' ').next() == Some("autofs");
        let point = fields.split(' ').nth(4).filter(|_| !automatic)?;
        Some(PathBuf::from(unescaped(point)))
    };
    mountinfo.lines().filter_map(point).collect()
}

/// `\040` is a space.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (number, part.get(3..)) {
            (Some(byte), Some(rest)) if byte.is_ascii() => {
                plain.push(char::from(byte));
                plain.push_str(rest);
            }
            _ => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// The one that a real path lies on.
pub(crate) fn mount_of<'a>(path: &Path, points: &'a [PathBuf]) -> &'a Path {
    let on = points.iter().filter(|point| path.starts_with(point));
    on.max_by_key(|point| point.components().count()).map_or(Path::new("/"), PathBuf::as_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &str = "\
22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
30 22 8:17 / /mnt/disk\\040one rw,relatime shared:5 - xfs /dev/sdb1 rw
31 22 0:40 / /mnt/auto rw,relatime shared:6 - autofs systemd-1 rw,fd=50
32 22 8:33 /sub /srv/media rw - btrfs /dev/sdc1 rw,subvol=/sub
";

    #[test]
    fn the_innermost_mount_counts() {
        let points = mount_points(MOUNTINFO);
        assert_eq!(points, ["/", "/mnt/disk one", "/srv/media"].map(PathBuf::from));
        let on = |path: &str| mount_of(Path::new(path), &points).display().to_string();
        assert_eq!(on("/mnt/disk one/films"), "/mnt/disk one");
        assert_eq!(on("/mnt/disk one"), "/mnt/disk one");
        assert_eq!(on("/mnt/disk onerous"), "/");
        assert_eq!(on("/mnt/auto/x"), "/");
        assert_eq!(on("/srv/media/x/y"), "/srv/media");
    }
}
