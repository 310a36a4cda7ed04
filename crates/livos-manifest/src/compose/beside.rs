//! What lies beside a compose file and belongs to it: its override, what it includes, and services that its own extend.
//!
//! Only files of its own folder are read, so that every path in them means the same as in the file itself. The files
//! are a stranger's: each is worked through once, and whatever is repeated is charged to one budget.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::catalogue::Source;
use crate::compose::MAX_SERVICES;
use crate::compose::extends::{layered_documents, layered_services};
use crate::error::{Error, Result};
use crate::fields::{Report, shorten};
use crate::node::{Map, Node};
use crate::read::{self, Budget};

/// So many files are joined at most; no honest app has more.
pub(crate) const MAX_FILES: usize = 20;
/// What an included file brings along.
pub(super) const SECTIONS: [&str; 5] = ["services", "networks", "volumes", "configs", "secrets"];
/// Names of override files, in the order in which compose looks for them.
pub(crate) const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The file with everything beside it that counts.
pub(crate) fn document(source: &Source, file: &str, report: &mut Report) -> Result<Node> {
    let mut budget = Budget::default();
    joined(source, file, report, &mut budget)
}

/// [`document`], with the budget that everything repeated is charged to.
pub(crate) fn joined(source: &Source, file: &str, report: &mut Report, budget: &mut Budget) -> Result<Node> {
    let (node, tagged) = read::yaml_with_tags(file, source.text(file)?)?;
    // Compose takes the first that is there, whatever the file itself is called.
    let over = OVERRIDES.iter().find(|name| source.files.contains_key(**name));
    if over.is_none() && named(&node).is_empty() {
        // By itself the file is read as any other; only a base of its own could be overridden.
        if tagged && services(&node).is_some_and(|all| all.iter().any(|(_, node)| extends(node).is_some())) {
            report.unsupported(tags_of(file));
        }
        return Ok(node);
    }
    let mut beside = Beside {
        source,
        report,
        budget,
        documents: BTreeMap::new(),
        wholes: BTreeMap::new(),
        bases: BTreeMap::new(),
    };
    let Some(document) = beside.whole(file, &mut Vec::new())? else { return Ok(node) };
    let Some(over) = over else { return Ok(document) };
    match beside.whole(over, &mut Vec::new())? {
        Some(over) => beside.on_top(file, document, over),
        None => Ok(document),
    }
}

/// Files of the same folder that a document names in `include` or `extends`.
pub(crate) fn named(document: &Node) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let included = document.as_map().and_then(|root| root.get("include")).and_then(Node::as_seq);
    for path in included.unwrap_or_default().iter().filter_map(paths).flatten() {
        found.extend(name(&path).map(str::to_owned));
    }
    for (_, service) in services(document).into_iter().flat_map(Map::iter) {
        let file = extends(service).and_then(Node::as_map).map(|map| map.text("file"));
        found.extend(file.as_deref().and_then(name).map(str::to_owned));
    }
    found
}

/// The name of a YAML file of the same folder; any other is none of ours.
fn name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("./").unwrap_or(text);
    (!name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml"))).then_some(name)
}

/// Where an item of `include` points to; `None` when it says more than that.
fn paths(item: &Node) -> Option<Vec<String>> {
    match item {
        Node::Scalar { text, .. } => Some(vec![text.clone()]),
        Node::Map(map) if map.iter().all(|(key, _)| key == "path") => Some(map.texts("path")),
        _ => None,
    }
}

fn services(document: &Node) -> Option<&Map> {
    document.as_map()?.map("services")
}

fn extends(service: &Node) -> Option<&Node> {
    service.as_map()?.get("extends").filter(|node| **node != Node::Null)
}

fn tags_of(file: &str) -> String {
    format!("{file}: !reset and !override")
}

struct Beside<'a> {
    source: &'a Source,
    report: &'a mut Report,
    budget: &'a mut Budget,
    /// Files as they are written.
    documents: BTreeMap<String, Node>,
    /// Files with all that they extend and include. It depends on nothing but the file.
    wholes: BTreeMap<String, Node>,
    /// Services, by file and name, with all that they extend.
    bases: BTreeMap<(String, String), Node>,
}

