//! Moving and copying, as jobs that a crash only interrupts.
//!
//! Each item goes through the states of [`ItemState`], each written down before the step it names is taken.
//! A copy grows under a hidden name beside its destination and gets its own name when it is whole and on the
//! disk. After a crash the row says what was being done and the inode says whether it was.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use livos_bus::{Actor, TransferRequest};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{JobId, RelPath, RootId};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::core::fs::copy;
use crate::core::fs::place::Spot;
use crate::core::fs::rename::{self, OnConflict, Placed};
use crate::core::fs::walk::read_names;
use crate::core::fs::{Facts, Kind, facts_at, facts_of, is_inside, names, remove::remove, sync_directory};
use crate::core::manager::{check_items, job_failure};
use crate::core::places::{Places, Wish};
use crate::core::progress::JobWatcher;
use crate::core::{Files, check_new_path, new_id, threads};
use crate::error::{Error, at};
use crate::store::{Item, ItemState};

/// The kinds of the jobs, by what becomes of the original.
pub(crate) const MOVE: &str = "files.move";
pub(crate) const COPY: &str = "files.copy";

/// What a job is asked to do, checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    actor: Actor,
    items: Vec<(RootId, RelPath)>,
    root: RootId,
    path: RelPath,
    on_conflict: String,
    moves: bool,
}

impl Order {
    fn rule(&self) -> OnConflict {
        OnConflict::parse(&self.on_conflict).unwrap_or(OnConflict::KeepBoth)
    }

    fn failed(&self, path: &RelPath) -> impl Fn(Errno) -> Error + use<> {
        at(if self.moves { Error::Move } else { Error::Copy }, path.as_str())
    }
}

/// An item with both its ends open.
struct Ends {
    from: Spot,
    to: OwnedFd,
    facts: Option<Facts>,
}

/// What the first look at an item says.
enum Plan {
    /// Nothing is to be done, and why.
    Nothing(&'static str),
    /// One rename will do.
    Rename(u64),
    Copy,
}

impl Files {
    /// Takes an order in; answers its job. What can be known to fail fails here.
    pub(crate) async fn transfer(
        &self,
        actor: &Actor,
        request: &TransferRequest,
        moves: bool,
    ) -> Result<JobId, Error> {
        let items = check_items(&request.items)?;
        let (root, path) = request.destination.check().map_err(|error| Error::Invalid(error.message))?;
        check_new_path(&path)?;
        if OnConflict::parse(&request.on_conflict).is_none() {
            return Err(Error::Invalid(
                "say what to do about a name that is taken: keep_both, replace or skip".to_owned(),
            ));
        }
        let order = Order {
            actor: actor.clone(),
            items,
            root,
            path,
            on_conflict: request.on_conflict.clone(),
            moves,
        };
        let (places, looked_at) = (Arc::clone(&self.places), order.clone());
        threads::short(move || {
            for item in &looked_at.items {
                let ends = open_ends(&places, &looked_at, item)?;
                let facts = ends.facts.ok_or_else(|| looked_at.failed(&item.1)(Errno::NOENT))?;
                refuse_into_itself(&ends.to, &facts, &item.1)?;
            }
            Ok(())
        })
        .await?;
        let verb = if moves { "Move" } else { "Copy" };
        let what = match &order.items[..] {
            [(_, path)] => format!("‘{}’", path.name().unwrap_or_default()),
            more => format!("{} items", more.len()),
        };
        let folder = order.path.name().map_or_else(String::new, |name| format!(" to ‘{name}’"));
        let subject = format!("{}:{}", order.root, order.path);
        let job = NewJob::new(if moves { MOVE } else { COPY }, subject, format!("{verb} {what}{folder}"));
        Ok(self.queue.enqueue(job.payload(&order)?.started_by(actor.job_owner())).await?)
    }

    /// The body of a move or copy job.
    pub(crate) async fn run_transfer(&self, context: JobContext) -> Result<(), JobFailure> {
        let order: Order = context.payload()?;
        let order = Arc::new(order);
        let outcome = self.run_order(&context, &order).await;
        if let Err(error) = &outcome {
            // Nothing half-done stays, whether it failed or was cancelled.
            if let Err(error) = self.discard_partials(&context.id().to_string()).await {
                tracing::warn!(job = %context.id(), error = livos_service::chain(&error), "an unfinished copy stays until the next start");
            }
            return Err(job_failure(error));
        }
        if let Err(error) = self.store.remove_items(&context.id().to_string()).await {
            tracing::warn!(job = %context.id(), error = livos_service::chain(&error), "its rows stay until the next start");
        }
        Ok(())
    }

