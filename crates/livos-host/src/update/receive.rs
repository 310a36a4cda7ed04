//! Taking over a file that somebody hands in. It is copied to where only root can change it before anything in it is
//! looked at, so nobody can put another in its place after it was verified.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::Mutex;

use livos_bus::documents::UpdateProblem;
use livos_service::chain;

use super::engine::{enough_room, problem, refused};
use super::offer::LARGEST;
use super::{Folder, Request, files, remove_file};
use crate::Error;

/// How far it is. It ends with the daemon, and so does what is known of it.
#[derive(Debug, Default)]
pub(crate) struct Receiving(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// A file is being taken over, and so much of it is here.
    percent: Option<u8>,
    /// Nobody wants it any more.
    stop: bool,
    /// Why the last one did not come.
    problem: Option<UpdateProblem>,
}

impl Receiving {
    /// False if one is being taken over already.
    pub(crate) fn begin(&self) -> bool {
        let mut inner = self.inner();
        if inner.percent.is_some() {
            return false;
        }
        *inner = Inner { percent: Some(0), ..Inner::default() };
        true
    }

    pub(crate) fn percent(&self) -> Option<u8> {
        self.inner().percent
    }

    pub(crate) fn problem(&self) -> Option<UpdateProblem> {
        self.inner().problem.clone()
    }

    /// Something else is asked for: what was wrong with a file is old news.
    pub(crate) fn forget(&self) {
        self.inner().problem = None;
    }

    /// Answers whether there was anything to stop.
    pub(crate) fn stop(&self) -> bool {
        let mut inner = self.inner();
        inner.stop = true;
        inner.percent.is_some()
    }

    fn end(&self, outcome: &Result<(), Error>) {
        let problem = outcome.as_ref().err().map(problem);
        *self.inner() = Inner { problem, ..Inner::default() };
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Takes a file over and has it looked at; `told` hears of every step. What went wrong is in `receiving`.
pub(crate) fn receive(folder: &Folder, receiving: &Receiving, file: &File, name: &str, told: impl FnMut()) {
    let outcome = copy(folder, receiving, file, told).and_then(|()| {
        if folder.ask_if_none(&Request::Offered(name.to_owned()))? {
            return Ok(());
        }
        remove_file(&folder.offered())?;
        Err(refused("changed", "Something else was asked for meanwhile. Choose the file again."))
    });
    if let Err(error) = &outcome {
        tracing::warn!(name, "the file is not taken over: {}", chain(error));
    }
    receiving.end(&outcome);
}

fn copy(folder: &Folder, receiving: &Receiving, file: &File, mut told: impl FnMut()) -> Result<(), Error> {
    let place = folder.offered();
    let part = place.with_extension("part");
    // Of one that was cut off.
    remove_file(&part)?;
    remove_file(&place)?;
    let outcome = copy_to(&part, folder, receiving, file, &mut told);
    match outcome {
        Ok(()) => fs::rename(&part, &place).map_err(files("could not rename", &part)),
        Err(error) => {
            remove_file(&part)?;
            Err(error)
        }
    }
}

fn copy_to(
    part: &std::path::Path,
    folder: &Folder,
    receiving: &Receiving,
    file: &File,
    told: &mut impl FnMut(),
) -> Result<(), Error> {
    let unreadable = |error: std::io::Error| {
        refused("damaged", format!("The file could not be read to its end: {error}. Copy it here again."))
    };
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() || about.len() == 0 || about.len() > LARGEST {
        return Err(refused(
            "not_a_bundle",
            "This is no bundle of LivOS. Choose a file that is called livos-VERSION.bundle.",
        ));
    }
    let size = about.len();
    // Once as it is, and once unpacked, which is mostly on the same disk.
    enough_room(folder.path(), size.saturating_mul(2))?;
    let mut copy = File::create_new(part).map_err(files("could not create", part))?;
    let mut buffer = vec![0; 1 << 20];
    let mut done: u64 = 0;
    loop {
        let count = match file.read_at(&mut buffer, done) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        copy.write_all(bytes).map_err(files("could not write", part))?;
        done += bytes.len() as u64;
        if done > size {
            break;
        }
        let percent = u8::try_from(done * 100 / size).unwrap_or(100);
        let mut inner = receiving.inner();
        if inner.stop {
            return Err(super::engine::cancelled());
        }
        if inner.percent.replace(percent) != Some(percent) {
            drop(inner);
            told();
        }
    }
    if done != size {
        return Err(refused("damaged", "The file changed while it was read. Choose it again."));
    }
    copy.sync_all().map_err(files("could not write", part))
}
