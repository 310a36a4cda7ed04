//! When to try again to reach a program that is away: by signs of life of its socket, not by the clock.

use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

use crate::ports::Patience;

/// The attempts to reach whoever listens on a socket. For a while they come by themselves, ever more rarely,
/// because what has just gone mostly comes back; after that, only something that happens to the socket leads
/// to another one, so that nobody wakes up for a program that is not there.
#[derive(Debug)]
pub(crate) struct Attempts {
    socket: PathBuf,
    patience: Patience,
    again: Duration,
    /// When the first of them failed.
    since: Option<Instant>,
    signs: Option<Signs>,
}

impl Attempts {
    pub(crate) fn new(socket: &Path, patience: Patience) -> Self {
        Self { socket: socket.to_owned(), patience, again: patience.again, since: None, signs: None }
    }

    /// Call it before each attempt: what happens to the socket from here on is noticed.
    pub(crate) fn begin(&mut self) {
        if self.signs.is_none() {
            self.signs = match Signs::of(&self.socket) {
                Ok(signs) => Some(signs),
                // Without it the clock has to do.
                Err(error) => {
                    tracing::warn!(path = %self.socket.display(), %error, "a socket cannot be watched");
                    None
                }
            };
        }
    }

    /// The attempt has succeeded. While all is well nothing is watched, unless it is begun again.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::new(&self.socket, self.patience);
    }

    /// The same, and the socket goes on being watched from where it was.
    pub(crate) fn succeeded_and_watching(&mut self) {
        (self.again, self.since) = (self.patience.again, None);
    }

    /// Waits until something happens to the socket, beginning with [`Attempts::begin`]; for good if it cannot be watched.
    pub(crate) async fn sign(&mut self) {
        let Some(signs) = &mut self.signs else { return std::future::pending().await };
        if let Err(error) = signs.seen().await {
            tracing::warn!(path = %self.socket.display(), %error, "a socket can no longer be watched");
            self.signs = None;
        }
    }

    /// None has failed since one succeeded.
    pub(crate) fn is_first(&self) -> bool {
        self.again == self.patience.again
    }

    /// Waits until the next attempt is due.
    pub(crate) async fn next(&mut self) {
        let since = *self.since.get_or_insert_with(Instant::now);
        let (again, clock) = (self.again, since.elapsed() < self.patience.keep_trying);
        self.again = (again * 2).min(self.patience.again_at_most);
        let Some(signs) = &mut self.signs else { return tokio::time::sleep(again).await };
        let by_itself = async {
            if clock {
                tokio::time::sleep(again).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        let seen = tokio::select! {
            seen = signs.seen() => seen,
            () = by_itself => return,
        };
        if let Err(error) = seen {
            tracing::warn!(path = %self.socket.display(), %error, "a socket can no longer be watched");
            self.signs = None;
        }
        // Somebody who has just made a socket may need a moment until they answer.
        (self.again, self.since) = (self.patience.again, None);
    }
}

/// Tells when a file appears, is replaced or gets other rights, whether its folder is there or not.
#[derive(Debug)]
struct Signs {
    inotify: AsyncFd<OwnedFd>,
    path: PathBuf,
    /// The lowest folder above it that there is...
    watched: Option<i32>,
    /// ... and the name in it that leads to the file.
    name: OsString,
}

impl Signs {
    fn of(path: &Path) -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe, against descriptors that close or change while registered; this one \
                      is owned by what registers it"
        )]
        let inotify = AsyncFd::new(inotify)?;
        let mut signs = Self { inotify, path: path.to_owned(), watched: None, name: OsString::new() };
        signs.watch()?;
        Ok(signs)
    }

    fn watch(&mut self) -> io::Result<()> {
        let wanted = WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        loop {
            let mut below = self.path.as_path();
            let watched = loop {
                let folder = below.parent().ok_or(io::ErrorKind::NotFound)?;
                match inotify::add_watch(&self.inotify, folder, wanted) {
                    Ok(number) => break number,
                    Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => below = folder,
                    Err(error) => return Err(error.into()),
                }
            };
            let name = below.file_name().unwrap_or_default().to_owned();
            let appeared = below != self.path && below.is_dir() && name != self.name;
            if let Some(before) = self.watched.replace(watched).filter(|before| *before != watched) {
                // It fails when the folder is gone, which is as good.
                let _ = inotify::remove_watch(&self.inotify, before);
            }
            self.name = name;
            if !appeared {
                return Ok(());
            }
            // The next folder came while we looked at the one above it.
        }
    }

    /// Returns when something has happened since this was made or last returned.
    async fn seen(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.inotify.readable().await?;
            let happened = read(self.inotify.get_ref(), self.watched, &self.name)?;
            ready.clear_ready();
            if happened {
                return self.watch();
            }
        }
    }
}

