//! Tar archives, as far as copying configuration into a container needs them.

use bytes::Bytes;

use crate::error::{EngineError, Result};

const BLOCK: usize = 512;
const NAME: usize = 100;
const PREFIX: usize = 155;

/// A tar archive in the making.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
}

/// Who owns an entry, and who may do what with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// Mode bits.
    pub mode: u32,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Permissions {
    /// Root's, with these mode bits.
    pub const fn root(mode: u32) -> Self {
        Self { mode, uid: 0, gid: 0 }
    }
}

impl Archive {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory. `path` is relative to where the archive will be unpacked.
    pub fn directory(&mut self, path: &str, permissions: Permissions) -> Result<()> {
        self.header(path, permissions, 0, b'5')
    }

    /// Adds a file.
    pub fn file(&mut self, path: &str, permissions: Permissions, contents: &[u8]) -> Result<()> {
        self.header(path, permissions, contents.len(), b'0')?;
        self.bytes.extend_from_slice(contents);
        self.bytes.resize(self.bytes.len().next_multiple_of(BLOCK), 0);
        Ok(())
    }

    /// The archive. The same entries give the same bytes: times are zero.
    pub fn finish(mut self) -> Bytes {
        self.bytes.resize(self.bytes.len() + 2 * BLOCK, 0);
        Bytes::from(self.bytes)
    }

    fn header(&mut self, path: &str, permissions: Permissions, size: usize, kind: u8) -> Result<()> {
        let (prefix, name) = split(path)?;
        let mut header = [0_u8; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| {
            for (target, byte) in header.iter_mut().skip(at).zip(bytes) {
                *target = *byte;
            }
        };
        put(0, name.as_bytes());
        put(100, format!("{:07o}", permissions.mode & 0o7777).as_bytes());
        put(108, format!("{:07o}", permissions.uid & 0o7_777_777).as_bytes());
        put(116, format!("{:07o}", permissions.gid & 0o7_777_777).as_bytes());
        put(124, format!("{size:011o}").as_bytes());
        put(136, b"00000000000");
        put(148, b"        ");
        put(156, &[kind]);
        put(257, b"ustar\x0000");
        put(345, prefix.as_bytes());
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        for (target, byte) in header.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").as_bytes()) {
            *target = *byte;
        }
        self.bytes.extend_from_slice(&header);
        Ok(())
    }
}

/// A path as the format stores it: a long one is cut at a slash.
fn split(path: &str) -> Result<(&str, &str)> {
    let invalid = |detail: &str| EngineError::Invalid {
        subject: "the archive".to_owned(),
        detail: format!("path {path:?} {detail}"),
    };
    if path.is_empty() || path.contains('\0') || path.split('/').any(|part| part == "..") {
        return Err(invalid("can't be stored"));
    }
    if path.len() <= NAME {
        return Ok(("", path));
    }
    path.match_indices('/')
        .map(|(at, _)| (&path[..at], &path[at + 1..]))
        .find(|(prefix, name)| prefix.len() <= PREFIX && (1..=NAME).contains(&name.len()))
        .ok_or_else(|| invalid("is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let long = format!("{}/{}", "d".repeat(90), "f".repeat(90));
        let mut archive = Archive::new();
        archive.directory("etc", Permissions::root(0o755)).unwrap();
        archive.file("etc/app.conf", Permissions { mode: 0o640, uid: 1000, gid: 33 }, b"key = 1\n").unwrap();
        archive.file(&long, Permissions::root(0o600), &[7; 513]).unwrap();
        let path = dir.path().join("a.tar");
        std::fs::write(&path, archive.finish()).unwrap();
        let list = std::process::Command::new("tar").arg("-tvf").arg(&path).output().unwrap();
        let list = String::from_utf8(list.stdout).unwrap();
        assert!(list.contains("drwxr-xr-x 0/0"), "{list}");
        assert!(list.contains("-rw-r----- 1000/33") && list.contains("etc/app.conf"), "{list}");
        assert!(list.contains(&long), "{list}");
    }

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        for path in ["", "../a", "a/../../b", &"x".repeat(300)] {
            assert!(Archive::new().file(path, Permissions::root(0o600), b"").is_err(), "{path}");
        }
    }
}
