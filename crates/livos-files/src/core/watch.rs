//! Which folders somebody looks at, and what changes in them.
//!
//! A folder is watched from the moment it was listed until others were listed more lately. Nothing here
//! runs unless the kernel reports a change.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use livos_types::{RelPath, RootId, escape_name};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::core::fs::{names, self_path};
use crate::error::Error;

/// So many folders are watched at once.
const CAPACITY: usize = 256;
/// After a change of a folder was announced, the next is announced this much later at the earliest...
const QUIET: Duration = Duration::from_millis(20);
/// ... and while changes pour in, at most this much later.
const LONGEST_QUIET: Duration = Duration::from_millis(320);
/// Changes come in a storm when there is one within this time all through a quiet: more than somebody makes
/// by hand, more than a program that finishes a few files a second.
const STORM: Duration = Duration::from_millis(8);
/// While changes pour in they are read this often: soon enough for eyes, rarely enough for batteries.
const BREATH: Duration = Duration::from_millis(5);

/// A folder as clients know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Folder {
    pub(crate) root: RootId,
    pub(crate) path: RelPath,
}

/// The folders being watched.
#[derive(Debug)]
pub(crate) struct Watches {
    inotify: OwnedFd,
    table: Mutex<Table>,
    /// Changes that we caused ourselves and that no watch would tell.
    told: mpsc::UnboundedSender<Vec<Folder>>,
}

/// The other end of [`Watches`], for its one task.
#[derive(Debug)]
pub(crate) struct Told(mpsc::UnboundedReceiver<Vec<Folder>>);

/// Folders, and how often each of them changed.
type Changed = HashMap<Folder, u32>;

#[derive(Debug, Default)]
struct Table {
    watches: HashMap<i32, Watch>,
    numbers: HashMap<Folder, i32>,
    uses: u64,
}

/// One inode. It may be known under several paths, by links.
#[derive(Debug)]
struct Watch {
    folders: Vec<Folder>,
    used: u64,
}

impl Watches {
    pub(crate) fn new() -> Result<(Self, Told), Error> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .map_err(|errno| Error::Watch(errno.into()))?;
        let (told, receiver) = mpsc::unbounded_channel();
        Ok((Self { inotify, table: Mutex::default(), told }, Told(receiver)))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches an open directory under this path. Call it before reading the directory, so that no change
    /// falls in between. That it cannot be watched is not a reason not to show it.
    pub(crate) fn add(&self, directory: impl AsFd, folder: Folder) {
        let wanted = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR
            | WatchFlags::EXCL_UNLINK;
        // The lock is held over the call: the reader must not meet a number that is not in the table yet.
        let mut table = self.table();
        match inotify::add_watch(&self.inotify, self_path(directory.as_fd()), wanted) {
            Ok(number) => {
                for number in table.note(number, folder) {
                    self.unwatch(number);
                }
            }
            Err(error) => tracing::debug!(%error, "a folder is not watched"),
        }
    }

    /// Something at `path` was moved away or deleted by ourselves: whoever looks at it or into it must know,
    /// even where nobody watches the folder it stood in.
    pub(crate) fn gone(&self, root: &RootId, path: &RelPath) {
        let mut table = self.table();
        let below = table.below(root, path);
        if below.is_empty() {
            return;
        }
        for folder in &below {
            if let Some(number) = table.forget(folder) {
                self.unwatch(number);
            }
        }
        drop(table);
        // Nobody listens only while the daemon stops.
        let _ = self.told.send(below);
    }

    fn unwatch(&self, number: i32) {
        // It fails when the kernel has let go first, which is as good.
        let _ = inotify::remove_watch(&self.inotify, number);
    }

