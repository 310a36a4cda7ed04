//! A whole folder as JSON, written by hand: 100,000 entries are one pass without an allocation each.

use std::ffi::CStr;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;

use livos_types::{RelPath, RootId, escape_name};
use rustix::fs::{AtFlags, MemfdFlags, RawDir, SealFlags, StatxFlags};
use rustix::io::{Errno, Result};

use super::{Kind, names, walk};

/// As much of a listing as stays in memory of ours before it moves to a memory file.
const CHUNK: usize = 256 * 1024;
/// One `getdents` fills at most this; some 110 ordinary names, a third of a millisecond: so long others wait.
const NAMES: usize = 4 * 1024;

/// A finished listing.
#[derive(Debug)]
pub(crate) enum Listed {
    /// Small: the bytes.
    Bytes(Vec<u8>),
    /// Large: a sealed memory file, at its beginning. It needs no thread that feeds it, so a reader that
    /// is slow or gone costs nothing.
    Memory(OwnedFd),
}

/// A listing in the making. Each [`Lister::step`] takes one bite, so that whoever runs it can let others
/// in between.
#[derive(Debug)]
pub(crate) struct Lister {
    directory: OwnedFd,
    names: Vec<u8>,
    out: Vec<u8>,
    spilled: Option<File>,
    hash: DefaultHasher,
    hashed: usize,
    total: u64,
    inline: usize,
}

impl Lister {
    /// A listing of an open directory that stays in memory up to `inline` bytes.
    pub(crate) fn new(directory: OwnedFd, root: &RootId, path: &RelPath, inline: usize) -> Self {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"{\"root\":");
        push_text(&mut out, root.as_str());
        out.extend_from_slice(b",\"path\":");
        push_text(&mut out, path.as_str());
        out.extend_from_slice(b",\"entries\":[");
        let hashed = out.len();
        Self {
            directory,
            names: Vec::with_capacity(NAMES),
            out,
            spilled: None,
            hash: DefaultHasher::new(),
            hashed,
            total: 0,
            inline,
        }
    }

    /// The directory being listed.
    pub(crate) fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// Entries so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Reads one bufferful of names. False when there are no more.
    pub(crate) fn step(&mut self) -> Result<bool> {
        let mut entries = RawDir::new(&self.directory, self.names.spare_capacity_mut());
        let mut found = false;
        while let Some(entry) = entries.next() {
            let entry = entry?;
            found = true;
            let name = entry.file_name();
            if !walk::is_dots(name) && !names::is_hidden(name.to_bytes()) {
                let kind = Kind::of(entry.file_type());
                if let Some((kind, size, modified_at)) = facts(&self.directory, name, kind)? {
                    if self.total > 0 {
                        self.out.push(b',');
                    }
                    self.total += 1;
                    push_entry(&mut self.out, name.to_bytes(), kind, size, modified_at);
                }
            }
            if entries.is_buffer_empty() {
                break;
            }
        }
        self.digest();
        if self.out.len() >= CHUNK {
            self.spill()?;
        }
        Ok(found)
    }

    /// Closes the document.
    pub(crate) fn finish(mut self) -> Result<Listed> {
        // At the end, because only now are they known; the order of JSON members means nothing.
        let tail = format!("],\"total\":{},\"revision\":\"{:016x}\"}}", self.total, self.hash.finish());
        self.out.extend_from_slice(tail.as_bytes());
        if self.spilled.is_none() && self.out.len() <= self.inline {
            return Ok(Listed::Bytes(self.out));
        }
        self.spill()?;
        let mut file = self.spilled.ok_or(Errno::IO)?;
        file.rewind().map_err(|error| errno(&error))?;
        // A sealed file cannot change or shrink under its reader.
        rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE)?;
        Ok(Listed::Memory(file.into()))
    }

    fn digest(&mut self) {
        self.hash.write(&self.out[self.hashed..]);
        self.hashed = self.out.len();
    }

    fn spill(&mut self) -> Result<()> {
        let file = match &mut self.spilled {
            Some(file) => file,
            empty => {
                let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
                empty.insert(File::from(rustix::fs::memfd_create("livos-listing", flags)?))
            }
        };
        file.write_all(&self.out).map_err(|error| errno(&error))?;
        self.out.clear();
        self.hashed = 0;
        Ok(())
    }
}

/// The error number of an `std` failure on a descriptor.
fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// `None` for an entry that went away after its name was read.
fn facts(directory: &OwnedFd, name: &CStr, kind: Kind) -> Result<Option<(Kind, u64, i64)>> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let wanted = StatxFlags::TYPE | StatxFlags::SIZE | StatxFlags::MTIME;
    match rustix::fs::statx(directory, name, flags, wanted) {
        Ok(found) => {
            let kind = Kind::of_mode(u32::from(found.stx_mode));
            let size = if kind == Kind::File { found.stx_size } else { 0 };
            Ok(Some((kind, size, found.stx_mtime.tv_sec)))
        }
        Err(Errno::NOENT) => Ok(None),
        // A name that cannot be asked about (a dead network mount) is still there to be seen.
        Err(Errno::ACCESS | Errno::IO | Errno::STALE | Errno::TIMEDOUT) => Ok(Some((kind, 0, 0))),
        Err(error) => Err(error),
    }
}

fn push_entry(out: &mut Vec<u8>, name: &[u8], kind: Kind, size: u64, modified_at: i64) {
    out.push(b'[');
    push_name(out, name);
    out.push(b',');
    out.push(kind.digit());
    out.push(b',');
    push_number(out, size);
    out.push(b',');
    if modified_at < 0 {
        out.push(b'-');
    }
    push_number(out, modified_at.unsigned_abs());
    out.push(b']');
}

fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    if name.iter().all(|b| is_plain(*b)) {
        out.push(b'"');
        out.extend_from_slice(name);
        out.push(b'"');
    } else {
        push_text(out, &escape_name(name));
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\'
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..=0x1f => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &[u8]) {
        let mut out = Vec::new();
        push_entry(&mut out, name, Kind::File, u64::MAX, i64::MIN);
        let (shown, kind, size, at): (String, u8, u64, i64) = serde_json::from_slice(&out).unwrap();
        assert_eq!(livos_types::unescape_name(&shown), name);
        assert_eq!((kind, size, at), (0, u64::MAX, i64::MIN));
    }

    #[test]
    fn every_name_is_valid_json_and_comes_back() {
        for name in [
            &b"plain.txt"[..],
            b"",
            b"\"\\",
            b"\n\t\x01\x1f\x7f",
            "\u{2028} ß 文 \u{EF80}".as_bytes(),
            b"caf\xe9",
        ] {
            check(name);
        }
        for byte in 1..=255_u8 {
            check(&[b'a', byte, b'b']);
        }
    }

    #[test]
    fn numbers_are_written_as_they_are() {
        for number in [0, 7, 10, 12_345, u64::MAX] {
            let mut out = Vec::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
    }
}
