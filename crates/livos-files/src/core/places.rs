//! Which places there are, and who may enter which.

use std::os::fd::OwnedFd;
use std::path::Path;

use livos_bus::{Actor, EntryInfo, RootInfo};
use livos_policy::{Action, decide, home_of};
use livos_types::{RelPath, RootId, Username};
use rustix::fs::{Access, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::core::fs::place::Place;
use crate::core::fs::{Facts, Kind, facts_of, space};
use crate::core::media;
use crate::error::{Error, at};

/// What a person wants to do in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Read,
    Write,
}

/// The data directory and what stands in it.
#[derive(Debug)]
pub(crate) struct Places {
    data: OwnedFd,
}

/// Folders of the data directory with the rights they are created with. What is there already keeps its
/// own: an upgraded installation, or an owner, had their reasons.
const FOLDERS: &[(&str, u32)] =
    &[("home", 0o700), ("members", 0o700), ("shared", 0o770), ("apps", 0o770), ("trash", 0o700)];

impl Places {
    /// Opens the data directory and makes what is missing in it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = at(Error::Data, &path.display().to_string());
        std::fs::create_dir_all(path).map_err(|error| Error::Data(path.display().to_string(), error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let data = rustix::fs::open(path, flags, Mode::empty()).map_err(&failed)?;
        for (name, mode) in FOLDERS {
            match rustix::fs::mkdirat(&data, *name, Mode::from_raw_mode(*mode)) {
                Ok(()) => {
                    // The process's umask may have taken bits away.
                    let made = folder(&data, name).map_err(&failed)?;
                    let made = crate::core::fs::reopen(&made, OFlags::RDONLY | OFlags::DIRECTORY)
                        .map_err(&failed)?;
                    rustix::fs::fchmod(&made, Mode::from_raw_mode(*mode)).map_err(&failed)?;
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(Self { data })
    }

    /// Opens a place for a person, if the rules let them in.
    pub(crate) fn enter(&self, actor: &Actor, root: &RootId, wish: Wish) -> Result<Place, Error> {
        let allows = |action| decide(actor.role, actor.username.as_str(), action).is_allowed();
        if !allows(Action::ReadFiles(root)) {
            return Err(Error::NoEntry(root.clone()));
        }
        if wish == Wish::Write && !allows(Action::WriteFiles(root)) {
            return Err(Error::ReadOnly(root.clone()));
        }
        self.place(root)
    }

    /// Opens a place by its id, for work that was allowed when it was asked for.
    ///
    /// It is opened anew each time, so that a folder that was replaced, or a disk that was mounted over it,
    /// is what people see.
    pub(crate) fn place(&self, root: &RootId) -> Result<Place, Error> {
        let failed = at(Error::Enter, root.as_str());
        let top = match root.as_str() {
            name @ ("home" | "shared" | "apps") => folder(&self.data, name),
            other => {
                let member = other.strip_prefix("home.").and_then(|name| Username::new(name).ok());
                let Some(member) = member else { return Err(Error::NoEntry(root.clone())) };
                let members = folder(&self.data, "members").map_err(&failed)?;
                match folder(&members, member.as_str()) {
                    Err(Errno::NOENT) => {
                        match rustix::fs::mkdirat(&members, member.as_str(), Mode::RWXU) {
                            Ok(()) | Err(Errno::EXIST) => {}
                            Err(error) => return Err(failed(error)),
                        }
                        folder(&members, member.as_str())
                    }
                    found => found,
                }
            }
        };
        Ok(Place::new(top.map_err(failed)?))
    }

    /// The trash, on the same file system as the places.
    pub(crate) fn trash(&self) -> Result<OwnedFd, Error> {
        let failed = at(Error::Enter, "trash");
        let trash = folder(&self.data, "trash").map_err(&failed)?;
        crate::core::fs::reopen(&trash, OFlags::RDONLY | OFlags::DIRECTORY).map_err(failed)
    }

    /// The places this person may enter. One that cannot be opened just now is left out.
    pub(crate) fn of(&self, actor: &Actor) -> Vec<RootInfo> {
        let named = ["shared", "apps"].into_iter().filter_map(|name| RootId::new(name).ok());
        let mut found = Vec::with_capacity(3);
        for root in home_of(actor.role, actor.username.as_str()).into_iter().chain(named) {
            let place = match self.enter(actor, &root, Wish::Read) {
                Ok(place) => place,
                Err(Error::NoEntry(_)) => continue,
                Err(error) => {
                    tracing::warn!(root = %root, error = livos_service::chain(&error), "a place is left out");
                    continue;
                }
            };
            let (total, free) = space(place.top()).unwrap_or_default();
            let allowed = decide(actor.role, actor.username.as_str(), Action::WriteFiles(&root)).is_allowed();
            found.push(RootInfo {
                label: label(&root).to_owned(),
                kind: kind(&root).to_owned(),
                writable: allowed && may_write(place.top()),
                id: root.into(),
                total,
                free,
            });
        }
        found
    }
}

/// A folder that the administrator's own layout names; a link there was set by them and is followed.
fn folder(parent: &OwnedFd, name: &str) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(parent, name, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// What people call a place.
fn label(root: &RootId) -> &'static str {
    match kind(root) {
        "home" => "Home",
        "shared" => "Shared",
        _ => "App data",
    }
}

fn kind(root: &RootId) -> &'static str {
    match root.as_str() {
        "shared" => "shared",
        "apps" => "apps",
        _ => "home",
    }
}

fn may_write(directory: &OwnedFd) -> bool {
    rustix::fs::accessat(directory, c".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

/// Everything a client is told about an entry that `facts` were found of.
pub(crate) fn describe(place: &Place, root: &RootId, path: &RelPath, facts: &Facts) -> EntryInfo {
    let name = path.name().unwrap_or_else(|| label(root)).to_owned();
    // A folder can be changed when it can be written to itself, anything else when its folder can.
    let decides = if facts.kind == Kind::Directory { place.target(path) } else { folder_of(place, path) };
    EntryInfo {
        root: root.to_string(),
        path: path.to_string(),
        kind: facts.kind.as_str().to_owned(),
        size: facts.size,
        modified_at: facts.modified_at,
        media_type: if facts.kind == Kind::Directory { "" } else { media::type_of(&name) }.to_owned(),
        writable: decides.is_ok_and(|directory| may_write(&directory)),
        revision: facts.revision(),
        name,
    }
}

fn folder_of(place: &Place, path: &RelPath) -> rustix::io::Result<OwnedFd> {
    place.target(&path.parent().unwrap_or_default())
}

/// Looks at an entry itself, a link unfollowed, and describes it.
pub(crate) fn look(place: &Place, root: &RootId, path: &RelPath) -> Result<EntryInfo, Error> {
    let facts = place.entry(path).and_then(facts_of).map_err(at(Error::Stat, path.as_str()))?;
    Ok(describe(place, root, path, &facts))
}
