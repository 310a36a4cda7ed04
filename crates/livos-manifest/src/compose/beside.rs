//! What lies beside a compose file and belongs to it: its override, what it includes, and services that its own extend.
//!
//! Only files of its own folder are read, so that every path in them means the same as in the file itself.

use std::collections::BTreeMap;

use crate::compose::extends::{layered, resolve};
use crate::error::{Error, Result};
use crate::fields::shorten;
use crate::node::{Map, Node};

/// Files that include each other end here; nobody nests so deep.
const MAX_DEPTH: usize = 8;
/// What an included file brings along.
const SECTIONS: [&str; 5] = ["services", "networks", "volumes", "configs", "secrets"];

/// The documents beside a compose file, by name.
pub(crate) type Files = BTreeMap<String, Node>;

/// A document with everything that it says lies beside it; what isn't there stays named where it stands.
pub(crate) fn joined(document: Node, files: &Files) -> Result<Node> {
    let mut document = included(document, files, 0)?;
    extended(&mut document, files, 0)?;
    Ok(document)
}

/// `over` on top of `base`, as Docker Compose puts an override file on top of the one before.
pub(crate) fn overridden(base: Node, over: Node, files: &Files) -> Result<Node> {
    Ok(layered(base, joined(over, files)?))
}

/// The name of a file of the same folder; any other is none of ours.
fn name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("./").unwrap_or(text);
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

fn included(mut document: Node, files: &Files, depth: usize) -> Result<Node> {
    let Node::Map(root) = &mut document else { return Ok(document) };
    let Some(Node::Seq(items)) = root.get("include").cloned() else { return Ok(document) };
    if depth >= MAX_DEPTH {
        return Err(Error::field("include", "the files include each other in a circle, or too deep"));
    }
    let mut left = Vec::new();
    for item in items {
        let Some(found) = paths(&item)
            .and_then(|paths| paths.iter().map(|path| files.get(name(path)?)).collect::<Option<Vec<_>>>())
            .filter(|found| !found.is_empty())
        else {
            left.push(item);
            continue;
        };
        let mut whole: Option<Node> = None;
        for part in found {
            let mut part = included(part.clone(), files, depth + 1)?;
            extended(&mut part, files, depth + 1)?;
            whole = Some(match whole {
                Some(below) => layered(below, part),
                None => part,
            });
        }
        if let Some(Node::Map(part)) = whole {
            take_in(root, &part)?;
        }
    }
    if left.is_empty() {
        root.remove("include");
    } else {
        root.set("include", Node::Seq(left));
    }
    Ok(document)
}

/// Where an item of `include` points to; `None` when it says more than that.
fn paths(item: &Node) -> Option<Vec<String>> {
    match item {
        Node::Scalar { text, .. } => Some(vec![text.clone()]),
        Node::Map(map) if map.iter().all(|(key, _)| key == "path") => Some(map.texts("path")),
        _ => None,
    }
}

/// An included file adds to what is there and changes nothing of it.
fn take_in(root: &mut Map, part: &Map) -> Result<()> {
    for section in SECTIONS {
        let Some(added) = part.map(section) else { continue };
        let mut all = root.map(section).cloned().unwrap_or_default();
        for (key, node) in added.iter() {
            match all.get(key) {
                None => all.set(key, node.clone()),
                Some(same) if same == node => {}
                Some(_) => {
                    return Err(Error::field(
                        format!("{section}.{}", shorten(key)),
                        "is in the file and in one that it includes",
                    ));
                }
            }
        }
        root.set(section, Node::Map(all));
    }
    Ok(())
}

/// Gives services the base that another file has.
fn extended(document: &mut Node, files: &Files, depth: usize) -> Result<()> {
    let Node::Map(root) = document else { return Ok(()) };
    let Some((_, Node::Map(services))) = root.0.iter_mut().find(|(key, _)| key == "services") else {
        return Ok(());
    };
    for (service, node) in &mut services.0 {
        let Node::Map(map) = node else { continue };
        let Some(extends) = map.map("extends") else { continue };
        let (file, base) = (extends.text("file"), extends.text("service"));
        let Some(Node::Map(other)) = name(&file).and_then(|name| files.get(name)) else { continue };
        let place = format!("services.{service}.extends");
        if depth >= MAX_DEPTH {
            return Err(Error::field(place, "the files extend each other in a circle, or too deep"));
        }
        let mut other = Node::Map(other.clone());
        extended(&mut other, files, depth + 1)?;
        resolve(&mut other)?;
        let found = other.as_map().and_then(|root| root.map("services")).and_then(|all| all.get(&base));
        let Some(found) = found.cloned() else {
            let reason = format!("{} has no service “{}”", shorten(&file), shorten(&base));
            return Err(Error::field(place, reason));
        };
        let mut own = map.clone();
        own.remove("extends");
        *node = layered(found, Node::Map(own));
    }
    Ok(())
}
