//! Reading a mapping field by field, so that whatever nobody read can be named.

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::interpolate::is_pending;
use crate::node::{Map, Node};
use crate::values;

/// What a plan could not honour, and what is worth knowing.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) unsupported: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl Report {
    pub(crate) fn unsupported(&mut self, text: impl Into<String>) {
        push_new(&mut self.unsupported, text.into());
    }

    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        push_new(&mut self.warnings, text.into());
    }
}

fn push_new(list: &mut Vec<String>, text: String) {
    // A hostile file must not make the report longer than itself.
    if list.len() < 500 && !list.contains(&text) {
        list.push(text);
    }
}

static EMPTY: Map = Map(Vec::new());

/// A mapping whose keys are taken one by one.
pub(crate) struct Fields<'a> {
    place: String,
    map: &'a Map,
    used: HashSet<&'static str>,
}

impl<'a> Fields<'a> {
    /// Nothing counts as an empty mapping, as in compose.
    pub(crate) fn new(place: impl Into<String>, node: &'a Node) -> Result<Self> {
        let place = place.into();
        match node {
            Node::Map(map) => Ok(Fields { place, map, used: HashSet::new() }),
            Node::Null => Ok(Fields { place, map: &EMPTY, used: HashSet::new() }),
            other => Err(Error::field(place, format!("must be a mapping, not {}", other.kind()))),
        }
    }

    pub(crate) fn at(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// A value that isn't null.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.used.insert(key);
        self.map.get(key).filter(|node| **node != Node::Null)
    }

    /// Keys that carry no meaning for running the app.
    pub(crate) fn ignore(&mut self, keys: &[&'static str]) {
        self.used.extend(keys);
    }

    /// Names everything that was never taken.
    pub(crate) fn finish(self, report: &mut Report) {
        for (key, _) in self.map.iter() {
            if !self.used.contains(key) && !key.starts_with("x-") {
                report.unsupported(self.at(key));
            }
        }
    }

    fn wrong<T>(&self, key: &str, wanted: &str, node: &Node) -> Result<T> {
        let found =
            node.as_str().map_or_else(|| node.kind().to_owned(), |text| format!("“{}”", shorten(text)));
        Err(Error::field(self.at(key), format!("must be {wanted}, not {found}")))
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some(Node::Scalar { text, .. }) => Ok(Some(text.clone())),
            Some(other) => self.wrong(key, "a text", other),
        }
    }

    /// A text that isn't empty.
    pub(crate) fn filled(&mut self, key: &'static str) -> Result<Option<String>> {
        Ok(self.text(key)?.filter(|text| !text.is_empty()))
    }

    /// A scalar read by a small language; unresolved variables leave it unset.
    pub(crate) fn parse<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        match self.get(key) {
            None => Ok(None),
            Some(Node::Scalar { text, .. }) if is_pending(text) || text.is_empty() => Ok(None),
            Some(node @ Node::Scalar { text, .. }) => match read(text.trim()) {
                Some(value) => Ok(Some(value)),
                None => self.wrong(key, wanted, node),
            },
            Some(other) => self.wrong(key, wanted, other),
        }
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        self.parse(key, "true or false", |text| Node::text(text).as_bool())
    }

    pub(crate) fn number<T: std::str::FromStr>(&mut self, key: &'static str) -> Result<Option<T>> {
        self.parse(key, "a whole number", |text| text.parse().ok())
    }

    pub(crate) fn bytes(&mut self, key: &'static str) -> Result<Option<u64>> {
        self.parse(key, "a size such as 512m", values::bytes)
    }

    pub(crate) fn duration(&mut self, key: &'static str) -> Result<Option<u64>> {
        self.parse(key, "a duration such as 1m30s", values::duration_ms)
    }

    /// A list of texts.
    pub(crate) fn list(&mut self, key: &'static str) -> Result<Vec<String>> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Node::Seq(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| match item {
                    Node::Scalar { text, .. } => Ok(text.clone()),
                    other => Err(Error::field(
                        format!("{}[{index}]", self.at(key)),
                        format!("must be a text, not {}", other.kind()),
                    )),
                })
                .collect(),
            Some(other) => self.wrong(key, "a list", other),
        }
    }

    /// One text or a list of texts.
    pub(crate) fn one_or_list(&mut self, key: &'static str) -> Result<Vec<String>> {
        match self.get(key) {
            Some(Node::Scalar { text, .. }) => Ok(vec![text.clone()]),
            _ => self.list(key),
        }
    }

    /// The items of a list with their places.
    pub(crate) fn items(&mut self, key: &'static str) -> Result<Vec<(String, &'a Node)>> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Node::Seq(items)) => Ok(items
                .iter()
                .enumerate()
                .map(|(i, item)| (format!("{}[{i}]", self.at(key)), item))
                .collect()),
            Some(other) => self.wrong(key, "a list", other),
        }
    }

    /// A mapping of scalars or a list of `key=value`; a missing value is `None`.
    pub(crate) fn pairs(&mut self, key: &'static str) -> Result<Vec<(String, Option<String>)>> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Node::Map(map)) => map
                .iter()
                .map(|(name, node)| match node {
                    Node::Null => Ok((name.to_owned(), None)),
                    Node::Scalar { text, plain } => {
                        // Unquoted numbers and booleans arrive as Docker Compose writes them.
                        let text = if *plain { values::go_scalar(text) } else { text.clone() };
                        Ok((name.to_owned(), Some(text)))
                    }
                    other => Err(Error::field(
                        format!("{}.{name}", self.at(key)),
                        format!("must be a single value, not {}", other.kind()),
                    )),
                })
                .collect(),
            Some(Node::Seq(_)) => Ok(self
                .list(key)?
                .into_iter()
                .map(|item| match item.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (item, None),
                })
                .collect()),
            Some(other) => self.wrong(key, "a mapping or a list", other),
        }
    }

    /// Like `pairs`, a missing value being the empty text.
    pub(crate) fn texts(&mut self, key: &'static str) -> Result<std::collections::BTreeMap<String, String>> {
        Ok(self.pairs(key)?.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect())
    }
}

/// A text short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(79).chain(['…']).collect() }
}