    async fn run_order(&self, context: &JobContext, order: &Arc<Order>) -> Result<(), Error> {
        let job = context.id().to_string();
        context.step("checking", 1, 2);
        let watcher = Arc::new(JobWatcher::new(context.clone()));
        let mut todo = Vec::new();
        for number in 0..order.items.len() {
            let row = self.store.item(&job, number).await?;
            if row.as_ref().is_none_or(|row| row.state != ItemState::Done) {
                todo.push((number, row));
            }
        }
        let (places, measured, measuring) =
            (Arc::clone(&self.places), Arc::clone(order), Arc::clone(&watcher));
        let numbers: Vec<usize> = todo.iter().map(|(number, _)| *number).collect();
        let (items, bytes) =
            threads::long("measure", move || measure(&places, &measured, &numbers, &measuring)).await?;
        watcher.begin(if order.moves { "moving" } else { "copying" }, items, bytes);
        for (number, row) in todo {
            if context.cancelled().is_cancelled() {
                return Err(order.failed(&order.items[number].1)(Errno::CANCELED));
            }
            self.transfer_item(&job, number, row, order, &watcher).await?;
        }
        Ok(())
    }

    async fn transfer_item(
        &self,
        job: &str,
        number: usize,
        row: Option<Item>,
        order: &Arc<Order>,
        watcher: &Arc<JobWatcher>,
    ) -> Result<(), Error> {
        let source = &order.items[number];
        let mut item = match row {
            Some(item) => item,
            None => Item {
                state: ItemState::Copying,
                root: order.root.clone(),
                path: order.path.clone(),
                partial: new_id(),
                inode: 0,
                name: source.1.name().unwrap_or_default().to_owned(),
            },
        };
        if item.state == ItemState::Copying && item.inode == 0 {
            match self.work(number, order, plan).await? {
                Plan::Nothing(why) => {
                    watcher.context.log(format!("{}: {why}", source.1));
                    item.state = ItemState::Done;
                    return Ok(self.store.put_item(job, number, &item).await?);
                }
                Plan::Rename(inode) => (item.state, item.inode) = (ItemState::Moving, inode),
                Plan::Copy => {}
            }
        }
        loop {
            self.store.put_item(job, number, &item).await?;
            self.faults
                .reach(match item.state {
                    ItemState::Moving => "transfer: moving",
                    ItemState::Copying => "transfer: copying",
                    ItemState::Placing => "transfer: placing",
                    ItemState::Clearing => "transfer: clearing",
                    ItemState::Done => "transfer: done",
                })
                .await;
            item = match item.state {
                ItemState::Moving => self.step_move(number, order, item).await?,
                ItemState::Copying => self.step_copy(number, order, item, watcher).await?,
                ItemState::Placing => self.step_place(number, order, item).await?,
                ItemState::Clearing => self.step_clear(number, order, item, watcher).await?,
                ItemState::Done => return Ok(()),
            };
        }
    }

    /// Runs a piece of blocking work with both ends of an item open.
    async fn work<T, Work>(&self, number: usize, order: &Arc<Order>, work: Work) -> Result<T, Error>
    where
        T: Send + 'static,
        Work: FnOnce(&Order, &(RootId, RelPath), &Ends) -> Result<T, Error> + Send + 'static,
    {
        let (places, order) = (Arc::clone(&self.places), Arc::clone(order));
        threads::long("transfer", move || {
            let source = &order.items[number];
            let ends = open_ends(&places, &order, source)?;
            work(&order, source, &ends)
        })
        .await
    }

    async fn step_move(&self, number: usize, order: &Arc<Order>, mut item: Item) -> Result<Item, Error> {
        let inode = item.inode;
        let rename = move |order: &Order, source: &(RootId, RelPath), ends: &Ends| {
            match ends.facts {
                Some(facts) if facts.inode == inode => {}
                // It went before the crash.
                _ => return Ok(find(&ends.to, inode).map_err(order.failed(&source.1))?.map(Placed::As)),
            }
            let name = ends.from.name.clone();
            match rename::place(&ends.from.directory, &name, &ends.to, &name, order.rule()) {
                Ok(placed) => {
                    sync_directory(&ends.to)
                        .and_then(|()| sync_directory(&ends.from.directory))
                        .map_err(order.failed(&source.1))?;
                    Ok(Some(placed))
                }
                Err(error) => Err(order.failed(&source.1)(error)),
            }
        };
        let placed = match self.work(number, order, rename).await {
            // Two mounts of one device cannot be renamed between; then it is copied.
            Err(error) if error.errno() == Some(Errno::XDEV) => {
                (item.state, item.inode) = (ItemState::Copying, u64::MAX);
                return Ok(item);
            }
            other => other?,
        };
        self.faults.reach("transfer: moved").await;
        let (root, path) = &order.items[number];
        match placed {
            Some(Placed::InTheWay) => {
                self.put_aside(order, path.name().unwrap_or_default()).await?;
                return Ok(item);
            }
            Some(Placed::As(name)) => {
                item.name = rename::shown(&name);
                if let Ok(new) = order.path.join(&item.name) {
                    self.moved(root, path, Some((&order.root, &new))).await?;
                }
            }
            Some(Placed::Skipped) | None => {}
        }
        item.state = ItemState::Done;
        Ok(item)
    }

