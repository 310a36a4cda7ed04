//! The folders that a person shares with Nexus, and all that it ever sees of their files.
//!
//! A shared folder is opened without following any link, and what is named in it is resolved beneath that
//! descriptor. So a name outside can't even be asked for: whether it exists makes no difference to any answer.

use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use livos_bus::documents::{SearchReply, SharedEntry, SharedFolder, SharedListing, SharedPiece};
use livos_bus::{Actor, EntryInfo};
use livos_types::{RelPath, RootId, escape_name};
use rustix::fs::{OFlags, RawDir};
use rustix::io::Errno;
use tokio_util::sync::CancellationToken;

use crate::core::fs::place::Place;
use crate::core::fs::{Links, facts_at, facts_of, names, open_beneath, walk};
use crate::core::places::{Places, Wish, describe};
use crate::core::search::{Bounds, search};
use crate::core::{Files, media, text, threads};
use crate::error::{Error, at};
use crate::store::personal::{Chosen, Mark};

/// More would not be chosen one by one.
const SHARES: i64 = 50;
/// The most entries of a folder that are told.
const ENTRIES: usize = 2_000;
/// The longest piece of a file, in bytes.
const PIECE: u32 = 64 * 1024;
/// What looking for names in all shared folders may cost together.
const BOUNDS: Bounds = Bounds { finds: 200, names: 500_000, time: Duration::from_secs(3) };

/// A shared folder, open.
#[derive(Debug)]
pub(in crate::core) struct Shared {
    pub(in crate::core) place: Place,
    mark: Mark,
}

impl Shared {
    /// Opens it, if it is there and this person may still read there. No part of its path may be a link: what
    /// was shared is that folder, and not where somebody points it later.
    fn open(places: &Places, actor: &Actor, mark: &Mark) -> Result<Self, Error> {
        let place = places.enter(actor, &mark.root, Wish::Read)?;
        if names::is_hidden_path(mark.path.as_str()) {
            return Err(at(Error::Share, mark.path.as_str())(Errno::NOENT));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        match open_beneath(place.top(), &mark.path.to_bytes(), flags, Links::Never) {
            Ok(top) => Ok(Self { place: Place::new(top), mark: mark.clone() }),
            Err(Errno::LOOP) => Err(Error::Invalid(format!(
                "‘{}’ is reached through a link; share the folder that the link leads to",
                mark.path
            ))),
            Err(error) => Err(at(Error::Share, mark.path.as_str())(error)),
        }
    }

    /// The path from the shared folder on.
    fn inner(&self, path: &RelPath) -> Result<RelPath, Error> {
        let rest = path.as_str().strip_prefix(self.mark.path.as_str()).unwrap_or_default();
        RelPath::new(rest.trim_start_matches('/')).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// What was described as in the shared folder, as in its place.
    fn outward(&self, mut info: EntryInfo) -> EntryInfo {
        if info.path.is_empty() {
            info.name = self.mark.path.name().unwrap_or_default().to_owned();
            info.path = self.mark.path.to_string();
        } else {
            info.path = format!("{}/{}", self.mark.path, info.path);
        }
        info
    }
}

/// The shared folder that a path lies in, and the path from there on.
pub(in crate::core) fn enter(
    places: &Places,
    actor: &Actor,
    marks: &[Mark],
    root: &RootId,
    path: &RelPath,
) -> Result<(Shared, RelPath), Error> {
    let mut missing = None;
    for mark in marks.iter().filter(|mark| mark.root == *root && path.is_within(&mark.path)) {
        match Shared::open(places, actor, mark) {
            Ok(shared) => {
                let inner = shared.inner(path)?;
                return Ok((shared, inner));
            }
            Err(error) => missing = Some(error),
        }
    }
    Err(missing.unwrap_or_else(|| Error::NotShared(format!("{root}/{path}"))))
}

impl Files {
    /// What this person shares, the first added first. What they have no right to any more is left out, and
    /// what is not there says so.
    pub(crate) async fn shares(&self, actor: Actor) -> Result<Vec<SharedFolder>, Error> {
        let marks = self.store.chosen(Chosen::Shares, actor.user.as_str()).await?;
        let writable = self.store.writable_shares(actor.user.as_str()).await?;
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let shown = |mark: &Mark| {
                let missing = match Shared::open(&places, &actor, mark) {
                    Ok(_) => false,
                    Err(Error::NoEntry(_)) => return None,
                    Err(_) => true,
                };
                let name = mark.path.name().unwrap_or_default().to_owned();
                let (root, path) = (mark.root.to_string(), mark.path.to_string());
                Some(SharedFolder { root, path, name, missing, writes: writable.contains(mark) })
            };
            Ok(marks.iter().filter_map(shown).collect())
        })
        .await
    }

    /// Shares a folder that is there, or stops sharing one, there or not.
    pub(crate) async fn set_share(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
        on: bool,
    ) -> Result<(), Error> {
        let person = actor.user.clone();
        if !on {
            return Ok(self.store.choose_no_more(Chosen::Shares, person.as_str(), &root, &path).await?);
        }
        if path.is_root() {
            return Err(Error::Invalid(
                "a whole place is too much to share; choose folders in it".to_owned(),
            ));
        }
        let mark = Mark { root, path, at: self.clock.now_millis() };
        let (places, wanted) = (Arc::clone(&self.places), mark.clone());
        threads::short(move || Shared::open(&places, &actor, &wanted).map(drop)).await?;
        if self.store.choose(Chosen::Shares, person.as_str(), &mark, SHARES).await? {
            return Ok(());
        }
        Err(Error::Invalid(format!("{SHARES} folders can be shared; stop sharing one first")))
    }

