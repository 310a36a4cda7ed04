//! Changing: new folders, new names, the trash.

use std::collections::HashSet;
use std::sync::Arc;

use livos_bus::{Actor, EntryInfo, Location, TrashedItem};
use livos_policy::{Action, decide};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{JobId, RelPath, RootId};
use rustix::fs::Mode;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::core::fs::{names, rename, sync_directory};
use crate::core::places::{Wish, look};
use crate::core::trash::{self, Origin};
use crate::core::{Files, check_new_name, new_id, threads};
use crate::error::{Error, at};
use crate::store::Trashed;

/// The kind of the jobs that delete for good.
pub(crate) const DELETE: &str = "files.delete";
/// So many things are taken in one request.
pub(crate) const ITEMS: usize = 10_000;

/// What a delete job is asked to do.
#[derive(Debug, Serialize, Deserialize)]
struct Doomed {
    ids: Vec<String>,
}

/// Checks places and paths as they came over the wire.
pub(crate) fn check_items(items: &[Location]) -> Result<Vec<(RootId, RelPath)>, Error> {
    if items.is_empty() || items.len() > ITEMS {
        return Err(Error::Invalid(format!("choose 1 to {ITEMS} files or folders")));
    }
    let mut checked = Vec::with_capacity(items.len());
    for item in items {
        let (root, path) = item.check().map_err(|error| Error::Invalid(error.message))?;
        if path.is_root() {
            return Err(Error::Invalid(
                "a whole place cannot be moved, copied or deleted; choose what is in it".to_owned(),
            ));
        }
        checked.push((root, path));
    }
    Ok(checked)
}

impl Files {
    /// Makes a folder.
    pub(crate) async fn create_directory(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
    ) -> Result<EntryInfo, Error> {
        check_new_name(path.name().unwrap_or_default())?;
        let places = Arc::clone(&self.places);
        threads::short(move || {
            let failed = at(Error::CreateDirectory, path.as_str());
            let place = places.enter(&actor, &root, Wish::Write)?;
            let spot = place.spot(&path).map_err(&failed)?;
            match rustix::fs::mkdirat(&spot.directory, &spot.name, Mode::from_raw_mode(0o755)) {
                Ok(()) => {}
                Err(Errno::EXIST) => return Err(Error::Exists(path.to_string())),
                Err(error) => return Err(failed(error)),
            }
            look(&place, &root, &path)
        })
        .await
    }

    /// Gives an entry another name in the same folder.
    pub(crate) async fn rename(
        &self,
        actor: Actor,
        root: RootId,
        path: RelPath,
        name: String,
    ) -> Result<EntryInfo, Error> {
        check_new_name(&name)?;
        let target = path
            .parent()
            .ok_or_else(|| Error::Invalid("a place keeps its name; rename what is in it".to_owned()))?
            .join(&name)
            .map_err(|error| Error::Invalid(error.to_string()))?;
        let places = Arc::clone(&self.places);
        let (from, to) = ((root.clone(), path.clone()), target.clone());
        let person = actor.user.clone();
        let entry = threads::short(move || {
            let (root, path) = from;
            let failed = at(Error::Rename, path.as_str());
            let place = places.enter(&actor, &root, Wish::Write)?;
            let spot = place.spot(&path).map_err(&failed)?;
            let new = names::c_name(livos_types::unescape_name(&name)).ok_or_else(|| failed(Errno::INVAL))?;
            if new != spot.name {
                match rename::rename_new(&spot.directory, &spot.name, &spot.directory, &new) {
                    Ok(()) => sync_directory(&spot.directory).map_err(failed)?,
                    Err(Errno::EXIST) => return Err(Error::Exists(to.to_string())),
                    Err(error) => return Err(failed(error)),
                }
            }
            look(&place, &root, &to)
        })
        .await?;
        if target != path {
            self.moved(&root, &path, Some((&root, &target))).await?;
            self.note_changed(person.as_str(), &entry).await;
        }
        Ok(entry)
    }