impl Beside<'_> {
    /// Reads a file, once; whether there is such a one.
    fn read(&mut self, file: &str) -> Result<bool> {
        if self.documents.contains_key(file) {
            return Ok(true);
        }
        let Some(text) = self.source.files.get(file).filter(|_| self.documents.len() < MAX_FILES) else {
            return Ok(false);
        };
        let (node, tagged) = read::yaml_with_tags(file, text)?;
        if tagged {
            self.report.unsupported(tags_of(file));
        }
        let node = match node {
            Node::Null => Node::Map(Map::default()),
            node @ Node::Map(_) => node,
            other => return Err(Error::field(file, format!("must be a mapping, not {}", other.kind()))),
        };
        // Before any work is done for them.
        if services(&node).is_some_and(|all| all.0.len() > MAX_SERVICES) {
            return Err(Error::field("services", format!("more than {MAX_SERVICES} services in {file}")));
        }
        self.documents.insert(file.to_owned(), node);
        Ok(true)
    }

    /// A file with everything that it says lies beside it; what isn't there stays named where it stands.
    fn whole(&mut self, file: &str, above: &mut Vec<String>) -> Result<Option<Node>> {
        if let Some(done) = self.wholes.get(file) {
            return self.budget.repeated(file, done).map(Some);
        }
        if above.iter().any(|other| other == file) {
            return Err(Error::field("include", "the files include each other in a circle"));
        }
        if !self.read(file)? {
            return Ok(None);
        }
        let Some(document) = self.documents.get(file) else { return Ok(None) };
        let mut document = self.budget.repeated(file, document)?;
        if let Node::Map(root) = &mut document {
            // In this order, as compose: what a file extends is settled before other files add to it.
            if let Some((_, Node::Map(services))) = root.0.iter_mut().find(|(key, _)| key == "services") {
                for (name, node) in &mut services.0 {
                    if extends(node).is_some()
                        && let Some(found) = self.service(file, name, &mut BTreeSet::new())?
                    {
                        *node = found;
                    }
                }
            }
            above.push(file.to_owned());
            self.include(file, root, above)?;
            above.pop();
        }
        let copy = self.budget.repeated(file, &document)?;
        self.wholes.insert(file.to_owned(), copy);
        Ok(Some(document))
    }

    /// `over` on top of `base`, as compose puts an override file on top of the one before.
    fn on_top(&mut self, file: &str, base: Node, over: Node) -> Result<Node> {
        self.budget.repeat(file, &base)?;
        Ok(layered_documents(base, over))
    }

    /// One service of a file with all that it extends. Other services of the file may be broken.
    fn service(
        &mut self,
        file: &str,
        name: &str,
        seen: &mut BTreeSet<(String, String)>,
    ) -> Result<Option<Node>> {
        let key = (file.to_owned(), name.to_owned());
        if let Some(done) = self.bases.get(&key) {
            return self.budget.repeated(file, done).map(Some);
        }
        let Some(found) = self.documents.get(file).and_then(services).and_then(|all| all.get(name)) else {
            return Ok(None);
        };
        let mut node = self.budget.repeated(file, found)?;
        let Some((base_file, base)) = self.base_of(file, name, &mut node)? else { return Ok(Some(node)) };
        let place = format!("services.{name}.extends");
        if !seen.insert(key.clone()) {
            return Err(Error::field(place, "the services extend each other in a circle"));
        }
        // A stack is finite.
        if seen.len() > MAX_SERVICES {
            return Err(Error::field(place, "the services extend each other too deep"));
        }
        let Some(below) = self.service(&base_file, &base, seen)? else {
            let base = shorten(&base);
            return Err(Error::field(
                place,
                if base_file == file {
                    format!("the service “{base}” is not defined")
                } else {
                    format!("{} has no service “{base}”", shorten(&base_file))
                },
            ));
        };
        if let Node::Map(own) = &mut node {
            own.remove("extends");
        }
        let node = layered_services(below, node);
        let copy = self.budget.repeated(file, &node)?;
        self.bases.insert(key, copy);
        Ok(Some(node))
    }

    /// File and name of what a service extends; `None` when it extends nothing, or nothing that is to be had.
    fn base_of(&mut self, file: &str, name: &str, node: &mut Node) -> Result<Option<(String, String)>> {
        let (other, base) = match extends(node) {
            None => return Ok(None),
            Some(Node::Scalar { text, .. }) => (String::new(), text.clone()),
            Some(Node::Map(map)) => (map.text("file"), map.text("service")),
            Some(other) => {
                let reason = format!("must be a service, not {}", other.kind());
                return Err(Error::field(format!("services.{name}.extends"), reason));
            }
        };
        let other = match self::name(&other) {
            _ if other.is_empty() => file.to_owned(),
            Some(other) if self.read(other)? => other.to_owned(),
            _ => return Ok(None),
        };
        if !base.contains('$') {
            return Ok(Some((other, base)));
        }
        // Variables are filled in when everything is joined: too late for this one. It stays where it is, with its
        // file, so that it is named and not looked for in another file.
        let mut left = Map::default();
        left.set("file", Node::text(other));
        left.set("service", Node::text(base));
        if let Node::Map(own) = node {
            own.set("extends", Node::Map(left));
        }
        Ok(None)
    }

    fn include(&mut self, file: &str, root: &mut Map, above: &mut Vec<String>) -> Result<()> {
        let Some(Node::Seq(items)) = root.get("include").cloned() else { return Ok(()) };
        let mut left = Vec::new();
        let mut taken: BTreeSet<Vec<String>> = BTreeSet::new();
        for item in items {
            let names = paths(&item).and_then(|paths| {
                paths.iter().map(|path| name(path).map(str::to_owned)).collect::<Option<Vec<_>>>()
            });
            let Some(names) = names.filter(|names| !names.is_empty()) else {
                left.push(item);
                continue;
            };
            if taken.contains(&names) {
                continue;
            }
            let mut whole: Option<Node> = None;
            let mut missing = false;
            for name in &names {
                let Some(part) = self.whole(name, above)? else {
                    missing = true;
                    break;
                };
                whole = Some(match whole {
                    Some(below) => self.on_top(name, below, part)?,
                    None => part,
                });
            }
            match whole {
                Some(Node::Map(part)) if !missing => {
                    self.take_in(file, &names.join(", "), root, part)?;
                    taken.insert(names);
                }
                _ => left.push(item),
            }
        }
        if left.is_empty() {
            root.remove("include");
        } else {
            root.set("include", Node::Seq(left));
        }
        Ok(())
    }

    /// An included file adds to what is there and changes nothing of it.
    fn take_in(&mut self, file: &str, from: &str, root: &mut Map, part: Map) -> Result<()> {
        for (section, added) in part.0 {
            if !SECTIONS.contains(&section.as_str()) {
                if !matches!(section.as_str(), "version" | "name") && !section.starts_with("x-") {
                    self.report.unsupported(format!("{}: {}", shorten(from), shorten(&section)));
                }
                continue;
            }
            let added = match added {
                Node::Map(added) => added,
                Node::Null => continue,
                other => {
                    let reason = format!("must be a mapping, not {} ({})", other.kind(), shorten(from));
                    return Err(Error::field(section, reason));
                }
            };
            if root.map(&section).is_none() {
                root.set(&section, Node::Map(Map::default()));
            }
            let Some((_, Node::Map(all))) = root.0.iter_mut().find(|(key, _)| *key == section) else {
                continue;
            };
            self.budget.add(file, all.0.len(), 0)?;
            let places: HashMap<String, usize> =
                all.0.iter().enumerate().map(|(index, (key, _))| (key.clone(), index)).collect();
            for (key, node) in added.0 {
                match places.get(&key).and_then(|index| all.0.get(*index)) {
                    None => all.0.push((key, node)),
                    Some((_, same)) if *same == node => {}
                    Some(_) => {
                        return Err(Error::field(
                            format!("{section}.{}", shorten(&key)),
                            "is in the file and in one that it includes",
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}
