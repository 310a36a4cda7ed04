//! What Nexus proposed and its person agreed to: text files written, things moved and trashed, in folders where it may
//! change files. Each has an id, so that it is done once and can be put back; what a file was before is in the trash.
//!
//! | died after | what is there | the same change again |
//! |---|---|---|
//! | the row | nothing changed | does all of it, if it is still what was agreed to |
//! | writing beside it | a hidden file whose mark is in the row | writes it anew |
//! | trashing what was there | the old file in the trash, under the id in the row | goes on behind that |
//! | giving it its name | the new file, with the mark in the row | writes down that it is done |

mod work;

use std::sync::Arc;

use livos_bus::Actor;
use livos_bus::documents::FileChange;
use livos_types::{RelPath, RootId};
use rustix::io::Errno;

use crate::core::fs::{rename, sync_directory};
use crate::core::{Files, check_new_name, new_id, threads};
use crate::error::{Error, at};
use crate::store::changes::{Change, ChangeState};
use crate::store::personal::Chosen;
use work::{Work, agreed, changed_since, found, is_placed, look_back, look_first, not_in_trash};

/// The longest text that is written, in bytes.
const LONGEST: usize = 64 * 1024;
/// How long it is known how to put something back, in seconds.
const KEPT: i64 = 30 * 24 * 60 * 60;
/// The longest id.
const LONGEST_ID: usize = 96;

fn checked(change: FileChange) -> Result<(FileChange, RootId, RelPath, RelPath), Error> {
    let invalid = |why: &str| Error::Invalid(why.to_owned());
    let root = RootId::new(change.root.as_str()).map_err(|error| Error::Invalid(error.to_string()))?;
    let path = RelPath::new(change.path.as_str()).map_err(|error| Error::Invalid(error.to_string()))?;
    let new_path = match change.kind.as_str() {
        "move" => RelPath::new(change.to.as_str()).map_err(|error| Error::Invalid(error.to_string()))?,
        "write" | "trash" => path.clone(),
        _ => return Err(invalid("something is written, moved or trashed")),
    };
    if path.is_root() || new_path.is_root() {
        return Err(invalid("a whole place stays as it is; name what is in it"));
    }
    if change.text.len() > LONGEST {
        return Err(Error::Invalid(format!("a text of at most {LONGEST} bytes is written")));
    }
    if new_path.is_within(&path) && new_path != path {
        return Err(invalid("a folder can't be moved into itself"));
    }
    check_new_name(new_path.name().unwrap_or_default())?;
    Ok((change, root, path, new_path))
}

impl Files {
    async fn ground(&self, actor: &Actor) -> Result<Work, Error> {
        Ok(Work {
            places: Arc::clone(&self.places),
            actor: actor.clone(),
            shares: self.store.chosen(Chosen::Shares, actor.user.as_str()).await?,
            marks: self.store.writable_shares(actor.user.as_str()).await?,
            faults: self.faults.clone(),
            now: self.clock.now(),
        })
    }