    /// Something has left its path: whoever looks there is told, and uploads on their way into it follow it.
    pub(crate) async fn moved(
        &self,
        root: &RootId,
        path: &RelPath,
        to: Option<(&RootId, &RelPath)>,
    ) -> Result<(), Error> {
        self.watches.gone(root, path);
        if let Some((new_root, new_path)) = to {
            self.store.relocate((root, path), (new_root, new_path)).await?;
        }
        Ok(())
    }

    /// Moves entries to the trash; answers their ids there, in order.
    pub(crate) async fn trash(&self, actor: &Actor, items: &[Location]) -> Result<Vec<String>, Error> {
        let items = check_items(items)?;
        let (places, checked, person) = (Arc::clone(&self.places), items.clone(), actor.clone());
        // All are looked at before the first is touched: an honest mistake then changes nothing.
        threads::short(move || {
            for (root, path) in &checked {
                let place = places.enter(&person, root, Wish::Write)?;
                place.facts(path).map_err(at(Error::Trash, path.as_str()))?;
            }
            Ok(())
        })
        .await?;
        let mut ids = Vec::with_capacity(items.len());
        for (root, path) in items {
            ids.push(self.trash_one(actor, root, path).await?);
        }
        Ok(ids)
    }

    /// Moves one entry to the trash; answers its id there.
    pub(crate) async fn trash_one(
        &self,
        actor: &Actor,
        root: RootId,
        path: RelPath,
    ) -> Result<String, Error> {
        let (places, faults, actor) = (Arc::clone(&self.places), self.faults.clone(), actor.clone());
        let deleted_at = self.clock.now();
        let item = threads::short(move || {
            let place = places.enter(&actor, &root, Wish::Write)?;
            let origin = Origin { root, path, deleted_at };
            trash::put(&places.trash()?, &place, &new_id(), &origin, &faults)
        })
        .await?;
        self.store.put_trashed(&item).await?;
        self.moved(&item.root, &item.path, None).await?;
        Ok(item.id)
    }

    /// What of the trash this person may see.
    pub(crate) async fn trashed(&self, actor: &Actor) -> Result<Vec<TrashedItem>, Error> {
        let mut items = self.store.trashed().await?;
        items.retain(|item| sees(actor, item));
        Ok(items.into_iter().map(shown).collect())
    }

    /// Puts trashed entries back.
    pub(crate) async fn restore(&self, actor: &Actor, ids: &[String]) -> Result<Vec<EntryInfo>, Error> {
        let mut restored = Vec::with_capacity(ids.len());
        for item in self.own_trashed(actor, ids).await? {
            let (places, faults, actor) = (Arc::clone(&self.places), self.faults.clone(), actor.clone());
            let id = item.id.clone();
            let entry = threads::short(move || {
                let place = places.enter(&actor, &item.root, Wish::Write)?;
                let path = trash::restore(&places.trash()?, &place, &item, &faults)?;
                look(&place, &item.root, &path)
            })
            .await?;
            self.store.remove_trashed(&id).await?;
            restored.push(entry);
        }
        Ok(restored)
    }

    /// Deletes trashed entries for good, all of this person's when `ids` is empty; answers the job.
    pub(crate) async fn delete(&self, actor: &Actor, ids: &[String]) -> Result<JobId, Error> {
        let items = if ids.is_empty() {
            let mut items = self.store.trashed().await?;
            items.retain(|item| sees(actor, item));
            items
        } else {
            self.own_trashed(actor, ids).await?
        };
        let title = match (ids.is_empty(), &items[..]) {
            (true, _) => "Empty the trash".to_owned(),
            (false, [one]) => format!("Delete ‘{}’", one.path.name().unwrap_or_default()),
            (false, more) => format!("Delete {} items", more.len()),
        };
        let doomed = Doomed { ids: items.into_iter().map(|item| item.id).collect() };
        let job = NewJob::new(DELETE, "trash", title).payload(&doomed)?.started_by(actor.job_owner());
        Ok(self.queue.enqueue(job).await?)
    }