    async fn step_copy(
        &self,
        number: usize,
        order: &Arc<Order>,
        mut item: Item,
        watcher: &Arc<JobWatcher>,
    ) -> Result<Item, Error> {
        let (watcher, partial) = (Arc::clone(watcher), partial_name(&item));
        let copy = move |order: &Order, source: &(RootId, RelPath), ends: &Ends| {
            let failed = order.failed(&source.1);
            copy::copy(&ends.from.directory, &ends.from.name, &ends.to, &partial, &*watcher)
                .map_err(&failed)?;
            match facts_at(&ends.to, &partial) {
                Ok(facts) => Ok(Some(facts.inode)),
                // A device or the like, which was left out.
                Err(Errno::NOENT) => Ok(None),
                Err(error) => Err(failed(error)),
            }
        };
        match self.work(number, order, copy).await? {
            Some(inode) => (item.state, item.inode) = (ItemState::Placing, inode),
            None => item.state = ItemState::Done,
        }
        self.faults.reach("transfer: copied").await;
        Ok(item)
    }

    async fn step_place(&self, number: usize, order: &Arc<Order>, mut item: Item) -> Result<Item, Error> {
        let (inode, partial) = (item.inode, partial_name(&item));
        let place = move |order: &Order, source: &(RootId, RelPath), ends: &Ends| {
            let failed = order.failed(&source.1);
            let wanted = &ends.from.name;
            match rename::place(&ends.to, &partial, &ends.to, wanted, order.rule()) {
                Ok(Placed::Skipped) => {
                    remove(&ends.to, &partial, &mut || ()).map_err(failed)?;
                    Ok(Placed::Skipped)
                }
                Ok(placed) => {
                    sync_directory(&ends.to).map_err(failed)?;
                    Ok(placed)
                }
                // It got its name before the crash.
                Err(Errno::NOENT) => match find(&ends.to, inode).map_err(&failed)? {
                    Some(name) => Ok(Placed::As(name)),
                    None => Err(failed(Errno::NOENT)),
                },
                Err(error) => Err(failed(error)),
            }
        };
        let placed = self.work(number, order, place).await?;
        self.faults.reach("transfer: placed").await;
        match placed {
            Placed::InTheWay => {
                self.put_aside(order, order.items[number].1.name().unwrap_or_default()).await?;
                return Ok(item);
            }
            Placed::Skipped => item.state = ItemState::Done,
            Placed::As(name) => {
                item.name = rename::shown(&name);
                item.state = if order.moves { ItemState::Clearing } else { ItemState::Done };
            }
        }
        Ok(item)
    }

    async fn step_clear(
        &self,
        number: usize,
        order: &Arc<Order>,
        mut item: Item,
        watcher: &Arc<JobWatcher>,
    ) -> Result<Item, Error> {
        let name = names::c_name(livos_types::unescape_name(&item.name)).unwrap_or_default();
        let clear = move |order: &Order, source: &(RootId, RelPath), ends: &Ends| {
            copy::remove_copied(&ends.from.directory, &ends.from.name, &ends.to, &name)
                .map_err(order.failed(&source.1))
        };
        let stayed = self.work(number, order, clear).await?;
        let (root, path) = &order.items[number];
        if stayed > 0 {
            watcher
                .context
                .log(format!("{path}: {stayed} changed while being moved and stay where they were, too"));
        }
        let new = order.path.join(&item.name).ok();
        self.moved(root, path, new.as_ref().map(|path| (&order.root, path))).await?;
        item.state = ItemState::Done;
        Ok(item)
    }

    /// What is to be replaced but is, or meets, a folder goes to the trash: nobody loses a folder by a click.
    async fn put_aside(&self, order: &Order, name: &str) -> Result<(), Error> {
        let path = order.path.join(name).map_err(|error| Error::Invalid(error.to_string()))?;
        self.trash_one(&order.actor, order.root.clone(), path).await.map(drop)
    }

