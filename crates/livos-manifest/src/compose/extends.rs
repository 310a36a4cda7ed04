//! `extends` within one file: a service takes another one as its base, by the merge rules of the specification.
//! Of other files, `beside` knows.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::compose::MAX_SERVICES;
use crate::compose::beside::SECTIONS;
use crate::error::{Error, Result};
use crate::fields::shorten;
use crate::node::{Map, Node};
use crate::read::Budget;

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
    let mut budget = Budget::default();
    for (name, node) in services.0.iter_mut().filter(|(_, node)| extending(node)) {
        let own = std::mem::replace(node, Node::Null);
        *node = extended(name, own, &originals, &mut BTreeSet::new(), &mut budget)?;
    }
    Ok(())
}

fn extended(
    name: &str,
    node: Node,
    services: &Map,
    seen: &mut BTreeSet<String>,
    budget: &mut Budget,
) -> Result<Node> {
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
    let found = budget.repeated(&place, found)?;
    let base = extended(&base, found, services, seen, budget)?;
    // A long row of bases grows with each step.
    budget.repeat(&place, &base)?;
    service.remove("extends");
    Ok(layered_services(base, Node::Map(service)))
}

/// A service on top of its base.
pub(super) fn layered_services(base: Node, over: Node) -> Node {
    merged(Rule::Service, base, over)
}

/// A whole document on top of another one.
pub(super) fn layered_documents(base: Node, over: Node) -> Node {
    merged(Rule::Document, base, over)
}

/// Where two values stand that are merged. Names that somebody gave (of services, networks, hosts) are never taken
/// for fields.
#[derive(Clone, Copy)]
enum Rule<'a> {
    Document,
    Services,
    Service,
    Resources,
    Resource,
    Field(&'a str),
    Plain,
}

impl Rule<'_> {
    fn below<'b>(self, key: &'b str) -> Rule<'b> {
        match self {
            Rule::Document if key == "services" => Rule::Services,
            Rule::Document if SECTIONS.contains(&key) => Rule::Resources,
            Rule::Services => Rule::Service,
            Rule::Resources => Rule::Resource,
            Rule::Service => Rule::Field(key),
            Rule::Field("healthcheck") if key == "test" => Rule::Field(key),
            Rule::Field("deploy") | Rule::Resource if key == "labels" => Rule::Field(key),
            _ => Rule::Plain,
        }
    }
}

/// `over` on top of `base`.
fn merged(rule: Rule<'_>, base: Node, over: Node) -> Node {
    let key = if let Rule::Field(key) = rule { key } else { "" };
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
            let mut places: HashMap<String, usize> =
                base.0.iter().enumerate().map(|(index, (key, _))| (key.clone(), index)).collect();
            let mut out = base;
            for (key, value) in over.0 {
                match places.get(&key).and_then(|index| out.0.get_mut(*index)) {
                    Some((_, slot)) => {
                        let below = std::mem::replace(slot, Node::Null);
                        *slot = merged(rule.below(&key), below, value);
                    }
                    None => {
                        places.insert(key.clone(), out.0.len());
                        out.0.push((key, value));
                    }
                }
            }
            Node::Map(out)
        }
        (Node::Seq(mut base), Node::Seq(over)) => {
            let mut seen: HashSet<&Node> = base.iter().collect();
            let new: Vec<bool> = over.iter().map(|item| seen.insert(item)).collect();
            base.extend(over.into_iter().zip(new).filter_map(|(item, new)| new.then_some(item)));
            Node::Seq(base)
        }
        (_, over) => over,
    }
}

/// A mapping in which the last one of a name counts, at the place of the first.
fn mapping(entries: impl Iterator<Item = (String, Node)>) -> Node {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut out = Map::default();
    for (name, node) in entries {
        match places.get(&name).and_then(|index| out.0.get_mut(*index)) {
            Some((_, slot)) => *slot = node,
            None => {
                places.insert(name.clone(), out.0.len());
                out.0.push((name, node));
            }
        }
    }
    Node::Map(out)
}

fn as_pairs(node: Node) -> Node {
    let Node::Seq(items) = node else { return node };
    mapping(items.iter().filter_map(Node::as_str).map(|text| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Node::text(value)),
        None => (text.to_owned(), Node::Null),
    }))
}

fn as_names(key: &str, node: Node) -> Node {
    let Node::Seq(items) = node else { return node };
    mapping(items.iter().filter_map(Node::as_str).map(|name| {
        let mut condition = Map::default();
        condition.set("condition", Node::text("service_started"));
        (name.to_owned(), if key == "depends_on" { Node::Map(condition) } else { Node::Null })
    }))
}

fn as_list(node: Node) -> Node {
    match node {
        scalar @ Node::Scalar { .. } => Node::Seq(vec![scalar]),
        other => other,
    }
}
