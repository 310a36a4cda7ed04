//! The trash: a directory whose entries explain themselves, and an index of it.
//!
//! Something trashed is `trash/<id>/content`, beside `trash/<id>/origin`, a link whose target says where it
//! was. A link is made by one system call that a crash either has or has not seen, needs no sync of its own,
//! and is on the disk before the rename that follows it. So the directory alone is the truth, whatever
//! happens between two steps, and the index is only there to be quick:
//!
//! | died after | what is there | what [`reconcile`] does |
//! |---|---|---|
//! | making the directory or the link | no content | removes it; the file never left |
//! | renaming the file in | content without a row | writes the row |
//! | renaming the file out (restore) | no content, a row | removes both; the file is back |
//! | renaming to `gone-<id>` (delete) | a name no one is shown | removes it |

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use livos_types::{RelPath, RootId};
use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::core::Faults;
use crate::core::fs::place::{Place, Spot};
use crate::core::fs::{
    Kind, facts_at, names, open_directory, remove::remove, rename, sync_directory, walk::read_all_names,
};
use crate::error::{Error, at};
use crate::store::Trashed;

const GONE: &str = "gone-";

/// What is written beside something trashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) root: RootId,
    pub(crate) path: RelPath,
    pub(crate) deleted_at: i64,
}

impl Origin {
    /// A link's target takes 4,095 bytes. A deeper path keeps its last folders, so that it comes back under
    /// its own name.
    fn to_target(&self) -> CString {
        let head = format!("{}\n{}\n", self.deleted_at, self.root);
        let mut path = self.path.as_str();
        while head.len() + path.len() > 4000 {
            match path.split_once('/') {
                Some((_, rest)) => path = rest,
                None => break,
            }
        }
        CString::new(head + path).unwrap_or_default()
    }

    fn parse(target: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(target).ok()?;
        let mut parts = text.splitn(3, '\n');
        Some(Self {
            deleted_at: parts.next()?.parse().ok()?,
            root: RootId::new(parts.next()?).ok()?,
            path: RelPath::new(parts.next()?).ok()?,
        })
    }
}

/// Moves an entry into the trash. What is answered is to be put into the index.
pub(crate) fn put(
    trash: &OwnedFd,
    place: &Place,
    id: &str,
    origin: &Origin,
    faults: &Faults,
) -> Result<Trashed, Error> {
    let spot = place.spot(&origin.path).map_err(at(Error::Trash, origin.path.as_str()))?;
    put_from(trash, &spot, id, origin, faults)
}

/// The same with something whose folder is open already, and was looked at there.
pub(crate) fn put_from(
    trash: &OwnedFd,
    Spot { directory, name }: &Spot,
    id: &str,
    origin: &Origin,
    faults: &Faults,
) -> Result<Trashed, Error> {
    let failed = at(Error::Trash, origin.path.as_str());
    let facts = facts_at(directory, name).map_err(&failed)?;
    rustix::fs::mkdirat(trash, id, Mode::RWXU).map_err(&failed)?;
    faults.pass("trash: directory made");
    let into = open_directory(trash, id).map_err(&failed)?;
    let moved = rustix::fs::symlinkat(origin.to_target(), &into, c"origin").and_then(|()| {
        faults.pass("trash: origin written");
        rename::rename_new(directory, name, &into, c"content")
    });
    if let Err(error) = moved {
        // Best effort: what stays here is removed at the next start.
        let _ = rustix::fs::unlinkat(&into, c"origin", AtFlags::empty());
        let _ = rustix::fs::unlinkat(trash, id, AtFlags::REMOVEDIR);
        return Err(match error {
            Errno::XDEV => Error::TrashElsewhere(origin.path.to_string()),
            error => failed(error),
        });
    }
    faults.pass("trash: content moved");
    // Both ends of the rename, or a power cut could take the file from both.
    sync_directory(&into).and_then(|()| sync_directory(directory)).map_err(&failed)?;
    Ok(Trashed {
        id: id.to_owned(),
        root: origin.root.clone(),
        path: origin.path.clone(),
        kind: facts.kind.as_str().to_owned(),
        size: facts.size,
        deleted_at: origin.deleted_at,
    })
}

/// Moves something back to where it was, under another name if that one is taken; answers its path now.
/// The row is to be removed afterwards.
pub(crate) fn restore(
    trash: &OwnedFd,
    place: &Place,
    item: &Trashed,
    faults: &Faults,
) -> Result<RelPath, Error> {
    let failed = at(Error::Restore, item.path.as_str());
    let from = open_directory(trash, item.id.as_str()).map_err(&failed)?;
    let name = item.path.name().ok_or_else(|| failed(Errno::INVAL))?;
    let parent = item.path.parent().unwrap_or_default();
    // A file may stand where a folder was; then it comes back to the top of its place.
    let (parent, directory) = match place.make(&parent) {
        Ok(directory) => (parent, directory),
        Err(Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => {
            (RelPath::root(), place.directory(&RelPath::root()).map_err(&failed)?)
        }
        Err(error) => return Err(failed(error)),
    };
    let wanted = names::c_name(livos_types::unescape_name(name)).ok_or_else(|| failed(Errno::INVAL))?;
    let got = rename::rename_beside(&from, c"content", &directory, &wanted).map_err(&failed)?;
    faults.pass("restore: content moved");
    sync_directory(&directory).and_then(|()| sync_directory(&from)).map_err(&failed)?;
    if let Err(error) = discard_empty(trash, &item.id) {
        tracing::debug!(id = item.id, %error, "an empty entry stays in the trash until the next start");
    }
    parent.join(&rename::shown(&got)).map_err(|_| failed(Errno::NAMETOOLONG))
}

/// Takes something out of sight for good. Afterwards it cannot be restored, and [`sweep`] frees its space.
pub(crate) fn doom(trash: &OwnedFd, id: &str) -> Result<(), Error> {
    match rustix::fs::renameat(trash, id, trash, format!("{GONE}{id}")) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(at(Error::Delete, id)(error)),
    }
}

