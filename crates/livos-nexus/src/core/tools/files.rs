//! What a person shares of their files.

use std::fmt::Write as _;

use livos_bus::EntryInfo;
use livos_bus::documents::{SharedEntry, SharedFolder, SharedPiece};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{LONGEST, Outcome, Place, refused};
use crate::core::Nexus;
use crate::core::schedules::wall;

/// The longest piece of a file that is read at once, in bytes: it and what is said about it fit into one answer.
const PIECE: u32 = 12 * 1024;
/// Room for a list; what does not fit is counted.
const LIST: usize = LONGEST - 1024;

const NOTHING: &str = "No folder is shared with you, so there is no file that you can see. The person shares one in the Files window, where the menu of a folder has “Share with Nexus”; Settings, AI lists what is shared.";

/// What to look at among the files that this person shares.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Look {
    operation: Operation,
    /// A place and a path in it, as list tells them: "home/Documents/notes.txt". Without it, list names the shared
    /// folders and search looks in all of them.
    #[serde(default)]
    path: String,
    /// For search: a part of the name, in any case.
    #[serde(default)]
    query: String,
    /// For read: the byte to begin with, as the piece before says it.
    #[serde(default)]
    offset: u64,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Operation {
    List,
    Read,
    Stat,
    Search,
}

pub(super) async fn look(nexus: &Nexus, place: &Place<'_>, asked: Look) -> Outcome {
    let folders = nexus.house.shared_folders(place.actor).await.map_err(|error| refused(&error))?;
    if folders.is_empty() {
        return Ok(NOTHING.to_owned());
    }
    let path = asked.path.trim_end_matches('/');
    let (root, below) = path.split_once('/').unwrap_or((path, ""));
    let needs_path = || if path.is_empty() { Err("say which file or folder".to_owned()) } else { Ok(()) };
    let (house, actor) = (&nexus.house, place.actor);
    match asked.operation {
        Operation::List if path.is_empty() => Ok(shared(&folders)),
        Operation::List => {
            let listing = house.shared_list(actor, root, below).await.map_err(|error| refused(&error))?;
            Ok(listed(path, &listing.entries, listing.complete))
        }
        Operation::Read => {
            needs_path()?;
            let piece = house.shared_read(actor, root, below, asked.offset, PIECE).await;
            Ok(read(path, &piece.map_err(|error| refused(&error))?))
        }
        Operation::Stat => {
            needs_path()?;
            let info = house.shared_stat(actor, root, below).await.map_err(|error| refused(&error))?;
            Ok(described(&info, &nexus.time_zone))
        }
        Operation::Search => {
            let reply = house.shared_search(actor, root, below, &asked.query).await;
            let reply = reply.map_err(|error| refused(&error))?;
            Ok(found(&reply.entries, reply.complete))
        }
    }
}

fn shared(folders: &[SharedFolder]) -> String {
    let line = |one: &SharedFolder| {
        let missing = match (one.missing, one.writes) {
            (true, _) => " (not there any more)",
            (false, true) => " (you may propose changes in it)",
            (false, false) => "",
        };
        format!("{}/{}{missing}", one.root, plain(&one.path))
    };
    bounded("These folders are shared with you:".to_owned(), folders.iter().map(line), "")
}

fn listed(path: &str, entries: &[SharedEntry], complete: bool) -> String {
    if entries.is_empty() {
        return "The folder is empty.".to_owned();
    }
    let line = |one: &SharedEntry| named(&plain(&one.name), &one.kind, one.size);
    let more = if complete { "" } else { "This is a part of a folder with very many entries; use search." };
    bounded(format!("In {}:", plain(path)), entries.iter().map(line), more)
}

fn found(entries: &[EntryInfo], complete: bool) -> String {
    let more =
        if complete { "" } else { "There may be more: the search ended before it had been everywhere." };
    if entries.is_empty() {
        return format!("Nothing of that name is in what is shared with you. {more}").trim_end().to_owned();
    }
    let line =
        |one: &EntryInfo| named(&format!("{}/{}", plain(&one.root), plain(&one.path)), &one.kind, one.size);
    bounded("Found:".to_owned(), entries.iter().map(line), more)
}

fn read(path: &str, piece: &SharedPiece) -> String {
    let SharedPiece { media_type, size, offset, end, more, exact, text } = piece;
    let mut head = format!("{} ({media_type}), bytes {offset} to {end} of {size}", plain(path));
    if *more {
        // Writing to a string can't fail.
        let _ = write!(head, "; go on with offset {end}");
    }
    if !exact {
        head.push_str("; bytes that are no UTF-8 are shown as \u{fffd}");
    }
    format!("{head}\n\n{text}")
}

fn described(info: &EntryInfo, time_zone: &str) -> String {
    let what = match info.kind.as_str() {
        "dir" => "a folder",
        "file" => "a file",
        "symlink" => "a link that leads to nothing in the shared folder",
        _ => "a device, a socket or a pipe, which is not opened",
    };
    let mut text = format!("{}/{}: {what}", plain(&info.root), plain(&info.path));
    if info.kind == "file" {
        let _ = write!(text, ", {}, {} bytes", info.media_type, info.size);
    }
    let _ = write!(text, ", changed {}", wall(info.modified_at, time_zone));
    text
}

fn named(name: &str, kind: &str, size: u64) -> String {
    match kind {
        "dir" => format!("{name}/"),
        "file" => format!("{name} ({size} bytes)"),
        "symlink" => format!("{name} (a link)"),
        _ => format!("{name} (neither a file nor a folder)"),
    }
}

/// A name on one line: whoever chose it does not thereby write lines of ours.
fn plain(name: &str) -> String {
    name.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// Lines under a head, as many as there is room for.
fn bounded(head: String, lines: impl ExactSizeIterator<Item = String>, more: &str) -> String {
    let mut text = head;
    let all = lines.len();
    for (told, line) in lines.enumerate() {
        if text.len() + line.len() > LIST {
            let _ = write!(text, "\n[… {} more; use search]", all - told);
            break;
        }
        text.push('\n');
        text.push_str(&line);
    }
    if !more.is_empty() {
        text.push('\n');
        text.push_str(more);
    }
    text
}
