//! Changing files in the folders where this person lets it: written, moved and trashed by the edge, once they agreed.

use livos_bus::ErrorKind;
use livos_bus::documents::SharedFolder;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::propose::{Wanted, reason};
use super::{Place, refused};
use crate::core::Nexus;

/// The longest text that is written, in bytes: a model's answer is hardly longer, and a person has to read it.
const LONGEST: usize = 48 * 1024;

const NOWHERE: &str = "there is no folder in which you may change files. The person allows that in the Files window, where the menu of a folder that is shared with you has “Let Nexus change files here”";

/// What to write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    /// A place and a path in it, as files tells them: "home/Documents/notes.txt".
    path: String,
    /// All that is to stand in the file.
    text: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// What to move.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    /// A place and a path in it, as files tells them.
    path: String,
    /// The new path, in the same place: its name is part of it.
    to: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// What to put into the trash.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Trash {
    /// A place and a path in it, as files tells them.
    path: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// A place and the path there, if Nexus may change it.
fn writable(folders: &[SharedFolder], path: &str) -> Result<(String, String), String> {
    if !folders.iter().any(|folder| folder.writes) {
        return Err(NOWHERE.to_owned());
    }
    let path = path.trim_end_matches('/');
    let (root, below) = path.split_once('/').unwrap_or((path, ""));
    let holds = |folder: &&SharedFolder| {
        folder.root == root && below.strip_prefix(&folder.path).is_some_and(|rest| rest.starts_with('/'))
    };
    // The innermost decides, as the window shows it.
    if folders.iter().filter(holds).max_by_key(|folder| folder.path.len()).is_some_and(|folder| folder.writes)
    {
        return Ok((root.to_owned(), below.to_owned()));
    }
    let names = folders.iter().filter(|folder| folder.writes);
    let names: Vec<String> = names.map(|folder| format!("{}/{}", folder.root, folder.path)).collect();
    Err(format!("you may not change ‘{path}’; you may change files in {}", names.join(", ")))
}

async fn folders(nexus: &Nexus, place: &Place<'_>) -> Result<Vec<SharedFolder>, String> {
    nexus.house.shared_folders(place.actor).await.map_err(|error| refused(&error))
}

/// How a file is now, if there is one.
async fn revision(
    nexus: &Nexus,
    place: &Place<'_>,
    root: &str,
    path: &str,
) -> Result<Option<String>, String> {
    match nexus.house.shared_stat(place.actor, root, path).await {
        Ok(info) => Ok(Some(info.revision)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(&error)),
    }
}

fn name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

pub(super) async fn write(nexus: &Nexus, place: &Place<'_>, asked: Write) -> Result<Wanted, String> {
    let why = reason(&asked.why)?;
    if asked.text.len() > LONGEST {
        return Err(format!("a text of at most {LONGEST} bytes is written"));
    }
    let (root, path) = writable(&folders(nexus, place).await?, &asked.path)?;
    let revision = revision(nexus, place, &root, &path).await?.unwrap_or_default();
    let subject = name(&path);
    let arguments = json!({ "root": root, "path": path, "revision": revision, "text": asked.text });
    Ok(Wanted { arguments, subject, why, notes: Vec::new() })
}

pub(super) async fn rename(nexus: &Nexus, place: &Place<'_>, asked: Move) -> Result<Wanted, String> {
    let why = reason(&asked.why)?;
    let folders = folders(nexus, place).await?;
    let (root, path) = writable(&folders, &asked.path)?;
    let (other, to) = writable(&folders, &asked.to)?;
    if root != other {
        return Err(
            "something is moved within its place only; both paths begin with the same word".to_owned()
        );
    }
    let revision = there(nexus, place, &root, &path).await?;
    let subject = name(&path);
    let arguments = json!({ "root": root, "path": path, "to": to, "revision": revision });
    Ok(Wanted { arguments, subject, why, notes: Vec::new() })
}

pub(super) async fn trash(nexus: &Nexus, place: &Place<'_>, asked: Trash) -> Result<Wanted, String> {
    let why = reason(&asked.why)?;
    let (root, path) = writable(&folders(nexus, place).await?, &asked.path)?;
    let revision = there(nexus, place, &root, &path).await?;
    let subject = name(&path);
    let arguments = json!({ "root": root, "path": path, "revision": revision });
    Ok(Wanted { arguments, subject, why, notes: Vec::new() })
}

async fn there(nexus: &Nexus, place: &Place<'_>, root: &str, path: &str) -> Result<String, String> {
    revision(nexus, place, root, path).await?.ok_or_else(|| format!("there is no ‘{root}/{path}’"))
}