/// Removes what [`doom`] took out of sight.
pub(crate) fn sweep(trash: &OwnedFd, id: &str, removed: &mut dyn FnMut()) -> Result<(), Error> {
    let name = CString::new(format!("{GONE}{id}")).unwrap_or_default();
    remove(trash, &name, removed).map_err(at(Error::Delete, id))
}

/// Ids that were doomed and not yet swept.
pub(crate) fn doomed(trash: &OwnedFd) -> Result<Vec<String>, Error> {
    let entries = read_all_names(trash).map_err(at(Error::List, "trash"))?;
    let id = |name: &[u8]| std::str::from_utf8(name.strip_prefix(GONE.as_bytes())?).ok().map(str::to_owned);
    Ok(entries.iter().filter_map(|entry| id(entry.name.to_bytes())).collect())
}

fn discard_empty(trash: impl AsFd, id: &str) -> rustix::io::Result<()> {
    let directory = open_directory(trash.as_fd(), id)?;
    match rustix::fs::unlinkat(&directory, c"origin", AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error),
    }
    rustix::fs::unlinkat(trash, id, AtFlags::REMOVEDIR)
}

/// What the index has to do to agree with the directory again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    pub(crate) add: Vec<Trashed>,
    pub(crate) remove: Vec<String>,
}

/// Compares the directory with the ids in the index and tidies what a crash left in it.
pub(crate) fn reconcile(trash: &OwnedFd, known: &[String]) -> Result<Differences, Error> {
    let failed = at(Error::List, "trash");
    let known: std::collections::HashSet<&str> = known.iter().map(String::as_str).collect();
    let mut present = std::collections::HashSet::new();
    let mut differences = Differences::default();
    for entry in read_all_names(trash).map_err(&failed)? {
        let Some(id) = entry.name.to_str().ok().filter(|id| names::is_id(id.as_bytes())) else { continue };
        if entry.kind != Kind::Directory {
            continue;
        }
        match inspect(trash, id) {
            Ok(Some(item)) => {
                present.insert(id.to_owned());
                if !known.contains(id) {
                    differences.add.push(item);
                }
            }
            Ok(None) => {}
            Err(error) => {
                // One that cannot be read now must not be forgotten, nor keep the others from their owners.
                tracing::warn!(id, %error, "something in the trash cannot be read");
                present.insert(id.to_owned());
            }
        }
    }
    differences.remove =
        known.iter().filter(|id| !present.contains(**id)).map(|id| (*id).to_owned()).collect();
    Ok(differences)
}

/// What stands under this id; an entry without content is removed.
fn inspect(trash: &OwnedFd, id: &str) -> rustix::io::Result<Option<Trashed>> {
    let directory = open_directory(trash, id)?;
    let facts = match facts_at(&directory, c"content") {
        Ok(facts) => facts,
        Err(Errno::NOENT) => return discard_empty(trash, id).map(|()| None),
        Err(error) => return Err(error),
    };
    let origin = match rustix::fs::readlinkat(&directory, c"origin", Vec::new()) {
        Ok(target) => Origin::parse(target.to_bytes()),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(error),
    };
    // Without a word on where it was, it is offered to the owner under its id rather than lost.
    let lost = || {
        let (root, path) = RootId::new("home").ok().zip(RelPath::new(format!("Recovered {id}")).ok())?;
        Some(Origin { root, path, deleted_at: facts.modified_at })
    };
    let trashed = |origin: Origin| Trashed {
        id: id.to_owned(),
        root: origin.root,
        path: origin.path,
        kind: facts.kind.as_str().to_owned(),
        size: facts.size,
        deleted_at: origin.deleted_at,
    };
    Ok(origin.or_else(lost).map(trashed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, want: &str) {
        let origin =
            Origin { root: RootId::new("home").unwrap(), path: RelPath::new(path).unwrap(), deleted_at: -5 };
        let parsed = Origin::parse(origin.to_target().as_bytes()).unwrap();
        assert_eq!(parsed, Origin { path: RelPath::new(want).unwrap(), ..origin });
    }

    #[test]
    fn an_origin_comes_back_as_it_went() {
        check("a/b\nc/d", "a/b\nc/d");
        let deep = vec!["x".repeat(250); 16].join("/");
        check(&deep, &vec!["x".repeat(250); 15].join("/"));
        assert_eq!(Origin::parse(b"1\nhome\n../x"), None);
        assert_eq!(Origin::parse(b"nonsense"), None);
    }
}