    /// Works on a change on a thread that may block.
    async fn on<T: Send + 'static>(
        &self,
        actor: &Actor,
        change: &Change,
        work: impl FnOnce(&Work, &Change) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (ground, change) = (self.ground(actor).await?, change.clone());
        threads::short(move || work(&ground, &change)).await
    }

    async fn keep(&self, change: &Change) -> Result<(), Error> {
        Ok(self.store.put_change(change, self.clock.now() - KEPT).await?)
    }

    /// Does a change, once; answers what was done.
    pub(crate) async fn change(&self, actor: &Actor, id: &str, change: FileChange) -> Result<String, Error> {
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(Error::Invalid("this change has no name".to_owned()));
        }
        let (asked, root, path, new_path) = checked(change)?;
        let _alone = self.changing.lock().await;
        let wanted = Change {
            id: id.to_owned(),
            person: actor.user.to_string(),
            kind: asked.kind,
            root,
            path,
            new_path,
            revision: asked.revision,
            trashed: new_id(),
            away: String::new(),
            mark: String::new(),
            state: ChangeState::Planned,
            at: self.clock.now(),
        };
        let now = match self.store.change(actor.user.as_str(), id).await? {
            Some(known) if known.is_same(&wanted) => known,
            Some(_) => return Err(Error::Conflict("another change has this name already".to_owned())),
            None => {
                // Looked at first: what cannot be done leaves no row.
                self.on(actor, &wanted, look_first).await?;
                self.keep(&wanted).await?;
                wanted
            }
        };
        if now.state != ChangeState::Planned {
            return Ok(said(&now));
        }
        self.faults.reach("change: agreed").await;
        let done = match now.kind.as_str() {
            "write" => self.write_text(actor, now, asked.text).await?,
            "move" => self.move_entry(actor, now).await?,
            _ => self.trash_entry(actor, now).await?,
        };
        Ok(said(&done))
    }

    async fn write_text(&self, actor: &Actor, mut now: Change, text: String) -> Result<Change, Error> {
        // First, so that nothing is missing while it does not fit on the disk.
        let written = self.on(actor, &now, move |work, change| work.write_beside(change, &text)).await?;
        if let Some(mark) = written {
            now.mark = mark;
            self.keep(&now).await?;
            self.faults.reach("change: written").await;
            if let Err(error) = self.swap(actor, &now).await {
                // What is hidden is nobody's, so the failure before is what is told.
                if let Err(left) = self.on(actor, &now, Work::give_up).await {
                    tracing::warn!(
                        error = livos_service::chain(&left),
                        "what was written beside a file stays there"
                    );
                }
                return Err(error);
            }
            self.faults.reach("change: placed").await;
        }
        if now.revision.is_empty() {
            now.trashed.clear();
        }
        self.end(now, ChangeState::Done).await
    }

    /// What was there goes into the trash, and what was written takes its place. If that fails, it comes back.
    async fn swap(&self, actor: &Actor, now: &Change) -> Result<(), Error> {
        if let Some(item) = self.on(actor, now, Work::make_room).await? {
            self.store.put_trashed(&item).await?;
        }
        self.faults.reach("change: trashed").await;
        let Err(error) = self.on(actor, now, Work::give_name).await else { return Ok(()) };
        if self.on(actor, now, |work, change| work.is_trashed(&change.trashed)).await? {
            self.restore(actor, std::slice::from_ref(&now.trashed)).await?;
        }
        Err(error)
    }

    async fn move_entry(&self, actor: &Actor, mut now: Change) -> Result<Change, Error> {
        if now.mark.is_empty() {
            now.mark =
                self.on(actor, &now, |work, change| agreed(work, change).map(|(_, mark)| mark)).await?;
            self.keep(&now).await?;
        }
        self.faults.reach("change: marked").await;
        self.rename_entry(actor, &now, (now.path.clone(), now.new_path.clone()), true).await?;
        self.faults.reach("change: moved").await;
        now.trashed.clear();
        self.end(now, ChangeState::Done).await
    }

    /// Gives something that is known by its mark another path. What is there already has got there before.
    async fn rename_entry(
        &self,
        actor: &Actor,
        change: &Change,
        (from, to): (RelPath, RelPath),
        shared: bool,
    ) -> Result<(), Error> {
        let (old, new) = (from.clone(), to.clone());
        self.on(actor, change, move |work, change| {
            let failed = at(Error::Rename, old.as_str());
            let spot = |path: &RelPath| {
                if shared { work.spot(&change.root, path) } else { work.own_spot(&change.root, path) }
            };
            let (here, there) = (spot(&old)?, spot(&new)?);
            if is_placed(change, found(&there, &new)?.as_ref()) {
                return Ok(());
            }
            if !is_placed(change, found(&here, &old)?.as_ref()) {
                return Err(changed_since(&old));
            }
            match rename::rename_new(&here.directory, &here.name, &there.directory, &there.name) {
                Ok(()) => {
                    let both =
                        sync_directory(&there.directory).and_then(|()| sync_directory(&here.directory));
                    both.map_err(failed)
                }
                Err(Errno::EXIST) => Err(Error::Exists(new.to_string())),
                Err(error) => Err(failed(error)),
            }
        })
        .await?;
        self.moved(&change.root, &from, Some((&change.root, &to))).await
    }

    async fn trash_entry(&self, actor: &Actor, now: Change) -> Result<Change, Error> {
        let item = self
            .on(actor, &now, |work, change| {
                if work.is_trashed(&change.trashed)? {
                    return Ok(None);
                }
                let (spot, _) = agreed(work, change)?;
                work.trash(&spot, change, &change.trashed).map(Some)
            })
            .await?;
        if let Some(item) = item {
            self.store.put_trashed(&item).await?;
            self.moved(&item.root, &item.path, None).await?;
        }
        self.faults.reach("change: trashed").await;
        self.end(now, ChangeState::Done).await
    }

    async fn end(&self, mut change: Change, state: ChangeState) -> Result<Change, Error> {
        change.state = state;
        self.keep(&change).await?;
        Ok(change)
    }

    async fn known_change(&self, actor: &Actor, id: &str) -> Result<Change, Error> {
        let known = self.store.change(actor.user.as_str(), id).await?;
        let kept = |known: &Change| known.state == ChangeState::Undone || known.at >= self.clock.now() - KEPT;
        let known = known.filter(kept);
        known.ok_or_else(|| Error::Conflict("it is not known any more how to put this back".to_owned()))
    }

    /// Why a change can't be put back; nothing when it can.
    pub(crate) async fn stands_against(&self, actor: &Actor, id: &str) -> Result<String, Error> {
        let against = match self.known_change(actor, id).await {
            Ok(change) => self.on(actor, &change, look_back).await,
            Err(error) => Err(error),
        };
        match against {
            Ok(()) => Ok(String::new()),
            Err(error @ (Error::Conflict(_) | Error::Exists(_) | Error::NoEntry(_) | Error::ReadOnly(_))) => {
                Ok(error.to_string())
            }
            Err(error) if error.errno() == Some(Errno::NOENT) => Ok(error.to_wire().message),
            Err(error) => Err(error),
        }
    }

    /// Puts a change back, once; answers what was done.
    pub(crate) async fn put_back(&self, actor: &Actor, id: &str) -> Result<String, Error> {
        let _alone = self.changing.lock().await;
        let mut change = self.known_change(actor, id).await?;
        let (kind, mut restored) = (change.kind.clone(), None);
        match (change.state, kind.as_str()) {
            (ChangeState::Undone, _) => return Ok(said_back(&change, None)),
            (ChangeState::Planned, _) => return Err(Error::Conflict("this was not done".to_owned())),
            (ChangeState::Done, "move") => {
                let back = (change.new_path.clone(), change.path.clone());
                self.rename_entry(actor, &change, back, false).await?;
            }
            (ChangeState::Done, "write") => {
                self.put_away(actor, &mut change).await?;
                restored = self.fetch_back(actor, &change).await?;
            }
            (ChangeState::Done, _) => restored = self.fetch_back(actor, &change).await?,
        }
        self.faults.reach("put back: restored").await;
        let change = self.end(change, ChangeState::Undone).await?;
        Ok(said_back(&change, restored))
    }

    /// What was written goes into the trash, if it is still that and what was there before can take its place.
    async fn put_away(&self, actor: &Actor, change: &mut Change) -> Result<(), Error> {
        if self.on(actor, change, |work, change| work.is_trashed(&change.away)).await? {
            return Ok(());
        }
        self.on(actor, change, look_back).await?;
        change.away = new_id();
        self.keep(change).await?;
        self.faults.reach("put back: noted").await;
        let away = self.on(actor, change, |work, change| {
            let spot = work.own_spot(&change.root, &change.path)?;
            if !is_placed(change, found(&spot, &change.path)?.as_ref()) {
                return Err(changed_since(&change.path));
            }
            work.trash(&spot, change, &change.away)
        });
        let item = away.await?;
        self.store.put_trashed(&item).await?;
        self.moved(&item.root, &item.path, None).await?;
        self.faults.reach("put back: away").await;
        Ok(())
    }

    /// What was there before comes out of the trash; answers where it is now, if that is another path.
    async fn fetch_back(&self, actor: &Actor, change: &Change) -> Result<Option<String>, Error> {
        if change.trashed.is_empty() {
            return Ok(None);
        }
        if self.on(actor, change, |work, change| work.is_trashed(&change.trashed)).await? {
            if change.kind == "trash" {
                self.on(actor, change, look_back).await?;
            }
            let back = self.restore(actor, std::slice::from_ref(&change.trashed)).await?;
            let path = back.into_iter().next().map(|entry| entry.path);
            return Ok(path.filter(|path| path != change.path.as_str()));
        }
        // An earlier life may have fetched it.
        let is_there = self.on(actor, change, |work, change| {
            Ok(found(&work.own_spot(&change.root, &change.path)?, &change.path)?.is_some())
        });
        if is_there.await? { Ok(None) } else { Err(not_in_trash(change)) }
    }
}

fn said(change: &Change) -> String {
    let Change { path, new_path, .. } = change;
    match change.kind.as_str() {
        "write" if change.trashed.is_empty() => format!("‘{path}’ was written"),
        "write" => format!("‘{path}’ was written; what it was before is in the trash"),
        "move" => format!("‘{path}’ is ‘{new_path}’ now"),
        _ => format!("‘{path}’ is in the trash"),
    }
}

fn said_back(change: &Change, restored: Option<String>) -> String {
    let path = &change.path;
    match (change.kind.as_str(), restored) {
        (_, Some(other)) => format!("what ‘{path}’ was before is ‘{other}’ now, as its place was taken"),
        ("write", None) if change.trashed.is_empty() => format!("‘{path}’ is in the trash"),
        ("move", None) => format!("‘{path}’ is back under its old name"),
        (_, None) => format!("‘{path}’ is as it was before"),
    }
}
