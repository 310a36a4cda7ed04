//! A folder as a zip, written while it is read: nothing is stored on the way.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use livos_types::{RelPath, escape_name};
use rustix::io::Errno;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::core::fs::place::{Place, Spot};
use crate::core::fs::walk::{self, Walk};
use crate::core::fs::{Facts, Kind, facts_at, names, open_directory, open_regular};

/// From this size on an entry gets 64-bit lengths. Well below 4 GiB, because a file may grow while it is read.
const LARGE: u64 = 3 << 30;

/// The writing end of the pipe. When it is cut off, what still comes is thrown away: a zip writer closes
/// its archive when it is dropped, and a broken archive must not become a valid one.
#[derive(Clone)]
struct Outlet(Rc<RefCell<Option<BufWriter<File>>>>);

impl Outlet {
    fn cut_off(&self) -> Option<BufWriter<File>> {
        self.0.borrow_mut().take()
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().as_mut().map_or(Ok(bytes.len()), |pipe| pipe.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().as_mut().map_or(Ok(()), Write::flush)
    }
}

/// What an archive came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) entries: u64,
    /// Devices, sockets, FIFOs and links: a zip has no honest place for them.
    pub(crate) left_out: u64,
}

/// Packs entries into `pipe`. On failure the pipe ends before the archive does.
pub(crate) fn pack(place: &Place, paths: &[RelPath], pipe: OwnedFd) -> io::Result<Packed> {
    let outlet = Outlet(Rc::new(RefCell::new(Some(BufWriter::with_capacity(256 * 1024, File::from(pipe))))));
    let mut packer = Packer { zip: ZipWriter::new_stream(outlet.clone()), packed: Packed::default() };
    let outcome = paths.iter().try_for_each(|path| packer.add(place, path));
    let Packer { zip, packed } = packer;
    match outcome {
        Ok(()) => {
            zip.finish().map_err(plain)?;
            outlet.cut_off().map_or(Ok(()), |mut pipe| pipe.flush())?;
            Ok(packed)
        }
        Err(error) => {
            if let Some(pipe) = outlet.cut_off() {
                // Without the buffered rest: the sooner it ends, the clearer.
                drop(pipe.into_parts());
            }
            drop(zip);
            Err(error)
        }
    }
}

fn plain(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    }
}

struct Packer {
    zip: ZipWriter<StreamWriter<Outlet>>,
    packed: Packed,
}

