//! A folder as a zip, written while it is read: nothing is stored on the way.

use std::collections::HashSet;
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, BufWriter};
use std::os::fd::{AsFd, OwnedFd};

use livos_types::{RelPath, escape_name};
use rustix::io::Errno;

use crate::core::fs::place::{Place, Spot};
use crate::core::fs::walk::{self, Walk};
use crate::core::fs::{Kind, facts_at, names, open_directory, open_regular};
use crate::core::zip::ZipStream;

/// What an archive came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) entries: u64,
    /// Devices, sockets, FIFOs and links: a zip has no honest place for them.
    pub(crate) left_out: u64,
}

/// Packs entries into `pipe`. On failure the pipe ends before the archive does, so that nobody takes what
/// arrived for the whole.
pub(crate) fn pack(place: &Place, paths: &[RelPath], pipe: OwnedFd) -> io::Result<Packed> {
    let pipe = BufWriter::with_capacity(256 * 1024, File::from(pipe));
    let mut packer = Packer { zip: ZipStream::new(pipe), left_out: 0 };
    let mut used = HashSet::new();
    match paths.iter().try_for_each(|path| packer.add(place, path, &mut used)) {
        Ok(()) => {
            let packed = Packed { entries: packer.zip.entries(), left_out: packer.left_out };
            packer.zip.finish().map(|()| packed)
        }
        Err(error) => {
            // Taken apart rather than dropped, which would still send what is buffered.
            drop(packer.zip.into_inner().into_parts());
            Err(error)
        }
    }
}

struct Packer {
    zip: ZipStream<BufWriter<File>>,
    left_out: u64,
}

impl Packer {
    fn add(&mut self, place: &Place, path: &RelPath, used: &mut HashSet<String>) -> io::Result<()> {
        if path.is_root() {
            return self.add_tree(&place.directory(path)?, "");
        }
        let Spot { directory, name } = place.spot(path)?;
        let shown = unused(name.to_bytes(), used)?;
        let facts = facts_at(&directory, &name)?;
        if facts.kind != Kind::Directory {
            return self.add_one(&directory, &name, facts.kind, &shown);
        }
        self.zip.folder(&shown, facts.modified_at)?;
        self.add_tree(&open_directory(&directory, &name)?, &shown)
    }

    fn add_tree(&mut self, top: &OwnedFd, prefix: &str) -> io::Result<()> {
        // The walk goes by the real names, the archive by safe ones, which may differ.
        let mut safe_paths = std::collections::HashMap::from([(Vec::new(), prefix.to_owned())]);
        let mut walk = Walk::new(top.as_fd());
        while let Some((path, step)) = walk.next() {
            let step = match step {
                Ok(step) => step,
                Err(error) if !path.is_empty() && walk::has_vanished(error) => continue,
                Err(error) => return Err(error.into()),
            };
            let prefix = safe_paths.remove(&path).unwrap_or_default();
            let mut used = HashSet::new();
            for entry in &step.entries {
                let name = unused(entry.name.to_bytes(), &mut used)?;
                let shown = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
                let added = if entry.kind == Kind::Directory {
                    let below = walk::join(&path, entry.name.to_bytes());
                    safe_paths.insert(below.clone(), shown.clone());
                    walk.enter(below);
                    let facts = facts_at(&step.directory, &entry.name).map_err(io::Error::from);
                    facts.and_then(|facts| self.zip.folder(&shown, facts.modified_at))
                } else {
                    self.add_one(&step.directory, &entry.name, entry.kind, &shown)
                };
                match added {
                    // It went away after its name was read, which is no fault of the archive.
                    Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => {}
                    other => other?,
                }
            }
        }
        Ok(())
    }

    fn add_one(&mut self, directory: &OwnedFd, name: &CStr, kind: Kind, shown: &str) -> io::Result<()> {
        if kind != Kind::File {
            tracing::info!(name = shown, kind = kind.as_str(), "left out of an archive");
            self.left_out += 1;
            return Ok(());
        }
        let (file, facts) = open_regular(directory, name)?;
        self.zip.file(shown, facts.modified_at, facts.mode & 0o100 != 0, facts.size, File::from(file))
    }
}

/// A safe name that nothing else in the same folder of the archive has.
fn unused(name: &[u8], used: &mut HashSet<String>) -> io::Result<String> {
    let shown = safe(name);
    if used.insert(shown.clone()) {
        return Ok(shown);
    }
    let free = names::alternatives(shown.as_bytes(), false)
        .map(|other| String::from_utf8_lossy(&other).into_owned())
        .find(|other| used.insert(other.clone()));
    free.ok_or_else(|| Errno::EXIST.into())
}

/// A name that stays one name wherever it is unpacked: no separator or drive of any system, nothing that
/// a terminal obeys.
fn safe(name: &[u8]) -> String {
    let shown = escape_name(name);
    let shown: String = shown
        .chars()
        .map(|c| if c.is_control() || matches!(c, '/' | '\\' | ':') { '_' } else { c })
        .collect();
    if matches!(shown.as_str(), "" | "." | "..") { "_".to_owned() } else { shown }
}

/// Makes the pipe that carries an archive, roomy, so that reading and sending overlap.
pub(crate) fn pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // Without the privilege, or above the person's limit, the usual size does as well.
    let _ = rustix::pipe::fcntl_setpipe_size(&write, 1024 * 1024);
    Ok((read, write))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_where_they_are_unpacked() {
        for (name, want) in
            [("..\\..\\evil", ".._.._evil"), ("C:x", "C_x"), ("a\nb", "a_b"), ("..", "_"), ("ok ü", "ok ü")]
        {
            assert_eq!(safe(name.as_bytes()), want);
        }
    }
}