    /// Sweeps away what an earlier run doomed and could not finish.
    pub(crate) async fn sweep_leftovers(&self) -> Result<(), Error> {
        let places = Arc::clone(&self.places);
        let ids = threads::short(move || trash::doomed(&places.trash()?)).await?;
        if !ids.is_empty() {
            let job = NewJob::new(DELETE, "trash", "Finish emptying the trash").payload(&Doomed { ids })?;
            self.queue.enqueue(job.dedup("files.sweep")).await?;
        }
        Ok(())
    }

    /// The body of a delete job.
    pub(crate) async fn run_delete(&self, context: JobContext) -> Result<(), JobFailure> {
        let Doomed { ids } = context.payload()?;
        context.step("deleting", 1, 1);
        context.progress(|progress| {
            progress.total = ids.len() as u64;
            "items".clone_into(&mut progress.unit);
        });
        for id in ids {
            // Between two, not within one: half of a folder is nothing that anybody wants back.
            context.check_cancelled()?;
            self.delete_one(&id, &context).await.map_err(|error| job_failure(&error))?;
            context.progress(|progress| progress.done += 1);
        }
        Ok(())
    }

    async fn delete_one(&self, id: &str, context: &JobContext) -> Result<(), Error> {
        let (places, doomed) = (Arc::clone(&self.places), id.to_owned());
        threads::short(move || trash::doom(&places.trash()?, &doomed)).await?;
        self.faults.reach("delete: doomed").await;
        self.store.remove_trashed(id).await?;
        let (places, doomed, context) = (Arc::clone(&self.places), id.to_owned(), context.clone());
        threads::long("delete", move || {
            let mut removed = 0_u64;
            trash::sweep(&places.trash()?, &doomed, &mut || {
                removed += 1;
                if removed.is_multiple_of(256) {
                    context.progress(|progress| progress.detail = format!("{removed} files"));
                }
            })
        })
        .await
    }

    async fn own_trashed(&self, actor: &Actor, ids: &[String]) -> Result<Vec<Trashed>, Error> {
        if ids.is_empty() || ids.len() > ITEMS {
            return Err(Error::Invalid(format!("choose 1 to {ITEMS} things in the trash")));
        }
        let mut seen = HashSet::new();
        let mut items = Vec::with_capacity(ids.len());
        for id in ids.iter().filter(|id| seen.insert(id.as_str())) {
            let item = self.store.find_trashed(id).await?.filter(|item| sees(actor, item));
            items.push(item.ok_or(Error::Unknown("such file in the trash"))?);
        }
        Ok(items)
    }
}

/// The trash shows what was in places that this person may change.
fn sees(actor: &Actor, item: &Trashed) -> bool {
    decide(actor.role, actor.username.as_str(), Action::WriteFiles(&item.root)).is_allowed()
}

fn shown(item: Trashed) -> TrashedItem {
    TrashedItem {
        name: item.path.name().unwrap_or_default().to_owned(),
        id: item.id,
        kind: item.kind,
        size: item.size,
        root: item.root.into(),
        path: item.path.into(),
        deleted_at: item.deleted_at,
    }
}

/// A failure as a job carries it.
pub(crate) fn job_failure(error: &Error) -> JobFailure {
    if error.errno() == Some(Errno::CANCELED) {
        return JobFailure::cancelled();
    }
    let wire = error.to_wire();
    if wire.kind == livos_bus::ErrorKind::Internal {
        tracing::error!(error = livos_service::chain(error), "a job failed");
        return JobFailure::fatal(wire.code, "something went wrong inside LivOS; the log says what");
    }
    JobFailure::fatal(wire.code, wire.message)
}