impl Packer {
    fn add(&mut self, place: &Place, path: &RelPath) -> io::Result<()> {
        if path.is_root() {
            return self.add_tree(&place.directory(path)?, "");
        }
        let Spot { directory, name } = place.spot(path)?;
        let shown = safe(name.to_bytes());
        let facts = facts_at(&directory, &name)?;
        match facts.kind {
            Kind::Directory => {
                let top = self.folder(&shown, &facts)?;
                self.add_tree(&open_directory(&directory, &name)?, &top)
            }
            kind => self.add_one(&directory, &name, kind, &shown),
        }
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
            for entry in &step.entries {
                let name = safe(entry.name.to_bytes());
                let shown = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
                if entry.kind == Kind::Directory {
                    let facts = match facts_at(&step.directory, &entry.name) {
                        Ok(facts) => facts,
                        Err(Errno::NOENT) => continue,
                        Err(error) => return Err(error.into()),
                    };
                    let shown = self.folder(&shown, &facts)?;
                    let below = walk::join(&path, entry.name.to_bytes());
                    safe_paths.insert(below.clone(), shown);
                    walk.enter(below);
                } else {
                    match self.add_one(&step.directory, &entry.name, entry.kind, &shown) {
                        // It went away after its name was read, which is no fault of the archive.
                        Err(error) if errno_of(&error) == Some(Errno::NOENT) => {}
                        other => other?,
                    }
                }
            }
        }
        Ok(())
    }

    fn add_one(
        &mut self,
        directory: &OwnedFd,
        name: &std::ffi::CStr,
        kind: Kind,
        shown: &str,
    ) -> io::Result<()> {
        if kind != Kind::File {
            tracing::info!(name = shown, kind = kind.as_str(), "left out of an archive");
            self.packed.left_out += 1;
            return Ok(());
        }
        let (file, facts) = open_regular(directory, name)?;
        let options = options(&facts).large_file(facts.size >= LARGE);
        self.named(shown, |zip, name| zip.start_file(name, options))?;
        let mut file = File::from(file);
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.zip.write_all(&buffer[..count])?;
        }
        self.packed.entries += 1;
        Ok(())
    }

    fn folder(&mut self, shown: &str, facts: &Facts) -> io::Result<String> {
        self.packed.entries += 1;
        self.named(shown, |zip, name| zip.add_directory(format!("{name}/"), options(facts)))
    }

    /// Adds an entry under its name, or under "name (2)" when making names safe has made two alike.
    fn named(
        &mut self,
        shown: &str,
        add: impl Fn(&mut ZipWriter<StreamWriter<Outlet>>, &str) -> Result<(), ZipError>,
    ) -> io::Result<String> {
        match add(&mut self.zip, shown) {
            Ok(()) => return Ok(shown.to_owned()),
            Err(ZipError::InvalidArchive(why)) if why.starts_with("Duplicate") => {}
            Err(error) => return Err(plain(error)),
        }
        let (folder, name) = shown.rsplit_once('/').map_or(("", shown), |(folder, name)| (folder, name));
        for other in names::alternatives(name.as_bytes(), false) {
            let other = String::from_utf8_lossy(&other).into_owned();
            let other = if folder.is_empty() { other } else { format!("{folder}/{other}") };
            match add(&mut self.zip, &other) {
                Ok(()) => return Ok(other),
                Err(ZipError::InvalidArchive(why)) if why.starts_with("Duplicate") => {}
                Err(error) => return Err(plain(error)),
            }
        }
        Err(Errno::EXIST.into())
    }
}

fn errno_of(error: &io::Error) -> Option<Errno> {
    Errno::from_io_error(error)
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

fn options(facts: &Facts) -> SimpleFileOptions {
    // Stored: most of what people download in bulk is compressed already, and a home server's processor
    // is slower than its network.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(if facts.kind == Kind::Directory { 0o755 } else { 0o644 | (facts.mode & 0o111) });
    match zip_time(facts.modified_at) {
        Some(time) => options.last_modified_time(time),
        None => options,
    }
}

/// UTC in the calendar of the zip format, which begins in 1980. (Days to civil date after H. Hinnant.)
fn zip_time(at: i64) -> Option<DateTime> {
    let days = at.div_euclid(86_400) + 719_468;
    let second = u32::try_from(at.rem_euclid(86_400)).ok()?;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |number: i64| u8::try_from(number).ok();
    DateTime::from_date_and_time(
        u16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        u8::try_from(second / 3600).ok()?,
        u8::try_from(second / 60 % 60).ok()?,
        u8::try_from(second % 60).ok()?,
    )
    .ok()
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
    fn times_are_those_of_the_calendar() {
        for (at, want) in [
            (315_532_800, (1980, 1, 1, 0, 0, 0)),
            (951_827_696, (2000, 2, 29, 12, 34, 56)),
            // The format counts seconds in twos.
            (1_798_761_599, (2026, 12, 31, 23, 59, 58)),
        ] {
            let time = zip_time(at).unwrap();
            let got = (time.year(), time.month(), time.day(), time.hour(), time.minute(), time.second());
            assert_eq!(got, want, "{at}");
        }
        assert!(zip_time(0).is_none());
        assert!(zip_time(i64::MAX / 2).is_none());
    }

    #[test]
    fn names_cannot_leave_where_they_are_unpacked() {
        for (name, want) in
            [("..\\..\\evil", ".._.._evil"), ("C:x", "C_x"), ("a\nb", "a_b"), ("..", "_"), ("ok ü", "ok ü")]
        {
            assert_eq!(safe(name.as_bytes()), want);
        }
    }
}