    /// Number of inodes being watched.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.table().watches.len()
    }

    /// Reads events and hands on which folders changed, until `shutdown`.
    pub(crate) async fn run(
        &self,
        mut told: Told,
        changes: mpsc::UnboundedSender<Folder>,
        shutdown: CancellationToken,
    ) -> Result<(), Error> {
        #[expect(
            deprecated,
            reason = "its successor is unsafe, against descriptors that close or change while registered; this one is \
                      borrowed from `self` for as long as it is registered"
        )]
        let inotify = AsyncFd::new(self.inotify.as_fd()).map_err(Error::Watch)?;
        let mut calm = Calm::default();
        loop {
            let timer = async {
                match calm.next() {
                    Some(next) => tokio::time::sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            let mut changed = Changed::new();
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                ready = inotify.readable() => {
                    let mut ready = ready.map_err(Error::Watch)?;
                    changed = self.read().map_err(|errno| Error::Watch(errno.into()))?;
                    ready.clear_ready();
                }
                Some(folders) = told.0.recv() => changed = folders.into_iter().map(|folder| (folder, 1)).collect(),
                () = timer => {}
            }
            let busy = !changed.is_empty();
            for folder in calm.take(changed, Instant::now()) {
                if changes.send(folder).is_err() {
                    return Ok(());
                }
            }
            if busy {
                tokio::select! {
                    () = shutdown.cancelled() => return Ok(()),
                    () = tokio::time::sleep(BREATH) => {}
                }
            }
        }
    }

    /// Every event there is now, as folders with how often each changed.
    fn read(&self) -> Result<Changed, Errno> {
        let mut buffer = [const { MaybeUninit::uninit() }; 16 * 1024];
        let mut changed = Changed::new();
        let mut events = inotify::Reader::new(&self.inotify, &mut buffer);
        loop {
            match events.next() {
                Ok(event) => {
                    let mut table = self.table();
                    let name = event.file_name().map(std::ffi::CStr::to_bytes).unwrap_or_default();
                    for number in table.event(event.wd(), event.events(), name, &mut changed) {
                        self.unwatch(number);
                    }
                }
                Err(Errno::AGAIN) => return Ok(changed),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Table {
    /// Enters a watch; answers the numbers of watches to give up for it.
    fn note(&mut self, number: i32, folder: Folder) -> Vec<i32> {
        let mut surplus = Vec::new();
        self.uses += 1;
        if self.numbers.get(&folder).is_some_and(|known| *known != number) {
            // The path leads to another inode than before.
            surplus.extend(self.forget(&folder));
        }
        let used = self.uses;
        let watch = self.watches.entry(number).or_insert_with(|| Watch { folders: Vec::new(), used });
        watch.used = used;
        if self.numbers.insert(folder.clone(), number).is_none() {
            watch.folders.push(folder);
        }
        while self.watches.len() > CAPACITY {
            let Some(oldest) =
                self.watches.iter().min_by_key(|(_, watch)| watch.used).map(|(number, _)| *number)
            else {
                break;
            };
            self.drop_watch(oldest);
            surplus.push(oldest);
        }
        surplus
    }

    /// Takes a path off the table; answers its watch if that serves no other path.
    fn forget(&mut self, folder: &Folder) -> Option<i32> {
        let number = self.numbers.remove(folder)?;
        let watch = self.watches.get_mut(&number)?;
        watch.folders.retain(|other| other != folder);
        if watch.folders.is_empty() {
            self.watches.remove(&number);
            return Some(number);
        }
        None
    }

    fn drop_watch(&mut self, number: i32) -> Vec<Folder> {
        let folders = self.watches.remove(&number).map(|watch| watch.folders).unwrap_or_default();
        for folder in &folders {
            self.numbers.remove(folder);
        }
        folders
    }

    /// The watched folders at or below a path.
    fn below(&self, root: &RootId, path: &RelPath) -> Vec<Folder> {
        let inside = |folder: &&Folder| folder.root == *root && folder.path.is_within(path);
        self.numbers.keys().filter(inside).cloned().collect()
    }

    /// Takes an event in; answers the numbers of watches to give up.
    fn event(&mut self, number: i32, what: ReadFlags, name: &[u8], changed: &mut Changed) -> Vec<i32> {
        let mut note = |folder: Folder| *changed.entry(folder).or_default() += 1;
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.numbers.keys().cloned().for_each(note);
            return Vec::new();
        }
        if !self.watches.contains_key(&number) {
            return Vec::new();
        }
        if what.intersects(
            ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT | ReadFlags::IGNORED,
        ) {
            // The path does not lead here any more. Whoever lists it again starts a new watch.
            self.drop_watch(number).into_iter().for_each(note);
            return if what.contains(ReadFlags::MOVE_SELF) { vec![number] } else { Vec::new() };
        }
        if names::is_hidden(name) {
            return Vec::new();
        }
        let folders = self.watches.get(&number).map(|watch| watch.folders.clone()).unwrap_or_default();
        let mut surplus = Vec::new();
        if what.contains(ReadFlags::ISDIR) && what.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) {
            // What is watched below it has another path now, or none.
            let shown = escape_name(name);
            for path in folders.iter().filter_map(|folder| Some((folder, folder.path.join(&shown).ok()?))) {
                for lost in self.below(&path.0.root, &path.1) {
                    surplus.extend(self.forget(&lost));
                    note(lost);
                }
            }
        }
        folders.into_iter().for_each(note);
        surplus
    }
}

/// Joins changes of a folder: the first is told at once, the next ones together when the quiet is over. A
/// quiet is short, so that a change now and then is known at once; each one that was full of changes makes
/// the next twice as long, so that a storm costs its listeners a few looks a second and no more.
#[derive(Debug, Default)]
struct Calm(HashMap<Folder, Quiet>);

#[derive(Debug)]
struct Quiet {
    until: Instant,
    length: Duration,
    /// Changes that wait for its end.
    waiting: u32,
}

impl Quiet {
    fn from(now: Instant, length: Duration) -> Self {
        Self { until: now + length, length, waiting: 0 }
    }

    /// What follows when this one is over and the changes in it are told.
    fn next(&self, now: Instant) -> Self {
        let stormy = STORM.saturating_mul(self.waiting) > self.length;
        let length = if stormy { self.length * 2 } else { self.length / 2 };
        Self::from(now, length.clamp(QUIET, LONGEST_QUIET))
    }
}

impl Calm {
    /// When something that was held back is due.
    fn next(&self) -> Option<Instant> {
        self.0.values().filter(|quiet| quiet.waiting > 0).map(|quiet| quiet.until).min()
    }

    /// What to tell now, given what changed.
    fn take(&mut self, changed: Changed, now: Instant) -> Vec<Folder> {
        for (folder, times) in &changed {
            // A quiet that was over with nothing to tell is forgotten.
            if let Some(quiet) = self.0.get_mut(folder).filter(|quiet| quiet.until > now || quiet.waiting > 0)
            {
                quiet.waiting = quiet.waiting.saturating_add(*times);
            }
        }
        let mut due = Vec::new();
        self.0.retain(|folder, quiet| {
            if quiet.until <= now && quiet.waiting > 0 {
                due.push(folder.clone());
                *quiet = quiet.next(now);
            }
            quiet.until > now
        });
        for folder in changed.into_keys() {
            if let Entry::Vacant(new) = self.0.entry(folder) {
                due.push(new.key().clone());
                new.insert(Quiet::from(now, QUIET));
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When `d` is told of, in milliseconds, given when it changes.
    fn told(changes: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let (start, mut calm, mut told) = (Instant::now(), Calm::default(), Vec::new());
        let folder = Folder { root: RootId::new("home").unwrap(), path: RelPath::new("d").unwrap() };
        let mut take = |calm: &mut Calm, at: Instant, changed: Changed| {
            told.extend(calm.take(changed, at).iter().map(|_| (at - start).as_millis() as u64));
        };
        for change in changes {
            let now = start + Duration::from_millis(change);
            while let Some(due) = calm.next().filter(|due| *due < now) {
                take(&mut calm, due, Changed::new());
            }
            take(&mut calm, now, Changed::from([(folder.clone(), 1)]));
        }
        while let Some(due) = calm.next() {
            take(&mut calm, due, Changed::new());
        }
        told
    }

    #[test]
    fn changes_now_and_then_are_each_told_at_once() {
        let changes: Vec<u64> = (0..100).map(|number| number * 50).collect();
        assert_eq!(told(changes.iter().copied()), changes);
    }

    #[test]
    fn a_file_that_is_made_and_written_is_told_at_once_and_once_more() {
        // Each is made, then written: what came last is known within a quiet.
        let changes = (0..3).flat_map(|number| [number * 50, number * 50 + 1, number * 50 + 2]);
        assert_eq!(told(changes), [0, 20, 50, 70, 100, 120]);
    }

    #[test]
    fn a_storm_is_told_ever_more_rarely_and_its_end_is_told() {
        let storm = told(0..10_000);
        assert_eq!(storm[..6], [0, 20, 60, 140, 300, 620], "each quiet is twice as long");
        assert!(storm.len() < 40, "{} signals in ten seconds", storm.len());
        assert!(*storm.last().unwrap() >= 9_999, "the last change is told of");
        assert!(storm.windows(2).all(|pair| pair[1] - pair[0] <= 320));
    }

    #[test]
    fn after_a_storm_a_change_is_told_at_once_again() {
        let changes = (0..1_000).chain([2_000, 2_050]);
        assert_eq!(told(changes).split_off_after(2_000), [2_000, 2_050]);
        // Also when it never falls quite silent.
        let changes = (0..1_000).chain((0..40).map(|number| 1_000 + number * 50));
        assert_eq!(told(changes).split_off_after(2_900), [2_900, 2_950]);
    }

    trait SplitOff {
        fn split_off_after(self, at: u64) -> Vec<u64>;
    }

    impl SplitOff for Vec<u64> {
        fn split_off_after(mut self, at: u64) -> Vec<u64> {
            self.retain(|told| *told >= at);
            self
        }
    }
}
