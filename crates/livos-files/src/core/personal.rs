//! What each person keeps for themselves: favourites, recent files, and the picture behind their desktop.
//!
//! It is kept here and not with the other settings, because it names files: only this daemon knows that a
//! folder was renamed, is gone, or is not this person's any more.

use std::sync::Arc;

use livos_bus::documents::RecentFile;
use livos_bus::{Actor, EntryInfo};
use livos_types::{RelPath, RootId};

use crate::core::fs::Kind;
use crate::core::places::{Places, Wish, look};
use crate::core::{Files, threads};
use crate::error::Error;
use crate::store::personal::{Chosen, Mark};

/// More would be no favourites.
const FAVOURITES: i64 = 100;
/// So many recent files are kept of each person.
const RECENTS: i64 = 200;

impl Files {
    /// The first added first.
    pub(crate) async fn favourites(&self, actor: Actor) -> Result<Vec<EntryInfo>, Error> {
        let marks = self.store.chosen(Chosen::Favourites, actor.user.as_str()).await?;
        let places = Arc::clone(&self.places);
        threads::short(move || Ok(marks.iter().filter_map(|mark| shown(&places, &actor, mark)).collect()))
            .await
    }

    /// Adds something that is there, or takes something away, there or not.
    pub(crate) async fn set_favourite(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
        on: bool,
    ) -> Result<(), Error> {
        let person = actor.user.clone();
        if !on {
            return Ok(self.store.choose_no_more(Chosen::Favourites, person.as_str(), &root, &path).await?);
        }
        if path.is_root() {
            return Err(Error::Invalid("a place is always at hand; choose what is in it".to_owned()));
        }
        let mark = Mark { root, path, at: self.clock.now_millis() };
        self.see(actor, &mark).await?;
        if self.store.choose(Chosen::Favourites, person.as_str(), &mark, FAVOURITES).await? {
            return Ok(());
        }
        Err(Error::Invalid(format!("there can be {FAVOURITES} favourites; take one away first")))
    }

    /// The latest first.
    pub(crate) async fn recents(&self, actor: Actor) -> Result<Vec<RecentFile>, Error> {
        let marks = self.store.recents(actor.user.as_str()).await?;
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let seen = |mark: &Mark| {
                let entry = shown(&places, &actor, mark)?;
                Some(RecentFile { entry, used_at: mark.at.div_euclid(1000) })
            };
            Ok(marks.iter().filter_map(seen).collect())
        })
        .await
    }

    /// This person opened it. Folders are no recent files.
    pub(crate) async fn note_opened(&self, actor: Actor, root: RootId, path: RelPath) -> Result<(), Error> {
        let mark = Mark { root, path, at: self.clock.now_millis() };
        let person = actor.user.clone();
        if self.see(actor, &mark).await?.kind == Kind::Directory.as_str() {
            return Ok(());
        }
        Ok(self.store.put_recent(person.as_str(), &mark, RECENTS).await?)
    }

    /// This person made or changed it. What was done is done, noted or not.
    pub(crate) async fn note_changed(&self, person: &str, entry: &EntryInfo) {
        if entry.kind == Kind::Directory.as_str() {
            return;
        }
        let (Ok(root), Ok(path)) = (RootId::new(entry.root.as_str()), RelPath::new(entry.path.as_str()))
        else {
            return;
        };
        let mark = Mark { root, path, at: self.clock.now_millis() };
        if let Err(error) = self.store.put_recent(person, &mark, RECENTS).await {
            tracing::warn!(error = livos_service::chain(&error), "a recent file was not noted");
        }
    }

    /// Forgets them all.
    pub(crate) async fn clear_recents(&self, actor: &Actor) -> Result<(), Error> {
        Ok(self.store.clear_recents(actor.user.as_str()).await?)
    }

    async fn see(&self, actor: Actor, mark: &Mark) -> Result<EntryInfo, Error> {
        let (places, mark) = (Arc::clone(&self.places), mark.clone());
        threads::short(move || {
            let place = places.enter(&actor, &mark.root, Wish::Read)?;
            look(&place, &mark.root, &mark.path)
        })
        .await
    }
}

/// What a mark names, if it is there and this person may still see it.
fn shown(places: &Places, actor: &Actor, mark: &Mark) -> Option<EntryInfo> {
    let place = places.enter(actor, &mark.root, Wish::Read).ok()?;
    look(&place, &mark.root, &mark.path).ok()
}