    /// Lets Nexus change files in a shared folder, or look only.
    pub(crate) async fn set_share_writes(
        &self,
        actor: &Actor,
        root: &RootId,
        path: &RelPath,
        on: bool,
    ) -> Result<(), Error> {
        if self.store.set_writes(actor.user.as_str(), root, path, on).await? {
            return Ok(());
        }
        Err(Error::Invalid("share the folder with Nexus first".to_owned()))
    }

    /// What is in a shared folder, by name; of a huge one, some of it.
    pub(crate) async fn shared_list(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
    ) -> Result<SharedListing, Error> {
        let marks = self.store.chosen(Chosen::Shares, actor.user.as_str()).await?;
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let (shared, inner) = enter(&places, &actor, &marks, &root, &path)?;
            let failed = at(Error::List, path.as_str());
            let directory = shared.place.directory(&inner).map_err(&failed)?;
            let (mut entries, complete) = some_entries(&directory).map_err(failed)?;
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(SharedListing { entries, complete })
        })
        .await
    }

    /// One file or folder; a link is described as what it leads to, unless that is nothing in the shared folder.
    pub(crate) async fn shared_stat(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
    ) -> Result<EntryInfo, Error> {
        let marks = self.store.chosen(Chosen::Shares, actor.user.as_str()).await?;
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let (shared, inner) = enter(&places, &actor, &marks, &root, &path)?;
            let found = match shared.place.target(&inner) {
                Err(Errno::NOENT | Errno::XDEV | Errno::LOOP) => shared.place.entry(&inner),
                found => found,
            };
            let facts = found.and_then(facts_of).map_err(at(Error::Stat, path.as_str()))?;
            Ok(shared.outward(describe(&shared.place, &root, &inner, &facts)))
        })
        .await
    }

    /// A piece of a text file.
    pub(crate) async fn shared_read(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
        offset: u64,
        length: u32,
    ) -> Result<SharedPiece, Error> {
        // Less than a character would never get on.
        let length = usize::try_from(length.clamp(4, PIECE)).unwrap_or(4);
        let marks = self.store.chosen(Chosen::Shares, actor.user.as_str()).await?;
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let (shared, inner) = enter(&places, &actor, &marks, &root, &path)?;
            let failed = at(Error::Open, path.as_str());
            let (file, facts) = shared.place.file(&inner).map_err(&failed)?;
            let media_type = media::type_of(path.name().unwrap_or_default());
            let piece = text::piece(file.as_fd(), facts.size, media_type, offset, length).map_err(failed)?;
            piece.ok_or_else(|| Error::NotText { path: path.to_string(), media_type, size: facts.size })
        })
        .await
    }

    /// Names in one shared folder, or in all of them, that contain `query`. The person's own search in their
    /// window goes on meanwhile.
    pub(crate) async fn shared_search(
        &self,
        actor: Actor,
        within: Option<(RootId, RelPath)>,
        query: String,
    ) -> Result<SearchReply, Error> {
        let marks = self.store.chosen(Chosen::Shares, actor.user.as_str()).await?;
        let permit = Arc::clone(&self.limits.shared_searches);
        let permit = permit.acquire_owned().await.map_err(|_| Error::TooMany("searches are running"))?;
        let places = Arc::clone(&self.places);
        let reply = threads::long("search", move || {
            let tops = match within {
                Some((root, path)) => vec![enter(&places, &actor, &marks, &root, &path)?],
                None => outermost(&marks)
                    .filter_map(|mark| Shared::open(&places, &actor, mark).ok())
                    .map(|shared| (shared, RelPath::root()))
                    .collect(),
            };
            search_in(&tops, &query)
        })
        .await;
        drop(permit);
        reply
    }
}

/// Those that lie in no other one.
fn outermost(marks: &[Mark]) -> impl Iterator<Item = &Mark> {
    marks.iter().filter(|mark| {
        let holds = |other: &Mark| {
            other.root == mark.root && other.path != mark.path && mark.path.is_within(&other.path)
        };
        !marks.iter().any(holds)
    })
}

fn search_in(tops: &[(Shared, RelPath)], query: &str) -> Result<SearchReply, Error> {
    let begun = Instant::now();
    let mut all = SearchReply { entries: Vec::new(), complete: true };
    for (shared, inner) in tops {
        let bounds = Bounds {
            finds: BOUNDS.finds.saturating_sub(all.entries.len()),
            time: BOUNDS.time.saturating_sub(begun.elapsed()),
            ..BOUNDS
        };
        let found =
            search(&shared.place, &shared.mark.root, inner, query, bounds, &CancellationToken::new())?;
        all.complete &= found.complete;
        all.entries.extend(found.entries.into_iter().map(|info| shared.outward(info)));
    }
    Ok(all)
}

/// As many entries as are told, and whether those are all.
fn some_entries(directory: &OwnedFd) -> rustix::io::Result<(Vec<SharedEntry>, bool)> {
    let mut buffer = Vec::with_capacity(32 * 1024);
    let mut found = Vec::new();
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if walk::is_dots(name) || names::is_hidden(name.to_bytes()) {
            continue;
        }
        if found.len() >= ENTRIES {
            return Ok((found, false));
        }
        let facts = match facts_at(directory, name) {
            Ok(facts) => facts,
            Err(Errno::NOENT) => continue,
            Err(error) => return Err(error),
        };
        found.push(SharedEntry {
            name: escape_name(name.to_bytes()),
            kind: facts.kind.as_str().to_owned(),
            size: facts.size,
            modified_at: facts.modified_at,
        });
    }
    Ok((found, true))
}
