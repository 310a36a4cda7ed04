//! `extends` within one file: a service takes another one as its base, by the merge rules of the specification.
//! Of other files, `beside` knows.

use std::collections::BTreeSet;

use crate::compose::MAX_SERVICES;
use crate::error::{Error, Result};
use crate::fields::shorten;
use crate::node::{Map, Node};

/// Written either as a mapping or as a list of `key=value`.
const PAIRS: [&str; 5] = ["environment", "labels", "annotations", "sysctls", "storage_opt"];
/// Written either as a mapping or as a list of names.
const NAMED: [&str; 2] = ["networks", "depends_on"];
/// The extending service's value stands alone.
const REPLACED: [&str; 4] = ["command", "entrypoint", "test", "ulimits"];

/// Merges every base into the services that extend it.
pub(super) fn resolve(document: &mut Node) -> Result<()> {
    let Node::Map(root) = document else { return Ok(()) };
    let Some((_, Node::Map(services))) = root.0.iter_mut().find(|(key, _)| key == "services") else {
        return Ok(());
    };
    let extending = |node: &Node| node.as_map().is_some_and(|map| map.get("extends").is_some());
    if services.0.len() > MAX_SERVICES || !services.0.iter().any(|(_, node)| extending(node)) {
        return Ok(());
    }
    let originals = services.clone();
    for (name, node) in &mut services.0 {
        *node = extended(name, node.clone(), &originals, &mut BTreeSet::new())?;
    }
    Ok(())
}

fn extended(name: &str, node: Node, services: &Map, seen: &mut BTreeSet<String>) -> Result<Node> {
    let place = format!("services.{name}.extends");
    let Node::Map(mut service) = node else { return Ok(node) };
    let base = match service.get("extends") {
        None | Some(Node::Null) => return Ok(Node::Map(service)),
        Some(Node::Scalar { text, .. }) => text.clone(),
        Some(Node::Map(map)) => {
            if map.get("file").is_some() {
                // Left where it is, so that it is named as what isn't done.
                return Ok(Node::Map(service));
            }
            map.text("service")
        }
        Some(other) => return Err(Error::field(place, format!("must be a service, not {}", other.kind()))),
    };
    if !seen.insert(name.to_owned()) {
        return Err(Error::field(place, "the services extend each other in a circle"));
    }
    let Some(found) = services.get(&base) else {
        return Err(Error::field(place, format!("the service “{}” is not defined", shorten(&base))));
    };
    let base = extended(&base, found.clone(), services, seen)?;
    service.remove("extends");
    Ok(merged("", base, Node::Map(service)))
}

/// One document or service on top of another.
pub(super) fn layered(base: Node, over: Node) -> Node {
    merged("", base, over)
}

/// `over` on top of `base`; `key` is where both stand.
fn merged(key: &str, base: Node, over: Node) -> Node {
    if REPLACED.contains(&key) {
        return over;
    }
    let (base, over) = if PAIRS.contains(&key) {
        (as_pairs(base), as_pairs(over))
    } else if NAMED.contains(&key) {
        (as_names(key, base), as_names(key, over))
    } else if matches!(
        (&base, &over),
        (Node::Seq(_), Node::Scalar { .. }) | (Node::Scalar { .. }, Node::Seq(_))
    ) || matches!(key, "dns" | "dns_search" | "tmpfs" | "env_file")
    {
        (as_list(base), as_list(over))
    } else {
        (base, over)
    };
    match (base, over) {
        (base, Node::Null) => base,
        (Node::Map(base), Node::Map(over)) => {
            // Another log driver has other options.
            let driver = |map: &Map| map.text("driver");
            if key == "logging" && !driver(&over).is_empty() && driver(&over) != driver(&base) {
                return Node::Map(over);
            }
            let mut out = base;
            for (key, value) in over.0 {
                let value = match out.remove_in_place(&key) {
                    Some(below) => merged(&key, below, value),
                    None => value,
                };
                out.set(&key, value);
            }
            Node::Map(out)
        }
        (Node::Seq(mut base), Node::Seq(over)) => {
            for item in over {
                if !base.contains(&item) {
                    base.push(item);
                }
            }
            Node::Seq(base)
        }
        (_, over) => over,
    }
}

fn as_pairs(node: Node) -> Node {
    let Node::Seq(items) = node else { return node };
    let mut out = Map::default();
    for text in items.iter().filter_map(Node::as_str) {
        match text.split_once('=') {
            Some((name, value)) => out.set(name, Node::text(value)),
            None => out.set(text, Node::Null),
        }
    }
    Node::Map(out)
}

fn as_names(key: &str, node: Node) -> Node {
    let Node::Seq(items) = node else { return node };
    let mut out = Map::default();
    for name in items.iter().filter_map(Node::as_str) {
        let mut condition = Map::default();
        condition.set("condition", Node::text("service_started"));
        out.set(name, if key == "depends_on" { Node::Map(condition) } else { Node::Null });
    }
    Node::Map(out)
}

fn as_list(node: Node) -> Node {
    match node {
        scalar @ Node::Scalar { .. } => Node::Seq(vec![scalar]),
        other => other,
    }
}