/// Whether anything that matters is among the events there are.
fn read(inotify: &OwnedFd, watched: Option<i32>, name: &OsStr) -> io::Result<bool> {
    let mut buffer = [const { MaybeUninit::uninit() }; 4096];
    let mut events = inotify::Reader::new(inotify, &mut buffer);
    let mut happened = false;
    loop {
        match events.next() {
            Ok(event) => {
                let itself = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT;
                let of_it = event.file_name().is_some_and(|of| of.to_bytes() == name.as_bytes());
                let here = watched == Some(event.wd());
                happened |= here && (of_it || event.events().intersects(itself));
                happened |= event.events().contains(ReadFlags::QUEUE_OVERFLOW);
            }
            Err(Errno::AGAIN) => return Ok(happened),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    async fn sign(signs: &mut Signs) {
        tokio::time::timeout(Duration::from_secs(60), signs.seen()).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_socket_is_seen_wherever_its_folders_begin_and_however_it_comes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run/docker/docker.sock");
        let mut signs = Signs::of(&path).unwrap();
        for folder in ["run", "run/docker"] {
            std::fs::create_dir(directory.path().join(folder)).unwrap();
            sign(&mut signs).await;
        }
        std::fs::write(&path, "").unwrap();
        sign(&mut signs).await;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        sign(&mut signs).await;
        let other = directory.path().join("other");
        std::fs::write(&other, "").unwrap();
        std::fs::rename(&other, &path).unwrap();
        sign(&mut signs).await;
        std::fs::remove_dir_all(directory.path().join("run")).unwrap();
        sign(&mut signs).await;
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        sign(&mut signs).await;
        std::fs::write(&path, "").unwrap();
        sign(&mut signs).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_stays_away_costs_nothing_until_it_comes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("docker.sock");
        let patience = Patience::default();
        let mut attempts = Attempts::new(&path, patience);
        let (begun, mut tried) = (Instant::now(), 0);
        loop {
            attempts.begin();
            // Time stands still but for timers, so a day goes by only when nothing else is awaited.
            if tokio::time::timeout(DAY, attempts.next()).await.is_err() {
                break;
            }
            tried += 1;
        }
        assert!((5..20).contains(&tried), "{tried} attempts");
        assert!(begun.elapsed() < DAY + patience.keep_trying + patience.again_at_most);
        // Neighbours are no sign of it.
        std::fs::write(directory.path().join("containerd.sock"), "").unwrap();
        assert!(tokio::time::timeout(DAY, attempts.next()).await.is_err());
        std::fs::write(&path, "").unwrap();
        attempts.next().await;
        assert!(attempts.is_first(), "it may not answer yet, so it is tried again soon");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_between_two_attempts_is_not_missed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("docker.sock");
        let mut attempts =
            Attempts::new(&path, Patience { keep_trying: Duration::ZERO, ..Patience::default() });
        attempts.begin();
        std::fs::write(&path, "").unwrap();
        attempts.next().await;
    }
}
