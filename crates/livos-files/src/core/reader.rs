//! Looking: places, folders, files, archives, searches.

use std::os::fd::OwnedFd;
use std::sync::{Arc, PoisonError};

use livos_bus::documents::SearchReply;
use livos_bus::{Actor, EntryInfo, INLINE_LIMIT, RootInfo};
use livos_types::{RelPath, RootId};
use rustix::io::Errno;

use crate::core::fs::facts_of;
use crate::core::fs::list::{Listed, Lister};
use crate::core::places::{Wish, describe};
use crate::core::search::{Bounds, search};
use crate::core::watch::Folder;
use crate::core::{Files, archive, threads};
use crate::error::{Error, at};

/// A folder with more entries than this is listed aside.
const BIG: u64 = 2_000;
/// So many things fit into one archive; folders count as one.
const ARCHIVE_PATHS: usize = 1_000;

/// A listing after its first bite.
enum Begun {
    Done(Listed),
    Big(Box<Lister>),
}

impl Files {
    /// The places this person may enter.
    pub(crate) async fn roots(&self, actor: Actor) -> Result<Vec<RootInfo>, Error> {
        let places = Arc::clone(&self.places);
        threads::short(move || Ok(places.of(&actor))).await
    }

    /// A whole folder. From now on changes in it are told.
    pub(crate) async fn list(&self, actor: Actor, root: RootId, path: RelPath) -> Result<Listed, Error> {
        let (places, watches) = (Arc::clone(&self.places), Arc::clone(&self.watches));
        let shown = path.to_string();
        let begun = threads::short(move || {
            let failed = at(Error::List, path.as_str());
            let place = places.enter(&actor, &root, Wish::Read)?;
            let directory = place.directory(&path).map_err(&failed)?;
            let mut lister = Lister::new(directory, &root, &path, INLINE_LIMIT);
            watches.add(lister.directory(), Folder { root, path });
            while lister.step().map_err(&failed)? {
                if lister.total() > BIG {
                    return Ok(Begun::Big(Box::new(lister)));
                }
                std::thread::yield_now();
            }
            lister.finish().map(Begun::Done).map_err(failed)
        })
        .await?;
        match begun {
            Begun::Done(listed) => Ok(listed),
            Begun::Big(mut lister) => {
                let permit =
                    self.limits.listings.acquire().await.map_err(|_| Error::TooMany("huge folders"))?;
                let listed = threads::long("list", move || {
                    let failed = at(Error::List, &shown);
                    while lister.step().map_err(&failed)? {
                        std::thread::yield_now();
                    }
                    lister.finish().map_err(failed)
                });
                let listed = listed.await;
                drop(permit);
                listed
            }
        }
    }

    /// One entry; a link is described as what it leads to, unless that is nothing inside its place.
    pub(crate) async fn stat(&self, actor: Actor, root: RootId, path: RelPath) -> Result<EntryInfo, Error> {
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let place = places.enter(&actor, &root, Wish::Read)?;
            let found = match place.target(&path) {
                Err(Errno::NOENT | Errno::XDEV | Errno::LOOP) => place.entry(&path),
                found => found,
            };
            let facts = found.and_then(facts_of).map_err(at(Error::Stat, path.as_str()))?;
            Ok(describe(&place, &root, &path, &facts))
        })
        .await
    }

    /// A regular file, open for reading.
    pub(crate) async fn open(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
    ) -> Result<(EntryInfo, OwnedFd), Error> {
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let place = places.enter(&actor, &root, Wish::Read)?;
            let (file, facts) = place.file(&path).map_err(at(Error::Open, path.as_str()))?;
            Ok((describe(&place, &root, &path, &facts), file))
        })
        .await
    }

    /// The reading end of a pipe that carries a zip of these.
    pub(crate) async fn archive(
        &self,
        actor: Actor,
        root: RootId,
        paths: Vec<RelPath>,
    ) -> Result<OwnedFd, Error> {
        if paths.is_empty() || paths.len() > ARCHIVE_PATHS {
            return Err(Error::Invalid(format!("choose 1 to {ARCHIVE_PATHS} files or folders to download")));
        }
        let permit = Arc::clone(&self.limits.archives);
        let permit =
            permit.try_acquire_owned().map_err(|_| Error::TooMany("archives are being downloaded"))?;
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let place = places.enter(&actor, &root, Wish::Read)?;
            // What is missing is said while there still is an answer to say it in.
            for path in &paths {
                place.facts(path).map_err(at(Error::Archive, path.as_str()))?;
            }
            let (read, write) = archive::pipe().map_err(at(Error::Archive, root.as_str()))?;
            threads::spawn("archive", move || {
                match archive::pack(&place, &paths, write) {
                    Ok(packed) => tracing::debug!(?packed, "an archive was sent"),
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                        tracing::debug!("an archive was not wanted to its end");
                    }
                    Err(error) => {
                        let error = Error::Archive(root.to_string(), error);
                        tracing::warn!(error = livos_service::chain(&error), "an archive was broken off");
                    }
                }
                drop(permit);
            })?;
            Ok(read)
        })
        .await
    }

    /// Names below `path` that contain `query`.
    pub(crate) async fn search(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
        query: String,
    ) -> Result<SearchReply, Error> {
        let stop = tokio_util::sync::CancellationToken::new();
        let person = actor.user.to_string();
        let earlier =
            self.searches.lock().unwrap_or_else(PoisonError::into_inner).insert(person.clone(), stop.clone());
        if let Some(earlier) = earlier {
            earlier.cancel();
        }
        let permit =
            self.limits.searches.acquire().await.map_err(|_| Error::TooMany("searches are running"))?;
        let places = Arc::clone(&self.places);
        let token = stop.clone();
        let reply = threads::long("search", move || {
            let place = places.enter(&actor, &root, Wish::Read)?;
            search(&place, &root, &path, &query, Bounds::default(), &token)
        })
        .await;
        drop(permit);
        let mut searches = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        // Only a search that was not superseded is still its person's running one.
        if !stop.is_cancelled() {
            searches.remove(&person);
        }
        reply
    }
}