    /// Removes what an ended job left unfinished.
    pub(crate) async fn discard_partials(&self, job: &str) -> Result<(), Error> {
        for (number, mut item) in self.store.items(job).await? {
            if !matches!(item.state, ItemState::Copying | ItemState::Placing) {
                continue;
            }
            let (places, partial) = (Arc::clone(&self.places), partial_name(&item));
            let (root, path) = (item.root.clone(), item.path.clone());
            threads::long("discard", move || {
                let failed = at(Error::Delete, path.as_str());
                match places.place(&root)?.directory(&path) {
                    Ok(directory) => remove(&directory, &partial, &mut || ()).map_err(failed),
                    Err(Errno::NOENT | Errno::NOTDIR) => Ok(()),
                    Err(error) => Err(failed(error)),
                }
            })
            .await?;
            // From the beginning, should it be tried again.
            (item.state, item.inode) = (ItemState::Copying, 0);
            self.store.put_item(job, number, &item).await?;
        }
        Ok(())
    }
}

fn partial_name(item: &Item) -> CString {
    names::c_name(names::partial(&item.partial)).unwrap_or_default()
}

/// The person is asked about at run time again: the job may have waited while their role changed hands.
fn open_ends(places: &Places, order: &Order, (root, path): &(RootId, RelPath)) -> Result<Ends, Error> {
    let failed = order.failed(path);
    let wish = if order.moves { Wish::Write } else { Wish::Read };
    let from = places.enter(&order.actor, root, wish)?.spot(path).map_err(&failed)?;
    let destination = places.enter(&order.actor, &order.root, Wish::Write)?;
    let to = destination.directory(&order.path).map_err(at(Error::List, order.path.as_str()))?;
    let facts = match facts_at(&from.directory, &from.name) {
        Ok(facts) => Some(facts),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(failed(error)),
    };
    Ok(Ends { from, to, facts })
}

fn refuse_into_itself(to: &OwnedFd, facts: &Facts, path: &RelPath) -> Result<(), Error> {
    if facts.kind == Kind::Directory
        && is_inside(to.as_fd(), facts).map_err(at(Error::Move, path.as_str()))?
    {
        return Err(Error::IntoItself(path.to_string()));
    }
    Ok(())
}

fn plan(order: &Order, source: &(RootId, RelPath), ends: &Ends) -> Result<Plan, Error> {
    let failed = order.failed(&source.1);
    let facts = ends.facts.ok_or_else(|| failed(Errno::NOENT))?;
    refuse_into_itself(&ends.to, &facts, &source.1)?;
    if facts.kind == Kind::Other && !order.moves {
        return Ok(Plan::Nothing("it is a device, a socket or a pipe, and those are not copied"));
    }
    let from = facts_of(&ends.from.directory).map_err(&failed)?;
    let to = facts_of(&ends.to).map_err(&failed)?;
    if order.moves && from.is_same(&to) {
        return Ok(Plan::Nothing("it is there already"));
    }
    match facts_at(&ends.to, &ends.from.name) {
        Ok(there) if there.is_same(&facts) && order.rule() != OnConflict::KeepBoth => {
            return Ok(Plan::Nothing("it is there already"));
        }
        Ok(_) if order.rule() == OnConflict::Skip => return Ok(Plan::Nothing("skipped, its name is taken")),
        Ok(_) | Err(Errno::NOENT) => {}
        Err(error) => return Err(failed(error)),
    }
    Ok(if order.moves && facts.device == to.device { Plan::Rename(facts.inode) } else { Plan::Copy })
}

/// Counts what is left to do, for the progress bar.
fn measure(
    places: &Places,
    order: &Order,
    numbers: &[usize],
    watcher: &JobWatcher,
) -> Result<(u64, u64), Error> {
    let (mut items, mut bytes) = (0, 0);
    for number in numbers {
        let source = &order.items[*number];
        let ends = open_ends(places, order, source)?;
        let Some(facts) = ends.facts else { continue };
        let device = facts_of(&ends.to).map_err(order.failed(&source.1))?.device;
        if order.moves && facts.device == device {
            items += 1;
            continue;
        }
        let (more, size) =
            copy::measure(&ends.from.directory, &ends.from.name, watcher).map_err(order.failed(&source.1))?;
        items += more;
        bytes += size;
    }
    Ok((items, bytes))
}

/// The name under which an inode stands in a directory.
fn find(directory: &OwnedFd, inode: u64) -> rustix::io::Result<Option<CString>> {
    for entry in read_names(directory)? {
        match facts_at(directory, &entry.name) {
            Ok(facts) if facts.inode == inode => return Ok(Some(entry.name)),
            Ok(_) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
